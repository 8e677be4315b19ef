// The plain parts of a wormhole router: input channels, arbiters, sources. When they act is decided in engine.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/interconnect/topology.h"
#include "sim/noc/network.h"

namespace crossloom::noc {

inline constexpr std::uint32_t kNone = ~std::uint32_t{0};
inline constexpr std::uint8_t kNoChannel = 0xFF;

/// First of the set bits of `mask` (not 0) at or after `from`, going round.
inline std::uint32_t first_from(std::uint64_t mask, std::uint32_t from) {
  const std::uint64_t after = mask & (~std::uint64_t{0} << from);
  return static_cast<std::uint32_t>(__builtin_ctzll(after != 0 ? after : mask));
}

/// A flit is its packet and whether it is the last one.
class Flit {
 public:
  Flit() = default;
  Flit(std::uint32_t packet, bool tail) : word_(packet << 1 | static_cast<std::uint32_t>(tail)) {}
  [[nodiscard]] std::uint32_t packet() const { return word_ >> 1; }
  [[nodiscard]] bool tail() const { return (word_ & 1) != 0; }

 private:
  std::uint32_t word_ = 0;
};

/// A packet under way.
struct PacketState {
  NetworkPacket packet;
  Cycle created = 0, entered = 0;
  std::uint32_t next = kNone;   ///< behind it in its source's queue, or in the list of free ones
  std::uint32_t remaining = 1;  ///< destinations that it has yet to reach
  std::uint32_t tree = kNone;   ///< travels as one packet along this tree
  ChannelClass channel_class = ChannelClass::data;
  bool last_copy = true;  ///< no copy of the same multicast comes behind it
};

/// One way out of a router for the multicast packet at the front of an input channel.
struct Branch {
  RouteOption way;
  Cycle ready = 0;                    ///< takes part in the switch from then on
  std::uint32_t sent = 0;             ///< flits
  std::uint8_t channel = kNoChannel;  ///< that it holds or held
};

/// All ways out. A flit leaves the buffer when every branch has sent it; branches do not wait for each other.
struct BranchSet {
  std::vector<Branch> branches;
  Cycle ready = 0;          ///< branches ask for channels from then on
  std::uint32_t flits = 0;  ///< of the packet
  std::uint32_t gone = 0;   ///< flits that have left the buffer
  std::uint32_t without_channel = 0;
};

/// One virtual channel of an input port: its buffer, and where the packet at the front is heading.
struct alignas(32) InputChannel {
  Cycle ready = 0;                      ///< takes part in its next allocation from then on
  std::uint32_t router = 0;             ///< where it is
  std::uint32_t credit_target = kNone;  ///< the far end's count of its room
  std::uint16_t head = 0, count = 0;    ///< of the ring of flits
  std::uint16_t next_output = 0;        ///< round-robin over the router's output channels
  std::uint8_t port = 0, index = 0;     ///< of the router; of the port
  std::uint32_t branches = kNone;       ///< the front packet is a multicast
  std::uint8_t output = 0;              ///< port and channel that it holds
  std::uint8_t channel = kNoChannel;
  bool open = false;  ///< a packet's first flit has come and its last not left
};

/// What a router knows of a virtual channel at the far end of an output port.
struct OutputChannel {
  std::uint16_t room = 0;        ///< credits: flits
  std::uint16_t next_input = 0;  ///< round-robin over the router's input channels
};

/// Input ports with channels that wait for an output channel, and that have a flit and an output channel.
struct RouterState {
  std::uint64_t waiting_ports = 0, sending_ports = 0;
};

/// Both directions of a router's port; sets of channels have a bit a channel.
struct alignas(32) Port {
  std::uint32_t waiting = 0, sending = 0;  ///< of the input
  std::uint32_t in_use = 0;                ///< of the output: held by packets
  std::uint32_t arrival_target = kNone;    ///< first channel at the far end of the output
  std::uint64_t flits = 0;                 ///< that left by it
  std::uint8_t next_channel = 0;           ///< round-robin among channels of the input that want the same output
  std::uint8_t next_output = 0;            ///< round-robin of the switch's first stage
  std::uint8_t next_input = 0;             ///< round-robin of its second stage
};

/// A node's queue of packets of one class.
struct SourceQueue {
  std::uint32_t head = kNone, tail = kNone;
  std::uint32_t sent = 0;             ///< flits of the first packet
  std::uint8_t channel = kNoChannel;  ///< that the first packet holds
  std::uint8_t last_channel = kNoChannel;
};

struct Source {
  std::array<SourceQueue, kChannelClasses> queues;
  std::uint32_t in_use = 0;
  std::uint32_t arrival_target = 0;
  std::uint8_t last_class = 0;
};

}  // namespace crossloom::noc
