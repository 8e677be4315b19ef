#include "sim/host.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace crossloom {

namespace {
constexpr Cycle kHostTestCycles = 1;  // input memory is read and tested one packet a cycle and port
}  // namespace

Host::Host(const sc_core::sc_module_name& name, const Timing& timing, const ChipTables& tables,
           const SpikeEncoder& encoder, Activity& activity, Observation& observation, ImageRecorder& recorder)
    : TimedModule(name, timing),
      tables_(tables),
      encoder_(encoder),
      activity_(activity),
      observation_(observation),
      recorder_(recorder),
      patterns_(std::size_t{tables.steps} * tables.host.patterns),
      reports_(tables.host.reporting_stages),
      unit_free_(tables.host.stages.size()),
      trails_(tables.host.stages.size()) {
  for (std::uint32_t k = 0; k < tables.host.stages.size(); ++k) {
    stages_.emplace_back(tables.host.stages[k], k, OutputStage::Pace{kHostTestCycles, tables.data_flits});
  }
  while (control_stage_ < stages_.size() && stages_[control_stage_].table().destinations.empty()) ++control_stage_;
}

void Host::end_of_elaboration() { packets_ = network.operator->(); }

void Host::begin_image(const StimulusImage& image, Cycle start) {
  CROSSLOOM_CHECK(calendar_.empty(), "the host is still at work");
  encode(image);
  std::fill(unit_free_.begin(), unit_free_.end(), start);
  port_free_.assign(stages_.size(), start);
  std::fill(reports_.begin(), reports_.end(), 0U);
  activity_.chip.count(Action::global_control, tables_.steps);
  if (control_stage_ == stages_.size() && observation_.on()) {
    observation_.action(Action::global_control, tables_.steps, start);
  }
  for (std::uint32_t k = 0; k < stages_.size(); ++k) {
    stages_[k].begin_image(start);
    if (observation_.on()) trails_[k].begin_image(tables_.host.stages[k].destinations.size(), start);
    if (tables_.host.stages[k].destinations.empty()) continue;
    begin_step(k, start);
    push(start, {Kind::output, k});
  }
}

void Host::encode(const StimulusImage& image) {
  const std::uint32_t inputs = static_cast<std::uint32_t>(tables_.network.input.size());
  const HostTable& table = tables_.host;
  std::fill(patterns_.begin(), patterns_.end(), 0);
  for (std::uint32_t step = 0; step < tables_.steps; ++step) {
    encoder_.spikes(image.image, step, image.pixels, inputs, spikes_);
    recorder_.input_step(step, spikes_);
    std::uint64_t* patterns = patterns_.data() + std::size_t{step} * table.patterns;
    for (const std::uint32_t input : spikes_) {
      for (std::uint32_t b = table.first_bit[input]; b < table.first_bit[input + 1]; ++b) {
        patterns[table.bits[b].pattern] |= std::uint64_t{1} << table.bits[b].bit;
      }
    }
  }
}

bool Host::done() const {
  const auto sent = [this](const OutputStage& stage) {
    return stage.table().destinations.empty() || stage.step() == tables_.steps;
  };
  return std::all_of(stages_.begin(), stages_.end(), sent) &&
         std::all_of(reports_.begin(), reports_.end(), [this](std::uint32_t steps) { return steps == tables_.steps; });
}

std::string Host::describe() const {
  std::string text;
  for (std::uint32_t k = 0; k < stages_.size(); ++k) {
    if (stages_[k].table().destinations.empty() || stages_[k].step() == tables_.steps) continue;
    text += fmt::format("  host port {}, {}\n", k, stages_[k].describe());
  }
  for (std::uint32_t k = 0; k < reports_.size(); ++k) {
    if (reports_[k] != tables_.steps) {
      text += fmt::format("  host: output tile {} has reported {} of {} steps\n", k, reports_[k], tables_.steps);
    }
  }
  return text;
}

void Host::push(Cycle when, Event event) {
  calendar_.push(when, event);
  wake_at(when);
}

void Host::work(Cycle now) {
  // Stages share nothing, so the order of the events of a cycle does not matter.
  calendar_.drain(now, [this, now](const std::vector<Event>& due) {
    for (const Event& event : due) {
      if (event.kind == Kind::released) {
        stages_[event.stage].release(now);
        if (stages_[event.stage].step() == tables_.steps) continue;
        begin_step(event.stage, now);
      }
      output(event.stage, now);
    }
  });
}

void Host::begin_step(std::uint32_t stage, Cycle now) {
  trails_[stage].filled = trails_[stage].released;
  trails_[stage].filled_at = now;
  if (stage == control_stage_ && observation_.on()) observation_.action(Action::global_control, 1, now);
  const std::size_t first = std::size_t{stages_[stage].step()} * tables_.host.patterns;
  std::copy_n(patterns_.begin() + static_cast<std::ptrdiff_t>(first), tables_.host.patterns, stages_[stage].patterns());
}

void Host::output(std::uint32_t stage, Cycle now) {
  NetworkOutlet outlet(*packets_, observation_, trails_[stage], {UnitKind::host_unit, stage, 0}, WaitReason::buffer);
  const OutputStage::Progress progress = outlet.run(stages_[stage], now, unit_free_[stage]);
  const CountedActions counted(observation_, activity_.chip);
  activity_.chip.count(Action::input_memory_read, std::uint64_t{progress.sent} + progress.saved);
  counted.tell(now);
  activity_.chip.packets_sent += progress.sent;
  activity_.chip.packets_saved += progress.saved;
  if (progress.resume != kNever) calendar_.push(progress.resume, {Kind::output, stage});
  if (progress.handed_over != kNever) calendar_.push(progress.handed_over, {Kind::released, stage});
}

void Host::deliver(const Message& message, Cycle cycle) {
  const std::uint32_t reporter = message.sent_as;
  if (message.step != reports_.at(reporter)) {
    throw Bug(fmt::format("output tile {} reported step {} to the host where step {} was due", reporter, message.step,
                          reports_[reporter]));
  }
  ++reports_[reporter];
  if (observation_.on()) observe_report(message, cycle);
  recorder_.output_reported(cycle);
  const CountedActions counted(observation_, activity_.chip);
  activity_.chip.count(Action::token);
  activity_.chip.count(Action::router_traversal, std::uint64_t{message.flits} * message.routers);
  activity_.chip.count(Action::link_traversal, std::uint64_t{message.flits} * (message.routers - 1U));
  counted.tell(cycle);
}

void Host::observe_report(const Message& message, Cycle cycle) {
  if (cycle > recorder_.end()) observation_.ended_with(observation_.way(message).path_step);
}

void Host::departed(const Message& message, Cycle start) {
  if (observation_.on()) {
    observe_departure(observation_, {UnitKind::host_port, message.stage, message.stage}, message, start,
                      port_free_[message.stage], trails_[message.stage]);
  }
  const Cycle handed_over = stages_[message.stage].departed(message, start);
  if (handed_over != kNever) push(handed_over, {Kind::released, message.stage});
}

void Host::step_credit(std::uint32_t stage, std::uint32_t destination, std::uint32_t step, Cycle cycle,
                       std::uint32_t path_step) {
  if (observation_.on()) trails_[stage].credits[destination][step % 2] = path_step;
  const Cycle resume = stages_[stage].credit(destination, step, cycle);
  if (resume != kNever) push(resume, {Kind::output, stage});
}

}  // namespace crossloom
