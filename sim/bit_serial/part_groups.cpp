// What a processing element does for one row part: load, drive, convert, hand over sums.
#include <algorithm>

#include "base/error.h"
#include "sim/bit_serial/board.h"

namespace crossloom::bit_serial {

// A register or crossbar that is empty takes what is larger than itself: it then works in several goes, which take no
// time.
namespace {
/// Why an element waits, as reports have it.
WaitReason reason_of(BitSerialStall stall) {
  switch (stall) {
    case BitSerialStall::input:
      return WaitReason::input;
    case BitSerialStall::input_register:
      return WaitReason::input_register;
    case BitSerialStall::crossbar:
      return WaitReason::crossbar;
    case BitSerialStall::home:
      return WaitReason::home;
    case BitSerialStall::output_register:
      return WaitReason::output_register;
    case BitSerialStall::buffer:
      return WaitReason::credit;
  }
  throw Bug("a stall has no reason");
}

bool has_room(std::uint64_t held, std::uint64_t more, std::uint64_t capacity) {
  return held == 0 || held + more <= capacity;
}
}  // namespace

void Board::wait(std::uint32_t g, BitSerialStall reason, Cycle now) {
  GroupState& state = groups_[g];
  const auto number = static_cast<std::uint8_t>(static_cast<std::uint8_t>(reason) + 1);
  if (state.waits_for == number) return;
  go_on(g, now);
  state.waits_for = number;
  state.waits_since = now;
  tell_idle(BitSerialWaiter::part_group, g, reason_of(reason), now);
}

void Board::go_on(std::uint32_t g, Cycle now) {
  GroupState& state = groups_[g];
  if (state.waits_for == 0) return;
  stalls_[state.waits_for - 1U] += now - state.waits_since;
  state.waits_for = 0;
}

void Board::try_load(std::uint32_t g, Cycle now) {
  GroupState& state = groups_[g];
  const PartGroupTable& table = tables_.part_groups[g];
  const MakerTable& maker = tables_.makers[table.outputs.front().maker];
  if (state.loading || state.loaded || state.next_load == turns_of(maker)) return;
  const Progress& progress = tables_.progress[table.input.progress];
  const std::uint64_t needed =
      state.next_load / maker.turns() * progress.positions + progress.window.needed[maker.position_of(state.next_load)];
  if (streams_[table.input.stream].complete() < needed) {
    streams_[table.input.stream].wait_for(needed);
    if (!state.reading) wait(g, BitSerialStall::input, now);
    return;
  }
  // What is loaded can always be driven: otherwise it might keep the register from what its home waits for.
  if (!homes_ready(g, state.next_load, now)) {
    if (!state.reading) wait(g, BitSerialStall::home, now);
    state.waits_for_home = true;
    return;
  }
  state.waits_for_home = false;
  ElementState& element = elements_[table.element];
  if (!has_room(element.register_held, table.input_bits, tables_.chip->processing_element.input_register_bits)) {
    if (!state.waits_for_register) element.wait_register.push_back(g);
    state.waits_for_register = true;
    if (!state.reading) wait(g, BitSerialStall::input_register, now);
    return;
  }
  if (!state.reading) go_on(g, now);
  element.register_held += table.input_bits;
  state.loading = true;
  const Tally count = tally(table.tile, table.node, now);
  count.count(BitSerialAction::buffer_read, buffers_[table.tile].accesses(table.input_bits));
  count.count(BitSerialAction::bus_transfer, table.input_bits);
  count.count(BitSerialAction::input_register_write, table.rows.size());
  BufferAccess& buffer = buffers_[table.tile];
  const Cycle end = buffer.over_bus(now, table.input_bits);
  push(end, Kind::loaded, g, 0,
       tell_group(BitSerialStage::load, g, state.next_load,
                  {now, end - buffer.over_bus_cycles(table.input_bits), end, 0, buffer.last_port()}));
}

void Board::gather(std::uint32_t g) {
  const PartGroupTable& table = tables_.part_groups[g];
  GroupState& state = groups_[g];
  const MakerTable& maker = tables_.makers[table.outputs.front().maker];
  const Stream& stream = streams_[table.input.stream];
  const Progress& progress = tables_.progress[table.input.progress];
  const std::uint64_t base = state.next_load / maker.turns() * progress.positions;
  if (table.at_once) {
    for (std::size_t k = 0; k < table.rows.size(); ++k) {
      state.inputs[k] = stream.values_at(base + table.rows[k].position)[table.rows[k].slot];
    }
  } else {
    const FixedPointNode& node = tables_.network->nodes[table.node];
    const ImageShape& plane = tables_.network->nodes[stream.table().node].shape;
    const std::uint32_t position = maker.position_of(state.next_load);
    const std::int64_t top = std::int64_t{position / node.shape.width} * node.spec.window.stride;
    const std::int64_t left = std::int64_t{position % node.shape.width} * node.spec.window.stride;
    for (std::size_t k = 0; k < table.rows.size(); ++k) {
      const std::int64_t y = top + table.rows[k].dy, x = left + table.rows[k].dx;
      const bool inside = y >= 0 && x >= 0 && y < plane.height && x < plane.width;
      state.inputs[k] =
          inside ? stream.values_at(base + static_cast<std::uint64_t>(y * plane.width + x))[table.rows[k].slot] : 0;
    }
  }
  if (faults_.swap_two_rows && g == 0) {
    const auto other = std::find_if(state.inputs.begin(), state.inputs.end(),
                                    [&](std::int32_t value) { return value != state.inputs.front(); });
    if (other != state.inputs.end()) std::swap(*other, state.inputs.front());
  }
}

void Board::loaded(std::uint32_t g, Cycle now) {
  GroupState& state = groups_[g];
  const PartGroupTable& table = tables_.part_groups[g];
  const MakerTable& maker = tables_.makers[table.outputs.front().maker];
  gather(g);
  state.loading = false;
  state.loaded = true;
  state.ready_at = now + pace_.load_cycles;
  ++state.next_load;
  const Progress& progress = tables_.progress[table.input.progress];
  const std::uint64_t turn = state.next_load;
  release(table.input.stream, g,
          turn == turns_of(maker)
              ? images_.pixels.size() * progress.positions
              : turn / maker.turns() * progress.positions + progress.window.freed[maker.position_of(turn)],
          now);
  if (state.ready_at > now) {
    push(state.ready_at, Kind::look, g, 0,
         tell_delay(BitSerialStage::load, table.node, now, state.ready_at, current_, table.tile, g));
  } else {
    try_drive(g, now);
  }
}

// Whether the homes of this turn's sums have room for it, as far as it is known here.
bool Board::homes_ready(std::uint32_t g, std::uint64_t turn, Cycle now) {
  bool ready = true;
  for (const GroupOutput& output : tables_.part_groups[g].outputs) {
    const MakerState& home = makers_[output.maker];
    std::uint64_t known = home.finished;
    Cycle news = kNever;
    std::uint32_t cause = 0;
    for (std::size_t k = 0; k < home.finished_at.size(); ++k) {
      const auto [cycle, finished] = home.finished_at[k];
      if (cycle + output.credit_cycles <= now || finished == 0) continue;
      known = std::min(known, finished - 1);
      if (cycle + output.credit_cycles >= news) continue;
      news = cycle + output.credit_cycles;
      cause = home.finished_by[k];
    }
    if (turn < known + kPositionsUnderWay) continue;
    ready = false;
    if (news == kNever) continue;
    const MakerTable& maker = tables_.makers[output.maker];
    push(news, Kind::look, g, 0,
         tell_delay(BitSerialStage::credit, maker.node, news - output.credit_cycles, news, cause, maker.tile));
  }
  return ready;
}

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

void Board::summed(std::uint32_t g, std::uint64_t turn, Cycle now) {
  const PartGroupTable& table = tables_.part_groups[g];
  ElementState& element = elements_[table.element];
  const std::uint64_t bits = std::uint64_t{table.sums} * pace_.sum_bits;
  if (!has_room(element.output_held, bits, tables_.chip->processing_element.output_register_bits)) {
    element.wait_output.emplace_back(g, turn);
    return;
  }
  element.output_held += bits;
  const Tally count = tally(table.tile, table.node, now);
  count.count(BitSerialAction::output_register_write, table.sums);
  count.count(BitSerialAction::output_register_read, table.sums);
  count.count(BitSerialAction::bus_transfer, bits);
  const Cycle end = buffers_[table.tile].bus_only(now, bits);
  push(end, Kind::moved, g, turn,
       tell_group(BitSerialStage::move, g, turn, {now, end - buffers_[table.tile].bus_cycles(bits), end}));
}

void Board::moved(std::uint32_t g, std::uint64_t turn, Cycle now) {
  const PartGroupTable& table = tables_.part_groups[g];
  GroupState& state = groups_[g];
  ElementState& element = elements_[table.element];
  const std::int64_t* const sums = state.sums[turn % kPositionsUnderWay].data();
  CROSSLOOM_CHECK(turn == state.next_sum, "sums leave an element in order");
  ++state.next_sum;
  element.output_held -= std::uint64_t{table.sums} * pace_.sum_bits;
  for (std::uint32_t k = 0; k < table.outputs.size(); ++k) {
    const GroupOutput& output = table.outputs[k];
    scratch_.clear();
    for (const std::uint32_t from : output.from) scratch_.push_back(sums[from]);
    if (output.is_local) {
      add_sums(output, turn, scratch_.data(), now);
      continue;
    }
    const std::uint32_t index = new_message();
    Message& message = messages_[index];
    message.is_sums = true;
    message.index = g;
    message.output = k;
    message.first = turn;
    message.count = 1;
    message.remaining = 1;
    message.bits = output.from.size() * pace_.sum_bits;
    message.values = scratch_;
    message.sent = now;
    message.cause = current_;
    message.crossings.clear();
    fabric_->send(index, output.fan_out, message.bits, now + 1);
  }
  while (!element.wait_output.empty()) {
    const auto [next, of_turn] = element.wait_output.front();
    const PartGroupTable& waiting = tables_.part_groups[next];
    if (!has_room(element.output_held, std::uint64_t{waiting.sums} * pace_.sum_bits,
                  tables_.chip->processing_element.output_register_bits)) {
      break;
    }
    element.wait_output.erase(element.wait_output.begin());
    summed(next, of_turn, now);
  }
  try_drive(g, now);
}

}  // namespace crossloom::bit_serial
