// What a home tile does: add sums, activate, pool, and keep positions until they are sent.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "models/bit_serial/digital_nodes.h"
#include "sim/bit_serial/board.h"

namespace crossloom::bit_serial {
namespace {

Cycle shared_among(std::size_t values, std::uint32_t units) { return (values + units - 1) / units; }

/// sum / count to the nearest, ties to even.
std::int64_t rounded_mean(std::int64_t sum, std::int64_t count) {
  std::int64_t below = sum / count;
  if (below * count > sum) --below;
  const std::int64_t twice = 2 * (sum - below * count);
  return below + (twice > count || (twice == count && below % 2 != 0) ? 1 : 0);
}

}  // namespace

void Board::reset_sums(std::uint32_t m, std::uint32_t slot) {
  makers_[m].sums[slot].assign(tables_.makers[m].channels.size(), 0);
  makers_[m].missing[slot] = tables_.makers[m].row_parts;
}

void Board::add_sums(const GroupOutput& output, std::uint64_t turn, const std::int64_t* sums, Cycle now) {
  const MakerTable& maker = tables_.makers[output.maker];
  MakerState& state = makers_[output.maker];
  CROSSLOOM_CHECK(turn >= state.finished && turn < state.finished + kPositionsUnderWay,
                  "an element keeps to the positions that its home has room for");
  const auto slot = static_cast<std::uint32_t>(turn % kPositionsUnderWay);
  for (std::size_t k = 0; k < output.to.size(); ++k) state.sums[slot][output.to[k]] += sums[k];
  const Tally count = tally(maker.tile, maker.node, now);
  count.count(BitSerialAction::tile_register_access, output.to.size());
  if (maker.row_parts == 1) return added(output.maker, slot, now);
  count.count(BitSerialAction::tile_add, output.to.size());
  const Cycle duration = shared_among(output.to.size(), pace_.adders);
  const Cycle end = adders_[maker.tile].take(now, duration);
  push(end, Kind::added, output.maker, turn,
       tell(BitSerialStage::add, output.maker, maker, turn, {now, end - duration, end}));
}

void Board::added(std::uint32_t m, std::uint32_t slot, Cycle now) {
  if (--makers_[m].missing[slot] == 0) try_activate(m, now);
}

void Board::try_activate(std::uint32_t m, Cycle now) {
  const MakerTable& maker = tables_.makers[m];
  MakerState& state = makers_[m];
  while (state.next_activation < turns_of(maker) && state.next_activation < state.finished + kPositionsUnderWay &&
         state.missing[state.next_activation % kPositionsUnderWay] == 0 &&
         state.next_activation < state.freed + kPositionsUnderWay) {
    ++state.next_activation;
    const Tally count = tally(maker.tile, maker.node, now);
    count.count(BitSerialAction::activation, maker.channels.size());
    count.count(BitSerialAction::tile_control);
    const Cycle duration = shared_among(maker.channels.size(), pace_.activation_units);
    const Cycle through = activation_units_[maker.tile].take(now, duration);
    const Cycle end = through + pace_.activation_cycles;
    push(end, Kind::activated, m, 0,
         tell(BitSerialStage::activate, m, maker, state.next_activation - 1, {now, through - duration, end, through}));
  }
  if (observer_ == nullptr) return;
  const bool done = state.next_activation == turns_of(maker);
  const bool summed = !done && state.missing[state.next_activation % kPositionsUnderWay] == 0 &&
                      state.next_activation < state.finished + kPositionsUnderWay;
  tell_idle(BitSerialWaiter::maker, m, done ? WaitReason::done : summed ? WaitReason::buffer : WaitReason::input, now);
}

void Board::activated(std::uint32_t m, Cycle now) {
  const MakerTable& maker = tables_.makers[m];
  MakerState& state = makers_[m];
  const auto slot = static_cast<std::uint32_t>(state.finished % kPositionsUnderWay);
  const FixedPointNode& node = tables_.network->nodes[maker.node];
  for (std::size_t k = 0; k < maker.channels.size(); ++k) {
    state.values[slot][k] = finished_sum(*tables_.network, node, maker.channels[k], state.sums[slot][k]);
  }
  note_outputs(m, state.finished);
  reset_sums(m, slot);
  ++state.finished;
  std::rotate(state.finished_at.begin(), state.finished_at.begin() + 1, state.finished_at.end());
  state.finished_at.back() = {now, state.finished};
  std::rotate(state.finished_by.begin(), state.finished_by.begin() + 1, state.finished_by.end());
  state.finished_by.back() = current_;
  keep(m, now);
  for (const std::uint32_t g : maker.groups) {
    if (groups_[g].waits_for_home) {
      const auto& outputs = tables_.part_groups[g].outputs;
      const auto output =
          std::find_if(outputs.begin(), outputs.end(), [m](const GroupOutput& o) { return o.maker == m; });
      const Cycle known = now + output->credit_cycles;
      push(known, Kind::look, g, 0, tell_delay(BitSerialStage::credit, maker.node, now, known, current_, maker.tile));
    }
  }
  try_activate(m, now);
}

void Board::note_outputs(std::uint32_t m, std::uint64_t turn) {
  if (!keep_outputs_) return;
  const MakerTable& maker = tables_.makers[m];
  std::vector<std::int32_t>& plane = results_[turn / maker.turns()].nodes[maker.node];
  for (std::size_t k = 0; k < maker.channels.size(); ++k) {
    plane[std::size_t{maker.channels[k]} * maker.positions + maker.position_of(turn)] =
        makers_[m].values[turn % kPositionsUnderWay][k];
  }
}

// Into the tile's buffer.
void Board::keep(std::uint32_t m, Cycle now) {
  const MakerTable& maker = tables_.makers[m];
  const Tally count = tally(maker.tile, maker.node, now);
  count.count(BitSerialAction::buffer_write, buffers_[maker.tile].accesses(maker.write_bits));
  count.count(BitSerialAction::bus_transfer, maker.write_bits);
  BufferAccess& buffer = buffers_[maker.tile];
  const Cycle end = buffer.over_bus(now, maker.write_bits);
  push(end, Kind::kept, m, 0,
       tell(BitSerialStage::keep, m, maker, makers_[m].finished - 1,
            {now, end - buffer.over_bus_cycles(maker.write_bits), end, 0, buffer.last_port()}));
}

void Board::kept(std::uint32_t m, Cycle now) {
  ++makers_[m].kept;
  for (const std::uint32_t s : tables_.makers[m].sends) try_send(s, now);
  free_positions(m, now);
}

// A position is given up when everything it goes to has it.
void Board::free_positions(std::uint32_t m, Cycle now) {
  const MakerTable& maker = tables_.makers[m];
  MakerState& state = makers_[m];
  std::uint64_t freed = state.kept;
  for (const std::uint32_t s : maker.sends) freed = std::min(freed, sends_[s].next);
  if (freed == state.freed) return;
  const std::uint64_t sent = freed - state.freed;
  state.freed = freed;
  if (maker.kind == MakerKind::kept) return;  // it waits for nothing
  if (observer_ != nullptr) observer_->on_positions_sent(m, sent, now - start_);
  if (maker.kind == MakerKind::output_slice) {
    try_activate(m, now);
  } else {
    try_read(m, now);
  }
}

void Board::try_read(std::uint32_t m, Cycle now) {
  const MakerTable& maker = tables_.makers[m];
  MakerState& state = makers_[m];
  const std::uint64_t turn = state.next_activation;
  if (state.reading) return;
  if (turn == turns_of(maker)) return tell_idle(BitSerialWaiter::maker, m, WaitReason::done, now);
  if (turn >= state.freed + kPositionsUnderWay) return tell_idle(BitSerialWaiter::maker, m, WaitReason::buffer, now);
  const std::uint32_t position = maker.position_of(turn);
  std::uint64_t bits = 0;
  for (std::size_t k = 0; k < maker.inputs.size(); ++k) {
    const Progress& progress = tables_.progress[maker.inputs[k].progress];
    const std::uint64_t needed = turn / maker.turns() * progress.positions + progress.window.needed[position];
    Stream& stream = streams_[maker.inputs[k].stream];
    if (stream.complete() < needed) {
      stream.wait_for(needed);
      return tell_idle(BitSerialWaiter::maker, m, WaitReason::input, now);
    }
    bits += std::uint64_t{maker.values[k].size()} * places_in_window(maker, k, position) * stream.table().value_bits;
  }
  state.reading = true;
  const Tally count = tally(maker.tile, maker.node, now);
  count.count(BitSerialAction::buffer_read, buffers_[maker.tile].accesses(bits));
  count.count(BitSerialAction::bus_transfer, bits);
  count.count(BitSerialAction::tile_control);
  BufferAccess& buffer = buffers_[maker.tile];
  const Cycle end = buffer.over_bus(now, bits);
  push(end, Kind::read, m, 0,
       tell(BitSerialStage::read, m, maker, turn,
            {now, end - buffer.over_bus_cycles(bits), end, 0, buffer.last_port()}));
}

// Places of the window at a position that lie inside the plane; 1 where there is no window.
std::uint32_t Board::places_in_window(const MakerTable& maker, std::size_t input, std::uint32_t position) const {
  const FixedPointNode& node = tables_.network->nodes[maker.node];
  if (node.spec.kind != NodeKind::max_pool && node.spec.kind != NodeKind::mean_pool) return 1;
  const ImageShape& plane = tables_.network->nodes[streams_[maker.inputs[input].stream].table().node].shape;
  const PlaneWindow window(node, plane, position);
  return (window.bottom - window.top) * (window.right - window.left);
}

void Board::read(std::uint32_t m, Cycle now) {
  const MakerTable& maker = tables_.makers[m];
  MakerState& state = makers_[m];
  const std::uint64_t turn = state.next_activation++;
  const std::uint32_t position = maker.position_of(turn);
  work_out(m, turn);
  state.reading = false;
  std::uint64_t values = 0;
  const std::uint64_t next = turn + 1;
  for (std::size_t k = 0; k < maker.inputs.size(); ++k) {
    values += std::uint64_t{maker.values[k].size()} * places_in_window(maker, k, position);
    const Progress& progress = tables_.progress[maker.inputs[k].progress];
    release(maker.inputs[k].stream, maker.reader,
            next == turns_of(maker)
                ? images_.pixels.size() * progress.positions
                : next / maker.turns() * progress.positions + progress.window.freed[maker.position_of(next)],
            now);
  }
  const bool activates = tables_.network->nodes[maker.node].spec.kind == NodeKind::activation;
  const Tally count = tally(maker.tile, maker.node, now);
  count.count(activates ? BitSerialAction::activation : BitSerialAction::pooling, values);
  Server& unit = activates ? activation_units_[maker.tile] : pool_units_[maker.tile];
  const Cycle duration = shared_among(values, activates ? pace_.activation_units : pace_.pool_units);
  const Cycle through = unit.take(now, duration);
  const Cycle end = through + (activates ? pace_.activation_cycles : pace_.pool_cycles);
  push(end, Kind::pooled, m, 0, tell(BitSerialStage::pool, m, maker, turn, {now, through - duration, end, through}));
  try_read(m, now);
}

void Board::pooled(std::uint32_t m, Cycle now) {
  ++makers_[m].finished;
  keep(m, now);
}

// What the slice makes at a turn, from what its tile holds.
void Board::work_out(std::uint32_t m, std::uint64_t turn) {
  const MakerTable& maker = tables_.makers[m];
  const FixedPointNode& node = tables_.network->nodes[maker.node];
  std::vector<std::int32_t>& values = makers_[m].values[turn % kPositionsUnderWay];
  const std::uint32_t position = maker.position_of(turn);
  const bool pool = node.spec.kind == NodeKind::max_pool || node.spec.kind == NodeKind::mean_pool;
  std::int32_t most_bits = std::numeric_limits<std::int32_t>::min();
  for (const NodeId input : node.spec.inputs) {
    most_bits = std::max(most_bits, tables_.network->nodes[input].format.fraction_bits);
  }
  scratch_.assign(maker.channels.size(), 0);
  for (std::size_t k = 0; k < maker.inputs.size(); ++k) {
    const Stream& stream = streams_[maker.inputs[k].stream];
    const FixedPointNode& source = tables_.network->nodes[stream.table().node];
    const std::uint64_t base = turn / maker.turns() * stream.table().positions;
    for (std::size_t v = 0; v < maker.values[k].size(); ++v) {
      const WindowValue& value = maker.values[k][v];
      if (pool) {
        values[v] = pooled_value(node, stream, base, value.slot, PlaneWindow(node, source.shape, position));
        continue;
      }
      const std::uint64_t place = base + (maker.flattened[k] != 0 ? value.position : position);
      const std::int64_t number = stream.values_at(place)[value.slot];
      if (node.spec.kind == NodeKind::add) {
        scratch_[v] += number * (std::int64_t{1} << (most_bits - source.format.fraction_bits));
        continue;
      }
      const bool cut = node.spec.activation == Activation::relu && number < 0;
      values[maker.first_value[k] + v] = to_format(cut ? 0 : number, source.format.fraction_bits, node.format);
    }
  }
  if (node.spec.kind == NodeKind::add) {
    for (std::size_t v = 0; v < values.size(); ++v) {
      const bool cut = node.spec.activation == Activation::relu && scratch_[v] < 0;
      values[v] = to_format(cut ? 0 : scratch_[v], most_bits, node.format);
    }
  }
  note_outputs(m, turn);
}

std::int32_t Board::pooled_value(const FixedPointNode& node, const Stream& stream, std::uint64_t base,
                                 std::uint32_t slot, const PlaneWindow& window) {
  std::int64_t sum = 0;
  std::int32_t largest = std::numeric_limits<std::int32_t>::min();
  for (std::uint32_t y = window.top; y < window.bottom; ++y) {
    for (std::uint32_t x = window.left; x < window.right; ++x) {
      const std::int32_t value = stream.values_at(base + y * window.width + x)[slot];
      sum += value;
      largest = std::max(largest, value);
    }
  }
  if (node.spec.kind == NodeKind::max_pool) return largest;
  const std::int64_t places = std::int64_t{window.bottom - window.top} * (window.right - window.left);
  return static_cast<std::int32_t>(rounded_mean(sum, places));
}

}  // namespace crossloom::bit_serial
