// What a processing element does for one row part before it drives its wordlines: gather inputs, wait, load.
#include <algorithm>

#include "base/error.h"
#include "sim/bit_serial/board.h"

namespace crossloom::bit_serial {

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
}  // namespace crossloom::bit_serial
