#include "sim/observation.h"

namespace crossloom {

void Observation::begin_image(std::uint32_t position, std::uint32_t image, Cycle start) {
  for (std::vector<SimulationObserver*>* list :
       {&all_, &for_busy_, &for_waits_, &for_path_, &for_actions_, &for_levels_}) {
    list->clear();
  }
  for (const Watch& watch : watches_) {
    if (!watch.images.contains(position)) continue;
    const Interests interests = watch.observer->interests();
    all_.push_back(watch.observer);
    if (interests.busy) for_busy_.push_back(watch.observer);
    if (interests.waits) for_waits_.push_back(watch.observer);
    if (interests.path) for_path_.push_back(watch.observer);
    if (interests.actions) for_actions_.push_back(watch.observer);
    if (interests.levels) for_levels_.push_back(watch.observer);
  }
  on_ = !all_.empty();
  image_ = image;
  first_flow_ = flows_ + 1;
  path_steps_ = last_step_ = 0;
  ways_.clear();
  for (SimulationObserver* observer : all_) observer->on_image_begin(image, start);
}

void Observation::end_image(Cycle end) {
  for (SimulationObserver* observer : all_) observer->on_image_end(image_, end, last_step_);
}

void Observation::busy(UnitName unit, Cycle start, Cycle duration, std::uint32_t step, std::uint32_t layer,
                       const char* label, std::uint32_t flow) {
  BusyInterval interval{unit, start, duration, image_, step, layer, label, std::nullopt};
  if (flow != 0) interval.flow = flow;
  for (SimulationObserver* observer : for_busy_) observer->on_busy(interval);
}

void Observation::wait(UnitName unit, Cycle start, Cycle end, WaitReason reason) {
  for (SimulationObserver* observer : for_waits_) observer->on_wait({unit, start, end - start, reason});
}

std::uint32_t Observation::path_step(std::uint32_t cause, UnitName unit, Cycle start, Cycle end, std::uint32_t step,
                                     std::uint32_t layer, const char* label) {
  if (end <= start || for_path_.empty()) return cause;
  const PathStep told{++path_steps_, cause, unit, start, end - start, step, layer, label};
  for (SimulationObserver* observer : for_path_) observer->on_path_step(told);
  return path_steps_;
}

void Observation::action(Action action, std::uint64_t count, Cycle cycle) {
  if (count == 0) return;
  for (SimulationObserver* observer : for_actions_) {
    observer->on_action({static_cast<std::uint32_t>(action), count, cycle});
  }
}

void Observation::array_drive(std::uint64_t zeptojoules, Cycle cycle) {
  for (SimulationObserver* observer : for_actions_) observer->on_array_drive(zeptojoules, cycle);
}

void Observation::level_change(UnitName unit, const char* name, Cycle cycle, std::int32_t change) {
  for (SimulationObserver* observer : for_levels_) observer->on_level_change({unit, name, cycle, change});
}

void CountedActions::tell(Cycle cycle) const {
  if (!before_) return;
  for (std::size_t k = 0; k < kActions; ++k) {
    observation_.action(static_cast<Action>(k), counts_.actions[k] - (*before_)[k], cycle);
  }
}

}  // namespace crossloom
