// crossloom cluster as a user runs it.
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "tests/support/program.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

/// Two full blocks of 8 x 8 on the diagonal of 16 x 16, and one connection between them.
std::string two_blocks() {
  std::string text;
  for (int i = 0; i < 16; ++i) {
    for (int j = 0; j < 16; ++j)
      text += (j > 0 ? "," : "") + std::string(i / 8 == j / 8 || (i == 0 && j == 15) ? "1" : "0");
    text += "\n";
  }
  return text;
}

class ClusterCommand : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(matrix()) << two_blocks(); }
  [[nodiscard]] std::string matrix() const { return (folder_.path() / "m.csv").string(); }
  [[nodiscard]] std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  TemporaryFolder folder_;
};

TEST_F(ClusterCommand, WritesClustersAndCountsAsJson) {
  const auto result =
      test::run_program({"cluster", matrix(), "--rows", "8", "--columns", "8", "--json", file("c.json")});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("2 clusters"));
  const auto json = nlohmann::json::parse(read_file(file("c.json")));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys, testing::UnorderedElementsAre("clusters", "arrays", "leftover_arrays", "total_arrays",
                                                  "utilisation", "unclustered", "seconds"));
  EXPECT_EQ(json["clusters"].size(), 2U);
  EXPECT_EQ(json["clusters"][0]["rows"].size(), 8U);
  EXPECT_DOUBLE_EQ(json["clusters"][0]["quality"].get<double>(), 1.0);
  EXPECT_EQ(json["arrays"], 2);
  EXPECT_EQ(json["leftover_arrays"], 1);
  EXPECT_EQ(json["total_arrays"], 3);
  EXPECT_DOUBLE_EQ(json["unclustered"].get<double>(), 1.0 / 129.0);
  EXPECT_DOUBLE_EQ(json["utilisation"].get<double>(), 129.0 / (3 * 64));
}

TEST_F(ClusterCommand, SharingPutsSmallBlocksIntoOneArray) {
  const auto arrays = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments{"cluster", matrix(),    "--rows", "16",     "--columns",
                                       "16",      "--quality", "0.9",    "--json", file("c.json")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(test::run_program(arguments).exit_code, 0);
    return nlohmann::json::parse(read_file(file("c.json")))["arrays"].get<int>();
  };
  EXPECT_EQ(arrays({}), 1);
  EXPECT_EQ(arrays({"--no-sharing"}), 2);
}

TEST_F(ClusterCommand, EveryMethodRunsAndDrawsAPicture) {
  for (const std::string method : {"trannsformer", "trannsformer-published", "offline", "autoncs", "none"}) {
    const auto result = test::run_program(
        {"cluster", matrix(), "--method", method, "--rows", "8", "--columns", "8", "--picture", file(method + ".svg")});
    EXPECT_EQ(result.exit_code, 0) << method << ": " << result.errors;
    EXPECT_THAT(read_file(file(method + ".svg")), HasSubstr("</svg>"));
  }
}

TEST_F(ClusterCommand, RefusesBadInputWithTheReason) {
  std::ofstream(file("bad.csv")) << "1,2\n3\n";
  const auto bad = test::run_program({"cluster", file("bad.csv")});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.errors, HasSubstr("bad.csv:2: this row has 1 values"));
  EXPECT_EQ(test::run_program({"cluster", matrix(), "--method", "magic"}).exit_code, 1);
  EXPECT_EQ(test::run_program({"cluster", matrix(), "--rows", "0"}).exit_code, 1);
  EXPECT_EQ(test::run_program({"cluster", matrix(), "--quality", "2"}).exit_code, 1);
  const auto existing = test::run_program({"cluster", matrix(), "--json", matrix()});
  EXPECT_EQ(existing.exit_code, 1);
  EXPECT_THAT(existing.errors, HasSubstr("is the matrix"));
}

}  // namespace
}  // namespace crossloom
