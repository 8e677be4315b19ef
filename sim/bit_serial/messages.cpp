// Values from where they are made to where they are read: sends with credits, and arrivals.
#include <algorithm>

#include "sim/bit_serial/board.h"

namespace crossloom::bit_serial {

std::uint32_t Board::new_message() {
  if (free_messages_.empty()) {
    messages_.emplace_back();
    return static_cast<std::uint32_t>(messages_.size() - 1);
  }
  const std::uint32_t index = free_messages_.back();
  free_messages_.pop_back();
  return index;
}

// Positions that every tile it goes to has room for, from the first on; `news`: when more may be known, of what
// happened at `since`.
std::uint64_t Board::room_of(const SendTable& send, Cycle now, Stream::News& news, Cycle& since) const {
  std::uint64_t room = ~std::uint64_t{0};
  for (const SendTable::Target& target : send.targets) {
    const Stream& stream = streams_[target.stream];
    room = std::min(room, stream.room_until(now, target.credit_cycles));
    const Stream::News of_target = stream.next_news(now, target.credit_cycles);
    if (of_target.cycle >= news.cycle) continue;
    news = of_target;
    since = news.cycle - target.credit_cycles;
  }
  return room;
}

bool Board::wanted_by_any(const SendTable& send, std::uint32_t position) const {
  return std::any_of(send.targets.begin(), send.targets.end(),
                     [&](const SendTable::Target& target) { return tables_.streams[target.stream].wants(position); });
}

bool Board::has_room_for(std::uint32_t s, std::uint64_t position, Cycle now, std::uint64_t& room) {
  SendState& state = sends_[s];
  Stream::News news;
  Cycle since = 0;
  room = room_of(tables_.sends[s], now, news, since);
  if (position < room) {
    if (state.waits) stalls_[static_cast<std::size_t>(BitSerialStall::buffer)] += now - state.waits_since;
    state.waits = false;
    return true;
  }
  if (!state.waits) state.waits_since = now;
  state.waits = true;
  if (news.cycle != kNever) {
    const MakerTable& maker = tables_.makers[tables_.sends[s].maker];
    push(news.cycle, Kind::send, s, 0,
         tell_delay(BitSerialStage::credit, maker.node, since, news.cycle, news.cause, maker.tile));
  }
  return false;
}

void Board::try_send(std::uint32_t s, Cycle now) {
  const SendTable& send = tables_.sends[s];
  const MakerTable& maker = tables_.makers[send.maker];
  SendState& state = sends_[s];
  bool went = false;
  while (!state.busy && state.next < makers_[send.maker].kept) {
    const std::uint64_t position = maker.global_position_of(state.next);
    if (wanted_by_any(send, maker.position_of(state.next))) {
      std::uint64_t room = 0;
      if (!has_room_for(s, position, now, room)) break;
      if (!send.is_local) {
        state.busy = true;
        BufferAccess& buffer = buffers_[maker.tile];
        tally(maker.tile, maker.node, now).count(BitSerialAction::buffer_read, buffer.accesses(send.bits));
        const Cycle end = buffer.port_only(now, send.bits);
        push(end, Kind::read_out, s, 0,
             tell(BitSerialStage::read_out, s, maker, state.next,
                  {now, end - buffer.port_cycles(send.bits), end, 0, buffer.last_port()}));
        break;
      }
      pick(send, state.next);
      ++state.next;
      went = true;
      for (const SendTable::Target& target : send.targets)
        take(target, position, scratch_.data(), scratch_.size(), now);
      continue;
    }
    ++state.next;
    went = true;
  }
  if (observer_ != nullptr && !send.is_local && !state.busy) {
    const bool done = state.next == turns_of(maker);
    tell_idle(BitSerialWaiter::send, s,
              done          ? WaitReason::done
              : state.waits ? WaitReason::credit
                            : WaitReason::input,
              now);
  }
  if (went) free_positions(send.maker, now);
}

void Board::pick(const SendTable& send, std::uint64_t turn) {
  const MakerTable& maker = tables_.makers[send.maker];
  const std::vector<std::int32_t>& values = makers_[send.maker].values[turn % kPositionsUnderWay];
  scratch_.clear();
  for (const std::uint32_t k : send.picks) {
    scratch_.push_back(maker.kind == MakerKind::kept ? memory_->at(maker.node, turn, maker.channels[k]) : values[k]);
  }
}

void Board::read_out(std::uint32_t s, Cycle now) {
  const SendTable& send = tables_.sends[s];
  const MakerTable& maker = tables_.makers[send.maker];
  SendState& state = sends_[s];
  pick(send, state.next);
  post(s, maker.global_position_of(state.next), 1, now);
  ++state.next;
  state.busy = false;
  free_positions(send.maker, now);
  try_send(s, now);
}

// Hands scratch_ to the fabric.
void Board::post(std::uint32_t s, std::uint64_t first, std::uint32_t positions, Cycle now) {
  const SendTable& send = tables_.sends[s];
  if (faults_.lose_one_message && send.maker != 0) {
    faults_.lose_one_message = false;
    return;
  }
  const std::uint32_t index = new_message();
  Message& message = messages_[index];
  message.is_sums = false;
  message.index = s;
  message.first = first;
  message.count = positions;
  message.remaining = static_cast<std::uint32_t>(send.targets.size());
  message.number = sends_[s].message;
  message.writes_told = 0;
  send_scratch(index, send.fan_out, std::uint64_t{send.bits} * positions, now);
}

void Board::send_scratch(std::uint32_t index, std::uint32_t fan_out, std::uint64_t bits, Cycle now) {
  Message& message = messages_[index];
  message.bits = bits;
  message.values = scratch_;
  message.sent = now;
  message.cause = current_;
  message.crossings.clear();
  fabric_->send(index, fan_out, bits, now + 1);
}

void Board::arrived(std::uint32_t message, std::uint32_t tile, Cycle cycle, Cycle alone) {
  push(cycle + 1, Kind::received, message, tile, tell_journey(messages_[message], tile, cycle + 1, alone));
}

void Board::received(std::uint32_t index, std::uint32_t tile, Cycle now) {
  Message& message = messages_[index];
  if (message.is_sums) {
    add_sums(tables_.part_groups[message.index].outputs[message.output], message.first, message.values.data(), now);
    free_messages_.push_back(index);
    return;
  }
  if (tile == tables_.host) {
    const SendTable& send = tables_.sends[message.index];
    if (!tables_.streams[send.targets.back().stream].keeps || !tables_.chip->chip_link)
      return written(index, tile, now);
    chip_tally(now).count(BitSerialAction::chip_link_transfer, message.bits);
    const Cycle latency = tables_.chip->cycles_for(tables_.chip->chip_link->latency).count();
    const Cycle duration = link_cycles(message.bits), through = memory_link_.take(now, duration);
    return push(through + latency, Kind::written, index, tile,
                tell_link(message_node(index), {now, through - duration, through + latency, through}, kNone, current_));
  }
  BufferAccess& buffer = buffers_[tile];
  tally(tile, message_node(index), now).count(BitSerialAction::buffer_write, buffer.accesses(message.bits));
  const Cycle end = buffer.port_only(now, message.bits);
  push(end, Kind::written, index, tile,
       tell_write(index, tile, {now, end - buffer.port_cycles(message.bits), end, 0, buffer.last_port()}));
}

void Board::written(std::uint32_t index, std::uint32_t tile, Cycle now) {
  const SendTable& send = tables_.sends[messages_[index].index];
  const auto target = std::lower_bound(send.targets.begin(), send.targets.end(), tile,
                                       [this](const SendTable::Target& candidate, std::uint32_t wanted) {
                                         return tables_.streams[candidate.stream].tile < wanted;
                                       });
  Message& message = messages_[index];
  for (std::uint32_t k = 0; k < message.count; ++k) {
    take(*target, message.first + k, message.values.data() + std::size_t{k} * send.picks.size(), send.picks.size(),
         now);
  }
  if (--message.remaining == 0) free_messages_.push_back(index);
}

void Board::take(const SendTable::Target& target, std::uint64_t position, const std::int64_t* values, std::size_t count,
                 Cycle now) {
  Stream& stream = streams_[target.stream];
  if (!stream.wants_still(position)) return;
  std::int32_t* const place = stream.values_at(position);
  for (std::size_t k = 0; k < count; ++k) place[target.slots[k]] = static_cast<std::int32_t>(values[k]);
  if (!stream.came(position)) return;
  if (target.stream == tables_.output_stream || stream.table().keeps) return image_progress(now);
  wake_readers(stream, now);
}

void Board::wake_readers(Stream& stream, Cycle now) {
  if (!stream.take_awaited()) return;
  const auto groups = static_cast<std::uint32_t>(tables_.part_groups.size());
  for (const std::uint32_t reader : stream.table().readers) {
    if (reader < groups) {
      try_load(reader, now);
    } else {
      try_read(tables_.digital_makers[reader - groups], now);
    }
  }
}

void Board::release(std::uint32_t s, std::uint32_t reader, std::uint64_t position, Cycle now) {
  std::uint32_t place = 0;
  if (reader != kNone) {
    const auto& places = place_in_stream_[reader];
    place = std::find_if(places.begin(), places.end(), [s](const auto& p) { return p.first == s; })->second;
  }
  if (!streams_[s].release(place, position, now, current_)) return;
  for (const std::uint32_t sender : senders_[s]) {
    if (!sends_[sender].waits) continue;
    const auto& targets = tables_.sends[sender].targets;
    const auto target =
        std::find_if(targets.begin(), targets.end(), [s](const SendTable::Target& t) { return t.stream == s; });
    const MakerTable& maker = tables_.makers[tables_.sends[sender].maker];
    const Cycle known = now + target->credit_cycles;
    push(known, Kind::send, sender, 0,
         tell_delay(BitSerialStage::credit, maker.node, now, known, current_, maker.tile));
  }
  wake_readers(streams_[s], now);
}

void Board::keep_in(PassMemory& memory) const {
  const std::uint64_t images = images_.pixels.size();
  for (const std::uint32_t s : tables_.results) {
    const StreamTable& table = tables_.streams[s];
    if (!table.keeps) continue;
    for (std::uint64_t position = 0; position < images * table.positions; ++position) {
      const std::int32_t* const values = streams_[s].values_at(position);
      for (std::size_t c = 0; c < table.channels.size(); ++c) {
        memory.put(table.node, position, table.channels[c], values[c], images);
      }
    }
  }
}

}  // namespace crossloom::bit_serial
