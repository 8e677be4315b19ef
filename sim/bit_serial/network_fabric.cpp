#include "sim/bit_serial/network_fabric.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "base/error.h"

namespace crossloom::bit_serial {
namespace {

// The port of a chip whose tiles are joined by `spec`.
std::uint32_t port_of(BitSerialChipSpec chip, const NetworkOnChipSpec& spec) {
  chip.interconnect = spec;
  return port_node(chip);
}

std::uint64_t fan_out_of(std::uint64_t tag) { return tag >> 32 & 0x7FFFFFFF; }
std::uint32_t message_of(std::uint64_t tag) { return static_cast<std::uint32_t>(tag); }

}  // namespace

class NetworkFabric::Listener : public NetworkListener {
 public:
  Listener(NetworkFabric& fabric, std::uint32_t chip) : fabric_(fabric), chip_(chip) {}
  void delivered(const NetworkPacket& packet, std::uint32_t node, Cycle /*created*/, Cycle /*entered*/,
                 Cycle cycle) override {
    fabric_.delivered(chip_, packet, node, cycle);
  }
  void forwarded(std::uint32_t router, std::uint32_t port, Cycle cycle) override {
    const bool link = fabric_.chips_[chip_]->topology().port(router, port).kind == PeerKind::router;
    fabric_.observer_->on_flit(chip_, router, port, link, cycle);
  }

 private:
  NetworkFabric& fabric_;
  std::uint32_t chip_;
};

NetworkFabric::NetworkFabric(const FlowTables& tables, const NetworkOnChipSpec& spec, FabricSink& sink, Ledger& ledger)
    : tables_(tables), spec_(spec), sink_(sink), ledger_(ledger), port_(port_of(*tables.chip, spec)) {
  if (spec.nodes() < tables.chip->tiles) {
    throw UserError(fmt::format("the interconnect of {} has {} nodes, too few for its {} tiles: make it larger",
                                tables.chip->name, spec.nodes(), tables.chip->tiles));
  }
  const auto& of_tiles = tables.placed->chips;
  const std::uint32_t chips = 1 + (of_tiles.empty() ? 0 : *std::max_element(of_tiles.begin(), of_tiles.end()));
  CROSSLOOM_CHECK(chips == 1 || tables.chip->chip_link, "several chips need a link");
  for (std::uint32_t c = 0; c < chips; ++c) {
    listeners_.push_back(std::make_unique<Listener>(*this, c));
    chips_.push_back(std::make_unique<NetworkOnChip>(spec, *listeners_.back()));
  }
  out_free_.resize(chips, 0);
  in_free_.resize(chips, 0);
  for (const FanOut& fan_out : tables.fan_outs) {
    Route route;
    std::tie(route.chip, route.node) = place_of(fan_out.source);
    std::vector<std::vector<std::uint32_t>> by_chip(chips);
    for (const std::uint32_t tile : fan_out.destinations) by_chip[place_of(tile).first].push_back(tile);
    for (std::uint32_t c = 0; c < chips; ++c) {
      if (by_chip[c].empty()) continue;
      if (c == route.chip) {
        route.has_own = true;
        route.own = make_leg(c, route.node, by_chip[c]);
      } else {
        route.others.emplace_back(c, make_leg(c, port_, by_chip[c]));
      }
    }
    routes_.push_back(std::move(route));
  }
}

NetworkFabric::~NetworkFabric() = default;

void NetworkFabric::observe(BitSerialObserver* observer) {
  observer_ = observer;
  for (const std::unique_ptr<NetworkOnChip>& chip : chips_) chip->tell_flits(observer != nullptr);
}

std::pair<std::uint32_t, std::uint32_t> NetworkFabric::place_of(std::uint32_t tile) const {
  if (tile == tables_.host) return {0, port_};
  return {tables_.placed->chips[tile], tables_.placed->sites[tile]};
}

NetworkFabric::Leg NetworkFabric::make_leg(std::uint32_t chip, std::uint32_t from_node,
                                           const std::vector<std::uint32_t>& tiles) {
  Leg leg;
  std::vector<std::uint32_t> nodes;
  for (const std::uint32_t tile : tiles) {
    nodes.push_back(place_of(tile).second);
    leg.tiles.emplace_back(nodes.back(), tile);
  }
  std::sort(leg.tiles.begin(), leg.tiles.end());
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  leg.destination = nodes.front();
  if (nodes.size() > 1) leg.multicast = chips_[chip]->add_multicast(from_node, nodes);
  return leg;
}

void NetworkFabric::inject(std::uint32_t chip, std::uint32_t node, const Leg& leg, std::uint64_t tag,
                           std::uint64_t bits, Cycle cycle) {
  NetworkPacket packet;
  packet.tag = tag;
  packet.source = node;
  packet.destination = leg.destination;
  packet.flits = spec_.packet_flits(bits);
  packet.multicast = leg.multicast;
  chips_[chip]->inject(packet, cycle);
}

void NetworkFabric::send(std::uint32_t message, std::uint32_t fan_out, std::uint64_t bits, Cycle cycle) {
  if (bits_.size() <= message) bits_.resize(message + 1, 0);
  bits_[message] = bits;
  const Route& route = routes_[fan_out];
  const std::uint64_t tag = std::uint64_t{fan_out} << 32 | message;
  if (route.has_own) inject(route.chip, route.node, route.own, tag, bits, cycle);
  if (route.others.empty()) return;
  Leg to_port;
  to_port.destination = port_;
  inject(route.chip, route.node, to_port, tag | kTransit, bits, cycle);
}

// From the port of the source's chip to the others, one message at a time.
void NetworkFabric::cross(std::uint32_t message, std::uint32_t fan_out, Cycle cycle) {
  const ChipLinkSpec& link = *tables_.chip->chip_link;
  const Route& route = routes_[fan_out];
  const Time on_wire = Time::from_si(static_cast<double>(bits_[message]) / link.bits_per_second);
  const Cycle duration = std::max<Cycle>(1, tables_.chip->cycles_for(on_wire).count());
  for (std::uint32_t k = 0; k < route.others.size(); ++k) {
    const std::uint32_t to = route.others[k].first;
    const Cycle end = std::max({cycle + 1, out_free_[route.chip], in_free_[to]}) + duration;
    out_free_[route.chip] = in_free_[to] = end;
    crossings_.push(end + tables_.chip->cycles_for(link.latency).count(), {message, fan_out, k});
    ledger_.counts_of(message, route.others[k].second.tiles.front().second)
        .count(BitSerialAction::chip_link_transfer, bits_[message]);
    ++link_messages_;
    if (observer_ == nullptr) continue;
    sink_.crossed(message,
                  {route.chip, to, cycle, end - duration, end, end + tables_.chip->cycles_for(link.latency).count()});
  }
}

void NetworkFabric::delivered(std::uint32_t chip, const NetworkPacket& packet, std::uint32_t node, Cycle cycle) {
  const std::uint32_t message = message_of(packet.tag);
  const auto fan_out = static_cast<std::uint32_t>(fan_out_of(packet.tag));
  if ((packet.tag & kTransit) != 0) return cross(message, fan_out, cycle);
  const Route& route = routes_[fan_out];
  const Leg* leg = &route.own;
  for (const auto& [other, its_leg] : route.others) {
    if (other == chip) leg = &its_leg;
  }
  auto at = std::lower_bound(leg->tiles.begin(), leg->tiles.end(), std::make_pair(node, 0U));
  CROSSLOOM_CHECK(at != leg->tiles.end() && at->first == node, "a message arrives where it was sent");
  if (spec_.multicast_virtual_channels == 0 || packet.multicast == kUnicast) {
    const std::uint64_t routers =
        std::uint64_t{chips_[chip]->topology().routers_between(packet.source, node)} * packet.flits;
    BitSerialCounts& counts = ledger_.counts_of(message, at->second);
    counts.count(BitSerialAction::router_traversal, routers);
    counts.count(BitSerialAction::link_traversal, routers - packet.flits);
    charged_routers_ += routers;
    charged_links_ += routers - packet.flits;
  }
  Cycle alone = 0;
  if (observer_ != nullptr) {
    alone = spec_.zero_load_cycles(chips_[chip]->topology().routers_between(packet.source, node), packet.flits);
  }
  for (; at != leg->tiles.end() && at->first == node; ++at) sink_.arrived(message, at->second, cycle, alone);
}

void NetworkFabric::advance(Cycle now) {
  if (crossings_.next_due() == now) {
    crossings_.drain(now, [this, now](std::vector<Crossing>& due) {
      for (const Crossing& crossing : due) {
        const auto& [chip, leg] = routes_[crossing.fan_out].others[crossing.other];
        inject(chip, port_, leg, std::uint64_t{crossing.fan_out} << 32 | crossing.message, bits_[crossing.message],
               now);
      }
    });
  }
  for (const std::unique_ptr<NetworkOnChip>& chip : chips_) {
    if (chip->next_due() <= now) chip->advance(now);
  }
}

Cycle NetworkFabric::next_due() const {
  Cycle next = crossings_.next_due();
  for (const std::unique_ptr<NetworkOnChip>& chip : chips_) next = std::min(next, chip->next_due());
  return next;
}

std::string NetworkFabric::describe() const {
  std::string text;
  for (std::size_t c = 0; c < chips_.size(); ++c) {
    if (chips_[c]->in_flight() > 0) text += fmt::format("  network of chip {}:\n{}", c, chips_[c]->describe());
  }
  return text;
}

std::uint64_t NetworkFabric::settle() {
  std::uint64_t routers = 0, links = 0, flits = 0;
  for (const std::unique_ptr<NetworkOnChip>& chip : chips_) {
    routers += chip->counts().router_traversals();
    links += chip->counts().link_flits;
    flits += chip->counts().injected_flits;
  }
  ledger_.chip_counts().count(BitSerialAction::router_traversal, routers - charged_routers_);
  ledger_.chip_counts().count(BitSerialAction::link_traversal, links - charged_links_);
  charged_routers_ = routers;
  charged_links_ = links;
  return flits;
}

CreditCycles credit_cycles_on(const PlacedNetwork& placed, const BitSerialChipSpec& chip,
                              const NetworkOnChipSpec& spec) {
  const auto topology = std::make_shared<Topology>(spec);
  const std::uint32_t port = port_of(chip, spec);
  const Cycle crossing = chip.chip_link ? chip.cycles_for(chip.chip_link->latency).count() : 0;
  return [topology, port, crossing, &placed, link = spec.link_cycles](std::uint32_t from, std::uint32_t to) -> Cycle {
    const auto chip_of = [&](std::uint32_t tile) { return tile == placed.tiles ? 0U : placed.chips[tile]; };
    const auto node_of = [&](std::uint32_t tile) { return tile == placed.tiles ? port : placed.sites[tile]; };
    const auto links = [&](std::uint32_t a, std::uint32_t b) { return topology->routers_between(a, b) - 1; };
    if (chip_of(from) == chip_of(to)) return Cycle{links(node_of(from), node_of(to))} * link + 1;
    return Cycle{links(node_of(from), port) + links(port, node_of(to))} * link + crossing + 1;
  };
}

}  // namespace crossloom::bit_serial
