// Passes busy intervals on to the observers of the image in flight, and costs one test where there are none.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "models/simulation_result.h"
#include "sim/message.h"

namespace crossloom {

class Observation {
 public:
  explicit Observation(std::vector<SimulationObserver*> observers) : observers_(std::move(observers)) {}

  /// Whether the image in flight is observed.
  [[nodiscard]] bool on() const { return on_; }
  void begin_image(std::uint32_t image, Cycle start, bool observed) {
    on_ = observed && !observers_.empty();
    image_ = image;
    if (!on_) return;
    for (SimulationObserver* observer : observers_) observer->on_image_begin(image, start);
  }
  void end_image(Cycle end) {
    if (!on_) return;
    for (SimulationObserver* observer : observers_) observer->on_image_end(image_, end);
    on_ = false;
  }
  std::uint32_t next_flow() { return ++flows_; }

  /// A unit serves from `start` on; `flow` 0: no message travels. Call only while on().
  void busy(UnitName unit, Cycle start, Cycle duration, std::uint32_t step, std::uint32_t layer, const char* label,
            std::uint32_t flow = 0) {
    BusyInterval interval{unit, start, duration, image_, step, layer, label, std::nullopt};
    if (flow != 0) interval.flow = flow;
    for (SimulationObserver* observer : observers_) observer->on_busy(interval);
  }
  void busy(UnitName unit, Cycle start, const Message& message) {
    busy(unit, start, message.flits, message.step, message.layer,
         message.kind == MessageClass::data ? "packet" : "token", message.flow);
  }

 private:
  std::vector<SimulationObserver*> observers_;
  bool on_ = false;
  std::uint32_t image_ = 0;
  std::uint32_t flows_ = 0;
};

}  // namespace crossloom
