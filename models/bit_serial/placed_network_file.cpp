// The file form of a placed network: one array a field.
#include "models/archive_lists.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {
namespace {

const char* const kKind = "placed_network";
using Numbers = std::vector<std::uint32_t>;

void check_lengths(const char* table, std::initializer_list<std::size_t> lengths) {
  for (const std::size_t length : lengths) {
    if (length != *lengths.begin())
      fail_archive(kKind, std::string("its table of ") + table + " has columns of different lengths");
  }
}

void put_crossbars(Archive& archive, const PlacedNetwork& placed) {
  Numbers elements, arrays, passes, part_counts, layers, copies, blocks, wordlines, columns_at;
  std::vector<Numbers> rows, columns;
  for (const PlacedCrossbar& crossbar : placed.crossbars) {
    elements.push_back(crossbar.element.value());
    arrays.push_back(crossbar.first_array);
    passes.push_back(crossbar.pass);
    part_counts.push_back(static_cast<std::uint32_t>(crossbar.parts.size()));
    for (const CrossbarPart& part : crossbar.parts) {
      layers.push_back(part.layer.value());
      copies.push_back(part.copy);
      blocks.push_back(part.block);
      wordlines.push_back(part.first_wordline);
      columns_at.push_back(part.first_column);
      rows.push_back(part.rows);
      columns.push_back(part.columns);
    }
  }
  archive.put("crossbar.element", elements);
  archive.put("crossbar.first_array", arrays);
  archive.put("crossbar.pass", passes);
  archive.put("crossbar.parts", part_counts);
  archive.put("part.layer", layers);
  archive.put("part.copy", copies);
  archive.put("part.block", blocks);
  archive.put("part.first_wordline", wordlines);
  archive.put("part.first_column", columns_at);
  put_lists(archive, "part.rows", rows);
  put_lists(archive, "part.columns", columns);
}

void get_crossbars(const Archive& archive, PlacedNetwork& placed) {
  const auto elements = archive.get<std::uint32_t>("crossbar.element");
  const auto arrays = archive.get<std::uint32_t>("crossbar.first_array");
  const auto passes = archive.get<std::uint32_t>("crossbar.pass");
  const auto part_counts = archive.get<std::uint32_t>("crossbar.parts");
  const auto layers = archive.get<std::uint32_t>("part.layer");
  const auto copies = archive.get<std::uint32_t>("part.copy");
  const auto blocks = archive.get<std::uint32_t>("part.block");
  const auto wordlines = archive.get<std::uint32_t>("part.first_wordline");
  const auto columns_at = archive.get<std::uint32_t>("part.first_column");
  auto rows = get_lists<std::uint32_t>(archive, "part.rows");
  auto columns = get_lists<std::uint32_t>(archive, "part.columns");
  check_lengths("crossbars", {elements.size(), arrays.size(), passes.size(), part_counts.size()});
  check_lengths("parts", {layers.size(), copies.size(), blocks.size(), wordlines.size(), columns_at.size(), rows.size(),
                          columns.size()});
  std::size_t next = 0;
  for (std::size_t x = 0; x < elements.size(); ++x) {
    PlacedCrossbar crossbar;
    crossbar.element = ProcessingElementId(elements[x]);
    crossbar.first_array = arrays[x];
    crossbar.pass = passes[x];
    if (part_counts[x] > layers.size() - next) fail_archive(kKind, "crossbars claim more parts than there are");
    for (std::uint32_t p = 0; p < part_counts[x]; ++p, ++next) {
      crossbar.parts.push_back({LayerId(layers[next]), copies[next], blocks[next], wordlines[next], columns_at[next],
                                std::move(rows[next]), std::move(columns[next])});
    }
    placed.crossbars.push_back(std::move(crossbar));
  }
  if (next != layers.size()) fail_archive(kKind, "it has parts in no crossbar");
}

void put_slices(Archive& archive, const PlacedNetwork& placed) {
  Numbers layers, copies, homes, passes, nodes, first_channels, channels, digital_homes, digital_passes;
  std::vector<Numbers> columns, crossbars, parts;
  for (const OutputSlice& slice : placed.output_slices) {
    layers.push_back(slice.layer.value());
    copies.push_back(slice.copy);
    homes.push_back(slice.home.value());
    passes.push_back(slice.pass);
    columns.push_back(slice.columns);
    crossbars.emplace_back();
    parts.emplace_back();
    for (const OutputSlice::RowPart& row_part : slice.row_parts) {
      crossbars.back().push_back(row_part.crossbar.value());
      parts.back().push_back(row_part.part);
    }
  }
  for (const DigitalSlice& slice : placed.digital_slices) {
    nodes.push_back(slice.node.value());
    first_channels.push_back(slice.first_channel);
    channels.push_back(slice.channels);
    digital_homes.push_back(slice.home.value());
    digital_passes.push_back(slice.pass);
  }
  archive.put("output.layer", layers);
  archive.put("output.copy", copies);
  archive.put("output.home", homes);
  archive.put("output.pass", passes);
  put_lists(archive, "output.columns", columns);
  put_lists(archive, "output.row_part_crossbars", crossbars);
  put_lists(archive, "output.row_parts", parts);
  archive.put("digital.node", nodes);
  archive.put("digital.first_channel", first_channels);
  archive.put("digital.channels", channels);
  archive.put("digital.home", digital_homes);
  archive.put("digital.pass", digital_passes);
}

void get_slices(const Archive& archive, PlacedNetwork& placed) {
  const auto layers = archive.get<std::uint32_t>("output.layer");
  const auto copies = archive.get<std::uint32_t>("output.copy");
  const auto homes = archive.get<std::uint32_t>("output.home");
  const auto passes = archive.get<std::uint32_t>("output.pass");
  auto columns = get_lists<std::uint32_t>(archive, "output.columns");
  const auto crossbars = get_lists<std::uint32_t>(archive, "output.row_part_crossbars");
  const auto parts = get_lists<std::uint32_t>(archive, "output.row_parts");
  check_lengths("output slices", {layers.size(), copies.size(), homes.size(), passes.size(), columns.size(),
                                  crossbars.size(), parts.size()});
  for (std::size_t s = 0; s < layers.size(); ++s) {
    OutputSlice slice{LayerId(layers[s]), copies[s], std::move(columns[s]), PlacedTileId(homes[s]), {}, passes[s]};
    check_lengths("row parts", {crossbars[s].size(), parts[s].size()});
    for (std::size_t k = 0; k < parts[s].size(); ++k) {
      if (crossbars[s][k] >= placed.crossbars.size() ||
          parts[s][k] >= placed.crossbars[PlacedCrossbarId(crossbars[s][k])].parts.size()) {
        fail_archive(kKind, "an output slice has a row part that does not exist");
      }
      slice.row_parts.push_back({PlacedCrossbarId(crossbars[s][k]), parts[s][k]});
    }
    placed.output_slices.push_back(std::move(slice));
  }
  const auto nodes = archive.get<std::uint32_t>("digital.node");
  const auto first_channels = archive.get<std::uint32_t>("digital.first_channel");
  const auto channels = archive.get<std::uint32_t>("digital.channels");
  const auto digital_homes = archive.get<std::uint32_t>("digital.home");
  const auto digital_passes = archive.get<std::uint32_t>("digital.pass");
  check_lengths("digital slices",
                {nodes.size(), first_channels.size(), channels.size(), digital_homes.size(), digital_passes.size()});
  for (std::size_t s = 0; s < nodes.size(); ++s) {
    placed.digital_slices.push_back(
        {NodeId(nodes[s]), first_channels[s], channels[s], PlacedTileId(digital_homes[s]), digital_passes[s]});
  }
}

// Beyond the chip's link: no tile.
constexpr std::uint32_t kOffChip = ~std::uint32_t{0};

void put_kept(Archive& archive, const PlacedNetwork& placed) {
  Numbers numbers;
  for (const KeptSlice& slice : placed.kept_slices) {
    numbers.insert(numbers.end(), {slice.node.value(), slice.first_channel, slice.channels, slice.made, slice.last_read,
                                   slice.tile ? slice.tile->value() : kOffChip});
  }
  archive.put("kept", numbers);
}

void get_kept(const Archive& archive, PlacedNetwork& placed) {
  const auto numbers = archive.get<std::uint32_t>("kept");
  if (numbers.size() % 6 != 0) fail_archive(kKind, "its list of kept slices is cut off");
  for (std::size_t k = 0; k < numbers.size(); k += 6) {
    KeptSlice slice{NodeId(numbers[k]), numbers[k + 1], numbers[k + 2], numbers[k + 3], numbers[k + 4], {}};
    if (numbers[k + 5] != kOffChip) slice.tile = PlacedTileId(numbers[k + 5]);
    placed.kept_slices.push_back(slice);
  }
}

}  // namespace

Archive to_archive(const PlacedNetwork& placed) {
  Archive archive(kKind, kPlacedNetworkVersion);
  archive.header["tiles"] = placed.tiles;
  archive.header["passes"] = placed.passes;
  put_crossbars(archive, placed);
  put_slices(archive, placed);
  put_kept(archive, placed);
  archive.put("copies", placed.copies.raw());
  archive.put("sites", placed.sites);
  archive.put("chips", placed.chips);
  return archive;
}

PlacedNetwork placed_network_from_archive(const Archive& archive) {
  if (archive.kind() != kKind) fail_archive(kKind, "it is of kind " + archive.kind());
  PlacedNetwork placed;
  placed.tiles = static_cast<std::uint32_t>(header_count(kKind, archive.header, "tiles"));
  placed.passes = static_cast<std::uint32_t>(header_count(kKind, archive.header, "passes"));
  get_crossbars(archive, placed);
  get_slices(archive, placed);
  get_kept(archive, placed);
  placed.copies.raw() = archive.get<std::uint32_t>("copies");
  placed.sites = archive.get<std::uint32_t>("sites");
  placed.chips = archive.get<std::uint32_t>("chips");
  if (placed.sites.size() != placed.tiles || placed.chips.size() != placed.tiles) {
    fail_archive(kKind, "sites and chips are not given for every tile");
  }
  return placed;
}

}  // namespace crossloom
