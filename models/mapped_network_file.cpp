// The file form of a mapped network: one array a field.
#include "models/archive_lists.h"
#include "models/mapped_network.h"

namespace crossloom {
namespace {

const char* const kKind = "mapped_network";
using Numbers = std::vector<std::uint32_t>;

template <class IdType>
Numbers numbers_of(const std::vector<IdType>& ids) {
  Numbers result;
  result.reserve(ids.size());
  for (const IdType id : ids) result.push_back(id.value());
  return result;
}

template <class IdType>
std::vector<IdType> ids_of(const Numbers& numbers) {
  std::vector<IdType> result;
  result.reserve(numbers.size());
  for (const std::uint32_t number : numbers) result.emplace_back(number);
  return result;
}

// Columns of one table: all must have the same length, else the file is inconsistent.
void check_lengths(const char* table, std::initializer_list<std::size_t> lengths) {
  for (const std::size_t length : lengths) {
    if (length != *lengths.begin())
      fail_archive(kKind, std::string("its table of ") + table + " has columns of different lengths");
  }
}

// Positions of all parts one after another.
void put_positions(Archive& archive, const MappedNetwork& mapped) {
  Numbers counts, copies, banks;
  std::vector<Numbers> rows, lines;
  for (const MappedCrossbar& crossbar : mapped.crossbars) {
    for (const BlockPart& part : crossbar.parts) {
      counts.push_back(static_cast<std::uint32_t>(part.positions.size()));
      copies.push_back(part.copy);
      for (const KernelPosition& position : part.positions) {
        banks.push_back(position.bank.value());
        rows.push_back(position.rows);
        lines.push_back(position.lines);
      }
    }
  }
  archive.put("part.positions", counts);
  archive.put("part.copy", copies);
  archive.put("position.bank", banks);
  put_lists(archive, "position.rows", rows);
  put_lists(archive, "position.lines", lines);
}

void get_positions(const Archive& archive, MappedNetwork& mapped) {
  const auto counts = archive.get<std::uint32_t>("part.positions");
  const auto copies = archive.get<std::uint32_t>("part.copy");
  const auto banks = archive.get<std::uint32_t>("position.bank");
  auto rows = get_lists<std::uint32_t>(archive, "position.rows");
  auto lines = get_lists<std::uint32_t>(archive, "position.lines");
  check_lengths("kernel positions", {banks.size(), rows.size(), lines.size()});
  std::size_t index = 0, next = 0;
  for (std::size_t x = 0; x < mapped.crossbars.size(); ++x) {
    for (BlockPart& part : mapped.crossbars[CrossbarId(x)].parts) {
      if (index >= counts.size() || index >= copies.size() || counts[index] > banks.size() - next) {
        fail_archive(kKind, "its parts claim more kernel positions than there are");
      }
      part.copy = copies[index];
      for (std::uint32_t k = 0; k < counts[index]; ++k, ++next) {
        part.positions.push_back({NeuronBankId(banks[next]), std::move(rows[next]), std::move(lines[next])});
      }
      ++index;
    }
  }
  if (next != banks.size()) fail_archive(kKind, "it has kernel positions of no part");
}

/// Rows and columns of each crossbar, 0 where it has the chip's; nothing where all have.
void put_sizes(Archive& archive, const MappedNetwork& mapped) {
  Numbers sizes;
  bool any = false;
  for (const MappedCrossbar& crossbar : mapped.crossbars) {
    any = any || crossbar.size.has_value();
    sizes.push_back(crossbar.size ? crossbar.size->rows : 0);
    sizes.push_back(crossbar.size ? crossbar.size->columns : 0);
  }
  if (any) archive.put("crossbar.size", sizes);
}

void get_sizes(const Archive& archive, MappedNetwork& mapped) {
  if (!archive.has("crossbar.size")) return;
  const auto sizes = archive.get<std::uint32_t>("crossbar.size");
  check_lengths("crossbar sizes", {sizes.size(), 2 * mapped.crossbars.size()});
  for (std::size_t x = 0; x < mapped.crossbars.size(); ++x) {
    const ArraySize size{sizes[2 * x], sizes[2 * x + 1]};
    if (size.rows != 0 || size.columns != 0) mapped.crossbars[CrossbarId(x)].size = size;
  }
}

void put_crossbars(Archive& archive, const MappedNetwork& mapped) {
  Numbers tiles, part_counts, layers, wordlines, columns_at, banks;
  std::vector<Numbers> rows, columns;
  for (const MappedCrossbar& crossbar : mapped.crossbars) {
    tiles.push_back(crossbar.tile.value());
    part_counts.push_back(static_cast<std::uint32_t>(crossbar.parts.size()));
    for (const BlockPart& part : crossbar.parts) {
      layers.push_back(part.layer.value());
      wordlines.push_back(part.first_wordline);
      columns_at.push_back(part.first_column);
      banks.push_back(part.bank.value());
      rows.push_back(part.rows);
      columns.push_back(part.columns);
    }
  }
  archive.put("crossbar.tile", tiles);
  archive.put("crossbar.parts", part_counts);
  archive.put("part.layer", layers);
  archive.put("part.first_wordline", wordlines);
  archive.put("part.first_column", columns_at);
  archive.put("part.bank", banks);
  put_lists(archive, "part.rows", rows);
  put_lists(archive, "part.columns", columns);
  put_positions(archive, mapped);
  put_sizes(archive, mapped);
}

void get_crossbars(const Archive& archive, MappedNetwork& mapped) {
  const auto tiles = archive.get<std::uint32_t>("crossbar.tile");
  const auto part_counts = archive.get<std::uint32_t>("crossbar.parts");
  const auto layers = archive.get<std::uint32_t>("part.layer");
  const auto wordlines = archive.get<std::uint32_t>("part.first_wordline");
  const auto columns_at = archive.get<std::uint32_t>("part.first_column");
  const auto banks = archive.get<std::uint32_t>("part.bank");
  auto rows = get_lists<std::uint32_t>(archive, "part.rows");
  auto columns = get_lists<std::uint32_t>(archive, "part.columns");
  check_lengths("crossbars", {tiles.size(), part_counts.size()});
  check_lengths("parts",
                {layers.size(), wordlines.size(), columns_at.size(), banks.size(), rows.size(), columns.size()});
  std::size_t next = 0;
  for (std::size_t x = 0; x < tiles.size(); ++x) {
    MappedCrossbar crossbar;
    crossbar.tile = TileId(tiles[x]);
    if (part_counts[x] > layers.size() - next) fail_archive(kKind, "crossbars claim more parts than there are");
    for (std::uint32_t p = 0; p < part_counts[x]; ++p, ++next) {
      crossbar.parts.push_back({LayerId(layers[next]), wordlines[next], columns_at[next], std::move(rows[next]),
                                std::move(columns[next]), NeuronBankId(banks[next])});
    }
    mapped.crossbars.push_back(std::move(crossbar));
  }
  if (next != layers.size()) fail_archive(kKind, "it has parts in no crossbar");
  get_positions(archive, mapped);
  get_sizes(archive, mapped);
}

void put_banks(Archive& archive, const MappedNetwork& mapped) {
  Numbers layers, homes;
  std::vector<Numbers> neurons, crossbars, parts, positions, windows;
  for (const NeuronBank& bank : mapped.banks) {
    layers.push_back(bank.layer.value());
    homes.push_back(bank.home.value());
    neurons.push_back(bank.neurons);
    Numbers of_crossbars, of_parts, of_positions;
    for (const NeuronBank::RowPart& slot : bank.row_parts) {
      of_crossbars.push_back(slot.crossbar.value());
      of_parts.push_back(slot.part);
      of_positions.push_back(slot.position);
    }
    positions.push_back(std::move(of_positions));
    windows.emplace_back();
    for (const Numbers& window : bank.windows) {
      windows.back().insert(windows.back().end(), window.begin(), window.end());
    }
    crossbars.push_back(std::move(of_crossbars));
    parts.push_back(std::move(of_parts));
  }
  archive.put("bank.layer", layers);
  archive.put("bank.home", homes);
  put_lists(archive, "bank.neurons", neurons);
  put_lists(archive, "bank.row_part_crossbars", crossbars);
  put_lists(archive, "bank.row_parts", parts);
  put_lists(archive, "bank.row_part_positions", positions);
  put_lists(archive, "bank.windows", windows);  // of one size in a bank
}

void get_banks(const Archive& archive, MappedNetwork& mapped) {
  const auto layers = archive.get<std::uint32_t>("bank.layer");
  const auto homes = archive.get<std::uint32_t>("bank.home");
  auto neurons = get_lists<std::uint32_t>(archive, "bank.neurons");
  const auto crossbars = get_lists<std::uint32_t>(archive, "bank.row_part_crossbars");
  const auto parts = get_lists<std::uint32_t>(archive, "bank.row_parts");
  const auto positions = get_lists<std::uint32_t>(archive, "bank.row_part_positions");
  const auto windows = get_lists<std::uint32_t>(archive, "bank.windows");
  check_lengths("banks", {layers.size(), homes.size(), neurons.size(), crossbars.size(), parts.size(), positions.size(),
                          windows.size()});
  for (std::size_t b = 0; b < layers.size(); ++b) {
    NeuronBank bank;
    bank.layer = LayerId(layers[b]);
    bank.home = TileId(homes[b]);
    bank.neurons = std::move(neurons[b]);
    const std::size_t window = bank.neurons.empty() ? 0 : windows[b].size() / bank.neurons.size();
    if (windows[b].size() != window * bank.neurons.size()) fail_archive(kKind, "its counters do not fit its neurons");
    for (std::size_t k = 0; k < windows[b].size(); ++k) {
      if (k % window == 0) bank.windows.emplace_back();
      bank.windows.back().push_back(windows[b][k]);
    }
    check_lengths("row parts", {crossbars[b].size(), parts[b].size(), positions[b].size()});
    for (std::size_t k = 0; k < parts[b].size(); ++k)
      bank.row_parts.push_back({CrossbarId(crossbars[b][k]), parts[b][k], positions[b][k]});
    mapped.banks.push_back(std::move(bank));
  }
}

void put_tiles(Archive& archive, const MappedNetwork& mapped) {
  Numbers groups, xs, ys, ports;
  std::vector<Numbers> crossbars, banks;
  for (const MappedTile& tile : mapped.tiles) {
    groups.push_back(tile.group.value());
    xs.push_back(tile.site.x);
    ys.push_back(tile.site.y);
    ports.push_back(tile.local_port);
    crossbars.push_back(numbers_of(tile.crossbars));
    banks.push_back(numbers_of(tile.banks));
  }
  archive.put("tile.group", groups);
  archive.put("tile.x", xs);
  archive.put("tile.y", ys);
  archive.put("tile.port", ports);
  put_lists(archive, "tile.crossbars", crossbars);
  put_lists(archive, "tile.banks", banks);
}

void get_tiles(const Archive& archive, MappedNetwork& mapped) {
  const auto groups = archive.get<std::uint32_t>("tile.group");
  const auto xs = archive.get<std::uint32_t>("tile.x");
  const auto ys = archive.get<std::uint32_t>("tile.y");
  const auto ports = archive.get<std::uint32_t>("tile.port");
  const auto crossbars = get_lists<std::uint32_t>(archive, "tile.crossbars");
  const auto banks = get_lists<std::uint32_t>(archive, "tile.banks");
  check_lengths("tiles", {groups.size(), xs.size(), ys.size(), ports.size(), crossbars.size(), banks.size()});
  for (std::size_t t = 0; t < groups.size(); ++t) {
    mapped.tiles.push_back({TileGroupId(groups[t]), MeshSite{xs[t], ys[t]}, ports[t], ids_of<CrossbarId>(crossbars[t]),
                            ids_of<NeuronBankId>(banks[t])});
  }
}

void put_packets(Archive& archive, const MappedNetwork& mapped) {
  Numbers sources, destinations, layers;
  std::vector<std::uint8_t> from_tile;
  std::vector<Numbers> rows;
  for (const PacketGroup& group : mapped.packet_groups) {
    sources.push_back(group.source ? group.source->value() : 0);
    from_tile.push_back(group.source ? 1 : 0);
    destinations.push_back(group.destination.value());
    layers.push_back(group.layer.value());
    rows.push_back(group.rows);
  }
  archive.put("packet.source", sources);
  archive.put("packet.from_tile", from_tile);
  archive.put("packet.destination", destinations);
  archive.put("packet.layer", layers);
  put_lists(archive, "packet.rows", rows);
}

void get_packets(const Archive& archive, MappedNetwork& mapped) {
  const auto sources = archive.get<std::uint32_t>("packet.source");
  const auto from_tile = archive.get<std::uint8_t>("packet.from_tile");
  const auto destinations = archive.get<std::uint32_t>("packet.destination");
  const auto layers = archive.get<std::uint32_t>("packet.layer");
  auto rows = get_lists<std::uint32_t>(archive, "packet.rows");
  check_lengths("packets", {sources.size(), from_tile.size(), destinations.size(), layers.size(), rows.size()});
  for (std::size_t p = 0; p < sources.size(); ++p) {
    PacketGroup group;
    if (from_tile[p] != 0) group.source = TileId(sources[p]);
    group.destination = TileId(destinations[p]);
    group.layer = LayerId(layers[p]);
    group.rows = std::move(rows[p]);
    mapped.packet_groups.push_back(std::move(group));
  }
}

}  // namespace

Archive to_archive(const MappedNetwork& mapped) {
  Archive archive(kKind, kMappedNetworkVersion);
  archive.header["tile_groups"] = mapped.tile_groups;
  archive.header["mesh_width"] = mapped.mesh_width;
  archive.header["mesh_height"] = mapped.mesh_height;
  archive.header["input_rows_per_crossbar"] = mapped.input_rows_per_crossbar;
  archive.header["columns_per_crossbar"] = mapped.columns_per_crossbar;
  put_crossbars(archive, mapped);
  put_banks(archive, mapped);
  put_tiles(archive, mapped);
  put_packets(archive, mapped);
  return archive;
}

MappedNetwork mapped_network_from_archive(const Archive& archive) {
  const auto count = [&](const char* key) {
    return static_cast<std::uint32_t>(header_count(kKind, archive.header, key));
  };
  MappedNetwork mapped;
  mapped.tile_groups = count("tile_groups");
  mapped.mesh_width = count("mesh_width");
  mapped.mesh_height = count("mesh_height");
  mapped.input_rows_per_crossbar = count("input_rows_per_crossbar");
  mapped.columns_per_crossbar = count("columns_per_crossbar");
  get_crossbars(archive, mapped);
  get_banks(archive, mapped);
  for (std::size_t x = 0; x < mapped.crossbars.size(); ++x) {
    for (BlockPart& part : mapped.crossbars[CrossbarId(x)].parts) {
      if (part.bank.value() >= mapped.banks.size() || !part.positions.empty()) continue;
      part.places = places_among(mapped.banks[part.bank].neurons, part.columns);
    }
  }
  get_tiles(archive, mapped);
  get_packets(archive, mapped);
  const std::vector<std::string> faults = mapped_network_faults(mapped);
  if (!faults.empty()) fail_archive(kKind, faults.front());
  return mapped;
}

}  // namespace crossloom
