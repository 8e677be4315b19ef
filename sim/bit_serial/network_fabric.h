// The chips' networks on chip and the links between chips.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/bit_serial/bit_serial_activity.h"
#include "models/bit_serial/bit_serial_observer.h"
#include "sim/bit_serial/fabric.h"
#include "sim/calendar_queue.h"
#include "sim/noc/network.h"

namespace crossloom::bit_serial {

/// A chip's port (to the host and to other chips) is a node of its network: the first one that no tile can have, or
/// node 0 where every node has a tile. The host is at the port of chip 0. A message to another chip goes to the port of
/// its own, over the link (one message at a time out of a chip and into a chip), and on from the other chip's port.
class NetworkFabric : public Fabric {
 public:
  /// What a message is and costs beyond its bits.
  class Ledger {
   public:
    virtual ~Ledger() = default;
    virtual BitSerialCounts& counts_of(std::uint32_t message, std::uint32_t tile) = 0;
    virtual BitSerialCounts& chip_counts() = 0;
  };
  NetworkFabric(const FlowTables& tables, const NetworkOnChipSpec& spec, FabricSink& sink, Ledger& ledger);
  ~NetworkFabric() override;

  void send(std::uint32_t message, std::uint32_t fan_out, std::uint64_t bits, Cycle cycle) override;
  [[nodiscard]] Cycle flits(std::uint64_t bits) const override { return spec_.packet_flits(bits); }
  void advance(Cycle now) override;
  [[nodiscard]] Cycle next_due() const override;
  [[nodiscard]] std::string describe() const override;
  /// From now on tells of every flit, and its sink how long messages would have taken alone; null: no more.
  void observe(BitSerialObserver* observer);
  /// Traversals that no destination was charged with (shared branches of multicasts), to the chip; flits in all.
  std::uint64_t settle();

 private:
  class Listener;
  struct Leg {
    std::uint32_t multicast = kUnicast, destination = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> tiles;  ///< (node, tile), by node
  };
  struct Route {
    std::uint32_t chip = 0, node = 0;
    bool has_own = false;  ///< destinations on the source's own chip
    Leg own;
    std::vector<std::pair<std::uint32_t, Leg>> others;  ///< chip, and from its port on
  };
  struct Crossing {
    std::uint32_t message = 0, fan_out = 0, other = 0;
  };
  static constexpr std::uint64_t kTransit = std::uint64_t{1} << 63;

  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> place_of(std::uint32_t tile) const;
  Leg make_leg(std::uint32_t chip, std::uint32_t from_node, const std::vector<std::uint32_t>& tiles);
  void inject(std::uint32_t chip, std::uint32_t node, const Leg& leg, std::uint64_t tag, std::uint64_t bits,
              Cycle cycle);
  void cross(std::uint32_t message, std::uint32_t fan_out, Cycle cycle);
  void delivered(std::uint32_t chip, const NetworkPacket& packet, std::uint32_t node, Cycle cycle);

  const FlowTables& tables_;
  NetworkOnChipSpec spec_;
  FabricSink& sink_;
  Ledger& ledger_;
  std::uint32_t port_ = 0;
  BitSerialObserver* observer_ = nullptr;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<NetworkOnChip>> chips_;
  std::vector<Route> routes_;              ///< by fan-out
  std::vector<std::uint64_t> bits_;        ///< by message
  std::vector<Cycle> out_free_, in_free_;  ///< by chip: its port to the link
  CalendarQueue<Crossing> crossings_;
  std::uint64_t charged_routers_ = 0, charged_links_ = 0, link_messages_ = 0;
};

/// Links between the routers of two tiles, times their cycles, and one; between chips the link's latency as well.
CreditCycles credit_cycles_on(const PlacedNetwork& placed, const BitSerialChipSpec& chip,
                              const NetworkOnChipSpec& spec);

}  // namespace crossloom::bit_serial
