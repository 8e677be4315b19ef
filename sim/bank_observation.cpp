// What observers are told of a neuron bank's step: its slots, what it and its crossbars waited for, and the chain of
// what came last.
#include <algorithm>

#include "sim/bank_unit.h"

namespace crossloom {

/// The part that is ready last.
const TilePart& NeuronBankUnit::last_part(const BankSurroundings& around) const {
  const auto later = [&around](std::uint32_t a, std::uint32_t b) {
    return around.parts[a].ready_at() < around.parts[b].ready_at();
  };
  return around.parts[*std::max_element(table_.tile_parts.begin(), table_.tile_parts.end(), later)];
}

// `cursor`: until when the bank was busy with other row parts.
void NeuronBankUnit::observe_slot(const Slot& slot, const Row& row, const TilePart& part, Cycle cursor, Cycle released,
                                  BankSurroundings& around) const {
  Observation& observation = around.observation;
  const UnitName crossbar{UnitKind::crossbar, around.table.row_parts[row.index].crossbar.value(), 0};
  const Cycle drivable = part.ready_at() + chip_.chip.tile.drive_cycles;
  for (const auto& [waits, from] : {std::pair{crossbar, slot.array_free}, std::pair{unit(), cursor}}) {
    Waiting(observation, waits, from)
        .until(part.inputs_at(), WaitReason::input)
        .until(part.done_at(), WaitReason::step_before)
        .until(released, WaitReason::buffer)
        .until(drivable, WaitReason::latency)
        .until(slot.start, WaitReason::unit);
  }
  observation.busy(crossbar, slot.start, row.slot_cycles, step_, table_.layer, "drive");
  if (!observation.actions()) return;
  const std::size_t columns = row.block->columns.size();
  const std::size_t driven = rows_of_[slot.row];
  observation.action(Action::wordline_drive, driven, slot.start);
  observation.action(Action::neuron_integrate, columns, slot.start);
  if (row.remote) observation.action(Action::analog_transfer, columns, slot.start);
  observation.array_drive(slot.zeptojoules, slot.start);
}

void NeuronBankUnit::observe(Cycle released, Cycle integrated, Cycle fire, BankSurroundings& around) {
  Observation& observation = around.observation;
  const Cycle drive = chip_.chip.tile.drive_cycles;
  std::uint32_t path = around.released_path_step;
  Cycle path_end = released, cursor = free_since_, busy_since = free_since_;
  for (const Slot& slot : slots_) {
    const Row& row = row_list_[slot.row];
    const TilePart& part = around.parts[row.tile_part];
    // Slots that follow one another without a gap are one interval of the bank.
    if (slot.start > cursor) {
      if (cursor > busy_since) {
        observation.busy(unit(), busy_since, cursor - busy_since, step_, table_.layer, "integrate");
      }
      busy_since = slot.start;
    }
    observe_slot(slot, row, part, cursor, released, around);
    cursor = slot.start + row.slot_cycles;
    if (!observation.path()) continue;
    const UnitName crossbar{UnitKind::crossbar, around.table.row_parts[row.index].crossbar.value(), 0};
    const Cycle ready = part.ready_at();
    if (ready + drive > path_end) {
      path =
          observation.path_step(part.ready_path_step(), crossbar, ready, ready + drive, step_, table_.layer, "drive");
      path_end = ready + drive;
    }
    path = observation.path_step(path, crossbar, path_end, slot.start, step_, table_.layer, "waiting");
    path = observation.path_step(path, crossbar, slot.start, cursor, step_, table_.layer, "integrate");
    path_end = cursor;
  }
  if (cursor > busy_since) {
    observation.busy(unit(), busy_since, cursor - busy_since, step_, table_.layer, "integrate");
  }
  const TilePart& last = last_part(around);
  Waiting(observation, unit(), cursor)
      .until(last.inputs_at(), WaitReason::input)
      .until(last.done_at(), WaitReason::step_before)
      .until(released, WaitReason::buffer)
      .until(integrated, WaitReason::latency);
  if (last.ready_at() + drive > path_end) {
    path = observation.path_step(last.ready_path_step(), unit(), last.ready_at(), integrated, step_, table_.layer,
                                 "drive");
  }
  observe_fire(integrated, fire, path, observation);
}

void NeuronBankUnit::observe_counters(Cycle released, Cycle start, Cycle counted, Cycle fire,
                                      BankSurroundings& around) {
  Observation& observation = around.observation;
  const TilePart& last = last_part(around);
  Waiting(observation, unit(), free_since_)
      .until(last.inputs_at(), WaitReason::input)
      .until(last.done_at(), WaitReason::step_before)
      .until(released, WaitReason::buffer)
      .until(start, WaitReason::latency);
  std::uint32_t path = around.released_path_step;
  if (start > released) {
    path = observation.path_step(last.ready_path_step(), unit(), last.ready_at(), start, step_, table_.layer, "drive");
  }
  if (counted > start) observation.busy(unit(), start, counted - start, step_, table_.layer, "integrate");
  path = observation.path_step(path, unit(), start, counted, step_, table_.layer, "integrate");
  observe_fire(counted, fire, path, observation);
}

void NeuronBankUnit::observe_fire(Cycle integrated, Cycle fire, std::uint32_t path_step, Observation& observation) {
  if (fire > integrated) observation.busy(unit(), integrated, fire - integrated, step_, table_.layer, "compare");
  fire_path_step_ = observation.path_step(path_step, unit(), integrated, fire, step_, table_.layer, "compare");
  free_since_ = fire;
}

}  // namespace crossloom
