// From the mapped network to the tables of the timed units.
#include "sim/chip_tables.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"

namespace crossloom {

namespace {

using TileAndLayer = std::pair<std::uint32_t, std::uint32_t>;

class TableBuilder {
 public:
  explicit TableBuilder(ChipTables& tables) : tables_(tables), mapped_(tables.mapped) {}

  void build(const PlantedFaults& faults) {
    add_tiles();
    add_stages();
    add_parts();
    add_banks();
    add_packet_groups();
    add_reports();
    if (faults.swap_two_rows) swap_rows(0);
  }

 private:
  void add_tiles();
  void add_stages();
  void add_parts();
  void add_banks();
  void add_packet_groups();
  void add_reports();
  void swap_rows(std::uint32_t crossbar);
  void add_incoming(TileGroupTable& group, const PacketGroup& packets, TileId tile);
  OutputStageTable& stage_of(const PacketGroup& packets, std::uint32_t& index);
  void spread_bits(const PacketGroup& packets, std::uint32_t pattern);
  std::uint32_t destination_of(OutputStageTable& stage, std::uint32_t stage_index, const PacketGroup& packets);
  void flatten_bits();

  [[nodiscard]] std::uint32_t host_port_for(TileId tile) const {
    return host_port_of(mapped_.tiles[tile].site.y, tables_.shape.height, tables_.chip.interconnect.host_ports);
  }
  TileGroupTable& group_of(TileId tile) { return tables_.groups[mapped_.tiles[tile].group]; }

  struct Neuron {
    std::vector<PatternBit> bits;
  };
  ChipTables& tables_;
  const MappedNetwork& mapped_;
  std::map<TileAndLayer, std::uint32_t> stages_, parts_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> row_parts_;  ///< (crossbar, part)
  std::map<TileAndLayer, std::map<std::vector<std::uint32_t>, std::uint32_t>> patterns_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> host_patterns_;
  std::vector<std::vector<Neuron>> neurons_;  ///< [layer][output]
  std::vector<Neuron> inputs_;
};

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
      stage.unit = static_cast<std::uint32_t>(std::lower_bound(group.tiles.begin(), group.tiles.end(), bank.home) -
                                              group.tiles.begin());
      group.stages.push_back(stage);
    }
  }
}

void TableBuilder::add_parts() {
  for (std::size_t c = 0; c < mapped_.crossbars.size(); ++c) {
    const MappedCrossbar& crossbar = mapped_.crossbars[CrossbarId(c)];
    TileGroupTable& group = group_of(crossbar.tile);
    for (std::size_t p = 0; p < crossbar.parts.size(); ++p) {
      const BlockPart& block = crossbar.parts[p];
      const auto [at, is_new] = parts_.try_emplace({crossbar.tile.value(), block.layer.value()}, group.parts.size());
      if (is_new) {
        TilePartTable part;
        part.tile = crossbar.tile;
        part.layer = block.layer.value();
        group.parts.push_back(part);
      }
      RowPartTable row_part;
      row_part.crossbar = CrossbarId(c);
      row_part.part_of_crossbar = static_cast<std::uint32_t>(p);
      row_part.array = group.arrays;
      row_part.tile_part = at->second;
      row_part.words = (mapped_.input_rows_per_crossbar + 63) / 64;
      row_part.first_word = group.words;
      row_part.remote = mapped_.banks[block.bank].home != crossbar.tile;
      const std::uint32_t bias_row = tables_.network.layers[block.layer].inputs;
      const auto bias = std::lower_bound(block.rows.begin(), block.rows.end(), bias_row);
      if (bias != block.rows.end()) {
        row_part.bias_wordline = block.first_wordline + static_cast<std::uint32_t>(bias - block.rows.begin());
      }
      group.words += row_part.words;
      row_parts_[{static_cast<std::uint32_t>(c), static_cast<std::uint32_t>(p)}] =
          static_cast<std::uint32_t>(group.row_parts.size());
      group.row_parts.push_back(row_part);
    }
    ++group.arrays;
  }
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
    for (const NeuronBank::RowPart& row_part : bank.row_parts) {
      CROSSLOOM_CHECK(mapped_.tiles[mapped_.crossbars[row_part.crossbar].tile].group == mapped_.tiles[bank.home].group,
                      "the row parts of a bank lie in one tile group");
      const std::uint32_t index = row_parts_.at({row_part.crossbar.value(), row_part.part});
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

// The destination tile finds each bit's wordlines: maximal runs of rows that lie on consecutive wordlines.
void TableBuilder::add_incoming(TileGroupTable& group, const PacketGroup& packets, TileId tile) {
  std::vector<BitRun>& runs = group.runs;
  IncomingGroup incoming{static_cast<std::uint32_t>(runs.size()), 0};
  for (const CrossbarId id : mapped_.tiles[tile].crossbars) {
    const MappedCrossbar& crossbar = mapped_.crossbars[id];
    for (std::size_t p = 0; p < crossbar.parts.size(); ++p) {
      const BlockPart& block = crossbar.parts[p];
      if (block.layer != packets.layer) continue;
      bool extends = false;
      for (std::uint32_t bit = 0; bit < packets.rows.size(); ++bit) {
        const auto row = std::lower_bound(block.rows.begin(), block.rows.end(), packets.rows[bit]);
        if (row == block.rows.end() || *row != packets.rows[bit]) {
          extends = false;
          continue;
        }
        const std::uint32_t wordline = block.first_wordline + static_cast<std::uint32_t>(row - block.rows.begin());
        if (extends && runs.back().wordline + runs.back().length == wordline) {
          ++runs.back().length;
        } else {
          runs.push_back({row_parts_.at({id.value(), static_cast<std::uint32_t>(p)}), bit, 1, wordline});
        }
        extends = true;
      }
    }
  }
  incoming.last = static_cast<std::uint32_t>(runs.size());
  group.incoming.push_back(incoming);
}

OutputStageTable& TableBuilder::stage_of(const PacketGroup& packets, std::uint32_t& index) {
  if (packets.source) {
    CROSSLOOM_CHECK(packets.layer.value() > 0, "the first layer's inputs come from the host");
    index = stages_.at({packets.source->value(), packets.layer.value() - 1});
    return group_of(*packets.source).stages[index];
  }
  CROSSLOOM_CHECK(packets.layer.value() == 0, "only the first layer's inputs come from the host");
  index = host_port_for(packets.destination);
  return tables_.host.stages[index];
}

void TableBuilder::spread_bits(const PacketGroup& packets, std::uint32_t pattern) {
  std::vector<Neuron>& senders = packets.source ? neurons_[packets.layer.value() - 1] : inputs_;
  for (std::uint32_t bit = 0; bit < packets.rows.size(); ++bit) {
    senders.at(packets.rows[bit]).bits.push_back({pattern, bit});
  }
}

std::uint32_t TableBuilder::destination_of(OutputStageTable& stage, std::uint32_t stage_index,
                                           const PacketGroup& packets) {
  const std::uint32_t sink = tables_.tile_endpoints[packets.destination.value()];
  const std::uint32_t part_index = parts_.at({packets.destination.value(), packets.layer.value()});
  for (std::uint32_t d = 0; d < stage.destinations.size(); ++d) {
    if (stage.destinations[d].sink == sink && stage.destinations[d].part == part_index) return d;
  }
  TilePartTable& part = group_of(packets.destination).parts[part_index];
  SourceTable source;
  if (packets.source) source.group = mapped_.tiles[*packets.source].group;
  source.stage = stage_index;
  source.destination = static_cast<std::uint32_t>(stage.destinations.size());
  const MeshSite to = mapped_.tiles[packets.destination].site;
  const MeshSite from =
      packets.source ? mapped_.tiles[*packets.source].site : MeshSite{0, tables_.shape.host_rows[stage_index]};
  const auto distance = [](std::uint32_t a, std::uint32_t b) { return a > b ? a - b : b - a; };
  const std::uint32_t links = distance(from.x, to.x) + distance(from.y, to.y);
  source.credit_cycles = links * tables_.chip.interconnect.link_cycles + 1;
  stage.destinations.push_back({sink, part_index, static_cast<std::uint32_t>(part.sources.size()),
                                static_cast<std::uint16_t>(packets.layer.value())});
  part.sources.push_back(source);
  return source.destination;
}

void TableBuilder::add_packet_groups() {
  for (const PacketGroup& packets : mapped_.packet_groups) {
    CROSSLOOM_CHECK(!packets.rows.empty() && packets.rows.size() <= 64, "a packet carries 1 to 64 rows");
    std::uint32_t stage_index = 0;
    OutputStageTable& stage = stage_of(packets, stage_index);
    auto& patterns = packets.source ? patterns_[{packets.source->value(), stage.layer}] : host_patterns_;
    const auto [pattern, is_new] = patterns.try_emplace(packets.rows, patterns.size());
    if (is_new) spread_bits(packets, pattern->second);
    TileGroupTable& group = group_of(packets.destination);
    OutgoingGroup outgoing;
    outgoing.pattern = pattern->second;
    outgoing.destination = destination_of(stage, stage_index, packets);
    outgoing.group = static_cast<std::uint32_t>(group.incoming.size());
    stage.groups.push_back(outgoing);
    stage.patterns = static_cast<std::uint32_t>(patterns.size());
    add_incoming(group, packets, packets.destination);
  }
  tables_.host.patterns = static_cast<std::uint32_t>(host_patterns_.size());
  for (OutputStageTable& stage : tables_.host.stages) stage.patterns = tables_.host.patterns;
  flatten_bits();
}

void TableBuilder::flatten_bits() {
  tables_.host.first_bit.push_back(0);
  for (const Neuron& input : inputs_) {
    tables_.host.bits.insert(tables_.host.bits.end(), input.bits.begin(), input.bits.end());
    tables_.host.first_bit.push_back(static_cast<std::uint32_t>(tables_.host.bits.size()));
  }
  for (TileGroupTable& group : tables_.groups) {
    for (BankTable& bank : group.banks) {
      bank.first_bit.push_back(0);
      for (const std::uint32_t neuron : bank.neurons) {
        const std::vector<PatternBit>& bits = neurons_[bank.layer].at(neuron).bits;
        bank.bits.insert(bank.bits.end(), bits.begin(), bits.end());
        bank.first_bit.push_back(static_cast<std::uint32_t>(bank.bits.size()));
      }
    }
  }
}

// The last layer's home tiles report each step to the host port that serves their row of routers.
void TableBuilder::add_reports() {
  const std::uint32_t last = static_cast<std::uint32_t>(tables_.network.layers.size()) - 1;
  for (TileGroupTable& group : tables_.groups) {
    for (OutputStageTable& stage : group.stages) {
      if (stage.layer != last) continue;
      stage.reports_to_host = true;
      const std::uint32_t port = host_port_for(*stage.tile);
      stage.destinations.push_back(
          {tables_.host.stages[port].endpoint, 0, tables_.host.reporting_stages, static_cast<std::uint16_t>(last)});
      ++tables_.host.reporting_stages;
    }
  }
}

// A planted fault: the first two wordlines of a crossbar's first part exchange their inputs.
void TableBuilder::swap_rows(std::uint32_t crossbar) {
  TileGroupTable& group = group_of(mapped_.crossbars[CrossbarId(crossbar)].tile);
  const std::uint32_t row_part = row_parts_.at({crossbar, 0});
  const std::uint32_t first = mapped_.crossbars[CrossbarId(crossbar)].parts.at(0).first_wordline;
  std::vector<BitRun> single;
  for (IncomingGroup& incoming : group.incoming) {
    const IncomingGroup old = incoming;
    incoming.first = static_cast<std::uint32_t>(single.size());
    for (std::uint32_t r = old.first; r < old.last; ++r) {
      const BitRun& run = group.runs[r];
      for (std::uint32_t k = 0; k < run.length; ++k) {
        std::uint32_t wordline = run.wordline + k;
        if (run.row_part == row_part && (wordline == first || wordline == first + 1)) {
          wordline = first + first + 1 - wordline;
        }
        single.push_back({run.row_part, run.first_bit + k, 1, wordline});
      }
    }
    incoming.last = static_cast<std::uint32_t>(single.size());
  }
  group.runs = std::move(single);
}

}  // namespace

ChipTables build_chip_tables(const MappedNetwork& mapped, const SpikingNetwork& network,
                             const ProgrammedChip& programmed, const ChipSpec& chip, const PlantedFaults& faults) {
  ChipTables tables{mapped, network, programmed, chip, {}, 1, network.spec.steps, 1, {}, {}, {}, {}, {}};
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
  for (std::size_t l = 0; l < network.layers.size(); ++l) tables.rules.push_back(neuron_rule(network, LayerId(l)));
  TableBuilder(tables).build(faults);
  return tables;
}

}  // namespace crossloom
