#include "sim/tile_part.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace crossloom {

TilePart::TilePart(const TilePartTable& table)
    : table_(table), sources_(static_cast<std::uint32_t>(table.sources.size())) {
  for (Inputs& inputs : inputs_) inputs.from.resize(table.sources.size());
}

void TilePart::begin_image(Cycle start) {
  for (Inputs& inputs : inputs_) {
    inputs.tokens = inputs.announced = inputs.packets = 0;
    inputs.last_arrival = 0;
    std::fill(inputs.from.begin(), inputs.from.end(), std::uint8_t{0});
  }
  step_ = 0;
  banks_left_ = static_cast<std::uint32_t>(table_.banks.size());
  handed_out_ = false;
  done_at_ = ready_at_ = start;
  done_path_step_ = 0;
}

void TilePart::fail_overrun(std::uint32_t step) const {
  throw Bug(fmt::format("tile {} layer {} works for step {} and has no buffer for an input of step {}",
                        table_.tile.value(), table_.layer, step_, step));
}

void TilePart::fail_surplus(std::uint32_t step) const {
  throw Bug(fmt::format("tile {} layer {} received more packets of step {} than its tokens announced",
                        table_.tile.value(), table_.layer, step));
}

void TilePart::fail_twice(std::uint32_t step, std::uint32_t source) const {
  throw Bug(fmt::format("tile {} layer {} received the step-done token of step {} twice from source {}",
                        table_.tile.value(), table_.layer, step, source));
}

bool TilePart::bank_fired(Cycle now) {
  CROSSLOOM_CHECK(handed_out_ && banks_left_ > 0, "a bank fired before its tile part was ready");
  if (--banks_left_ > 0) return false;
  Inputs& inputs = inputs_[step_ % 2];
  inputs.tokens = inputs.announced = inputs.packets = 0;
  inputs.last_arrival = 0;
  std::fill(inputs.from.begin(), inputs.from.end(), std::uint8_t{0});
  banks_left_ = static_cast<std::uint32_t>(table_.banks.size());
  handed_out_ = false;
  done_at_ = now;
  ++step_;
  return true;
}

std::string TilePart::describe() const {
  const Inputs& inputs = inputs_[step_ % 2];
  std::string missing;
  for (std::size_t k = 0; k < inputs.from.size(); ++k) {
    if (inputs.from[k] == 0) missing += fmt::format("{}{}", missing.empty() ? ", no token from source " : " ", k);
  }
  return fmt::format("tile {} layer {}: step {}, {} of {} tokens, {} of {} announced packets, {} of {} banks to fire{}",
                     table_.tile.value(), table_.layer, step_, inputs.tokens, table_.sources.size(), inputs.packets,
                     inputs.announced, banks_left_, table_.banks.size(), missing);
}

}  // namespace crossloom
