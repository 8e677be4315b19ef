// One transformed network on a bit-serial chip: in fixed point, placed, simulated in workers, costed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/bit_serial_stages.h"
#include "app/variant_run.h"
#include "traces/bit_serial_report.h"

namespace crossloom {

/// What is known of a network without a run: synapses, crossbars, elements, tiles, chips, utilisation, copies, areas
/// and programming. The rest of the report is left as it is.
void describe_placement(const FixedPointNetwork& network, const PlacedNetwork& placed, const BitSerialChipSpec& chip,
                        BitSerialSeedReport& report);

struct BitSerialVariantRun {
  BitSerialSeedReport report;
  std::vector<std::string> node_names;  ///< of the fixed-point network
};
/// Writes the stages' files. Random weights have no accuracies. Throws what the stages throw, Interrupted after a
/// signal.
BitSerialVariantRun run_on_bit_serial_chip(const VariantContext& context, const VariantJob& job, const Network& network,
                                           const std::optional<NetworkAccuracies>& accuracies);

}  // namespace crossloom
