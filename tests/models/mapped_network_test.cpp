#include "models/mapped_network.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "mapping/mapper.h"
#include "tests/models/small_chip.h"
#include "tests/support/random_spiking_network.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

MappedNetwork sample() {
  return map_network(test::random_spiking_network({}), test::small_chip(8, 8, 1), {}, RandomKey(1)).mapped;
}

TEST(DimensionOrderRoute, GoesAlongXThenAlongY) {
  const std::vector<MeshSite> expected{{3, 1}, {2, 1}, {1, 1}, {1, 2}, {1, 3}};
  EXPECT_EQ(dimension_order_route({3, 1}, {1, 3}), expected);
  EXPECT_EQ(dimension_order_route({2, 2}, {2, 2}), std::vector<MeshSite>({{2, 2}}));
  EXPECT_EQ(dimension_order_route({0, 2}, {0, 0}).size(), 3U);
}

TEST(MeshFor, IsNearSquareWithFewSparePlaces) {
  const auto mesh = [](std::uint32_t tiles, std::uint32_t per_router) {
    const MeshSize size = mesh_for(tiles, per_router);
    return std::make_pair(size.width, size.height);
  };
  EXPECT_EQ(mesh(1, 4), std::make_pair(1U, 1U));
  EXPECT_EQ(mesh(0, 4), std::make_pair(1U, 1U));
  EXPECT_EQ(mesh(5, 4), std::make_pair(2U, 1U));
  EXPECT_EQ(mesh(157, 4), std::make_pair(8U, 5U));
  EXPECT_EQ(mesh(36, 1), std::make_pair(6U, 6U));
  for (std::uint32_t tiles = 1; tiles < 500; ++tiles) {
    const MeshSize size = mesh_for(tiles, 1);
    EXPECT_GE(size.width * size.height, tiles);
    EXPECT_LE(size.width, 2 * size.height);
    EXPECT_LE(size.width * size.height, tiles + size.width);
  }
}

TEST(HostPorts, SpreadOverColumnZeroAndServeTheNearestRows) {
  EXPECT_EQ(host_port_site(0, 6, 1), (MeshSite{0, 0}));
  EXPECT_EQ(host_port_site(1, 6, 2), (MeshSite{0, 3}));
  EXPECT_EQ(host_port_of(1, 6, 2), 0U);
  EXPECT_EQ(host_port_of(2, 6, 2), 1U);
  EXPECT_EQ(host_port_of(5, 6, 2), 1U);
  EXPECT_EQ(host_port_of(2, 8, 2), 0U);    // rows 0 and 4 are as near: the lower port
  EXPECT_EQ(host_port_of(2, 3, 100), 2U);  // one a row at most
  EXPECT_THROW(host_port_site(3, 3, 100), Bug);
}

TEST(MappedNetwork, KnowsUtilisationAndHomes) {
  const MappedNetwork mapped = sample();
  EXPECT_DOUBLE_EQ(mapped.utilisation(64), 64.0 / (64.0 * static_cast<double>(mapped.crossbars.size())));
  const auto homes = mapped.homes(LayerId(1), 4);
  ASSERT_EQ(homes.size(), 4U);
  for (const NeuronBank& bank : mapped.banks) {
    for (const std::uint32_t neuron : bank.neurons) {
      if (bank.layer == LayerId(1)) {
        EXPECT_EQ(homes[neuron], bank.home);
      }
    }
  }
  EXPECT_FALSE(mapped.homes(LayerId(5), 3)[0].has_value());
}

TEST(MappedNetworkFile, ReadsBackToTheSameBytes) {
  const Archive archive = to_archive(sample());
  EXPECT_EQ(to_archive(mapped_network_from_archive(archive)).to_bytes(), archive.to_bytes());
}

TEST(MappedNetworkFile, RefusesWhatDoesNotFitTogether) {
  const auto refusal = [](auto&& change) -> std::string {
    Archive archive = to_archive(sample());
    change(archive);
    try {
      mapped_network_from_archive(archive);
    } catch (const UserError& error) {
      return error.what();
    }
    return "accepted";
  };
  const auto set = [](Archive& archive, const std::string& name, std::size_t at, std::uint32_t value) {
    auto values = archive.get<std::uint32_t>(name);
    values.at(at) = value;
    archive.put(name, values);
  };
  EXPECT_THAT(refusal([](Archive& a) { a.header["mesh_width"] = -1; }), HasSubstr("mesh_width"));
  EXPECT_THAT(refusal([](Archive& a) { a.header["mesh_width"] = 0; }), HasSubstr("mesh"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "crossbar.tile", 0, 4000000000U); }), HasSubstr("does not exist"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "crossbar.parts", 0, 4000000000U); }), HasSubstr("more parts"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "crossbar.parts", 0, 0); }), HasSubstr("in no crossbar"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "part.first_wordline", 0, 4000000000U); }), HasSubstr("outside"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "part.bank", 0, 999); }), HasSubstr("bank 999"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "bank.home", 0, 999); }), HasSubstr("does not exist"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "bank.row_part_crossbars", 0, 999); }),
              HasSubstr("row part that does not"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "tile.x", 0, 999); }), HasSubstr("outside the mesh"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "tile.group", 0, 999); }), HasSubstr("no tile group"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "tile.crossbars", 0, 999); }), HasSubstr("lists crossbar 999"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "tile.banks", 0, 999); }), HasSubstr("lists neuron bank 999"));
  EXPECT_THAT(refusal([&](Archive& a) { set(a, "packet.destination", 0, 999); }), HasSubstr("packet group 0"));
  EXPECT_THAT(refusal([&](Archive& a) { a.put("tile.y", std::vector<std::uint32_t>{1}); }),
              HasSubstr("different lengths"));
}

TEST(MappedNetwork, FindsTheColumnsOfAPartAmongTheNeuronsOfItsBank) {
  using Numbers = std::vector<std::uint32_t>;
  EXPECT_EQ(places_among({2, 5, 7, 9}, {5, 9}), Numbers({1, 3}));
  EXPECT_EQ(places_among({2, 5, 7, 9}, {2, 5}), Numbers());
  EXPECT_EQ(places_among({2, 5, 7, 9}, {2, 6}), Numbers());
}

}  // namespace
}  // namespace crossloom
