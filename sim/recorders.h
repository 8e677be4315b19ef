// Observers that record: use of units, critical paths, actions over time. They know neither SystemC nor what a chip
// computes.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/observations.h"

namespace crossloom {

/// How long each unit was busy, and why it waited. Memory: by unit, and by image and kind.
class UseRecorder : public SimulationObserver {
 public:
  [[nodiscard]] Interests interests() const override { return {true, true}; }
  void on_chip(const std::vector<UnitName>& units, const std::vector<LevelStart>& levels) override;
  void on_image_begin(std::uint32_t image, std::uint64_t cycle) override;
  void on_busy(const BusyInterval& interval) override {
    UnitUse& use = in_image_[place_of(interval.unit)];
    use.busy_cycles += interval.duration_cycles;
    note_end(interval.start_cycle + interval.duration_cycles);
  }
  void on_wait(const WaitInterval& interval) override {
    UnitUse& use = in_image_[place_of(interval.unit)];
    use.wait_cycles[static_cast<std::size_t>(interval.reason)] += interval.duration_cycles;
    note_end(interval.start_cycle + interval.duration_cycles);
  }
  /// Throws Bug where a unit was busy and waiting for longer than the image took.
  void on_image_end(std::uint32_t image, std::uint64_t cycle, std::uint32_t last_step) override;
  /// Adds all that was recorded.
  void add_to(Observations& observations) const;

 private:
  struct Places {
    std::uint32_t ports = 1;
    std::vector<std::uint32_t> at;  ///< by index x ports + port
  };
  [[nodiscard]] std::uint32_t place_of(const UnitName& unit) const {
    const Places& places = places_[static_cast<std::size_t>(unit.kind)];
    return places.at.at(std::size_t{unit.index} * places.ports + unit.port);
  }
  void note_end(std::uint64_t cycle) {
    if (cycle > quiet_from_) quiet_from_ = cycle;
  }

  std::array<Places, kUnitKinds> places_;
  std::vector<UnitUse> in_image_, in_all_;
  std::vector<KindUse> kinds_by_image_;
  std::uint64_t begin_ = 0, quiet_from_ = 0, elapsed_ = 0;
  std::uint32_t images_ = 0;
};

/// The chain of what came last, from the image's end back to its begin. Keeps all steps of an image (or stream) until
/// it ends; of one with more than `most_steps` (48 bytes each) the path is left out.
class PathRecorder : public SimulationObserver {
 public:
  explicit PathRecorder(std::size_t most_steps = 10'000'000) : most_steps_(most_steps) {}
  [[nodiscard]] Interests interests() const override { return {false, false, true}; }
  void on_image_begin(std::uint32_t image, std::uint64_t cycle) override;
  void on_path_step(const PathStep& step) override;
  /// Throws Bug where a step does not begin when its cause ends.
  void on_image_end(std::uint32_t image, std::uint64_t cycle, std::uint32_t last_step) override;
  void on_answer(std::uint32_t image, std::uint64_t begin, std::uint64_t cycle, std::uint32_t last_step) override;
  void add_to(Observations& observations) const;

 private:
  struct Kept {
    std::uint64_t start;
    const char* label;
    std::uint32_t cause, duration, index, step;
    std::uint16_t port, layer;
    UnitKind kind;
  };
  void record(std::uint32_t image, std::uint64_t begin, std::uint64_t cycle, std::uint32_t last_step);

  std::size_t most_steps_;
  std::vector<Kept> steps_;  ///< step of id k at k - 1
  std::uint64_t begin_ = 0;
  bool too_many_ = false, first_ = true, answered_ = false;
  Observations recorded_;
};

/// Actions in windows of so many cycles. Memory: by window of the longest image.
class ActionRecorder : public SimulationObserver {
 public:
  /// `actions`: kinds of them that the chip has; `window_cycles` at least 1.
  ActionRecorder(std::uint32_t actions, std::uint64_t window_cycles);
  [[nodiscard]] Interests interests() const override { return {false, false, false, true}; }
  void on_image_begin(std::uint32_t /*image*/, std::uint64_t cycle) override { begin_ = cycle; }
  void on_action(const ActionCount& action) override {
    windows_.counts[window_of(action.cycle) * windows_.actions + action.action] += action.count;
  }
  void on_array_drive(std::uint64_t zeptojoules, std::uint64_t cycle) override {
    const std::size_t window = window_of(cycle);
    windows_.array_zeptojoules[window] += zeptojoules;
    ++windows_.array_drives[window];
  }
  void on_image_end(std::uint32_t image, std::uint64_t cycle, std::uint32_t last_step) override;
  void add_to(Observations& observations) const;

 private:
  std::size_t window_of(std::uint64_t cycle);
  ActionWindows windows_;
  std::uint64_t begin_ = 0;
};

/// All of them for the same images.
class Recording {
 public:
  Recording(std::uint32_t actions, std::uint64_t window_cycles) : actions_(actions, window_cycles) {}
  void watch(const ImageSelection& images, std::vector<Watch>& watches);
  [[nodiscard]] Observations observations() const;

 private:
  UseRecorder use_;
  PathRecorder path_;
  ActionRecorder actions_;
};

}  // namespace crossloom
