#include "sim/tile_group.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace crossloom {

TileGroup::TileGroup(const sc_core::sc_module_name& name, const Timing& timing, const ChipTables& tables,
                     TileGroupId id, Activity& activity, Observation& observation, ImageRecorder& recorder)
    : TimedModule(name, timing),
      tables_(tables),
      table_(tables.groups[id]),
      activity_(activity),
      observation_(observation),
      recorder_(recorder),
      driven_(table_),
      array_free_(table_.arrays),
      output_free_(table_.tiles.size()),
      trails_(table_.stages.size()) {
  for (const TilePartTable& part : table_.parts) parts_.emplace_back(part);
  for (const BankTable& bank : table_.banks) banks_.emplace_back(bank, tables, table_, activity);
  for (std::uint32_t k = 0; k < table_.stages.size(); ++k) {
    stages_.emplace_back(table_.stages[k], k, OutputStage::Pace{tables.chip.tile.send_cycles, tables.data_flits});
  }
  banks_to_fire_.resize(stages_.size());
  arrivals_.resize(parts_.size());
}

void TileGroup::end_of_elaboration() {
  packets_ = network.operator->();
  for (int k = 0; k < credit_wires.size(); ++k) credit_sinks_.push_back(credit_wires[k]);
}

void TileGroup::begin_image(std::uint32_t image, Cycle start) {
  CROSSLOOM_CHECK(calendar_.empty(), "a tile group is still at work");
  std::fill(array_free_.begin(), array_free_.end(), start);
  std::fill(output_free_.begin(), output_free_.end(), start);
  input_free_.assign(table_.tiles.size(), start);
  port_free_.assign(table_.tiles.size(), start);
  driven_.reset();
  for (std::uint32_t k = 0; k < stages_.size(); ++k) {
    stages_[k].begin_image(start);
    if (observation_.on()) trails_[k].begin_image(table_.stages[k].destinations.size(), start);
    banks_to_fire_[k] = static_cast<std::uint32_t>(table_.stages[k].banks.size());
  }
  for (NeuronBankUnit& bank : banks_) bank.begin_image(image, start);
  for (std::uint32_t k = 0; k < parts_.size(); ++k) {
    parts_[k].begin_image(start);
    hand_out(k);  // a part that only its bias drives waits for nobody
  }
}

void TileGroup::count_arrivals() {
  for (std::size_t k = 0; k < parts_.size(); ++k) {
    ActivityCounts& counts = activity_.at(table_.parts[k].tile, LayerId(table_.parts[k].layer));
    counts.count(Action::input_buffer_write, arrivals_[k].packets);
    counts.count(Action::input_buffer_read, arrivals_[k].packets);
    counts.count(Action::token, arrivals_[k].tokens);
    counts.count(Action::router_traversal, arrivals_[k].flits_and_routers);
    counts.count(Action::link_traversal, arrivals_[k].flits_and_links);
    arrivals_[k] = {};
  }
}

bool TileGroup::end_image() {
  count_arrivals();
  for (const NeuronBankUnit& bank : banks_) recorder_.end_bank(bank);
  const auto done = [this](const auto& unit) { return unit.step() == tables_.steps; };
  return std::all_of(parts_.begin(), parts_.end(), done) && std::all_of(stages_.begin(), stages_.end(), done);
}

void TileGroup::settle() {
  for (NeuronBankUnit& bank : banks_) bank.settle(driven_);
}

std::string TileGroup::describe() const {
  std::string text;
  for (const TilePart& part : parts_) {
    if (part.step() != tables_.steps) text += "  " + part.describe() + "\n";
  }
  for (const OutputStage& stage : stages_) {
    if (stage.step() != tables_.steps) {
      text += fmt::format("  output of tile {}, {}\n", stage.table().tile->value(), stage.describe());
    }
  }
  return text;
}

void TileGroup::push(Cycle when, Event event) { calendar_.push(when, event); }

void TileGroup::work(Cycle now) {
  calendar_.drain(now, [this, now](std::vector<Event>& due) {
    if (due.size() > 1) std::sort(due.begin(), due.end());
    for (const Event event : due) serve(event, now);
  });
}

void TileGroup::serve(Event event, Cycle now) {
  const std::uint32_t index = event & ((std::uint32_t{1} << 28) - 1);
  switch (static_cast<Kind>(event >> 28)) {
    case Kind::start:
      return start(index, now);
    case Kind::fire:
      return fire(index, now);
    case Kind::output:
      return output(index, now);
  }
}

void TileGroup::deliver(const Message& message, Cycle cycle) {
  if (observation_.on()) observe_arrival(message, cycle);
  TilePart& part = parts_[message.part];
  Arrivals& arrivals = arrivals_[message.part];
  if (message.kind == MessageClass::data) {
    part.take_packet(message.step, cycle);
    const IncomingGroup& runs = table_.incoming[message.sent_as];
    driven_.add(table_.runs.data() + runs.first, table_.runs.data() + runs.last, message.step, message.bits);
    ++arrivals.packets;
  } else {
    part.take_token(message.sent_as, message.step, static_cast<std::uint32_t>(message.bits), cycle);
    ++arrivals.tokens;
  }
  arrivals.flits_and_routers += std::uint64_t{message.flits} * message.routers;
  arrivals.flits_and_links += std::uint64_t{message.flits} * (message.routers - 1U);
  hand_out(message.part);
}

void TileGroup::observe_arrival(const Message& message, Cycle cycle) {
  const TilePartTable& part = table_.parts[message.part];
  const UnitName unit{UnitKind::tile_input, part.tile.value(), 0};
  Cycle& free = input_free_[part.place];
  Waiting(observation_, unit, free).until(cycle - message.flits, WaitReason::input);
  observation_.busy(unit, cycle - message.flits, message);
  free = cycle;
  parts_[message.part].note_arrival(message.step, cycle, observation_.way(message).path_step);
  if (!observation_.actions()) return;
  const bool data = message.kind == MessageClass::data;
  observation_.action(Action::input_buffer_write, data ? 1 : 0, cycle);
  observation_.action(Action::input_buffer_read, data ? 1 : 0, cycle);
  observation_.action(Action::token, data ? 0 : 1, cycle);
  observation_.action(Action::router_traversal, std::uint64_t{message.flits} * message.routers, cycle);
  observation_.action(Action::link_traversal, std::uint64_t{message.flits} * (message.routers - 1U), cycle);
}

// Tells the banks of a part as soon as it is known when its step at hand will be ready.
void TileGroup::hand_out(std::uint32_t part) {
  const Cycle ready = parts_[part].take_ready();
  if (ready == kNever) return;
  const TilePartTable& table = table_.parts[part];
  if (parts_[part].step() == 0) recorder_.layer_began(table.layer, ready);
  for (const std::uint32_t bank : table.banks) {
    banks_[bank].part_ready(ready);
    start_if_known(bank);
  }
}

void TileGroup::release(std::uint32_t stage, Cycle when) {
  stages_[stage].release(when);
  const OutputStageTable& table = table_.stages[stage];
  if (table.counts_control) {
    activity_.at(*table.tile, LayerId(table.layer)).count(Action::tile_control);
    if (observation_.on()) observation_.action(Action::tile_control, 1, when);
  }
  for (const std::uint32_t bank : table.banks) start_if_known(bank);
}

// A bank starts when all its parts are ready and its output buffer is free.
void TileGroup::start_if_known(std::uint32_t bank) {
  const NeuronBankUnit& unit = banks_[bank];
  const OutputStage& stage = stages_[unit.table().stage];
  if (!unit.parts_known() || stage.step() != unit.step() || unit.step() == tables_.steps) return;
  const Cycle when = std::max(unit.parts_ready_at(), stage.released_at());
  push(when, event(Kind::start, bank));
  wake_at(when);
}

void TileGroup::start(std::uint32_t bank, Cycle now) {
  NeuronBankUnit& unit = banks_[bank];
  BankSurroundings around{table_, parts_, driven_, array_free_, observation_, trails_[unit.table().stage].released};
  push(unit.plan(now, stages_[unit.table().stage].released_at(), around), event(Kind::fire, bank));
}

void TileGroup::fire(std::uint32_t bank, Cycle now) {
  NeuronBankUnit& unit = banks_[bank];
  const BankTable& table = unit.table();
  const std::uint32_t step = unit.step();
  const CountedActions counted(observation_, activity_.at(table.home, LayerId(table.layer)));
  const std::vector<std::uint32_t>& fired = unit.fire();
  counted.tell(now);
  recorder_.bank_fired(unit, step, fired, now);
  std::uint64_t* patterns = stages_[table.stage].patterns();
  for (const std::uint32_t k : fired) {
    for (std::uint32_t b = table.first_bit[k]; b < table.first_bit[k + 1]; ++b) {
      patterns[table.bits[b].pattern] |= std::uint64_t{1} << table.bits[b].bit;
    }
  }
  for (const std::uint32_t part : table.tile_parts) {
    if (parts_[part].bank_fired(now)) finish_step(part, now, unit.fire_path_step());
  }
  if (--banks_to_fire_[table.stage] == 0) {
    banks_to_fire_[table.stage] = static_cast<std::uint32_t>(table_.stages[table.stage].banks.size());
    trails_[table.stage].filled = unit.fire_path_step();
    trails_[table.stage].filled_at = now;
    push(now, event(Kind::output, table.stage));
  }
}

// `path_step` ended now: the last bank fired.
void TileGroup::finish_step(std::uint32_t part, Cycle now, std::uint32_t path_step) {
  const TilePartTable& table = table_.parts[part];
  parts_[part].note_done(path_step);
  const std::uint32_t done = parts_[part].step() - 1;
  const bool last = parts_[part].step() == tables_.steps;
  for (const SourceTable& source : table.sources) {
    StepCreditSink& sink = *(source.group ? credit_sinks_[source.group->value()] : credit_sinks_.back());
    const Cycle there = now + source.credit_cycles;
    std::uint32_t credited = 0;
    if (observation_.path()) {
      credited = observation_.path_step(path_step, {UnitKind::tile_input, table.tile.value(), 0}, now, there, done,
                                        table.layer, "credit");
    }
    sink.step_credit(source.stage, source.destination, done, there, credited);
  }
  ActivityCounts& counts = activity_.at(table.tile, LayerId(table.layer));
  const CountedActions counted(observation_, counts);
  counts.count(Action::token, table.sources.size());
  counts.count(Action::tile_control);
  counted.tell(now);
  if (!last) hand_out(part);
}

void TileGroup::output(std::uint32_t stage, Cycle now) {
  OutputStage& unit = stages_[stage];
  const OutputStageTable& table = unit.table();
  if (table.destinations.empty()) {
    trails_[stage].released = trails_[stage].filled;
    release(stage, now);
    return;
  }
  NetworkOutlet outlet(*packets_, observation_, trails_[stage], {UnitKind::output_unit, table.tile->value(), 0},
                       WaitReason::input);
  const OutputStage::Progress progress = outlet.run(unit, now, output_free_[table.unit]);
  ActivityCounts& counts = activity_.at(*table.tile, LayerId(table.layer));
  const CountedActions counted(observation_, counts);
  counts.count(Action::zero_check, std::uint64_t{progress.sent} + progress.saved);
  counts.count(Action::target_lookup, progress.sent);
  counts.count(Action::output_buffer_write, progress.sent);
  counted.tell(now);
  counts.packets_sent += progress.sent;
  counts.packets_saved += progress.saved;
  if (progress.resume != kNever) push(progress.resume, event(Kind::output, stage));
  if (progress.handed_over != kNever) release(stage, progress.handed_over);
}

void TileGroup::departed(const Message& message, Cycle start) {
  OutputStage& stage = stages_[message.stage];
  if (observation_.on()) {
    observe_departure(observation_, {UnitKind::tile_output, stage.table().tile->value(), 0}, message, start,
                      port_free_[stage.table().unit], trails_[message.stage]);
  }
  const Cycle handed_over = stage.departed(message, start);
  if (handed_over != kNever) release(message.stage, handed_over);
}

void TileGroup::step_credit(std::uint32_t stage, std::uint32_t destination, std::uint32_t step, Cycle cycle,
                            std::uint32_t path_step) {
  if (observation_.on()) trails_[stage].credits[destination][step % 2] = path_step;
  const Cycle resume = stages_[stage].credit(destination, step, cycle);
  if (resume == kNever) return;
  push(resume, event(Kind::output, stage));
  wake_at(resume);
}

}  // namespace crossloom
