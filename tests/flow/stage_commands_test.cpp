// The stages by themselves, on their file forms, give what the whole run gives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/program.h"

namespace crossloom {
namespace {

using test::ProgramResult;
using test::run_program;
using testing::HasSubstr;

class StageCommands : public testing::Test {
 protected:
  StageCommands() : experiment_(folder_.write("tiny.yaml", test::tiny_experiment()).string()) {}
  [[nodiscard]] std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  [[nodiscard]] ProgramResult stage(const std::string& command, std::vector<std::string> more) const {
    std::vector<std::string> arguments{command, experiment_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  }
  TemporaryFolder folder_;
  std::string experiment_;
};

TEST_F(StageCommands, OneAfterAnotherGiveTheFilesOfTheWholeRun) {
  ASSERT_EQ(stage("run", {"--out", at("run")}).exit_code, 0);
  ASSERT_EQ(stage("train", {"--out", at("dense.network")}).exit_code, 0);
  ASSERT_EQ(stage("transform", {"--variant", "pruned", "--network", at("dense.network"), "--out", at("pruned.network")})
                .exit_code,
            0);
  ASSERT_EQ(stage("map", {"--network", at("pruned.network"), "--out", at("chip")}).exit_code, 0);
  ASSERT_EQ(stage("program", {"--chip", at("chip")}).exit_code, 0);
  const ProgramResult simulated =
      stage("simulate", {"--chip", at("chip"), "--verify", "--trace", at("events.json.gz"), "--trace-cycles", "0..200",
                         "--vcd", at("signals.vcd"), "--vcd-signals", "*.busy", "--trace-images", "all"});
  ASSERT_EQ(simulated.exit_code, 0) << simulated.errors;
  EXPECT_THAT(simulated.output, HasSubstr("verified"));
  EXPECT_THAT(read_file(at("signals.vcd")), HasSubstr("$scope module crossbar_0 $end"));
  EXPECT_TRUE(std::filesystem::exists(at("events.json.gz")));
  EXPECT_EQ(read_file(at("dense.network")), read_file(at("run/seed_3/dense.network")));
  EXPECT_EQ(read_file(at("pruned.network")), read_file(at("run/seed_3/pruned/transformed.network")));
  for (const char* name : {"spiking.network", "mapped.network", "programmed.chip"}) {
    EXPECT_EQ(read_file(at("chip") + "/" + name), read_file(at("run/seed_3/pruned/") + name)) << name;
  }
}

TEST_F(StageCommands, ProgramListsTargetValueAndErrorOfACell) {
  ASSERT_EQ(stage("run", {"--out", at("run"), "--set", "chip.device.programming_error=0.02"}).exit_code, 0);
  const ProgramResult listed =
      stage("program", {"--chip", at("run/seed_3/original"), "--list", "--layer", "1", "--input", "5", "--output", "7",
                        "--set", "chip.device.programming_error=0.02"});
  ASSERT_EQ(listed.exit_code, 0) << listed.errors;
  EXPECT_THAT(listed.output, HasSubstr("target_s,actual_s,error_s"));
  EXPECT_THAT(listed.output, HasSubstr(",1,5,7,positive,0,"));
  EXPECT_THAT(listed.output, HasSubstr(",1,5,7,negative,0,"));
}

TEST_F(StageCommands, ReportRedrawsAFinishedRunToTheSameBytes) {
  ASSERT_EQ(stage("run", {"--out", at("run")}).exit_code, 0);
  const ProgramResult report = run_program({"report", at("run"), "--out", at("again")});
  ASSERT_EQ(report.exit_code, 0) << report.errors;
  for (const auto& [name, bytes] : test::files_below(at("again"))) {
    EXPECT_EQ(bytes, read_file(at("run") + "/" + name)) << name;
  }
}

TEST_F(StageCommands, CheckSaysHowLargeTheExperimentIsWithoutTraining) {
  const ProgramResult checked = stage("check", {});
  ASSERT_EQ(checked.exit_code, 0) << checked.errors;
  EXPECT_THAT(checked.output, HasSubstr("784-24-10"));
  EXPECT_THAT(checked.output, HasSubstr("crossbars"));
}

TEST_F(StageCommands, ADamagedFileIsNamed) {
  ASSERT_EQ(stage("train", {"--out", at("dense.network")}).exit_code, 0);
  std::string bytes = read_file(at("dense.network"));
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  folder_.write("damaged.network", bytes);
  const ProgramResult result = stage("map", {"--network", at("damaged.network"), "--out", at("chip")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.errors, HasSubstr("damaged.network"));
}

TEST_F(StageCommands, HelpTeachesEverySubcommand) {
  for (const char* command : {"run", "check", "train", "transform", "map", "program", "simulate", "report"}) {
    const ProgramResult help = run_program({command, "--help"});
    EXPECT_EQ(help.exit_code, 0) << command;
    EXPECT_GT(help.output.size(), 300U) << command;
  }
  EXPECT_EQ(run_program({"--version"}).exit_code, 0);
  EXPECT_EQ(run_program({"no-such-command"}).exit_code, 1);
}

}  // namespace
}  // namespace crossloom
