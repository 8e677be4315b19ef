// The units of the chip and where they stand: tiles, output stages, tile parts, neuron banks.
#include "sim/chip_tables.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "sim/table_builder.h"

namespace crossloom {

namespace {

std::uint32_t place_of(TileId tile, const TileGroupTable& group) {
  return static_cast<std::uint32_t>(std::lower_bound(group.tiles.begin(), group.tiles.end(), tile) -
                                    group.tiles.begin());
}

}  // namespace

void TableBuilder::build(const PlantedFaults& faults) {
  add_tiles();
  add_stages();
  add_parts();
  add_counters();
  add_banks();
  add_packet_groups();
  add_reports();
  if (faults.swap_two_rows) swap_rows(0);
  if (faults.swap_two_positions) swap_positions();
}

void TableBuilder::add_tiles() {
  tables_.groups = IdVector<TileGroupId, TileGroupTable>(mapped_.tile_groups);
  const MeshShape& shape = tables_.shape;
  tables_.group_of_endpoint.resize(std::size_t{shape.width} * shape.height * shape.tile_ports);
  for (std::size_t t = 0; t < mapped_.tiles.size(); ++t) {
    const MappedTile& tile = mapped_.tiles[TileId(t)];
    CROSSLOOM_CHECK(tile.site.x < shape.width && tile.site.y < shape.height && tile.local_port < shape.tile_ports,
                    "a tile lies outside the mesh");
    const std::uint32_t endpoint = (tile.site.y * shape.width + tile.site.x) * shape.tile_ports + tile.local_port;
    tables_.tile_endpoints.push_back(endpoint);
    tables_.group_of_endpoint[endpoint] = tile.group;
    tables_.groups[tile.group].tiles.push_back(TileId(t));
  }
  for (const SpikingLayer& layer : tables_.network.layers) neurons_.emplace_back(layer.outputs);
  inputs_.resize(tables_.network.input.size());
  tables_.host.stages.resize(shape.host_rows.size());
  for (std::uint32_t port = 0; port < shape.host_rows.size(); ++port) {
    tables_.host.stages[port].endpoint = shape.width * shape.height * shape.tile_ports + port;
    tables_.host.stages[port].unit = port;
  }
}

void TableBuilder::add_stages() {
  for (const NeuronBank& bank : mapped_.banks) {
    TileGroupTable& group = group_of(bank.home);
    const auto [at, is_new] = stages_.try_emplace({bank.home.value(), bank.layer.value()}, group.stages.size());
    if (is_new) {
      OutputStageTable stage;
      stage.tile = bank.home;
      stage.layer = bank.layer.value();
      stage.endpoint = tables_.tile_endpoints[bank.home.value()];
      stage.unit = place_of(bank.home, group);
      group.stages.push_back(stage);
    }
  }
}

std::uint32_t TableBuilder::tile_part_of(TileId tile, LayerId layer) {
  TileGroupTable& group = group_of(tile);
  const auto [at, is_new] = parts_.try_emplace({tile.value(), layer.value()}, group.parts.size());
  if (is_new) {
    TilePartTable part;
    part.tile = tile;
    part.place = place_of(tile, group);
    part.layer = layer.value();
    group.parts.push_back(part);
  }
  return at->second;
}

// Driven lines of counters lie among those of row parts, but belong to no array.
void TableBuilder::add_counters() {
  for (std::size_t b = 0; b < mapped_.banks.size(); ++b) {
    const NeuronBank& bank = mapped_.banks[NeuronBankId(b)];
    if (bank.windows.empty()) continue;
    TileGroupTable& group = group_of(bank.home);
    Counters counters{CounterLines(bank, tables_.network.layers[bank.layer]),
                      static_cast<std::uint32_t>(group.row_parts.size())};
    RowPartTable row_part;
    row_part.tile_part = tile_part_of(bank.home, bank.layer);
    row_part.words = static_cast<std::uint32_t>((counters.lines.inputs.size() + 63) / 64);
    row_part.first_word = group.words;
    group.words += row_part.words;
    group.row_parts.push_back(row_part);
    counters_.emplace(static_cast<std::uint32_t>(b), std::move(counters));
  }
}

void TableBuilder::add_parts() {
  for (std::size_t c = 0; c < mapped_.crossbars.size(); ++c) {
    const MappedCrossbar& crossbar = mapped_.crossbars[CrossbarId(c)];
    TileGroupTable& group = group_of(crossbar.tile);
    for (std::size_t p = 0; p < crossbar.parts.size(); ++p) {
      const BlockPart& block = crossbar.parts[p];
      const std::uint32_t tile_part = tile_part_of(crossbar.tile, block.layer);
      for (std::uint32_t use = 0; use < block.uses(); ++use) {
        add_row_part(CrossbarId(c), static_cast<std::uint32_t>(p), use, tile_part);
      }
    }
    ++group.arrays;
  }
}

void TableBuilder::add_row_part(CrossbarId id, std::uint32_t part, std::uint32_t use, std::uint32_t tile_part) {
  const MappedCrossbar& crossbar = mapped_.crossbars[id];
  const BlockPart& block = crossbar.parts[part];
  TileGroupTable& group = group_of(crossbar.tile);
  RowPartTable row_part;
  row_part.crossbar = id;
  row_part.part_of_crossbar = part;
  row_part.array = group.arrays;
  row_part.tile_part = tile_part;
  row_part.words = (mapped_.input_rows_per_crossbar + 63) / 64;
  row_part.first_word = group.words;
  row_part.remote = mapped_.banks[block.bank_of(use)].home != crossbar.tile;
  const std::uint32_t bias_row = tables_.network.layers[block.layer].inputs;
  const std::vector<std::uint32_t>& rows = block.rows_of(use);
  const auto bias = std::lower_bound(rows.begin(), rows.end(), bias_row);
  if (bias != rows.end()) {
    row_part.bias_wordline = block.wordline(use, static_cast<std::size_t>(bias - rows.begin()));
  }
  group.words += row_part.words;
  row_parts_[{id.value(), part, use}] = static_cast<std::uint32_t>(group.row_parts.size());
  group.row_parts.push_back(row_part);
}

void TableBuilder::add_banks() {
  for (std::size_t b = 0; b < mapped_.banks.size(); ++b) {
    const NeuronBank& bank = mapped_.banks[NeuronBankId(b)];
    TileGroupTable& group = group_of(bank.home);
    BankTable table;
    table.id = NeuronBankId(b);
    table.layer = bank.layer.value();
    table.stage = stages_.at({bank.home.value(), bank.layer.value()});
    table.home = bank.home;
    table.neurons = bank.neurons;
    if (!bank.windows.empty()) {
      const std::uint32_t index = counters_.at(static_cast<std::uint32_t>(b)).row_part;
      table.row_parts.push_back(index);
      table.tile_parts.push_back(group.row_parts[index].tile_part);
    }
    for (const NeuronBank::RowPart& row_part : bank.row_parts) {
      CROSSLOOM_CHECK(mapped_.tiles[mapped_.crossbars[row_part.crossbar].tile].group == mapped_.tiles[bank.home].group,
                      "the row parts of a bank lie in one tile group");
      const std::uint32_t index = row_parts_.at({row_part.crossbar.value(), row_part.part, row_part.position});
      table.row_parts.push_back(index);
      table.tile_parts.push_back(group.row_parts[index].tile_part);
    }
    std::sort(table.tile_parts.begin(), table.tile_parts.end());
    table.tile_parts.erase(std::unique(table.tile_parts.begin(), table.tile_parts.end()), table.tile_parts.end());
    for (const std::uint32_t part : table.tile_parts) {
      group.parts[part].banks.push_back(static_cast<std::uint32_t>(group.banks.size()));
    }
    OutputStageTable& stage = group.stages[table.stage];
    stage.banks.push_back(static_cast<std::uint32_t>(group.banks.size()));
    stage.counts_control = parts_.count({bank.home.value(), bank.layer.value()}) == 0;
    group.banks.push_back(std::move(table));
  }
}
ChipTables build_chip_tables(const MappedNetwork& mapped, const SpikingNetwork& network,
                             const ProgrammedChip& programmed, const ChipSpec& chip, const PlantedFaults& faults) {
  ChipTables tables{mapped, network, programmed, chip, {}, 1, network.spec.steps, 1, {}, {}, {}, {}, {}, {}};
  const InterconnectSpec& wires = chip.interconnect;
  tables.shape = {std::max(mapped.mesh_width, 1U),
                  std::max(mapped.mesh_height, 1U),
                  wires.tiles_per_router,
                  wires.buffer_flits,
                  wires.router_cycles,
                  wires.link_cycles,
                  {}};
  for (std::uint32_t port = 0; port < std::min(wires.host_ports, tables.shape.height); ++port) {
    tables.shape.host_rows.push_back(host_port_site(port, tables.shape.height, wires.host_ports).y);
  }
  tables.data_flits = wires.packet_flits(chip.tile.packet_bits);
  tables.slot_cycles = std::max<Cycle>(1, chip.slot_cycles().count());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    tables.rules.push_back(neuron_rule(network, LayerId(l)));
    if (programmed.ideal()) continue;
    tables.physics.emplace_back(programmed, LayerId(l), tables.rules.back(), network.layers[LayerId(l)].outputs);
  }
  TableBuilder(tables).build(faults);
  return tables;
}

}  // namespace crossloom
