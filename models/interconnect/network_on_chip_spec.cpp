#include "models/interconnect/network_on_chip_spec.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kMostChannels = 32;  // the network keeps those of a port as bits of a word
constexpr std::int64_t kMostCycles = 1000;   // a delay beyond is a wrong unit
constexpr std::uint64_t kMostNodes = 1'048'576;

std::uint32_t count(ConfigReader& reader, std::string_view key, std::int64_t low, std::int64_t high) {
  return static_cast<std::uint32_t>(reader.integer(key, {low, high}));
}

std::uint32_t count_or(ConfigReader& reader, std::string_view key, std::uint32_t fallback, std::int64_t low,
                       std::int64_t high) {
  return static_cast<std::uint32_t>(reader.integer_or(key, fallback, {low, high}));
}

std::string read_source(ConfigReader& reader) {
  const bool given = reader.has("source");
  std::string text = reader.text("source");
  if (given && text.find_first_not_of(" \t\n") == std::string::npos) {
    reader.problem("source",
                   "must not be empty: give the paper or tool that the numbers come from, or \"recalled: "
                   "...\"");
  }
  return text;
}

bool is_grid(TopologyKind kind) {
  return kind == TopologyKind::mesh || kind == TopologyKind::torus || kind == TopologyKind::concentrated_mesh;
}

/// arity^levels, or more than kMostNodes where it is that or more.
std::uint64_t tree_nodes(const NetworkOnChipSpec& spec) {
  std::uint64_t nodes = 1;
  for (std::uint32_t level = 0; level < spec.levels && nodes <= kMostNodes; ++level) nodes *= spec.arity;
  return nodes;
}

struct SpecProblem {
  const char* key;
  std::string reason;
};

/// Fewest channels with which packets of a class cannot block each other for good.
std::uint32_t fewest_channels(const NetworkOnChipSpec& spec, bool multicast) {
  const std::uint32_t escape = spec.topology == TopologyKind::torus ? 2 : 1;
  return escape + (spec.routing == NetworkRouting::minimal_adaptive && !multicast ? 1 : 0);
}

void check_channels(const NetworkOnChipSpec& spec, std::vector<SpecProblem>& problems) {
  const auto check = [&](const char* key, std::uint32_t channels, bool multicast) {
    const std::uint32_t fewest = fewest_channels(spec, multicast);
    if (channels != 0 && channels < fewest) {
      problems.push_back({key, fmt::format("{} needs at least {} virtual channels a class, got {}",
                                           spec.topology == TopologyKind::torus
                                               ? "a torus (packets that wrap around use channels of their own)"
                                               : "minimal_adaptive routing (one is the escape channel)",
                                           fewest, channels)});
    }
  };
  check("virtual_channels", spec.virtual_channels, false);
  check("token_virtual_channels", spec.token_virtual_channels, false);
  check("multicast_virtual_channels", spec.multicast_virtual_channels, true);
  if (spec.all_virtual_channels() > kMostChannels) {
    problems.push_back({"virtual_channels", fmt::format("an input port may have {} virtual channels of all classes "
                                                        "together, got {}",
                                                        kMostChannels, spec.all_virtual_channels())});
  }
}

std::vector<SpecProblem> problems_of(const NetworkOnChipSpec& spec) {
  std::vector<SpecProblem> problems;
  const bool mesh = spec.topology == TopologyKind::mesh || spec.topology == TopologyKind::concentrated_mesh;
  if (spec.routing == NetworkRouting::west_first && !mesh) {
    problems.push_back({"routing", "west_first is for mesh and concentrated_mesh only"});
  }
  if (spec.routing == NetworkRouting::minimal_adaptive && !is_grid(spec.topology)) {
    problems.push_back({"routing", "a tree or a bus has one way only: use dimension_order"});
  }
  if (spec.virtual_channels == 0) problems.push_back({"virtual_channels", "there must be at least one"});
  if (spec.buffer_flits == 0) problems.push_back({"buffer_flits", "there must be at least one"});
  if (is_grid(spec.topology) && std::uint64_t{spec.width} * spec.height * spec.nodes_per_router > kMostNodes) {
    problems.push_back({"width", fmt::format("a network may have {} nodes", kMostNodes)});
  }
  if (spec.topology == TopologyKind::tree && tree_nodes(spec) > kMostNodes) {
    problems.push_back(
        {"levels", fmt::format("arity {} with {} levels has more than {} nodes", spec.arity, spec.levels, kMostNodes)});
  }
  check_channels(spec, problems);
  return problems;
}

void read_size(ConfigReader& reader, NetworkOnChipSpec& spec) {
  if (is_grid(spec.topology)) {
    spec.width = count(reader, "width", 1, 1024);
    spec.height = count(reader, "height", 1, 1024);
    if (spec.topology == TopologyKind::concentrated_mesh) {
      spec.nodes_per_router = count(reader, "nodes_per_router", 2, 16);
    }
  } else if (spec.topology == TopologyKind::tree) {
    spec.arity = count(reader, "arity", 2, 32);
    spec.levels = count(reader, "levels", 1, 20);
  } else {
    spec.bus_nodes = count(reader, "bus_nodes", 1, 64);
  }
}

}  // namespace

std::uint32_t NetworkOnChipSpec::routers() const {
  if (topology == TopologyKind::bus) return 1;
  if (topology != TopologyKind::tree) return width * height;
  return static_cast<std::uint32_t>((tree_nodes(*this) - 1) / (arity - 1));
}

std::uint32_t NetworkOnChipSpec::nodes() const {
  if (topology == TopologyKind::bus) return bus_nodes;
  if (topology == TopologyKind::tree) return static_cast<std::uint32_t>(tree_nodes(*this));
  return width * height * nodes_per_router;
}

ChannelRange NetworkOnChipSpec::channels(ChannelClass channel_class) const {
  const ChannelRange data = {0, virtual_channels};
  if (channel_class == ChannelClass::token && token_virtual_channels != 0) {
    return {virtual_channels, token_virtual_channels};
  }
  if (channel_class == ChannelClass::multicast && multicast_virtual_channels != 0) {
    return {virtual_channels + token_virtual_channels, multicast_virtual_channels};
  }
  return data;
}

std::uint64_t NetworkOnChipSpec::zero_load_cycles(std::uint64_t routers_passed, std::uint64_t flits) const {
  return 1 + link_cycles + routers_passed * hop_cycles() + (flits - 1) * switch_allocation_cycles;
}

std::uint32_t NetworkOnChipSpec::packet_flits(std::uint64_t payload_bits) const {
  return static_cast<std::uint32_t>(
      std::max<std::uint64_t>(1, (header_bits + payload_bits + flit_bits - 1) / flit_bits));
}

NetworkOnChipSpec read_network_on_chip(ConfigReader reader) {
  NetworkOnChipSpec spec;
  spec.topology = reader.choice<TopologyKind>("topology", {{"mesh", TopologyKind::mesh},
                                                           {"torus", TopologyKind::torus},
                                                           {"concentrated_mesh", TopologyKind::concentrated_mesh},
                                                           {"tree", TopologyKind::tree},
                                                           {"bus", TopologyKind::bus}});
  read_size(reader, spec);
  spec.routing = reader.choice_or<NetworkRouting>("routing", NetworkRouting::dimension_order,
                                                  {{"dimension_order", NetworkRouting::dimension_order},
                                                   {"west_first", NetworkRouting::west_first},
                                                   {"minimal_adaptive", NetworkRouting::minimal_adaptive}});
  spec.virtual_channels = count(reader, "virtual_channels", 1, kMostChannels);
  spec.token_virtual_channels = count_or(reader, "token_virtual_channels", 0, 0, kMostChannels);
  spec.multicast_virtual_channels = count_or(reader, "multicast_virtual_channels", 0, 0, kMostChannels);
  spec.buffer_flits = count(reader, "buffer_flits", 1, 4096);
  spec.routing_cycles = count(reader, "routing_cycles", 0, kMostCycles);
  spec.vc_allocation_cycles = count(reader, "vc_allocation_cycles", 1, kMostCycles);
  spec.switch_allocation_cycles = count(reader, "switch_allocation_cycles", 1, kMostCycles);
  spec.switch_traversal_cycles = count(reader, "switch_traversal_cycles", 1, kMostCycles);
  spec.link_cycles = count(reader, "link_cycles", 1, kMostCycles);
  spec.credit_cycles = count(reader, "credit_cycles", 0, kMostCycles);
  spec.flit_bits = count(reader, "flit_bits", 1, 65'536);
  spec.header_bits = count_or(reader, "header_bits", 0, 0, 65'536);
  spec.source = read_source(reader);
  for (const SpecProblem& problem : problems_of(spec)) {
    // Where the key itself was missing or wrong, that has been said.
    if (reader.has(problem.key)) reader.problem(problem.key, problem.reason);
  }
  return spec;
}

void check_network_on_chip(const NetworkOnChipSpec& spec) {
  for (const SpecProblem& problem : problems_of(spec)) {
    throw UserError(fmt::format("interconnect.{}: {}", problem.key, problem.reason));
  }
}

NetworkEnergies read_network_energies(ConfigReader reader) {
  constexpr Range<Energy> kEnergyRange = {Energy::from_si(0.0), Energy::from_si(1e-6)};
  NetworkEnergies energies;
  energies.router_traversal = reader.quantity<Energy>("router_traversal", kEnergyRange);
  energies.link_traversal = reader.quantity<Energy>("link_traversal", kEnergyRange);
  energies.source = read_source(reader);
  return energies;
}

}  // namespace crossloom
