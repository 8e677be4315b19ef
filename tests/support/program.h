// Runs the real program as a user would, for tests of whole runs.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace crossloom::test {

struct ProgramResult {
  int exit_code = 0;  ///< -signal where a signal ended it
  std::string output, errors;
};

struct ProgramOptions {
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to the test's own
  std::filesystem::path folder;                                  ///< working folder; empty = the test's own
  /// Sends this signal to the program after this time, unless it ended before.
  std::optional<int> signal;
  std::chrono::microseconds signal_after{0};
};

/// crossloom with these arguments; standard input is empty.
ProgramResult run_program(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

/// Relative path -> bytes of every file below `folder`, but for those named in `except`.
std::map<std::string, std::string> files_below(const std::filesystem::path& folder,
                                               const std::vector<std::string>& except = {});

/// A whole experiment in one file that runs in about a second: generated digits, 784-24-10, 8 steps, 6 images, two
/// variants.
std::string tiny_experiment();

}  // namespace crossloom::test
