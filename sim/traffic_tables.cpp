// What travels between the units: packet groups, the bits in them, step-done tokens, reports to the host.
#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "sim/table_builder.h"

namespace crossloom {

namespace {

// Maximal runs of rows that lie on consecutive wordlines.
template <class WordlineOf>
void add_runs(const std::vector<std::uint32_t>& bits, const std::vector<std::uint32_t>& rows, std::uint32_t row_part,
              const WordlineOf& wordline_of, std::vector<BitRun>& runs) {
  if (rows.back() < bits.front() || rows.front() > bits.back()) return;
  bool extends = false;
  for (std::uint32_t bit = 0; bit < bits.size(); ++bit) {
    const auto row = std::lower_bound(rows.begin(), rows.end(), bits[bit]);
    if (row == rows.end() || *row != bits[bit]) {
      extends = false;
      continue;
    }
    const std::uint32_t wordline = wordline_of(static_cast<std::size_t>(row - rows.begin()));
    if (extends && runs.back().wordline + runs.back().length == wordline) {
      ++runs.back().length;
    } else {
      runs.push_back({row_part, bit, 1, wordline});
    }
    extends = true;
  }
}

}  // namespace

// The destination tile finds each bit's wordlines.
void TableBuilder::add_incoming(TileGroupTable& group, const PacketGroup& packets, TileId tile) {
  std::vector<BitRun>& runs = group.runs;
  IncomingGroup incoming{static_cast<std::uint32_t>(runs.size()), 0};
  for (const CrossbarId id : mapped_.tiles[tile].crossbars) {
    const MappedCrossbar& crossbar = mapped_.crossbars[id];
    for (std::size_t p = 0; p < crossbar.parts.size(); ++p) {
      const BlockPart& block = crossbar.parts[p];
      if (block.layer != packets.layer) continue;
      for (std::uint32_t use = 0; use < block.uses(); ++use) {
        const std::uint32_t row_part = row_parts_.at({id.value(), static_cast<std::uint32_t>(p), use});
        const auto wordline_of = [&](std::size_t k) { return block.wordline(use, k); };
        add_runs(packets.rows, block.rows_of(use), row_part, wordline_of, runs);
      }
    }
  }
  for (const NeuronBankId bank : mapped_.tiles[tile].banks) {
    const auto counters = counters_.find(bank.value());
    if (counters == counters_.end() || mapped_.banks[bank].layer != packets.layer) continue;
    const auto line = [](std::size_t k) { return static_cast<std::uint32_t>(k); };
    add_runs(packets.rows, counters->second.lines.inputs, counters->second.row_part, line, runs);
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
  const std::uint32_t row_part = row_parts_.at({crossbar, 0, 0});
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

// A planted fault: what the packets bring goes to the other one of two positions.
void TableBuilder::swap_positions() {
  for (std::uint32_t c = 0; c < mapped_.crossbars.size(); ++c) {
    const MappedCrossbar& crossbar = mapped_.crossbars[CrossbarId(c)];
    if (crossbar.parts.empty() || crossbar.parts[0].positions.size() < 2) continue;
    const std::uint32_t one = row_parts_.at({c, 0, 0}), other = row_parts_.at({c, 0, 1});
    for (BitRun& run : group_of(crossbar.tile).runs) {
      if (run.row_part == one) {
        run.row_part = other;
      } else if (run.row_part == other) {
        run.row_part = one;
      }
    }
    return;
  }
}

}  // namespace crossloom
