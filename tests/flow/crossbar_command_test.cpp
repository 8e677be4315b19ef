// crossloom crossbar as a user runs it.
#include <cmath>
#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "tests/support/program.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

class CrossbarCommand : public testing::Test {
 protected:
  /// Workload W1 with 32 rows and columns, as text files that hold every bit.
  void SetUp() override {
    std::uint32_t state = 12345;
    const auto next = [&state] {
      state = 1664525U * state + 1013904223U;
      return state / 4294967296.0;
    };
    std::ofstream cells(file("g.csv")), volts(file("v.csv"));
    cells.precision(17);
    volts.precision(17);
    for (int i = 0; i < 32; ++i) {
      for (int j = 0; j < 32; ++j) cells << (j > 0 ? "," : "") << 1e-6 + next() * (1e-4 - 1e-6);
      cells << "\n";
    }
    for (int i = 0; i < 32; ++i) volts << (i > 0 ? "," : "") << 0.2 * next();
    volts << "\n";
  }
  [[nodiscard]] std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
  [[nodiscard]] test::ProgramResult run(std::vector<std::string> more, const std::string& cells = "g.csv",
                                        const std::string& volts = "v.csv") const {
    std::vector<std::string> arguments{"crossbar", "--conductance", file(cells), "--voltage", file(volts)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test::run_program(arguments);
  }
  /// What is wrong with the command, which must end with exit code 1.
  [[nodiscard]] std::string refusal(std::vector<std::string> more, const std::string& cells = "g.csv",
                                    const std::string& volts = "v.csv") const {
    const test::ProgramResult result = run(std::move(more), cells, volts);
    EXPECT_EQ(result.exit_code, 1);
    return result.errors;
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
  }
  TemporaryFolder folder_;
};

double sum(const nlohmann::json& values) {
  double total = 0.0;
  for (const auto& value : values) total += value.get<double>();
  return total;
}

TEST_F(CrossbarCommand, SolvesTheSharedWorkload) {
  const auto result = run({"--wire", "1ohm", "--json", file("c.json"), "--picture", file("p.svg")});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("4.631765829e-03 A"));
  EXPECT_THAT(result.output, HasSubstr("3.59 %"));
  const auto json = nlohmann::json::parse(read_file(file("c.json")));
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys, testing::UnorderedElementsAre("currents_a", "ideal_currents_a", "loss_percent", "seconds"));
  EXPECT_EQ(json["currents_a"].size(), 32U);
  EXPECT_NEAR(sum(json["currents_a"]), 4.631765829e-03, 5e-13);
  EXPECT_NEAR(json["loss_percent"].get<double>(), 3.59, 0.005);
  EXPECT_NEAR(json["loss_percent"].get<double>(), 100 * (1 - sum(json["currents_a"]) / sum(json["ideal_currents_a"])),
              1e-9);
  EXPECT_THAT(read_file(file("p.svg")), HasSubstr("</svg>"));
}

TEST_F(CrossbarCommand, PrintsNothingButJsonWhereThatGoesToTheScreen) {
  const auto result = run({"--wire", "0 ohm", "--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const auto json = nlohmann::json::parse(result.output);
  EXPECT_EQ(json["currents_a"], json["ideal_currents_a"]);
  EXPECT_DOUBLE_EQ(json["loss_percent"].get<double>(), 0.0);
}

TEST_F(CrossbarCommand, TakesSeveralInputsAtOnce) {
  std::ofstream volts(file("two.csv"));
  for (int line = 0; line < 2; ++line) {
    for (int i = 0; i < 32; ++i) volts << (i > 0 ? "," : "") << (line == 0 ? 0.1 : 0.0);
    volts << "\n";
  }
  volts.close();
  const auto result = run({"--json", "-"}, "g.csv", "two.csv");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const auto json = nlohmann::json::parse(result.output);
  ASSERT_EQ(json["currents_a"].size(), 2U);
  EXPECT_GT(sum(json["currents_a"][0]), 0.0);
  EXPECT_EQ(sum(json["currents_a"][1]), 0.0);
  EXPECT_TRUE(json["loss_percent"][1].is_null());
}

TEST_F(CrossbarCommand, ResistancesAndSecondDriversAct) {
  const auto total = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--json", "-"});
    const auto result = run(more);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return sum(nlohmann::json::parse(result.output)["currents_a"]);
  };
  const double base = total({"--wire", "1 ohm"});
  EXPECT_LT(total({"--wire", "1 ohm", "--driver", "100 ohm"}), base);
  EXPECT_LT(total({"--wire", "1 ohm", "--sense", "100 ohm"}), base);
  EXPECT_GT(total({"--wire", "1 ohm", "--sides", "both"}), base);
  EXPECT_GT(total({"--wire", "1 ohm", "--bitline", "0 ohm"}), base);
  EXPECT_LT(total({"--wire", "1 ohm", "--wordline", "4 ohm"}), base);
  EXPECT_GT(total({"--wire", "1 ohm", "--cell", "sinh", "--sine-voltage", "0.1 V"}), base);
  EXPECT_LT(total({"--wire", "1 ohm", "--cell", "transistor", "--transistor-factor", "3e-4"}), base);
}

TEST_F(CrossbarCommand, RefusesNonsenseAndSaysWhere) {
  write("row.csv", "0.1,0.2\n");
  write("bad.csv", "1e-5,2e-5\n1e-5,-2e-5\n");
  write("text.csv", "1e-5,2e-5\n1e-5,much\n");
  write("empty.csv", "");
  write("infinite.csv", "1e-5,inf\n");
  write("file.txt", "1");
  EXPECT_THAT(refusal({}, "g.csv", "row.csv"), HasSubstr("has 32 rows"));
  EXPECT_THAT(refusal({}, "bad.csv", "row.csv"), HasSubstr("bad.csv: the conductance of row 1, bit line 1"));
  EXPECT_THAT(refusal({}, "text.csv", "row.csv"), HasSubstr("text.csv:2: 'much' is not a number"));
  EXPECT_THAT(refusal({}, "empty.csv", "row.csv"), HasSubstr("no row of numbers"));
  EXPECT_THAT(refusal({}, "infinite.csv", "row.csv"), HasSubstr("infinite.csv:1"));
  EXPECT_THAT(refusal({}, "missing.npy"), HasSubstr("missing.npy"));
  EXPECT_THAT(refusal({}, "file.txt"), HasSubstr(".npy (NumPy) and .csv"));
  EXPECT_THAT(refusal({"--wire", "-1ohm"}), HasSubstr("--wire: a resistance cannot be negative"));
  EXPECT_THAT(refusal({"--driver", "5"}), HasSubstr("--driver"));
  EXPECT_THAT(refusal({"--sense", "1e300 ohm"}), HasSubstr("sense resistance"));
  EXPECT_THAT(refusal({"--sides", "three"}), HasSubstr("three"));
  EXPECT_THAT(refusal({"--cell", "sinh", "--sine-voltage", "0 V"}), HasSubstr("sine voltage"));
  EXPECT_THAT(refusal({"--json", file("g.csv")}), HasSubstr("is an input"));
}

}  // namespace
}  // namespace crossloom
