// Values from where they are made to where they are read: sends with credits, arrivals, and the host.
#include <algorithm>

#include "base/error.h"
#include "models/bit_serial/digital_nodes.h"
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

// Of one position, counted over images.
std::int64_t Board::host_value(const MakerTable& host, std::uint64_t position, std::uint32_t pick) const {
  const std::uint32_t channel = host.channels[pick];
  if (host.from_memory()) return memory_->at(host.node, position, channel);
  const std::size_t place = std::size_t{channel} * host.positions + position % host.positions;
  return input_output(tables_.network->nodes[host.node], images_.pixels[position / host.positions][place]);
}

// On the wires between the chips and memory; 0 where the chip has no link.
Cycle Board::link_cycles(std::uint64_t bits) const {
  const BitSerialChipSpec& chip = *tables_.chip;
  if (!chip.chip_link) return 0;
  return chip.cycles_for(Time::from_si(static_cast<double>(bits) / chip.chip_link->bits_per_second)).count();
}

// The host reads an image from its memory as fast as its port sends it; what waits in memory, as fast as the link
// brings it too. Its latency is not seen: what will be read is known beforehand.
void Board::try_send_image(std::uint32_t s, Cycle now) {
  const SendTable& send = tables_.sends[s];
  const MakerTable& host = tables_.makers[send.maker];
  SendState& state = sends_[s];
  if (state.busy) return;
  const std::uint64_t images = std::min<std::uint64_t>(images_.pixels.size(), images_done_ + images_.in_flight);
  const std::uint64_t end = images * host.positions;
  while (state.next < end && !wanted_by_any(send, static_cast<std::uint32_t>(state.next % host.positions)))
    ++state.next;
  if (state.next >= end) {
    const bool done = images == images_.pixels.size();
    return tell_idle(BitSerialWaiter::send, s, done ? WaitReason::done : WaitReason::input, now);
  }
  std::uint64_t room = 0;
  if (!has_room_for(s, state.next, now, room)) return tell_idle(BitSerialWaiter::send, s, WaitReason::credit, now);
  const std::uint64_t image = state.next / host.positions;
  const std::uint64_t most = std::max(1U, tables_.chip->tile.buffer_port_bits / std::max(1U, send.bits));
  const std::uint64_t last = std::min({end, room, (image + 1) * host.positions, state.next + most});
  scratch_.clear();
  for (std::uint64_t position = state.next; position < last; ++position) {
    for (const std::uint32_t k : send.picks) scratch_.push_back(host_value(host, position, k));
  }
  if (image >= images_begun_ && !host.from_memory()) {
    results_[image].begin_cycle = now - start_;
    images_begun_ = image + 1;
    note_image(image);
  }
  const auto positions = static_cast<std::uint32_t>(last - state.next);
  if (observer_ != nullptr) number_message(s);
  post(s, state.next, positions, now);
  state.busy = true;
  const std::uint64_t bits = std::uint64_t{send.bits} * positions;
  Cycle duration = fabric_->flits(bits);
  if (host.from_memory()) {
    duration = std::max(duration, link_cycles(bits));
    if (tables_.chip->chip_link) chip_tally(now).count(BitSerialAction::chip_link_transfer, bits);
  }
  const Cycle through = host_port_.take(now, duration);
  push(through, Kind::posted, s, 0,
       tell(BitSerialStage::send, s, host, state.next / host.positions * host.turns() + state.next % host.positions,
            {now, through - duration, through}));
  state.next = last;
}

void Board::note_image(std::uint64_t image) {
  if (!keep_outputs_) return;
  const FixedPointNode& node = tables_.network->nodes[NodeId(0)];
  std::vector<std::int32_t>& plane = results_[image].nodes[NodeId(0)];
  for (std::size_t k = 0; k < plane.size(); ++k) plane[k] = input_output(node, images_.pixels[image][k]);
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

// The host has all outputs of an image, and everything that later passes read waits: the next one may begin.
void Board::image_progress(Cycle now) {
  const std::uint64_t before = images_done_;
  std::uint64_t done = images_.pixels.size();
  for (const std::uint32_t s : tables_.results) {
    done = std::min(done, streams_[s].complete() / streams_[s].table().positions);
  }
  for (; images_done_ < done; ++images_done_) {
    BitSerialImage& result = results_[images_done_];
    result.end_cycle = now - start_;
    if (observer_ != nullptr) observer_->on_image_done(images_done_, result.begin_cycle, result.end_cycle, current_);
    if (tables_.output_stream == kNone) continue;
    const Stream& stream = streams_[tables_.output_stream];
    const std::uint32_t positions = stream.table().positions;
    const std::vector<std::uint32_t>& channels = stream.table().channels;
    for (std::uint32_t p = 0; p < positions; ++p) {
      const std::int32_t* const values = stream.values_at(images_done_ * positions + p);
      for (std::size_t c = 0; c < channels.size(); ++c) result.outputs[channels[c] * positions + p] = values[c];
    }
    result.predicted = static_cast<std::uint32_t>(std::max_element(result.outputs.begin(), result.outputs.end()) -
                                                  result.outputs.begin());
  }
  if (images_done_ == before) return;
  if (tables_.output_stream != kNone) {
    release(tables_.output_stream, kNone, images_done_ * tables_.streams[tables_.output_stream].positions, now);
  }
  begin_more_images(now);
}

void Board::begin_more_images(Cycle now) {
  const std::uint64_t images = std::min<std::uint64_t>(images_.pixels.size(), images_done_ + images_.in_flight);
  for (std::size_t m = 0; m < makers_.size(); ++m) {
    const MakerTable& maker = tables_.makers[m];
    if (maker.kind == MakerKind::host) {
      for (const std::uint32_t s : maker.sends) try_send_image(s, now);
    } else if (maker.kind == MakerKind::kept) {
      makers_[m].kept = images * maker.positions;
      for (const std::uint32_t s : maker.sends) try_send(s, now);
    } else {
      return;  // the first makers are those that begin images
    }
  }
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
