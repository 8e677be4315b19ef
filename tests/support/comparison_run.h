// `crossloom compare` on an experiment written into a temporary folder.
#pragma once

#include <string>
#include <vector>

#include "tests/support/program.h"

namespace crossloom::test {

/// `out` and `cache` lie in the folder.
inline ProgramResult run_comparison(const TemporaryFolder& folder, const std::string& experiment,
                                    const std::string& out, const std::vector<std::string>& more,
                                    const std::string& cache) {
  const auto file = folder.write("tiny.yaml", experiment);
  std::vector<std::string> arguments{
      "compare", file.string(), "--out", (folder.path() / out).string(), "--cache", (folder.path() / cache).string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(arguments);
}

}  // namespace crossloom::test
