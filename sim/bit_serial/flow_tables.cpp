// Readers, makers and streams of a placed network.
#include "sim/bit_serial/flow_tables.h"

#include <algorithm>

#include "base/error.h"
#include "sim/bit_serial/flow_builder.h"

namespace crossloom::bit_serial {
namespace {

std::uint32_t ceil_log2(std::uint32_t value) {
  std::uint32_t bits = 0;
  while ((std::uint64_t{1} << bits) < value) ++bits;
  return bits;
}

}  // namespace

Pace::Pace(const BitSerialChipSpec& spec)
    : read_cycles(std::max<Cycle>(1, spec.cycles_for(spec.array.read_time).count())),
      load_cycles(spec.processing_element.load_cycles.count()),
      finish_cycles(spec.processing_element.finish_cycles.count()),
      activation_cycles(spec.tile.activation_cycles.count()),
      pool_cycles(spec.tile.pool_cycles.count()),
      adders(spec.tile.adders),
      activation_units(spec.tile.activation_units),
      pool_units(spec.tile.pool_units),
      hold_stages(spec.adc.sample_and_hold_stages),
      sum_bits(spec.weight_bits + spec.activation_bits + ceil_log2(spec.array.rows)),
      dac_bits(spec.dac.bits),
      crossbars_in_parallel(spec.processing_element.crossbars_in_parallel),
      conversion_time(spec.adc.conversion_time),
      chip(&spec) {}

Cycle Pace::conversion_cycles(std::uint64_t conversions) const {
  return std::max<Cycle>(1, chip->cycles_for(conversion_time * static_cast<double>(conversions)).count());
}

FlowBuilder::FlowBuilder(const FixedPointNetwork& network, const PlacedNetwork& placed, const BitSerialChipSpec& chip,
                         const StreamOfImages& images, const CreditCycles& credit_cycles, std::uint32_t pass)
    : network_(network),
      placed_(placed),
      chip_(chip),
      pace_(chip),
      images_(images),
      pass_(pass),
      credit_cycles_(credit_cycles),
      layer_nodes_(layer_nodes(network)) {
  tables_.network = &network;
  tables_.placed = &placed;
  tables_.chip = &chip;
  tables_.tiles = placed.tiles;
  tables_.host = placed.tiles;
  tables_.pass = pass;
}

std::uint32_t FlowBuilder::progress_of(NodeId consumer, std::size_t input) {
  const auto [found, is_new] = progress_.try_emplace(std::make_pair(consumer.value(), input),
                                                     static_cast<std::uint32_t>(tables_.progress.size()));
  if (is_new) {
    const NodeId source = input_of(network_, consumer, input).source;
    tables_.progress.push_back(
        {window_progress(network_, consumer, input), positions_of(network_.nodes[source].shape)});
  }
  return found->second;
}

// The stream of a node at a tile, which may still lack these channels.
std::uint32_t FlowBuilder::stream_of(std::uint32_t tile, NodeId node, const std::vector<std::uint32_t>& channels) {
  const auto [found, is_new] =
      streams_.try_emplace(std::make_pair(tile, node.value()), static_cast<std::uint32_t>(tables_.streams.size()));
  if (is_new) {
    StreamTable stream;
    stream.tile = tile;
    stream.node = node;
    stream.positions = positions_of(network_.nodes[node].shape);
    stream.value_bits = network_.nodes[node].format.bits;
    tables_.streams.push_back(std::move(stream));
  }
  std::vector<std::uint32_t>& held = tables_.streams[found->second].channels;
  held.insert(held.end(), channels.begin(), channels.end());
  return found->second;
}

void FlowBuilder::sort_channels() {
  for (StreamTable& stream : tables_.streams) {
    std::sort(stream.channels.begin(), stream.channels.end());
    stream.channels.erase(std::unique(stream.channels.begin(), stream.channels.end()), stream.channels.end());
  }
}

std::uint32_t FlowBuilder::slot_of(std::uint32_t stream, std::uint32_t channel) const {
  const std::vector<std::uint32_t>& channels = tables_.streams[stream].channels;
  const auto found = std::lower_bound(channels.begin(), channels.end(), channel);
  CROSSLOOM_CHECK(found != channels.end() && *found == channel, "a stream holds what its readers read");
  return static_cast<std::uint32_t>(found - channels.begin());
}

void FlowBuilder::resolve_slots() {
  for (std::uint32_t g = 0; g < tables_.part_groups.size(); ++g) {
    PartGroupTable& group = tables_.part_groups[g];
    for (WindowValue& row : group.rows) row.slot = slot_of(group.input.stream, row.slot);
    tables_.streams[group.input.stream].readers.push_back(g);
  }
  for (std::uint32_t d = 0; d < tables_.digital_makers.size(); ++d) {
    MakerTable& maker = tables_.makers[tables_.digital_makers[d]];
    maker.reader = static_cast<std::uint32_t>(tables_.part_groups.size()) + d;
    for (std::size_t k = 0; k < maker.inputs.size(); ++k) {
      for (WindowValue& value : maker.values[k]) value.slot = slot_of(maker.inputs[k].stream, value.slot);
      std::vector<std::uint32_t>& readers = tables_.streams[maker.inputs[k].stream].readers;
      if (readers.empty() || readers.back() != maker.reader) readers.push_back(maker.reader);
    }
  }
}

FlowTables FlowBuilder::build() {
  make_host();
  make_kept();
  group_parts();
  make_output_makers();
  make_digital_makers();
  sort_channels();
  resolve_slots();
  mark_wanted();
  make_sends();
  choose_depths();
  return std::move(tables_);
}

FlowTables build_flow_tables(const FixedPointNetwork& network, const PlacedNetwork& placed,
                             const BitSerialChipSpec& chip, const StreamOfImages& images,
                             const CreditCycles& credit_cycles, std::uint32_t pass) {
  return FlowBuilder(network, placed, chip, images, credit_cycles, pass).build();
}

}  // namespace crossloom::bit_serial
