// The part of a tile that works for one layer: counts what a step must wait for, with inputs for two steps.
#pragma once

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
  void take_packet(std::uint32_t step, Cycle cycle);
  void take_token(std::uint32_t source, std::uint32_t step, std::uint32_t announced, Cycle cycle);
  /// When the step at hand is ready, kNever while something is missing; each step is handed out once.
  Cycle take_ready();
  /// One of its banks has fired the step at hand. True if that was the last one: then the step is done.
  bool bank_fired(Cycle now);

  /// Step that it works for or waits for.
  [[nodiscard]] std::uint32_t step() const { return step_; }
  /// Since when the step at hand has been ready.
  [[nodiscard]] Cycle ready_at() const { return ready_at_; }
  [[nodiscard]] const TilePartTable& table() const { return table_; }
  /// State and missing tokens, for the watchdog.
  [[nodiscard]] std::string describe() const;

 private:
  struct Inputs {
    std::uint32_t tokens = 0, announced = 0, packets = 0;
    Cycle last_arrival = 0;
    std::vector<std::uint8_t> from;   ///< tokens by source
  };
  Inputs& inputs_of(std::uint32_t step);
  [[nodiscard]] bool complete(const Inputs& inputs) const {
    return inputs.tokens == table_.sources.size() && inputs.packets == inputs.announced;
  }

  const TilePartTable& table_;
  std::array<Inputs, 2> inputs_;
  std::uint32_t step_ = 0;
  std::uint32_t banks_left_ = 0;
  bool handed_out_ = false;
  Cycle done_at_ = 0;
  Cycle ready_at_ = 0;
};

}  // namespace crossloom
