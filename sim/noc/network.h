// A cycle-accurate wormhole network on chip over plain objects, without SystemC: input-queued routers with virtual
// channels, credits, and separable input-first allocators. One call a cycle in which anything can happen.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/interconnect/network_counts.h"
#include "models/interconnect/topology.h"
#include "sim/message.h"

namespace crossloom {

/// A fan-out announced by NetworkOnChip::add_multicast(); kUnicast: the packet goes to `destination` only.
inline constexpr std::uint32_t kUnicast = ~std::uint32_t{0};

/// One packet as sender and receiver know it. Nodes are endpoint numbers, 0 .. nodes - 1; a packet may go to its own
/// source (it passes one router).
struct NetworkPacket {
  std::uint64_t tag = 0;  ///< the user's own; handed back as it is
  std::uint32_t source = 0;
  std::uint32_t destination = 0;       ///< not used with multicast
  std::uint32_t flits = 1;             ///< at least 1, header included
  std::uint32_t multicast = kUnicast;  ///< or a number from add_multicast(), whose source must be the packet's
  MessageClass message_class = MessageClass::data;
};

/// Told what the network does, in the cycle in which it happens. May call inject() for later cycles, nothing else.
class NetworkListener {
 public:
  virtual ~NetworkListener() = default;
  /// The last flit of the packet reached `node` at `cycle`. `created` is the cycle given to inject(), `entered` that in
  /// which the first flit left its source.
  virtual void delivered(const NetworkPacket& packet, std::uint32_t node, Cycle created, Cycle entered,
                         Cycle cycle) = 0;
  /// The last flit of the packet left its source in `cycle`: its place in the sender's buffer is free.
  virtual void departed(const NetworkPacket& packet, Cycle cycle) {
    (void)packet;
    (void)cycle;
  }
  /// A flit left `router` by `port` in `cycle`; only after tell_flits(true).
  virtual void forwarded(std::uint32_t router, std::uint32_t port, Cycle cycle) {
    (void)router;
    (void)port;
    (void)cycle;
  }
};

/// Contract (docs/interconnect.md has the pipeline): a packet injected at cycle c may leave its source in c, one flit a
/// cycle and node, packets of a node and class in the order of injection; its queue there has no limit. Alone, its last
/// flit arrives spec.zero_load_cycles() later. Packets of one class between the same nodes may overtake each other
/// where the class has several virtual channels; flits of a packet never do. Nodes always take what comes.
/// Deterministic. Not thread-safe; objects are independent.
class NetworkOnChip {
 public:
  /// Throws UserError as check_network_on_chip().
  NetworkOnChip(const NetworkOnChipSpec& spec, NetworkListener& listener);
  ~NetworkOnChip();
  NetworkOnChip(const NetworkOnChip&) = delete;
  NetworkOnChip& operator=(const NetworkOnChip&) = delete;

  [[nodiscard]] const Topology& topology() const;

  /// Announces a fan-out once; packets name it by the number returned. Destinations: at least one, each once, in any
  /// order. Where the chip has multicast channels and the packet fits a buffer (flits <= buffer_flits), one packet
  /// travels and is copied where ways part; elsewhere the source sends a copy for each destination, in order of node.
  std::uint32_t add_multicast(std::uint32_t source, std::vector<std::uint32_t> destinations);

  void tell_flits(bool tell);

  /// Puts a packet into its source's queue at `cycle`, which must not have been worked on.
  void inject(const NetworkPacket& packet, Cycle cycle);
  /// Works on cycle `now`; must be called at every next_due(), and may be called in between.
  void advance(Cycle now);
  /// Earliest cycle after the last one worked on in which anything can happen; kNever if nothing is under way.
  [[nodiscard]] Cycle next_due() const;
  /// Packets injected and not yet wholly delivered; a multicast packet counts once.
  [[nodiscard]] std::uint64_t in_flight() const;

  /// Flits by router and link, and why flits waited, since the beginning or reset_counts().
  [[nodiscard]] NetworkCounts counts() const;
  void reset_counts();

  /// Forgets the past: round-robin pointers as on the first day, time from 0 on. Throws Bug if packets are in flight or
  /// credits are missing. Fan-outs stay.
  void reset();
  /// Every queue that is not empty, with what its first packet waits for; for the watchdog.
  [[nodiscard]] std::string describe() const;

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace crossloom
