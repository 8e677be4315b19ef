#include "app/watch_options.h"

#include <charconv>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {
namespace {

/// Reads a whole number at the front of `text`, and takes it off.
bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

ImageSelection selection(const std::string& text, const std::string& option, std::uint32_t every) {
  const auto range = read_range(text, option, std::numeric_limits<std::uint32_t>::max());
  return {static_cast<std::uint32_t>(range.first), static_cast<std::uint32_t>(range.second), every};
}

}  // namespace

std::pair<std::uint64_t, std::uint64_t> read_range(const std::string& text, const std::string& option,
                                                   std::uint64_t largest) {
  std::uint64_t first = 0, last = largest;
  if (text == "all") return {first, last};
  std::string_view rest = text;
  bool fine = take_number(rest, first);
  if (fine && rest.empty()) {
    last = first;
  } else if (fine && rest.substr(0, 2) == "..") {
    rest.remove_prefix(2);
    fine = take_number(rest, last);
  }
  if (!fine || !rest.empty() || last < first || last > largest) {
    throw UserError(fmt::format("{} takes a range such as 0..3, one number or all; got '{}'", option, text));
  }
  return {first, last};
}

WatchSpec WatchOptions::spec() const {
  WatchSpec spec;
  spec.traced = selection(images, "--trace-images", every);
  const auto window = read_range(cycles, "--trace-cycles", std::numeric_limits<std::uint64_t>::max());
  spec.cycles = {window.first, window.second};
  spec.signal_pattern = signal_pattern;
  if (!observe.empty()) spec.observed = selection(observe, "--observe", 1);
  spec.window_cycles = window_cycles;
  return spec;
}

void add_watch_options(CLI::App& command, WatchOptions& options, bool record) {
  command
      .add_option("--trace-images", options.images,
                  "Images of the event trace and of signals, as positions in the stimulus")
      ->type_name("A..B")
      ->capture_default_str();
  command.add_option("--trace-every", options.every, "Of those, only every so-manieth image")
      ->type_name("N")
      ->check(CLI::Range(1U, std::numeric_limits<std::uint32_t>::max()))
      ->capture_default_str();
  command.add_option("--trace-cycles", options.cycles, "Of each of those, only these cycles since the image began")
      ->type_name("A..B")
      ->capture_default_str();
  command
      .add_option(
          "--vcd-signals", options.signal_pattern,
          "Signals of the value change dump: names such as crossbar_3.busy or router_output_*.data_credits, with * for "
          "anything; several are separated by commas")
      ->type_name("PATTERN");
  if (!record) return;
  command
      .add_option(
          "--observe", options.observe,
          "Record of these images how busy every unit was and why it waited, their critical paths, and energy over "
          "time; in tables and pictures (all: every image)")
      ->type_name("A..B");
  command.add_option("--observe-window", options.window_cycles, "Cycles of one window of energy over time")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 32))
      ->capture_default_str();
}

}  // namespace crossloom
