// What a processing element does for one row part once it is loaded: drive its wordlines and convert, slice by slice.
#include <algorithm>

#include "sim/bit_serial/board.h"

namespace crossloom::bit_serial {

void Board::try_drive(std::uint32_t g, Cycle now) {
  GroupState& state = groups_[g];
  const PartGroupTable& table = tables_.part_groups[g];
  if (!state.loaded || now < state.ready_at) return;
  ElementState& element = elements_[table.element];
  bool busy = !pace_.crossbars_in_parallel && element.busy;
  for (const PartGroupTable::Part& part : table.parts) busy = busy || crossbar_busy_[part.crossbar.value()] != 0;
  if (busy) {
    if (!state.reading) wait(g, BitSerialStall::crossbar, now);
    return;
  }
  if (state.next_drive - state.next_sum >= kPositionsUnderWay) return wait(g, BitSerialStall::output_register, now);
  go_on(g, now);
  compute(g, now);
  state.loaded = false;
  state.reading = true;
  state.drive_started = now;
  state.drive_cause = current_;
  state.slices.clear();
  ++state.next_drive;
  element.busy = true;
  for (const PartGroupTable::Part& part : table.parts) crossbar_busy_[part.crossbar.value()] = 1;
  if (table.shared_adcs.empty()) {
    convert_alone(g, now);
  } else {
    state.slice = 0;
    push(now + pace_.read_cycles, Kind::sample, g, 0, current_);
  }
  try_load(g, now);
}

void Board::compute(std::uint32_t g, Cycle now) {
  GroupState& state = groups_[g];
  const PartGroupTable& table = tables_.part_groups[g];
  const MakerTable& maker = tables_.makers[table.outputs.front().maker];
  const ReadMoment moment{images_.first_key + static_cast<std::uint32_t>(state.next_drive / maker.turns()),
                          maker.position_of(state.next_drive)};
  std::int64_t* sums = state.sums[state.next_drive % kPositionsUnderWay].data();
  ProductCounts product;
  for (const PartGroupTable::Part& part : table.parts) {
    products_.product(part.crossbar, part.part, state.inputs.data(), table.is_signed, moment, sums, product);
    sums += part.columns;
  }
  const std::uint64_t slices = table.input_slices;
  const Tally count = tally(table.tile, table.node, now);
  count.count(BitSerialAction::array_read, table.arrays * slices);
  count.count(BitSerialAction::dac_drive, product.driven_wordlines * (table.arrays / table.parts.size()));
  count.count(BitSerialAction::sample, table.bit_lines * slices);
  count.count(BitSerialAction::conversion, product.conversions);
  count.count(BitSerialAction::shift_add, product.conversions);
  count.count(BitSerialAction::input_register_read, table.rows.size() * slices);
  count.count(BitSerialAction::element_control, table.parts.size());
  count.dissipate(product.array_zeptojoules);
  counts(table.tile, table.node).clipped += product.clipped;
}

// The history of a crossbar's conversions: when those of its last slices were done, oldest first.
void Board::convert_alone(std::uint32_t g, Cycle now) {
  const PartGroupTable& table = tables_.part_groups[g];
  GroupState& state = groups_[g];
  load_history(g);
  const std::uint32_t stages = std::max(1U, pace_.hold_stages);
  Cycle begin = now, sampled = now, done = state.held_until[stages - 1];
  for (std::uint32_t slice = 0; slice < table.input_slices; ++slice) {
    sampled = begin + pace_.read_cycles;
    if (pace_.hold_stages > 0) sampled = std::max(sampled, state.held_until[0]);
    const Cycle converting = std::max(sampled, done);
    done = converting + table.conversion_cycles;
    if (observer_ != nullptr) state.slices.push_back({sampled - start_, converting - start_, done - start_});
    for (std::uint32_t k = 0; k + 1 < stages; ++k) state.held_until[k] = state.held_until[k + 1];
    state.held_until[stages - 1] = done;
    begin = pace_.hold_stages > 0 ? sampled : done;
  }
  save_history(g);
  converted(g, begin, done);
}

// The last slice is sampled at `begin`, the last conversion done at `done`.
void Board::converted(std::uint32_t g, Cycle begin, Cycle done) {
  const GroupState& state = groups_[g];
  const std::uint64_t turn = state.next_drive - 1;
  const Cycle start = state.drive_started;
  if (observer_ != nullptr) observer_->on_slices(g, start - start_, state.slices);
  push(begin, Kind::read_over, g, 0, tell_group(BitSerialStage::drive, g, turn, {start, start, begin}));
  tell_group(BitSerialStage::convert, g, turn, {start, start + pace_.read_cycles, done});
  push(done + pace_.finish_cycles, Kind::summed, g, turn,
       tell_group(BitSerialStage::finish, g, turn, {done, done, done + pace_.finish_cycles}));
}

void Board::load_history(std::uint32_t g) {
  const std::uint32_t stages = std::max(1U, pace_.hold_stages);
  GroupState& state = groups_[g];
  for (std::uint32_t k = 0; k < stages; ++k) {
    state.held_until[k] = 0;
    for (const PartGroupTable::Part& part : tables_.part_groups[g].parts) {
      state.held_until[k] = std::max(state.held_until[k], converted_[part.crossbar.value() * stages + k]);
    }
  }
}

void Board::save_history(std::uint32_t g) {
  const std::uint32_t stages = std::max(1U, pace_.hold_stages);
  for (const PartGroupTable::Part& part : tables_.part_groups[g].parts) {
    for (std::uint32_t k = 0; k < stages; ++k) {
      converted_[part.crossbar.value() * stages + k] = groups_[g].held_until[k];
    }
  }
}

// With shared ADCs every slice asks for them when its bit lines can be sampled.
void Board::sample(std::uint32_t g, Cycle now) {
  const PartGroupTable& table = tables_.part_groups[g];
  GroupState& state = groups_[g];
  const std::uint32_t stages = std::max(1U, pace_.hold_stages);
  if (state.slice == 0) load_history(g);
  if (pace_.hold_stages > 0 && state.held_until[0] > now) {
    return push(state.held_until[0], Kind::sample, g, 0, current_);
  }
  Cycle converting = std::max(now, state.held_until[stages - 1]);
  Cycle done = converting + table.conversion_cycles;
  for (const PartGroupTable::SharedAdc& shared : table.shared_adcs) {
    const Cycle end = adcs_[shared.adc].take(now, shared.conversion_cycles);
    if (observer_ != nullptr) {
      observer_->on_conversion(shared.adc, g, end - shared.conversion_cycles - start_, end - start_);
    }
    if (end <= done) continue;
    done = end;
    converting = end - shared.conversion_cycles;
  }
  if (observer_ != nullptr) state.slices.push_back({now - start_, converting - start_, done - start_});
  for (std::uint32_t k = 0; k + 1 < stages; ++k) state.held_until[k] = state.held_until[k + 1];
  state.held_until[stages - 1] = done;
  const Cycle begin = pace_.hold_stages > 0 ? now : done;
  if (++state.slice < table.input_slices) return push(begin + pace_.read_cycles, Kind::sample, g, 0, current_);
  save_history(g);
  converted(g, begin, done);
}

void Board::read_over(std::uint32_t g, Cycle now) {
  const PartGroupTable& table = tables_.part_groups[g];
  GroupState& state = groups_[g];
  ElementState& element = elements_[table.element];
  state.reading = false;
  element.busy = false;
  element.register_held -= table.input_bits;
  for (const PartGroupTable::Part& part : table.parts) {
    crossbar_busy_[part.crossbar.value()] = 0;
    crossbar_cycles_[part.crossbar.value()] += now - state.drive_started;
  }
  if (!element.wait_register.empty()) {
    waiting_.swap(element.wait_register);
    element.wait_register.clear();
    for (const std::uint32_t other : waiting_) {
      groups_[other].waits_for_register = false;
      try_load(other, now);
    }
  }
  try_load(g, now);
  if (state.next_drive == turns_of(tables_.makers[table.outputs.front().maker])) {
    tell_idle(BitSerialWaiter::part_group, g, WaitReason::done, now);
  }
  if (!pace_.crossbars_in_parallel) {
    for (const std::uint32_t other : element.groups) try_drive(other, now);
    return;
  }
  for (const PartGroupTable::Part& part : table.parts) {
    for (const std::uint32_t other : groups_of_crossbar_[part.crossbar.value()]) try_drive(other, now);
  }
}
}  // namespace crossloom::bit_serial
