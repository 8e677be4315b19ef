// The way of an output stage's messages into the network, and what observers are told of it: of the unit that tests and
// makes tokens, and of the port that sends.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/observation.h"
#include "sim/output_stage.h"
#include "sim/ports.h"

namespace crossloom {

/// What led to where an output stage is, in an observed image: path steps, by when they end.
struct StageTrail {
  std::uint32_t filled = 0;    ///< the step at hand may be sent
  std::uint32_t tested = 0;    ///< the last test before a stall is over
  std::uint32_t released = 0;  ///< the output buffer is free
  Cycle filled_at = 0;
  std::vector<std::array<std::uint32_t, 2>>
      credits;  ///< a destination's credit is there; by parity of the step to send

  void begin_image(std::size_t destinations, Cycle start) {
    filled = tested = released = 0;
    filled_at = start;
    credits.assign(destinations, {});
  }
};

/// For one call of OutputStage::run.
class NetworkOutlet : public MessageOutlet {
 public:
  /// `unfilled`: why `unit` waits while the step at hand is not filled.
  NetworkOutlet(PacketNetwork& network, Observation& observation, StageTrail& trail, UnitName unit, WaitReason unfilled)
      : network_(network), observation_(observation), trail_(trail), unit_(unit), unfilled_(unfilled) {}

  OutputStage::Progress run(OutputStage& stage, Cycle now, Cycle& unit_free);
  void send(const Message& message, Cycle ready) override;

 private:
  void begin(const OutputStage& stage, Cycle now, Cycle unit_free);
  void end(const OutputStage& stage);
  std::uint32_t path_step(Cycle from, Cycle to, const char* label, std::uint32_t cause);

  PacketNetwork& network_;
  Observation& observation_;
  StageTrail& trail_;
  UnitName unit_;
  WaitReason unfilled_;
  std::uint32_t endpoint_ = 0, step_ = 0, layer_ = 0;
  // In an observed image:
  std::uint32_t path_step_ = 0;  ///< that ended when the run began
  Cycle began_ = 0;
  std::optional<Cycle> tested_;  ///< when all packets were tested and tokens began
};

/// In an observed image: a message leaves its port in [start, start + flits). `port_free` is when it could first have.
void observe_departure(Observation& observation, UnitName port, const Message& message, Cycle start, Cycle& port_free,
                       StageTrail& trail);

}  // namespace crossloom
