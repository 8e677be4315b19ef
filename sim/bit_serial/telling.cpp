// What the board tells its observer. Every interval has a number, and an event the number of what ends with it: what is
// done when it is served was made possible by that.
#include "sim/bit_serial/board.h"

namespace crossloom::bit_serial {

namespace {

template <class Served>  // the board's own
BitSerialInterval interval_of(BitSerialStage stage, std::uint32_t who, const MakerTable& maker, std::uint64_t turn,
                              const Served& served) {
  BitSerialInterval interval;
  interval.stage = stage;
  interval.who = who;
  interval.tile = maker.tile;
  interval.node = maker.node;
  interval.image = turn / maker.turns();
  interval.position = maker.position_of(turn);
  interval.request_cycle = served.request;
  interval.begin_cycle = served.begin;
  interval.end_cycle = served.end;
  interval.released_cycle = served.released == 0 ? served.end : served.released;
  interval.port = served.port;
  return interval;
}

}  // namespace

// What ends with an event that nobody could number has no cause.
std::uint32_t Board::tell_numbered(BitSerialInterval& interval, bool delay) {
  interval.id = intervals_told_ < kMostIntervals ? ++intervals_told_ : 0;
  interval.request_cycle -= start_;
  interval.begin_cycle -= start_;
  interval.released_cycle -= start_;
  interval.end_cycle -= start_;
  if (delay) {
    observer_->on_delay(interval);
  } else {
    observer_->on_interval(interval);
  }
  return interval.id;
}

std::uint32_t Board::tell(BitSerialStage stage, std::uint32_t who, const MakerTable& maker, std::uint64_t turn,
                          const Served& served) {
  if (observer_ == nullptr) return 0;
  BitSerialInterval interval = interval_of(stage, who, maker, turn, served);
  interval.cause = current_;
  if (stage == BitSerialStage::read_out) number_message(who);
  // The host hands over at once what its port only takes after other values.
  const bool sends = stage == BitSerialStage::send && served.begin == served.request;
  if (stage == BitSerialStage::read_out || sends) {
    interval.message = sends_[who].message;
    interval.messages = static_cast<std::uint32_t>(tables_.sends[who].targets.size());
  }
  return tell_numbered(interval, false);
}

// A message to each receiver.
void Board::number_message(std::uint32_t s) {
  sends_[s].message = messages_told_ + 1;
  messages_told_ += tables_.sends[s].targets.size();
}

std::uint32_t Board::tell_group(BitSerialStage stage, std::uint32_t g, std::uint64_t turn, const Served& served) {
  if (observer_ == nullptr) return 0;
  const PartGroupTable& table = tables_.part_groups[g];
  const MakerTable& maker = tables_.makers[table.outputs.front().maker];
  BitSerialInterval interval = interval_of(stage, g, maker, turn, served);
  interval.tile = table.tile;
  interval.element = table.element;
  const bool of_product =
      stage == BitSerialStage::drive || stage == BitSerialStage::convert || stage == BitSerialStage::finish;
  interval.cause = of_product ? groups_[g].drive_cause : current_;
  if (stage == BitSerialStage::finish) interval.cause = intervals_told_;  // the conversions, told right before
  return tell_numbered(interval, false);
}

std::uint32_t Board::tell_delay(BitSerialStage stage, NodeId node, Cycle begin, Cycle end, std::uint32_t cause,
                                std::uint32_t tile, std::uint32_t who) {
  if (observer_ == nullptr || end == begin) return cause;
  BitSerialInterval interval;
  interval.who = who;
  interval.stage = stage;
  interval.tile = tile;
  interval.node = node;
  interval.request_cycle = interval.begin_cycle = begin;
  interval.end_cycle = interval.released_cycle = end;
  interval.cause = cause;
  return tell_numbered(interval, true);
}

void Board::tell_idle(BitSerialWaiter kind, std::uint32_t who, WaitReason reason, Cycle now) const {
  if (observer_ != nullptr) observer_->on_idle(kind, who, reason, now - start_);
}

std::uint32_t Board::tell_write(std::uint32_t index, std::uint32_t tile, const Served& served) {
  if (observer_ == nullptr) return 0;
  Message& message = messages_[index];
  const MakerTable& maker = tables_.makers[tables_.sends[message.index].maker];
  BitSerialInterval interval;
  interval.stage = BitSerialStage::write;
  interval.tile = tile;
  interval.node = maker.node;
  interval.image = message.first / maker.positions;
  interval.position = static_cast<std::uint32_t>(message.first % maker.positions);
  interval.request_cycle = served.request;
  interval.begin_cycle = served.begin;
  interval.end_cycle = interval.released_cycle = served.end;
  interval.port = served.port;
  interval.cause = current_;
  interval.message = message.number + message.writes_told++;
  return tell_numbered(interval, false);
}

std::uint32_t Board::tell_link(NodeId node, const Served& served, std::uint32_t chip, std::uint32_t cause) {
  if (observer_ == nullptr) return 0;
  BitSerialInterval interval;
  interval.stage = BitSerialStage::chip_link;
  interval.tile = tables_.host;
  interval.node = node;
  interval.port = chip;
  interval.request_cycle = served.request;
  interval.begin_cycle = served.begin;
  interval.released_cycle = served.released;
  interval.end_cycle = served.end;
  interval.cause = cause;
  return tell_numbered(interval, false);
}

// From where a message was handed over, or went on from its receiver's chip's port, to when it is acted on; longer than
// alone: it waited for others.
std::uint32_t Board::tell_journey(const Message& message, std::uint32_t tile, Cycle cycle, Cycle alone) {
  if (observer_ == nullptr) return 0;
  const NodeId node = message.is_sums ? tables_.part_groups[message.index].node
                                      : tables_.makers[tables_.sends[message.index].maker].node;
  Cycle begin = message.sent, handed_over = begin + 1;
  std::uint32_t cause = message.cause;
  for (const Crossing& crossing : message.crossings) {
    if (tile == tables_.host ? crossing.chip != 0 : crossing.chip != tables_.placed->chips[tile]) continue;
    begin = handed_over = crossing.cycle;
    cause = crossing.cause;
  }
  BitSerialInterval interval;
  interval.stage = BitSerialStage::network;
  interval.tile = tile;
  interval.node = node;
  interval.request_cycle = begin;
  const Cycle unhindered = handed_over + alone + 1;  // acted on a cycle after it has come
  interval.begin_cycle = alone > 0 && cycle > unhindered ? begin + (cycle - unhindered) : begin;
  interval.end_cycle = interval.released_cycle = cycle;
  interval.cause = cause;
  return tell_numbered(interval, true);
}

void Board::crossed(std::uint32_t index, const ChipCrossing& crossing) {
  if (observer_ == nullptr) return;
  Message& message = messages_[index];
  const NodeId node = message_node(index);
  const std::uint32_t there =
      tell_delay(BitSerialStage::network, node, message.sent, crossing.arrived, message.cause, tables_.host);
  const std::uint32_t over =
      tell_link(node, {crossing.arrived, crossing.begin, crossing.end, crossing.released}, crossing.from, there);
  message.crossings.push_back({crossing.to, over, crossing.end});
  observer_->on_action(BitSerialAction::chip_link_transfer, message.bits, crossing.arrived - start_);
}

}  // namespace crossloom::bit_serial
