// A run that is killed or interrupted leaves no OUT or a complete one, and --resume ends in the same bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <chrono>
#include <cstdlib>

#include "base/random.h"
#include "tests/support/program.h"

namespace crossloom {
namespace {

using test::files_below;
using test::ProgramOptions;
using test::ProgramResult;
using test::run_program;

/// Names of the files that are not the same in both.
std::string differences(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b) {
  std::string names;
  for (const auto& [name, bytes] : a) {
    if (b.count(name) == 0 || b.at(name) != bytes) names += " " + name;
  }
  for (const auto& [name, bytes] : b) {
    if (a.count(name) == 0) names += " " + name;
  }
  return names;
}

std::vector<std::string> arguments_of(const std::filesystem::path& file, const std::filesystem::path& out,
                                      const std::string& more = "") {
  std::vector<std::string> arguments{"run",       file.string(), "--out",   out.string(),
                                     "--threads", "2",           "--trace", "events"};
  if (!more.empty()) arguments.push_back(more);
  return arguments;
}

/// How many kills; more with CROSSLOOM_KILLS for a thorough run.
int kills() {
  const char* text = std::getenv("CROSSLOOM_KILLS");
  return text == nullptr ? 6 : std::atoi(text);
}

TEST(Interruption, KilledAtRandomMomentsARunLeavesNothingHalfWrittenAndResumesToTheSameBytes) {
  const TemporaryFolder folder;
  const auto file = folder.write("tiny.yaml", test::tiny_experiment());
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(run_program(arguments_of(file, folder.path() / "whole")).exit_code, 0);
  const auto whole_time = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin);
  const auto whole = files_below(folder.path() / "whole", {"timing.json"});

  RandomStream moments(RandomKey(2026).child("kill moments"));
  int killed = 0;
  for (int k = 0; k < kills(); ++k) {
    const auto out = folder.path() / ("killed" + std::to_string(k));
    ProgramOptions options;
    options.signal = SIGKILL;
    options.signal_after =
        std::chrono::microseconds(static_cast<std::int64_t>(1e6 * moments.uniform() * 1.05 * whole_time.count()));
    const ProgramResult result = run_program(arguments_of(file, out), options);
    killed += result.exit_code == -SIGKILL ? 1 : 0;
    if (std::filesystem::exists(out)) {
      EXPECT_EQ(differences(files_below(out, {"timing.json"}), whole), "") << "a folder that is there must be complete";
    }
    const ProgramResult resumed = run_program(arguments_of(file, out, "--resume"));
    ASSERT_EQ(resumed.exit_code, 0) << resumed.errors;
    EXPECT_EQ(differences(files_below(out, {"timing.json"}), whole), "") << "resumed after kill " << k;
    EXPECT_FALSE(std::filesystem::exists(out.string() + ".partial"));
  }
  EXPECT_GT(killed, 0) << "no kill hit: the moments do not test anything";
}

TEST(Interruption, CtrlCEndsWithItsOwnExitCodeAndSaysHowToGoOn) {
  const TemporaryFolder folder;
  const auto file = folder.write("tiny.yaml", test::tiny_experiment());
  auto arguments = arguments_of(file, folder.path() / "run");
  arguments.insert(arguments.end(), {"--set", "training.epochs=2000"});
  ProgramOptions options;
  options.signal = SIGINT;
  options.signal_after = std::chrono::milliseconds(1500);
  const ProgramResult result = run_program(arguments, options);
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.errors, testing::HasSubstr("--resume"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "run"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "run.partial"));
}

TEST(Interruption, AnInterruptedRunIsNeitherOverwrittenNorResumedWithAnotherConfiguration) {
  const TemporaryFolder folder;
  const auto file = folder.write("tiny.yaml", test::tiny_experiment());
  auto longer = arguments_of(file, folder.path() / "run");
  longer.insert(longer.end(), {"--set", "training.epochs=2000"});
  ProgramOptions options;
  options.signal = SIGKILL;
  options.signal_after = std::chrono::milliseconds(1500);
  ASSERT_EQ(run_program(longer, options).exit_code, -SIGKILL);
  const ProgramResult again = run_program(arguments_of(file, folder.path() / "run"));
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.errors, testing::HasSubstr("--resume"));
  const ProgramResult other = run_program(arguments_of(file, folder.path() / "run", "--resume"));
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.errors, testing::HasSubstr("another configuration"));
  EXPECT_EQ(run_program(arguments_of(file, folder.path() / "run", "--force")).exit_code, 0);
}

}  // namespace
}  // namespace crossloom
