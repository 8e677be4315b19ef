// The units of a bit-serial chip as observers know them, and which of them a part group, a maker or a send is.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "models/interconnect/topology.h"
#include "sim/bit_serial/flow_tables.h"
#include "sim/bit_serial/unit_time.h"

namespace crossloom::bit_serial {

/// All units of all passes. Those of makers, sends and part groups are numbered on from pass to pass.
class ObservedUnits {
 public:
  /// One table a pass; with `network`, the ports of its routers on every chip.
  ObservedUnits(const std::vector<const FlowTables*>& passes, const std::optional<NetworkOnChipSpec>& network);

  [[nodiscard]] std::vector<UnitName> names() const;
  [[nodiscard]] std::vector<UnitTime>& all() { return units_; }
  [[nodiscard]] UnitTime& of(UnitKind kind, std::uint32_t index, std::uint32_t port = 0) {
    return units_[places_.at(UnitName{kind, index, port})];
  }
  [[nodiscard]] UnitTime& group(std::uint32_t pass, std::uint32_t g) { return units_[groups_[pass][g]]; }
  [[nodiscard]] UnitTime& maker(std::uint32_t pass, std::uint32_t m) { return units_[makers_[pass][m]]; }
  [[nodiscard]] UnitTime& send(std::uint32_t pass, std::uint32_t s) { return units_[sends_[pass][s]]; }
  /// The router port that leads to a tile, or to the host; any where no network is known.
  [[nodiscard]] UnitName port_to(std::uint32_t tile) const;
  [[nodiscard]] std::uint32_t chips() const { return chips_; }
  [[nodiscard]] std::uint32_t routers() const { return topology_ ? topology_->routers() : 0; }

 private:
  std::uint32_t add(UnitKind kind, std::uint32_t index, std::uint32_t port = 0);
  std::uint32_t add_next(UnitKind kind, std::uint32_t index);
  void add_tiles(const FlowTables& tables);
  void add_crossbars(const FlowTables& tables);
  void add_pass(const FlowTables& tables);
  void add_network();

  std::vector<UnitTime> units_;
  std::map<UnitName, std::uint32_t> places_;
  std::map<std::pair<UnitKind, std::uint32_t>, std::uint32_t> next_port_;
  std::vector<std::vector<std::uint32_t>> groups_, makers_, sends_;  ///< by pass
  const PlacedNetwork* placed_ = nullptr;
  std::uint32_t chips_ = 1, host_node_ = 0;
  std::unique_ptr<Topology> topology_;
};

}  // namespace crossloom::bit_serial
