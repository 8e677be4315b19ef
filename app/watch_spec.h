// What is watched while images run on a chip, as values, files and observers; the same for every kind of chip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/units.h"
#include "models/observations.h"
#include "sim/recorders.h"
#include "traces/event_trace.h"
#include "traces/value_change_dump.h"

namespace crossloom {

/// Positions are those of the stimulus.
struct WatchSpec {
  std::filesystem::path trace;                  ///< event trace, or empty
  ImageSelection traced;                        ///< images of the event trace and of signals
  CycleWindow cycles;                           ///< of each of them
  std::filesystem::path signals;                ///< value change dump, or empty
  std::string signal_pattern;                   ///< which signals
  std::optional<ImageSelection> observed = {};  ///< recorded in the result
  std::uint64_t window_cycles = 100;            ///< of what is recorded over time
};

/// All of it as one line; the same for the same.
std::string watch_text(const WatchSpec& watch);
nlohmann::json watch_json(const WatchSpec& watch);
/// Throws what the JSON library throws.
WatchSpec watch_from_json(const nlohmann::json& json);

/// The same for `count` images from `first` on, which another process simulates: the first share with a traced image
/// writes the named files, every later one files of its own, named after its first image.
WatchSpec watch_of_share(WatchSpec watch, std::uint32_t first, std::uint32_t count);

/// The observers of a share whose first image is at `first` in the stimulus. `actions`: kinds of them that the chip
/// has.
class Watchers {
 public:
  /// Throws UserError where a file cannot be made. The spec outlives it.
  Watchers(const WatchSpec& watch, std::uint32_t first, Frequency clock, const std::vector<std::string>& layers,
           std::uint32_t actions);
  /// Images counted from the share's first.
  [[nodiscard]] const std::vector<Watch>& watches() const { return watches_; }
  /// After the run: completes the files, and gives what was observed. `mesh_width`: Observations::mesh_width.
  Observations finish(std::uint32_t mesh_width);

 private:
  std::optional<EventTraceWriter> trace_;
  std::optional<ValueChangeDump> signals_;
  std::optional<Recording> recording_;
  std::vector<Watch> watches_;
};

}  // namespace crossloom
