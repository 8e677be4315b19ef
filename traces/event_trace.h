// The event trace: what every unit of the chip did when, for the Perfetto viewer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/units.h"
#include "models/observer.h"

namespace crossloom {

/// Observer that streams a trace-event JSON file (gzip) for the Perfetto viewer: one track a serving unit, complete
/// events that never overlap, flow events that start and end inside a slice; 1 ps simulated is shown as 1 ns. Stops
/// with a notice in the trace after `maximum_events` slices. Memory is bounded by the number of units and of packets on
/// their way. The file is written aside and renamed by finish(); without finish() nothing is left. One thread.
class EventTraceWriter : public SimulationObserver {
 public:
  static constexpr std::uint64_t kMaximumEvents = 2'000'000;
  /// Only what serves within `window` cycles of an image's begin is written. Throws UserError where the file cannot be
  /// made. The clock's period is a whole number of femtoseconds; times that are no whole picoseconds are rounded down,
  /// both ends of a slice alike.
  EventTraceWriter(const std::filesystem::path& file, Frequency clock, const std::vector<std::string>& layer_names,
                   std::uint64_t maximum_events = kMaximumEvents, CycleWindow window = {});
  ~EventTraceWriter() override;
  EventTraceWriter(const EventTraceWriter&) = delete;
  EventTraceWriter& operator=(const EventTraceWriter&) = delete;
  /// Intervals of one unit come in the order of their time; intervals of one flow come in the order of its way.
  void on_busy(const BusyInterval& interval) override;
  void on_image_begin(std::uint32_t image, std::uint64_t cycle) override;
  void on_answer(std::uint32_t image, std::uint64_t begin, std::uint64_t cycle, std::uint32_t last_step) override;
  void on_image_end(std::uint32_t image, std::uint64_t cycle, std::uint32_t last_step) override;
  /// Finishes the file; throws UserError if any write failed, Bug if a unit served two things at once. Called once,
  /// before destruction.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossloom
