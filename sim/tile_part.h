// The part of a tile that works for one layer: counts what a step must wait for, with inputs for two steps.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/chip_tables.h"
#include "sim/message.h"

namespace crossloom {

/// Inputs of step s are complete when a token of step s has come from every source and as many packets as the tokens
/// announce. A step is ready when its inputs are complete and the step before is done. Arrivals are told ahead of their
/// cycle, in any order; only their cycles matter.
class TilePart {
 public:
  explicit TilePart(const TilePartTable& table);

  void begin_image(Cycle start);
  /// Throw Bug where an input overruns its buffer or comes twice.
  void take_packet(std::uint32_t step, Cycle cycle) {
    Inputs& inputs = inputs_of(step);
    ++inputs.packets;
    inputs.last_arrival = std::max(inputs.last_arrival, cycle);
    if (inputs.tokens == sources_ && inputs.packets > inputs.announced) fail_surplus(step);
  }
  void take_token(std::uint32_t source, std::uint32_t step, std::uint32_t announced, Cycle cycle) {
    Inputs& inputs = inputs_of(step);
    if (inputs.from.at(source) != 0) fail_twice(step, source);
    inputs.from[source] = 1;
    ++inputs.tokens;
    inputs.announced += announced;
    inputs.last_arrival = std::max(inputs.last_arrival, cycle);
  }
  /// In an observed image, before what arrives is taken: the path step that ended with it.
  void note_arrival(std::uint32_t step, Cycle cycle, std::uint32_t path_step) {
    Inputs& inputs = inputs_of(step);
    if (cycle > inputs.last_arrival) inputs.path_step = path_step;
  }
  /// In an observed image: the path step that ended when the step before was done.
  void note_done(std::uint32_t path_step) { done_path_step_ = path_step; }
  /// When the step at hand is ready, kNever while something is missing; each step is handed out once.
  Cycle take_ready() {
    const Inputs& inputs = inputs_[step_ % 2];
    if (inputs.tokens != sources_ || inputs.packets != inputs.announced || handed_out_) return kNever;
    handed_out_ = true;
    ready_at_ = std::max(inputs.last_arrival, done_at_);
    return ready_at_;
  }
  /// One of its banks has fired the step at hand. True if that was the last one: then the step is done.
  bool bank_fired(Cycle now);

  /// Step that it works for or waits for.
  [[nodiscard]] std::uint32_t step() const { return step_; }
  /// Since when the step at hand has been ready.
  [[nodiscard]] Cycle ready_at() const { return ready_at_; }
  /// Since when its inputs have been complete (0: it has none), and the step before done. The step is ready.
  [[nodiscard]] Cycle inputs_at() const { return inputs_[step_ % 2].last_arrival; }
  [[nodiscard]] Cycle done_at() const { return done_at_; }
  /// The path step with which it became ready; 0 where the image is not observed.
  [[nodiscard]] std::uint32_t ready_path_step() const {
    const Inputs& inputs = inputs_[step_ % 2];
    return inputs.last_arrival >= done_at_ ? inputs.path_step : done_path_step_;
  }
  [[nodiscard]] const TilePartTable& table() const { return table_; }
  /// State and missing tokens, for the watchdog.
  [[nodiscard]] std::string describe() const;

 private:
  struct Inputs {
    std::uint32_t tokens = 0, announced = 0, packets = 0;
    std::uint32_t path_step = 0;  ///< of the last arrival
    Cycle last_arrival = 0;
    std::vector<std::uint8_t> from;  ///< tokens by source
  };
  Inputs& inputs_of(std::uint32_t step) {
    if (step - step_ > 1) fail_overrun(step);
    return inputs_[step % 2];
  }
  [[noreturn]] void fail_overrun(std::uint32_t step) const;
  [[noreturn]] void fail_surplus(std::uint32_t step) const;
  [[noreturn]] void fail_twice(std::uint32_t step, std::uint32_t source) const;

  const TilePartTable& table_;
  std::uint32_t sources_;
  std::array<Inputs, 2> inputs_;
  std::uint32_t step_ = 0;
  std::uint32_t banks_left_ = 0;
  bool handed_out_ = false;
  Cycle done_at_ = 0;
  Cycle ready_at_ = 0;
  std::uint32_t done_path_step_ = 0;
};

}  // namespace crossloom
