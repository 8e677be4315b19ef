// The YAML of a network on chip: what is read, and what is said of broken ones.
#include <string>

#include <gmock/gmock.h>

#include "base/error.h"
#include "models/interconnect/network_on_chip_spec.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

/// The interconnect of a small mesh with one of its lines replaced (or added).
std::string mesh_with(const std::string& key, const std::string& line) {
  const std::pair<const char*, const char*> lines[] = {{"topology", "mesh"},
                                                       {"width", "4"},
                                                       {"height", "4"},
                                                       {"virtual_channels", "4"},
                                                       {"buffer_flits", "8"},
                                                       {"routing_cycles", "0"},
                                                       {"vc_allocation_cycles", "1"},
                                                       {"switch_allocation_cycles", "1"},
                                                       {"link_cycles", "1"},
                                                       {"switch_traversal_cycles", "1"},
                                                       {"credit_cycles", "1"},
                                                       {"flit_bits", "128"},
                                                       {"source", "a test"}};
  std::string text = "interconnect:\n";
  bool replaced = false;
  for (const auto& [name, value] : lines) {
    replaced = replaced || key == name;
    text += key == name ? (line.empty() ? "" : "  " + line + "\n") : std::string("  ") + name + ": " + value + "\n";
  }
  if (!replaced && !line.empty()) text += "  " + line + "\n";
  return text;
}

std::string without_size(std::string text) {
  const std::string size = "  width: 4\n  height: 4\n";
  return text.erase(text.find(size), size.size());
}

NetworkOnChipSpec read(const std::string& text) {
  ConfigDocument document = ConfigDocument::from_text(text, "chip.yaml");
  const NetworkOnChipSpec spec = read_network_on_chip(document.root().section("interconnect"));
  document.finish();
  return spec;
}

std::string complaint(const std::string& text) {
  try {
    read(text);
  } catch (const UserError& error) {
    return error.what();
  }
  return "nothing";
}

TEST(NetworkOnChipReader, ReadsAMeshWithItsDefaults) {
  const NetworkOnChipSpec spec = read(mesh_with("", ""));
  EXPECT_EQ(spec.nodes(), 16U);
  EXPECT_EQ(spec.routing, NetworkRouting::dimension_order);
  EXPECT_EQ(spec.all_virtual_channels(), 4U);
  EXPECT_EQ(spec.hop_cycles(), 4U);
  EXPECT_EQ(spec.packet_flits(129), 2U);
  EXPECT_EQ(spec.packet_flits(0), 1U);
}

TEST(NetworkOnChipReader, CountsNodesAndRoutersOfEveryTopology) {
  EXPECT_EQ(read(mesh_with("topology", "topology: concentrated_mesh\n  nodes_per_router: 4")).nodes(), 64U);
  const std::string tree = without_size(mesh_with("topology", "topology: tree\n  arity: 4\n  levels: 3"));
  EXPECT_EQ(read(tree).nodes(), 64U);
  EXPECT_EQ(read(tree).routers(), 21U);
  const std::string bus = without_size(mesh_with("topology", "topology: bus\n  bus_nodes: 12"));
  EXPECT_EQ(read(bus).nodes(), 12U);
  EXPECT_EQ(read(bus).routers(), 1U);
}

struct BrokenNetwork {
  const char* key;
  const char* line;     ///< in place of the key's own; empty: left out
  const char* message;  ///< part of what is said
};

class BrokenInterconnect : public testing::TestWithParam<BrokenNetwork> {};

TEST_P(BrokenInterconnect, IsRefusedWithItsPlaceAndReason) {
  const std::string said = complaint(mesh_with(GetParam().key, GetParam().line));
  EXPECT_THAT(said, HasSubstr(GetParam().message));
  EXPECT_THAT(said, HasSubstr("chip.yaml:"));
}

INSTANTIATE_TEST_SUITE_P(
    Keys, BrokenInterconnect,
    testing::Values(
        BrokenNetwork{"topology", "topology: ring", "mesh"}, BrokenNetwork{"topology", "", "topology"},
        BrokenNetwork{"topology", "topology: tree", "arity"}, BrokenNetwork{"topology", "topology: bus", "bus_nodes"},
        BrokenNetwork{"topology", "topology: concentrated_mesh", "nodes_per_router"},
        BrokenNetwork{"nodes_per_router", "nodes_per_router: 4", "nodes_per_router"},
        BrokenNetwork{"width", "width: 0", "width"}, BrokenNetwork{"width", "width: 2000", "1024"},
        BrokenNetwork{"height", "height: four", "height"}, BrokenNetwork{"height", "height: 4 m", "height"},
        BrokenNetwork{"virtual_channels", "virtual_channels: 0", "virtual_channels"},
        BrokenNetwork{"virtual_channels", "virtual_channels: 33", "32"},
        BrokenNetwork{"token_virtual_channels", "token_virtual_channels: 30", "32 virtual channels"},
        BrokenNetwork{"topology", "topology: torus\n  multicast_virtual_channels: 1", "wrap around"},
        BrokenNetwork{"virtual_channels", "virtual_channels: 1\n  routing: minimal_adaptive", "escape channel"},
        BrokenNetwork{"topology", "topology: torus\n  routing: west_first", "mesh and concentrated_mesh only"},
        BrokenNetwork{"routing", "routing: random", "dimension_order"},
        BrokenNetwork{"routing", "routnig: west_first", "routnig"},
        BrokenNetwork{"buffer_flits", "buffer_flits: 0", "buffer_flits"},
        BrokenNetwork{"buffer_flits", "buffer_flits: -8", "buffer_flits"},
        BrokenNetwork{"vc_allocation_cycles", "vc_allocation_cycles: 0", "vc_allocation_cycles"},
        BrokenNetwork{"link_cycles", "link_cycles: 1 ns", "link_cycles"},
        BrokenNetwork{"credit_cycles", "credit_cycles: 99999999999999999999", "credit_cycles"},
        BrokenNetwork{"flit_bits", "flit_bits: [128]", "flit_bits"}, BrokenNetwork{"flit_bits", "", "flit_bits"},
        BrokenNetwork{"source", "source: \"\"", "source"}, BrokenNetwork{"source", "", "source"}));

TEST(NetworkOnChipReader, RefusesATreeOfMoreThanAMillionNodes) {
  const std::string tree = without_size(mesh_with("topology", "topology: tree\n  arity: 32\n  levels: 20"));
  EXPECT_THAT(complaint(tree), HasSubstr("1048576 nodes"));
}

TEST(NetworkOnChipReader, SaysAllThatIsWrongAtOnce) {
  const std::string said = complaint(mesh_with("width", "width: 0\n  routing: random\n  colour: red"));
  EXPECT_THAT(said, HasSubstr("width"));
  EXPECT_THAT(said, HasSubstr("routing"));
  EXPECT_THAT(said, HasSubstr("colour"));
}

TEST(NetworkOnChipSpec, IsCheckedWhereItWasMadeByHand) {
  NetworkOnChipSpec spec;
  spec.topology = TopologyKind::torus;
  spec.virtual_channels = 1;
  EXPECT_THROW(check_network_on_chip(spec), UserError);
}

}  // namespace
}  // namespace crossloom
