// The 8x8 mesh against BookSim2's own figures (tests/golden/booksim_mesh8_uniform.csv), five seeds a point.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/noc/load_measurement.h"
#include "tests/support/noc_specs.h"

namespace crossloom {
namespace {

struct GoldenPoint {
  std::uint32_t flits = 0;
  double load = 0.0, latency = 0.0;
  bool stable = false;
};

std::vector<GoldenPoint> golden_points() {
  std::ifstream file(std::string(CROSSLOOM_SOURCE_DIR) + "/tests/golden/booksim_mesh8_uniform.csv");
  std::vector<GoldenPoint> points;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == ',') {
        cells.emplace_back();
      } else {
        cells.back() += c;
      }
    }
    points.push_back({static_cast<std::uint32_t>(std::stoul(cells.at(2))), std::stod(cells.at(3)),
                      std::stod(cells.at(4)), cells.at(8).rfind("ok", 0) == 0});
  }
  return points;
}

TEST(BookSimCurve, LatencyIsWithinFivePercentAndTheLastStablePointWithinTen) {
  const NetworkOnChipSpec mesh = test::grid(TopologyKind::mesh, 8, 8);
  const std::vector<GoldenPoint> points = golden_points();
  ASSERT_EQ(points.size(), 12U);
  for (const GoldenPoint& golden : points) {
    double latency = 0.0;
    constexpr std::uint64_t kSeeds = 5;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      TrafficSpec traffic;
      traffic.load = golden.load;
      traffic.packet_flits = golden.flits;
      traffic.seed = seed;
      const LoadPoint point = measure_load(mesh, traffic);
      EXPECT_EQ(point.stable, golden.stable) << golden.flits << " flits at " << golden.load << ", seed " << seed;
      latency += point.packet_latency_cycles / kSeeds;
    }
    if (!golden.stable) continue;
    const bool last = golden.load > (golden.flits == 1 ? 0.36 : 0.31);
    EXPECT_NEAR(latency, golden.latency, (last ? 0.10 : 0.05) * golden.latency)
        << golden.flits << " flits at " << golden.load;
  }
}

}  // namespace
}  // namespace crossloom
