// What leaves a tile (or a host port) for one layer, step by step: tests of packets, tokens, step credits.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/chip_tables.h"
#include "sim/message.h"

namespace crossloom {

/// Where an output stage puts what it sends.
class MessageOutlet {
 public:
  virtual ~MessageOutlet() = default;
  virtual void send(const Message& message, Cycle ready) = 0;
};

/// One step at a time: filled through patterns(), sent by run(), over when every message has left. A destination takes
/// step s once it has returned its credit of step s - 2.
class OutputStage {
 public:
  struct Pace {
    Cycle test_cycles = 1;  ///< per packet group
    std::uint32_t data_flits = 1;
  };
  /// What one call of run() did.
  struct Progress {
    std::uint32_t sent = 0, saved = 0;  ///< packets tested: not empty, empty
    Cycle resume = kNever;              ///< stalled, and the credit it waits for is known to come then
    bool stalled = false;
    Cycle handed_over = kNever;  ///< every message leaves before it
  };

  OutputStage(const OutputStageTable& table, std::uint32_t index, const Pace& pace);

  void begin_image(Cycle start);
  /// Bits of the step that is being filled, one word a pattern.
  [[nodiscard]] std::uint64_t* patterns() { return patterns_.data(); }
  /// Tests and sends from `now` on until everything is sent or a destination's credit is missing at `now`. `unit_free`
  /// is when the tile's output unit is free next. Packets go to `outlet` as they are tested, one test after another;
  /// then come the tokens, one a cycle.
  Progress run(Cycle now, Cycle& unit_free, MessageOutlet& outlet);
  /// A message of this stage leaves in [start, start + flits). Returns when the step is handed over, kNever where run()
  /// is not through with it or messages are left.
  Cycle departed(const Message& message, Cycle start);
  /// The step was handed over at `now`; the next one may be filled.
  void release(Cycle now);
  /// Returns the cycle in which a stalled stage may go on, kNever if it need not be woken.
  Cycle credit(std::uint32_t destination, std::uint32_t step, Cycle cycle);

  /// Step that is being filled or sent.
  [[nodiscard]] std::uint32_t step() const { return step_; }
  /// Since when it may be filled.
  [[nodiscard]] Cycle released_at() const { return released_at_; }
  [[nodiscard]] const OutputStageTable& table() const { return table_; }
  /// Up to when tests were laid out.
  [[nodiscard]] Cycle cursor() const { return cursor_; }
  /// The destination for whose credit it has stalled, kNoIndex where it has not.
  [[nodiscard]] std::uint32_t stalled_on() const { return stalled_on_; }
  /// State for the watchdog.
  [[nodiscard]] std::string describe() const;

 private:
  struct Destination {
    std::array<Cycle, 2> credit{};  ///< by parity of the step to send: since when it may be, kNever while it may not
    std::uint32_t announced = 0;
  };
  bool may_send(std::uint32_t destination, Cycle now, Progress& progress);
  [[nodiscard]] Message message_to(std::uint32_t destination, MessageClass kind) const;

  const OutputStageTable& table_;
  std::uint32_t index_;
  Pace pace_;
  std::vector<std::uint64_t> patterns_;
  std::vector<Destination> destinations_;
  std::uint32_t step_ = 0;
  Cycle released_at_ = 0;
  Cycle cursor_ = 0;  ///< where it stalled
  std::uint32_t next_group_ = 0, next_token_ = 0;
  std::uint32_t stalled_on_;
  std::uint32_t waiting_ = 0;  ///< messages in the output buffer
  Cycle last_left_ = 0;
};

}  // namespace crossloom
