#include "models/mapped_network.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/core.h>

#include "base/error.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kLargestCrossbarSide = 4096;
constexpr std::uint32_t kLargestMeshSide = 4096;

bool ascending(const std::vector<std::uint32_t>& values) {
  return !values.empty() && std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
}

void check_crossbars(const MappedNetwork& mapped, std::vector<std::string>& faults) {
  std::vector<std::uint32_t> listed(mapped.crossbars.size(), 0);
  for (std::size_t t = 0; t < mapped.tiles.size(); ++t) {
    for (const CrossbarId id : mapped.tiles[TileId(t)].crossbars) {
      if (id.value() >= listed.size() || mapped.crossbars[id].tile != TileId(t)) {
        faults.push_back(fmt::format("tile {} lists crossbar {}, which is not its own", t, id.value()));
      } else {
        ++listed[id.value()];
      }
    }
  }
  for (std::size_t x = 0; x < mapped.crossbars.size(); ++x) {
    const MappedCrossbar& crossbar = mapped.crossbars[CrossbarId(x)];
    const ArraySize size = mapped.size_of(crossbar);
    if (size.rows == 0 || size.columns == 0 || size.rows > mapped.input_rows_per_crossbar ||
        size.columns > mapped.columns_per_crossbar) {
      faults.push_back(
          fmt::format("crossbar {} of {} x {} is larger than the chip's, or has no cells", x, size.rows, size.columns));
    }
    if (listed[x] != 1) faults.push_back(fmt::format("crossbar {} is listed by {} tiles instead of one", x, listed[x]));
    for (const BlockPart& part : crossbar.parts) {
      if (part.bank.value() >= mapped.banks.size()) {
        faults.push_back(
            fmt::format("crossbar {} has a part of neuron bank {}, which does not exist", x, part.bank.value()));
      }
      if (!ascending(part.rows) || !ascending(part.columns)) {
        faults.push_back(fmt::format("crossbar {} has a part whose rows or columns are empty or not ascending", x));
      }
      for (const KernelPosition& position : part.positions) {
        const std::size_t lines = position.lines.size();
        const bool fits = lines == 0 ? position.rows.size() == part.rows.size()
                                     : lines == position.rows.size() && ascending(position.lines) &&
                                           position.lines.back() < part.rows.size();
        if (position.bank.value() >= mapped.banks.size() || !ascending(position.rows) || !fits) {
          faults.push_back(fmt::format("crossbar {} has a kernel position whose rows or bank do not fit its part", x));
        }
      }
      if (part.first_wordline + part.rows.size() > size.rows ||
          part.first_column + part.columns.size() > size.columns) {
        faults.push_back(
            fmt::format("crossbar {} has a part that lies outside its {} x {} cells", x, size.rows, size.columns));
      }
    }
  }
}

bool at_their_places(const BlockPart& part, const std::vector<std::uint32_t>& neurons) {
  if (!part.positions.empty()) return part.places.empty() && part.columns.size() == neurons.size();
  if (!part.places.empty() && part.places.size() != part.columns.size()) return false;
  for (std::size_t k = 0; k < part.columns.size(); ++k) {
    const std::size_t place = part.places.empty() ? k : part.places[k];
    if (place >= neurons.size() || neurons[place] != part.columns[k]) return false;
  }
  return true;
}

bool at_their_windows(const NeuronBank& bank) {
  if (bank.windows.empty()) return true;
  const auto fits = [&](const std::vector<std::uint32_t>& window) {
    return ascending(window) && window.size() == bank.windows.front().size();
  };
  return bank.row_parts.empty() && bank.windows.size() == bank.neurons.size() &&
         std::all_of(bank.windows.begin(), bank.windows.end(), fits);
}

void check_banks(const MappedNetwork& mapped, std::vector<std::string>& faults) {
  std::vector<std::uint32_t> listed(mapped.banks.size(), 0);
  for (std::size_t t = 0; t < mapped.tiles.size(); ++t) {
    for (const NeuronBankId id : mapped.tiles[TileId(t)].banks) {
      if (id.value() >= listed.size() || mapped.banks[id].home != TileId(t)) {
        faults.push_back(fmt::format("tile {} lists neuron bank {}, whose home it is not", t, id.value()));
      } else {
        ++listed[id.value()];
      }
    }
  }
  std::size_t row_parts = 0;
  for (std::size_t b = 0; b < mapped.banks.size(); ++b) {
    const NeuronBank& bank = mapped.banks[NeuronBankId(b)];
    if (listed[b] != 1) faults.push_back(fmt::format("neuron bank {} has {} home tiles instead of one", b, listed[b]));
    if (!ascending(bank.neurons)) faults.push_back(fmt::format("neuron bank {}: its neurons are not ascending", b));
    row_parts += bank.row_parts.size();
    if (!at_their_windows(bank)) {
      faults.push_back(fmt::format("neuron bank {}: its counters do not fit its neurons", b));
    }
    for (const NeuronBank::RowPart& slot : bank.row_parts) {
      const bool exists = slot.crossbar.value() < mapped.crossbars.size() &&
                          slot.part < mapped.crossbars[slot.crossbar].parts.size() &&
                          slot.position < mapped.crossbars[slot.crossbar].parts[slot.part].uses();
      if (!exists) {
        faults.push_back(fmt::format("neuron bank {} has a row part that does not exist", b));
        continue;
      }
      const BlockPart& part = mapped.crossbars[slot.crossbar].parts[slot.part];
      if (part.bank_of(slot.position) != NeuronBankId(b) || part.layer != bank.layer ||
          !at_their_places(part, bank.neurons)) {
        faults.push_back(fmt::format("neuron bank {} has a row part in crossbar {} that is not of its neurons", b,
                                     slot.crossbar.value()));
      }
    }
  }
  std::size_t parts = 0;
  for (const MappedCrossbar& crossbar : mapped.crossbars) {
    for (const BlockPart& part : crossbar.parts) parts += part.uses();
  }
  if (parts != row_parts) {
    faults.push_back(fmt::format("{} block parts are there, but banks integrate {}", parts, row_parts));
  }
}

void check_packets(const MappedNetwork& mapped, std::vector<std::string>& faults) {
  for (std::size_t p = 0; p < mapped.packet_groups.size(); ++p) {
    const PacketGroup& group = mapped.packet_groups[p];
    const bool source = !group.source || group.source->value() < mapped.tiles.size();
    if (!source || group.destination.value() >= mapped.tiles.size()) {
      faults.push_back(fmt::format("packet group {} joins tiles that do not exist", p));
    }
    if (!ascending(group.rows)) faults.push_back(fmt::format("packet group {}: its rows are not ascending", p));
  }
}

}  // namespace

std::vector<std::uint32_t> places_among(const std::vector<std::uint32_t>& neurons,
                                        const std::vector<std::uint32_t>& columns) {
  std::vector<std::uint32_t> places;
  for (const std::uint32_t column : columns) {
    const auto at = std::lower_bound(neurons.begin(), neurons.end(), column);
    if (at == neurons.end() || *at != column) return {};
    places.push_back(static_cast<std::uint32_t>(at - neurons.begin()));
  }
  if (!places.empty() && places.back() + std::size_t{1} == places.size()) places.clear();
  return places;
}

const std::vector<std::uint32_t>& outputs_of(const MappedNetwork& mapped, const BlockPart& part, std::uint32_t use) {
  return part.positions.empty() ? part.columns : mapped.banks[part.positions[use].bank].neurons;
}

std::optional<HeldRow> held_row(const MappedNetwork& mapped, const BlockPart& part, std::size_t k) {
  if (part.positions.empty()) return HeldRow{part.rows[k], &part.columns};
  for (const KernelPosition& position : part.positions) {
    const std::vector<std::uint32_t>& outputs = mapped.banks[position.bank].neurons;
    if (position.lines.empty()) return HeldRow{position.rows[k], &outputs};
    const auto at = std::lower_bound(position.lines.begin(), position.lines.end(), k);
    if (at == position.lines.end() || *at != k) continue;
    return HeldRow{position.rows[static_cast<std::size_t>(at - position.lines.begin())], &outputs};
  }
  return std::nullopt;
}

double MappedNetwork::utilisation(std::uint64_t weights) const {
  double cells = 0.0;
  for (const MappedCrossbar& crossbar : crossbars) {
    const ArraySize size = size_of(crossbar);
    cells += static_cast<double>(size.rows) * size.columns;
  }
  return cells > 0.0 ? static_cast<double>(weights) / cells : 0.0;
}

std::vector<std::optional<TileId>> MappedNetwork::homes(LayerId layer, std::uint32_t outputs) const {
  std::vector<std::optional<TileId>> result(outputs);
  for (const NeuronBank& bank : banks) {
    if (bank.layer != layer) continue;
    for (const std::uint32_t neuron : bank.neurons) {
      if (neuron < outputs) result[neuron] = bank.home;
    }
  }
  return result;
}

std::vector<std::string> mapped_network_faults(const MappedNetwork& mapped) {
  std::vector<std::string> faults;
  const auto in_range = [](std::uint32_t value, std::uint32_t limit) { return value >= 1 && value <= limit; };
  if (!in_range(mapped.input_rows_per_crossbar, kLargestCrossbarSide) ||
      !in_range(mapped.columns_per_crossbar, kLargestCrossbarSide) || !in_range(mapped.mesh_width, kLargestMeshSide) ||
      !in_range(mapped.mesh_height, kLargestMeshSide)) {
    faults.emplace_back("the size of a crossbar or of the mesh is out of range");
  }
  for (std::size_t t = 0; t < mapped.tiles.size(); ++t) {
    const MappedTile& tile = mapped.tiles[TileId(t)];
    if (tile.group.value() >= mapped.tile_groups) faults.push_back(fmt::format("tile {} is in no tile group", t));
    if (tile.site.x >= mapped.mesh_width || tile.site.y >= mapped.mesh_height) {
      faults.push_back(fmt::format("tile {} lies outside the mesh", t));
    }
  }
  for (std::size_t x = 0; x < mapped.crossbars.size(); ++x) {
    if (mapped.crossbars[CrossbarId(x)].tile.value() >= mapped.tiles.size()) {
      faults.push_back(fmt::format("crossbar {} is in tile {}, which does not exist", x,
                                   mapped.crossbars[CrossbarId(x)].tile.value()));
    }
  }
  for (std::size_t b = 0; b < mapped.banks.size(); ++b) {
    if (mapped.banks[NeuronBankId(b)].home.value() >= mapped.tiles.size()) {
      faults.push_back(fmt::format("neuron bank {} has its home in a tile that does not exist", b));
    }
  }
  check_crossbars(mapped, faults);
  check_banks(mapped, faults);
  check_packets(mapped, faults);
  return faults;
}

std::vector<MeshSite> dimension_order_route(MeshSite from, MeshSite to) {
  std::vector<MeshSite> route{from};
  while (from.x != to.x) {
    from.x = from.x < to.x ? from.x + 1 : from.x - 1;
    route.push_back(from);
  }
  while (from.y != to.y) {
    from.y = from.y < to.y ? from.y + 1 : from.y - 1;
    route.push_back(from);
  }
  return route;
}

MeshSize mesh_for(std::uint32_t tiles, std::uint32_t tiles_per_router) {
  CROSSLOOM_CHECK(tiles_per_router > 0, "a router serves at least one tile");
  const std::uint32_t routers = std::max(1U, tiles / tiles_per_router + (tiles % tiles_per_router != 0 ? 1U : 0U));
  std::optional<MeshSize> best;
  const auto area = [](const MeshSize& mesh) { return std::uint64_t{mesh.width} * mesh.height; };
  for (std::uint32_t height = 1; std::uint64_t{height} * height <= std::uint64_t{routers} + 2 * std::uint64_t{height};
       ++height) {
    const std::uint32_t width = routers / height + (routers % height != 0 ? 1U : 0U);
    if (width < height || width > 2 * height) continue;
    const MeshSize mesh{width, height};
    if (!best || area(mesh) <= area(*best)) best = mesh;
  }
  return best.value_or(MeshSize{routers, 1});
}

MeshSite host_port_site(std::uint32_t port, std::uint32_t mesh_height, std::uint32_t host_ports) {
  const std::uint32_t ports = std::min(host_ports, mesh_height);
  CROSSLOOM_CHECK(port < ports, "the host has no such port");
  return {0, static_cast<std::uint32_t>(std::uint64_t{port} * mesh_height / ports)};
}

std::uint32_t host_port_of(std::uint32_t row, std::uint32_t mesh_height, std::uint32_t host_ports) {
  const std::uint32_t ports = std::min(host_ports, mesh_height);
  const auto distance = [&](std::uint32_t port) {
    const std::uint32_t at = host_port_site(port, mesh_height, host_ports).y;
    return at > row ? at - row : row - at;
  };
  std::uint32_t nearest = 0;
  for (std::uint32_t port = 1; port < ports; ++port) {
    if (distance(port) < distance(nearest)) nearest = port;
  }
  return nearest;
}

}  // namespace crossloom
