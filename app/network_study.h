// crossloom noc: loads measured side by side on the interconnect of a chip file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/config_reader.h"
#include "base/progress.h"
#include "models/interconnect/traffic.h"
#include "traces/load_curve.h"

namespace crossloom {

/// The interconnect of a chip file and, where the file says, what its flits cost.
struct NetworkFile {
  std::string name;
  NetworkOnChipSpec network;
  std::optional<NetworkEnergies> energies;
};

/// Reads a file with `interconnect:` and perhaps `energies:`, or a whole bit-serial chip. Throws UserError.
NetworkFile read_network_file(const std::filesystem::path& file, const std::vector<ConfigOverride>& overrides);

/// "0.1,0.2,0.35", or "0.05:0.4:0.05" from first to last by a step. Throws UserError.
std::vector<double> parse_loads(const std::string& text);

/// Each load with seeds traffic.seed, traffic.seed + 1 and so on. The answer does not depend on the threads, but for
/// its seconds.
std::vector<MeasuredLoad> measure_loads(const NetworkOnChipSpec& network, const TrafficSpec& traffic,
                                        const std::vector<double>& loads, std::uint32_t seeds, std::size_t threads,
                                        ProgressSink& progress);

}  // namespace crossloom
