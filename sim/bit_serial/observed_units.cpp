#include "sim/bit_serial/observed_units.h"

#include <algorithm>

namespace crossloom::bit_serial {

ObservedUnits::ObservedUnits(const std::vector<const FlowTables*>& passes,
                             const std::optional<NetworkOnChipSpec>& network) {
  const FlowTables& first = *passes.front();
  const std::vector<std::uint32_t>& chips = first.placed->chips;
  if (!chips.empty()) chips_ = 1 + *std::max_element(chips.begin(), chips.end());
  placed_ = first.placed;
  if (network) {
    topology_ = std::make_unique<Topology>(*network);
    BitSerialChipSpec chip = *first.chip;
    chip.interconnect = *network;
    host_node_ = port_node(chip);
  }
  add(UnitKind::host_port, 0);
  add_tiles(first);
  add_crossbars(first);
  for (const FlowTables* tables : passes) add_pass(*tables);
  if (first.chip->chip_link && (chips_ > 1 || passes.size() > 1)) {
    for (std::uint32_t chip = 0; chip <= chips_; ++chip) add(UnitKind::chip_link, chip);
  }
  if (topology_) add_network();
}

std::uint32_t ObservedUnits::add(UnitKind kind, std::uint32_t index, std::uint32_t port) {
  const UnitName name{kind, index, port};
  const auto [found, added] = places_.try_emplace(name, static_cast<std::uint32_t>(units_.size()));
  if (added) units_.emplace_back(name);
  return found->second;
}

std::uint32_t ObservedUnits::add_next(UnitKind kind, std::uint32_t index) {
  return add(kind, index, next_port_[{kind, index}]++);
}

void ObservedUnits::add_tiles(const FlowTables& tables) {
  for (std::uint32_t tile = 0; tile < tables.tiles; ++tile) {
    for (const UnitKind kind :
         {UnitKind::tile_bus, UnitKind::adders, UnitKind::activation_units, UnitKind::pool_units}) {
      add(kind, tile);
    }
    for (std::uint32_t port = 0; port < tables.chip->tile.buffer_ports; ++port) add(UnitKind::buffer_port, tile, port);
  }
}

void ObservedUnits::add_crossbars(const FlowTables& tables) {
  for (std::uint32_t x = 0; x < tables.placed->crossbars.size(); ++x) add(UnitKind::crossbar, x);
}

void ObservedUnits::add_pass(const FlowTables& tables) {
  groups_.emplace_back();
  makers_.emplace_back();
  sends_.emplace_back();
  for (const PartGroupTable& group : tables.part_groups) {
    groups_.back().push_back(add_next(UnitKind::part_group, group.element));
    for (const PartGroupTable::SharedAdc& shared : group.shared_adcs) add(UnitKind::converter, shared.adc);
    if (!group.shared_adcs.empty()) continue;
    for (const PartGroupTable::Part& part : group.parts) add(UnitKind::converter, part.crossbar.value());
  }
  // What makes nothing here, and sends that take no time, are no units; nothing is told of them.
  for (const MakerTable& maker : tables.makers) {
    const bool works = maker.kind == MakerKind::output_slice || maker.kind == MakerKind::digital_slice;
    makers_.back().push_back(works ? add_next(UnitKind::home, maker.tile) : kNone);
  }
  for (const SendTable& send : tables.sends) {
    sends_.back().push_back(send.is_local ? kNone : add_next(UnitKind::sender, tables.makers[send.maker].tile));
  }
}

void ObservedUnits::add_network() {
  for (std::uint32_t chip = 0; chip < chips_; ++chip) {
    for (std::uint32_t router = 0; router < topology_->routers(); ++router) {
      for (std::uint32_t port = 0; port < topology_->ports(); ++port) {
        if (topology_->port(router, port).kind == PeerKind::none) continue;
        add(UnitKind::router_port, chip * topology_->routers() + router, port);
      }
    }
  }
}

UnitName ObservedUnits::port_to(std::uint32_t tile) const {
  if (!topology_) return {UnitKind::router_port, 0, 0};
  const bool host = tile >= placed_->tiles;
  const NodeAttachment at = topology_->attachment(host ? host_node_ : placed_->sites[tile]);
  return {UnitKind::router_port, (host ? 0 : placed_->chips[tile]) * topology_->routers() + at.router, at.port};
}

std::vector<UnitName> ObservedUnits::names() const {
  std::vector<UnitName> names;
  for (const UnitTime& unit : units_) names.push_back(unit.name());
  return names;
}

}  // namespace crossloom::bit_serial
