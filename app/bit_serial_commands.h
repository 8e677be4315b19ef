// What check, map, program and simulate do where the chip is bit-serial.
#pragma once

#include <filesystem>

#include "app/command_line.h"
#include "app/watch_spec.h"

namespace crossloom {

/// Sizes of the untrained network on the chip.
void check_bit_serial(const Experiment& experiment);
/// Binary points, crossbars and tiles of a network; writes fixed_point.network and placed.network to the folder.
void map_bit_serial(const Experiment& experiment, const CommonOptions& common, const Network& network,
                    const std::filesystem::path& folder);
/// What writing the weights costs.
void program_bit_serial(const Experiment& experiment, const std::filesystem::path& folder);
/// The timed run of the folder's network; with `verify` all outputs of all images are compared with the `chip` and
/// `exact` references. Throws Bug where the chip differs from `chip`.
void simulate_bit_serial_folder(const ExperimentFile& file, const CommonOptions& common,
                                const std::filesystem::path& folder, const std::filesystem::path& out,
                                const WatchSpec& watch, bool verify);

}  // namespace crossloom
