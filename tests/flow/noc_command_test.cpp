// crossloom noc as a user runs it.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "tests/support/program.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

const std::string kChip = std::string(CROSSLOOM_SOURCE_DIR) + "/configs/chips/booksim_mesh8.yaml";

test::ProgramResult noc(std::vector<std::string> more, const std::string& chip = kChip) {
  std::vector<std::string> arguments = {"noc", chip, "--period", "300", "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return test::run_program(arguments);
}

TEST(NocCommand, WritesTheFiguresOfOneLoad) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "point.json").string();
  const test::ProgramResult result =
      noc({"--load", "0.1", "--packet", "5", "--mesh", "4x4", "--seed", "3", "--json", file});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("16 nodes"));
  const auto json = nlohmann::json::parse(read_file(file));
  EXPECT_EQ(json["nodes"], 16);
  EXPECT_EQ(json["stable"], true);
  for (const char* key : {"packet_latency_cycles", "accepted_flits_per_node_cycle", "hops", "seconds",
                          "energy_per_flit_j", "energy_per_flit_hop_j", "router_traversals", "link_traversals"}) {
    EXPECT_TRUE(json[key].is_number()) << key;
  }
  EXPECT_GT(json["packet_latency_cycles"], 2 + 4 * 3.0 + 4);
}

TEST(NocCommand, ACurveIsTheSameForAnyNumberOfThreads) {
  const TemporaryFolder folder;
  std::vector<std::string> tables;
  for (const std::string threads : {"1", "3"}) {
    const std::string csv = (folder.path() / (threads + ".csv")).string();
    const std::string svg = (folder.path() / (threads + ".svg")).string();
    const test::ProgramResult result = noc({"--loads", "0.1:0.3:0.1", "--seeds", "2", "--mesh", "3x3", "--csv", csv,
                                            "--picture", svg, "--threads", threads});
    ASSERT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_THAT(read_file(svg), HasSubstr("</svg>"));
    std::string text = read_file(csv);
    // The last column is processor time.
    std::string kept;
    for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      const std::string line = text.substr(at, text.find('\n', at) - at);
      kept += line.substr(0, line.rfind(',')) + "\n";
    }
    tables.push_back(kept);
  }
  EXPECT_EQ(tables[0], tables[1]);
  EXPECT_EQ(std::count(tables[0].begin(), tables[0].end(), '\n'), 4);
}

TEST(NocCommand, TakesTheNetworkOfAWholeBitSerialChip) {
  const test::ProgramResult result =
      noc({"--load", "0.05", "--json", "-"}, std::string(CROSSLOOM_SOURCE_DIR) + "/configs/chips/isaac.yaml");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(nlohmann::json::parse(result.output)["nodes"], 168);
}

struct WrongCall {
  std::vector<std::string> arguments;
  const char* message;
};

TEST(NocCommand, SaysWhatToDoAboutWrongArguments) {
  const WrongCall calls[] = {
      {{"--mesh", "8"}, "WIDTHxHEIGHT"},
      {{"--load", "2"}, "at most 1 flit a node and cycle"},
      {{"--loads", "0.1,x"}, "is not a number"},
      {{"--loads", "0.4:0.1:0.1"}, "first:last:step"},
      {{"--traffic", "transpose", "--mesh", "3x4"}, "square number of nodes"},
      {{"--traffic", "hotspot", "--hotspot", "64"}, "nodes 0 to 63"},
      {{"--set", "interconnect.colour=red"}, "colour"},
      {{"--set", "interconnect.topology=torus", "--set", "interconnect.virtual_channels=1"}, "wrap around"},
      {{"--most-periods", "3"}, "leaves nothing to measure"},
      {{"--json", kChip}, "is the chip"},
  };
  for (const WrongCall& call : calls) {
    const test::ProgramResult result = noc(call.arguments);
    EXPECT_EQ(result.exit_code, 1) << call.message;
    EXPECT_THAT(result.errors, HasSubstr(call.message));
  }
  const test::ProgramResult spiking = noc({}, std::string(CROSSLOOM_SOURCE_DIR) + "/configs/chips/resparc.yaml");
  EXPECT_EQ(spiking.exit_code, 1);
  EXPECT_THAT(spiking.errors, HasSubstr("a spiking chip has a mesh of its own kind"));
}

}  // namespace
}  // namespace crossloom
