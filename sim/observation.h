// Passes what happens on to the observers of the image in flight, and costs one test where there are none.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "models/activity.h"
#include "models/observer.h"
#include "sim/message.h"

namespace crossloom {

class Observation {
 public:
  explicit Observation(std::vector<Watch> watches) : watches_(std::move(watches)) {}

  /// Whether anybody will ever watch.
  [[nodiscard]] bool wanted() const { return !watches_.empty(); }
  /// Once, before the first image.
  void begin(const std::vector<UnitName>& units, const std::vector<LevelStart>& levels) {
    for (const Watch& watch : watches_) watch.observer->on_chip(units, levels);
  }
  /// `position`: of the image in the stimulus.
  void begin_image(std::uint32_t position, std::uint32_t image, Cycle start);
  void end_image(Cycle end);

  /// Whether somebody watches the image in flight, and what. Call what tells it only then.
  [[nodiscard]] bool on() const { return on_; }
  [[nodiscard]] bool actions() const { return !for_actions_.empty(); }
  [[nodiscard]] bool levels() const { return !for_levels_.empty(); }
  [[nodiscard]] bool path() const { return !for_path_.empty(); }

  /// A unit serves from `start` on; `flow` 0: no message travels.
  void busy(UnitName unit, Cycle start, Cycle duration, std::uint32_t step, std::uint32_t layer, const char* label,
            std::uint32_t flow = 0);
  void busy(UnitName unit, Cycle start, const Message& message) {
    busy(unit, start, message.flits, message.step, message.layer,
         message.kind == MessageClass::data ? "packet" : "token", message.flow);
  }
  void wait(UnitName unit, Cycle start, Cycle end, WaitReason reason);
  /// Returns the new step's id, or `cause` where it takes no time or nobody asks for paths.
  std::uint32_t path_step(std::uint32_t cause, UnitName unit, Cycle start, Cycle end, std::uint32_t step,
                          std::uint32_t layer, const char* label);
  void action(Action action, std::uint64_t count, Cycle cycle);
  void array_drive(std::uint64_t zeptojoules, Cycle cycle);
  void level_change(UnitName unit, const char* name, Cycle cycle, std::int32_t change);

  /// Where a message is on its way: the path step that ended last, and when.
  struct Way {
    std::uint32_t path_step = 0;
    Cycle end = 0;
  };
  /// A message of this way is about to be put into the network. Returns its number.
  std::uint32_t begin_way(Way way) {
    ways_.push_back(way);
    return ++flows_;
  }
  Way& way(const Message& message) { return ways_[message.flow - first_flow_]; }
  /// The last answer so far came with this path step.
  void ended_with(std::uint32_t path_step) { last_step_ = path_step; }

 private:
  std::vector<Watch> watches_;
  /// Of the image in flight.
  std::vector<SimulationObserver*> all_, for_busy_, for_waits_, for_path_, for_actions_, for_levels_;
  bool on_ = false;
  std::uint32_t image_ = 0;
  std::uint32_t flows_ = 0, first_flow_ = 1;
  std::uint32_t path_steps_ = 0, last_step_ = 0;
  std::vector<Way> ways_;  ///< by flow since the image began
};

/// Cuts the time in which a unit does not serve into reasons, one after another.
class Waiting {
 public:
  Waiting(Observation& observation, UnitName unit, Cycle from) : observation_(observation), unit_(unit), from_(from) {}
  /// Up to `when`, unless that is past already.
  Waiting& until(Cycle when, WaitReason reason) {
    if (when > from_) {
      observation_.wait(unit_, from_, when, reason);
      from_ = when;
    }
    return *this;
  }

 private:
  Observation& observation_;
  UnitName unit_;
  Cycle from_;
};

/// Tells which actions were counted between its construction and tell(), if anybody asks.
class CountedActions {
 public:
  CountedActions(Observation& observation, const ActivityCounts& counts) : observation_(observation), counts_(counts) {
    if (observation.actions()) before_ = counts.actions;
  }
  void tell(Cycle cycle) const;

 private:
  Observation& observation_;
  const ActivityCounts& counts_;
  std::optional<decltype(ActivityCounts::actions)> before_;
};

}  // namespace crossloom
