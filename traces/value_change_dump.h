// Chosen signals of the chip as a value change dump, for any waveform viewer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "models/observer.h"
#include "traces/gzip_file.h"

namespace crossloom {

/// Whether a name is one of `patterns`: separated by commas, * stands for any characters.
bool matches(const std::string& name, const std::string& patterns);
/// "crossbar_3", "host_port_0", "router_output_5.east".
std::string signal_scope(const UnitName& unit);

/// Observer that writes a VCD file (IEEE 1364-2005, section 18): for each unit a wire `busy`, and the levels that the
/// chip tells (free places behind a port, messages that wait), all in scopes below `chip`. Units that serve one thing
/// right after another stay busy. The changes of one image are kept until it ends (16 bytes each); the dump of an image
/// with more than `most_changes` is left out, with a comment that says so. The file is written aside and renamed by
/// finish(); without finish() nothing is left. One thread.
class ValueChangeDump : public SimulationObserver {
 public:
  static constexpr std::size_t kMostChanges = 20'000'000;
  /// Throws UserError where the file cannot be made. The clock's period is a whole number of femtoseconds. Of each
  /// image `window` is written.
  ValueChangeDump(const std::filesystem::path& file, Frequency clock, std::string pattern, CycleWindow window = {},
                  std::size_t most_changes = kMostChanges);
  [[nodiscard]] Interests interests() const override;
  /// Throws UserError where no signal has such a name.
  void on_chip(const std::vector<UnitName>& units, const std::vector<LevelStart>& levels) override;
  void on_image_begin(std::uint32_t image, std::uint64_t cycle) override;
  void on_busy(const BusyInterval& interval) override;
  void on_level_change(const LevelChange& change) override;
  void on_image_end(std::uint32_t image, std::uint64_t cycle, std::uint32_t last_step) override;
  /// Throws UserError if any write failed, Bug where a level fell below 0. Called once, before destruction.
  void finish();

 private:
  struct Signal {
    std::string scope, name;
    std::uint32_t bits = 1;
    std::int64_t value = 0;
  };
  struct Change {
    std::uint64_t cycle;
    std::uint32_t signal;
    std::int32_t change;
  };
  void add_signal(const UnitName& unit, const std::string& name, std::uint32_t bits, std::int64_t value);
  [[nodiscard]] const std::uint32_t* find(const UnitName& unit, const std::string& name) const;
  void keep(std::uint32_t signal, std::uint64_t cycle, std::int32_t change);
  void write_header();
  void write_value(std::uint32_t signal);
  void write_changes();

  GzipFile file_;
  std::uint64_t period_;  ///< in units of the dump's time scale
  const char* time_scale_;
  std::string pattern_;
  CycleWindow window_;
  std::size_t most_changes_;
  std::vector<Signal> signals_;
  std::map<std::pair<UnitName, std::string>, std::uint32_t> numbers_;
  bool any_busy_ = false, any_level_ = false;
  std::uint64_t begin_ = 0;
  bool too_many_ = false;
  std::vector<Change> changes_;
  std::string text_;
};

}  // namespace crossloom
