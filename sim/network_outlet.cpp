#include "sim/network_outlet.h"

#include <algorithm>

namespace crossloom {

OutputStage::Progress NetworkOutlet::run(OutputStage& stage, Cycle now, Cycle& unit_free) {
  endpoint_ = stage.table().endpoint;
  if (!observation_.on()) return stage.run(now, unit_free, *this);
  begin(stage, now, unit_free);
  const OutputStage::Progress progress = stage.run(now, unit_free, *this);
  end(stage);
  return progress;
}

void NetworkOutlet::begin(const OutputStage& stage, Cycle now, Cycle unit_free) {
  step_ = stage.step();
  layer_ = stage.table().layer;
  const std::uint32_t stalled_on = stage.stalled_on();
  began_ = std::max({now, stage.cursor(), unit_free});
  Waiting(observation_, unit_, unit_free).until(trail_.filled_at, unfilled_).until(began_, WaitReason::credit);
  if (stage.cursor() > now) {
    path_step_ = trail_.tested;
  } else {
    path_step_ = stalled_on == kNoIndex ? trail_.filled : trail_.credits[stalled_on][step_ % 2];
  }
  path_step_ = path_step(std::max(now, stage.cursor()), began_, "waiting", path_step_);
}

void NetworkOutlet::end(const OutputStage& stage) {
  const Cycle end = stage.cursor();
  if (end > began_) observation_.busy(unit_, began_, end - began_, step_, layer_, "test");
  trail_.tested = tested_ ? path_step(*tested_, end, "token", path_step_) : path_step(began_, end, "send", path_step_);
}

std::uint32_t NetworkOutlet::path_step(Cycle from, Cycle to, const char* label, std::uint32_t cause) {
  return observation_.path_step(cause, unit_, from, to, step_, layer_, label);
}

void NetworkOutlet::send(const Message& message, Cycle ready) {
  if (!observation_.on()) {
    network_.inject(endpoint_, message, ready);
    return;
  }
  std::uint32_t sent = 0;
  if (message.kind == MessageClass::data) {
    sent = path_step(began_, ready, "send", path_step_);
  } else {
    // A token takes a cycle of the output unit, after all tests.
    if (!tested_) {
      tested_ = ready - 1;
      path_step_ = path_step(began_, *tested_, "send", path_step_);
    }
    sent = path_step(*tested_, ready, "token", path_step_);
  }
  Message numbered = message;
  numbered.flow = observation_.begin_way({sent, ready});
  network_.inject(endpoint_, numbered, ready);
}

void observe_departure(Observation& observation, UnitName port, const Message& message, Cycle start, Cycle& port_free,
                       StageTrail& trail) {
  Observation::Way& way = observation.way(message);
  Waiting(observation, port, port_free).until(way.end, WaitReason::input).until(start, WaitReason::credit);
  observation.busy(port, start, message);
  port_free = start + message.flits;
  const auto path_step = [&](std::uint32_t cause, Cycle from, Cycle to, const char* label) {
    return observation.path_step(cause, port, from, to, message.step, message.layer, label);
  };
  const std::uint32_t leaves = path_step(way.path_step, way.end, start, "waiting");
  trail.released = path_step(leaves, start, port_free, "send");
  way = {path_step(leaves, start, start + 1, "link"), start + 1};
}

}  // namespace crossloom
