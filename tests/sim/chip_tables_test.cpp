// The tables of the timed units against the mapped network they are made of.
#include "sim/chip_tables.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/spiking_scenario.h"

namespace crossloom {
namespace {

using test::Scenario;
using test::ScenarioSpec;

TEST(ChipTables, GiveEachTileTheHostPortNearestToItsRow) {
  ScenarioSpec spec;
  spec.layers = {200, 100, 10};
  spec.adjust_chip = [](ChipSpec& chip) {
    chip.interconnect.tiles_per_router = 1;
    chip.interconnect.host_ports = 2;
  };
  const Scenario scenario(spec);
  const ChipTables tables =
      build_chip_tables(scenario.mapped, scenario.network, scenario.programmed, scenario.chip, PlantedFaults{});
  ASSERT_GT(scenario.mapped.mesh_height, 2U);
  EXPECT_EQ(tables.shape.host_rows, (std::vector<std::uint32_t>{0, scenario.mapped.mesh_height / 2}));
  std::set<std::uint32_t> ports;
  for (const TileGroupTable& group : tables.groups) {
    for (const TilePartTable& part : group.parts) {
      if (part.layer != 0) continue;
      const MeshSite site = scenario.mapped.tiles[part.tile].site;
      ASSERT_EQ(part.sources.size(), 1U);
      const SourceTable& source = part.sources[0];
      EXPECT_FALSE(source.group.has_value());
      EXPECT_EQ(source.stage, host_port_of(site.y, scenario.mapped.mesh_height, 2));
      const std::uint32_t row = tables.shape.host_rows[source.stage];
      EXPECT_EQ(source.credit_cycles, site.x + (site.y > row ? site.y - row : row - site.y) + 1);
      ports.insert(source.stage);
    }
  }
  EXPECT_EQ(ports.size(), 2U);
}

}  // namespace
}  // namespace crossloom
