#include "sim/output_stage.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace crossloom {

OutputStage::OutputStage(const OutputStageTable& table, std::uint32_t index, const Pace& pace)
    : table_(table),
      index_(index),
      pace_(pace),
      patterns_(table.patterns),
      destinations_(table.destinations.size()),
      stalled_on_(kNoIndex) {}

void OutputStage::begin_image(Cycle start) {
  std::fill(patterns_.begin(), patterns_.end(), 0);
  std::fill(destinations_.begin(), destinations_.end(), Destination{});
  step_ = next_group_ = next_token_ = waiting_ = 0;
  released_at_ = start;
  cursor_ = last_left_ = 0;
  stalled_on_ = kNoIndex;
}

bool OutputStage::may_send(std::uint32_t destination, Cycle now, Progress& progress) {
  const Cycle since = destinations_[destination].credit[step_ % 2];
  if (since <= now) return true;
  stalled_on_ = destination;
  progress.stalled = true;
  progress.resume = since;
  return false;
}

Message OutputStage::message_to(std::uint32_t destination, MessageClass kind) const {
  const DestinationTable& to = table_.destinations[destination];
  Message message;
  message.sink = to.sink;
  message.part = to.part;
  message.layer = to.layer;
  message.stage = index_;
  message.step = step_;
  message.kind = kind;
  return message;
}

OutputStage::Progress OutputStage::run(Cycle now, Cycle& unit_free, MessageOutlet& outlet) {
  Progress progress;
  stalled_on_ = kNoIndex;
  Cycle at = std::max({now, cursor_, unit_free});
  for (; next_group_ < table_.groups.size(); ++next_group_) {
    const OutgoingGroup& group = table_.groups[next_group_];
    if (!may_send(group.destination, now, progress)) break;
    at += pace_.test_cycles;
    const std::uint64_t bits = patterns_[group.pattern];
    if (bits == 0) {
      ++progress.saved;
      continue;
    }
    ++progress.sent;
    ++destinations_[group.destination].announced;
    ++waiting_;
    Message packet = message_to(group.destination, MessageClass::data);
    packet.bits = bits;
    packet.sent_as = group.group;
    packet.flits = static_cast<std::uint16_t>(pace_.data_flits);
    outlet.send(packet, std::max(at, now + 1));
  }
  for (; !progress.stalled && next_token_ < table_.destinations.size(); ++next_token_) {
    if (!may_send(next_token_, now, progress)) break;
    ++at;
    ++waiting_;
    Message token = message_to(next_token_, MessageClass::token);
    token.sent_as = table_.destinations[next_token_].source;
    token.bits = destinations_[next_token_].announced;
    outlet.send(token, at);
    // Spent. The host always sinks, so a report to it needs no credit.
    if (!table_.reports_to_host) destinations_[next_token_].credit[step_ % 2] = kNever;
  }
  cursor_ = unit_free = at;
  if (next_token_ == table_.destinations.size() && waiting_ == 0) progress.handed_over = last_left_;
  return progress;
}

Cycle OutputStage::departed(const Message& message, Cycle start) {
  CROSSLOOM_CHECK(waiting_ > 0, "a message left twice");
  last_left_ = std::max(last_left_, start + message.flits);
  --waiting_;
  return waiting_ == 0 && next_token_ == table_.destinations.size() ? last_left_ : kNever;
}

void OutputStage::release(Cycle now) {
  std::fill(patterns_.begin(), patterns_.end(), 0);
  for (Destination& destination : destinations_) destination.announced = 0;
  next_group_ = next_token_ = 0;
  released_at_ = now;
  ++step_;
}

Cycle OutputStage::credit(std::uint32_t destination, std::uint32_t step, Cycle cycle) {
  std::array<Cycle, 2>& credits = destinations_.at(destination).credit;
  CROSSLOOM_CHECK(credits[step % 2] == kNever, "a step credit came twice");
  credits[step % 2] = cycle;
  return stalled_on_ == destination && step + 2 == step_ ? cycle : kNever;
}

std::string OutputStage::describe() const {
  return fmt::format(
      "layer {}, step {}: {} of {} packet groups tested, {} of {} tokens sent, {} messages wait{}", table_.layer, step_,
      next_group_, table_.groups.size(), next_token_, destinations_.size(), waiting_,
      stalled_on_ == kNoIndex ? std::string()
                              : fmt::format(", stalled for the credit of step {} of endpoint {}",
                                            step_ < 2 ? 0 : step_ - 2, table_.destinations[stalled_on_].sink));
}

}  // namespace crossloom
