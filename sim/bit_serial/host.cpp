// The host: images in, outputs out, and its memory between passes.
#include <algorithm>

#include "models/bit_serial/digital_nodes.h"
#include "sim/bit_serial/board.h"

namespace crossloom::bit_serial {

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

}  // namespace crossloom::bit_serial
