// Options that say what is watched while images run on a chip; the same for every command that simulates.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/watch_spec.h"

namespace crossloom {

struct WatchOptions {
  std::string images = "0..0", cycles = "all", observe;
  std::uint32_t every = 1;
  std::uint64_t window_cycles = 100;
  std::string signal_pattern;

  /// Without names of files. Throws UserError where a range is none.
  [[nodiscard]] WatchSpec spec() const;
};

/// --trace-images, --trace-cycles, --trace-every, --vcd-signals; with `record` also --observe and --observe-window.
void add_watch_options(CLI::App& command, WatchOptions& options, bool record);

/// "A..B", "A" or "all". Throws UserError, with the option's name, otherwise.
std::pair<std::uint64_t, std::uint64_t> read_range(const std::string& text, const std::string& option,
                                                   std::uint64_t largest);

}  // namespace crossloom
