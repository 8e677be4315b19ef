// What a network on chip did under one or several loads: table, picture, text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/table.h"
#include "models/interconnect/traffic.h"

namespace crossloom {

/// One load, measured once a seed.
struct MeasuredLoad {
  std::vector<LoadPoint> by_seed;
  double seconds = 0.0;  ///< of processor time, all seeds together

  /// Means over seeds; counts and cycles are sums. Stable where every seed was.
  [[nodiscard]] LoadPoint mean() const;
  /// Half width of the 95 % interval of the mean latency over seeds; none with one seed.
  [[nodiscard]] std::optional<double> latency_half_width() const;
};

struct LoadCurve {
  std::string name;  ///< of the chip and the traffic
  std::uint32_t nodes = 0, packet_flits = 1;
  std::optional<NetworkEnergies> energies;
  std::vector<MeasuredLoad> loads;  ///< ascending
};

/// One row a load.
Table load_table(const LoadCurve& curve);
/// Latency and accepted load over the load, as SVG. Loads that were not sustained are left out of the latency.
std::string load_curve_svg(const LoadCurve& curve);
/// Aligned columns for the screen.
std::string load_text(const LoadCurve& curve);

}  // namespace crossloom
