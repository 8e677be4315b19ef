// What travels through the interconnect: data packets and step-done tokens.
#pragma once

#include <cstdint>

namespace crossloom {

/// A point in time, counted in chip cycles since the simulation began.
using Cycle = std::uint64_t;
inline constexpr Cycle kNever = ~Cycle{0};

enum class MessageClass : std::uint8_t { data, token };
inline constexpr std::size_t kMessageClasses = 2;

/// One packet or token as sender and receiver know it. A plain record, copied into the interconnect when it is sent.
struct Message {
  /// Data: one spike a bit, bit k is row k of the packet group. Token: data packets sent to this part in this step.
  std::uint64_t bits = 0;
  std::uint32_t sink = 0;     ///< endpoint that it goes to
  std::uint32_t part = 0;     ///< tile part at the sink (index in its tile group)
  std::uint32_t sent_as = 0;  ///< data: packet group (index at the sink); token: which of the part's sources sent it
  std::uint32_t stage = 0;    ///< output stage at the sender (index in its module)
  std::uint32_t step = 0;
  std::uint32_t flow = 0;   ///< number of the message in an observed image
  std::uint16_t layer = 0;  ///< whose inputs it carries
  std::uint16_t flits = 1;
  std::uint16_t routers = 0;  ///< routers passed; filled in on delivery
  MessageClass kind = MessageClass::data;
};

}  // namespace crossloom
