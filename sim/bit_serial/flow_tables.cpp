// Readers, makers and streams of a placed network.
#include "sim/bit_serial/flow_tables.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/error.h"
#include "models/bit_serial/network_passes.h"
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

// Parts of an element with the same rows are one group, but not parts of one crossbar (they are read one at a time).
void FlowBuilder::group_parts() {
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
  std::map<Key, std::vector<std::uint32_t>> groups;
  for (std::size_t x = 0; x < placed_.crossbars.size(); ++x) {
    const PlacedCrossbar& crossbar = placed_.crossbars[PlacedCrossbarId(x)];
    if (crossbar.pass != pass_) continue;
    for (std::uint32_t p = 0; p < crossbar.parts.size(); ++p) {
      const CrossbarPart& part = crossbar.parts[p];
      const FixedPointLayer& layer = network_.layers[part.layer];
      const Key key{crossbar.element.value(),
                    part.layer.value(),
                    part.copy,
                    part.block,
                    part.rows.front(),
                    part.columns.front() / (layer.columns / layer.groups)};
      std::vector<std::uint32_t>& candidates = groups[key];
      const auto fits = [&](std::uint32_t g) {
        const auto& parts = tables_.part_groups[g].parts;
        return std::none_of(parts.begin(), parts.end(),
                            [&](const PartGroupTable::Part& other) { return other.crossbar == PlacedCrossbarId(x); });
      };
      auto found =
          pace_.crossbars_in_parallel ? std::find_if(candidates.begin(), candidates.end(), fits) : candidates.end();
      if (found == candidates.end()) {
        candidates.push_back(static_cast<std::uint32_t>(tables_.part_groups.size()));
        found = candidates.end() - 1;
        tables_.part_groups.push_back(new_group(crossbar, part));
      }
      add_part(tables_.part_groups[*found], PlacedCrossbarId(x), p);
    }
  }
}

PartGroupTable FlowBuilder::new_group(const PlacedCrossbar& crossbar, const CrossbarPart& part) {
  PartGroupTable group;
  group.element = crossbar.element.value();
  group.tile = group.element / chip_.tile.processing_elements;
  group.layer = part.layer;
  group.node = layer_nodes_[part.layer];
  group.copy = part.copy;
  const FixedPointNode& node = network_.nodes[group.node];
  const NodeInput from = input_of(network_, group.node, 0);
  const FixedPointNode& source = network_.nodes[from.source];
  const std::uint32_t positions = positions_of(source.shape);
  group.at_once = node.spec.kind == NodeKind::dense;
  const std::uint32_t size = node.spec.window.size;
  const FixedPointLayer& layer = network_.layers[part.layer];
  const std::uint32_t first_channel =
      group.at_once ? 0
                    : part.columns.front() / (layer.columns / layer.groups) * (source.shape.channels / layer.groups);
  std::vector<std::uint32_t> channels;
  for (const std::uint32_t row : part.rows) {
    WindowValue value;
    if (group.at_once) {
      channels.push_back(row / positions);
      value.position = row % positions;
    } else {
      channels.push_back(first_channel + row / (size * size));
      value.dy = static_cast<std::int32_t>(row / size % size) - static_cast<std::int32_t>(node.spec.window.padding);
      value.dx = static_cast<std::int32_t>(row % size) - static_cast<std::int32_t>(node.spec.window.padding);
    }
    value.slot = channels.back();  // for now the channel itself
    group.rows.push_back(value);
  }
  group.input = {stream_of(group.tile, from.source, channels), progress_of(group.node, 0)};
  group.is_signed = source.format.is_signed;
  group.input_slices = chip_.input_slices(group.is_signed);
  group.input_bits = static_cast<std::uint32_t>(part.rows.size()) * source.format.bits;
  return group;
}

void FlowBuilder::add_part(PartGroupTable& group, PlacedCrossbarId crossbar, std::uint32_t index) {
  const PlacedCrossbar& placed = placed_.crossbars[crossbar];
  const auto columns = static_cast<std::uint32_t>(placed.parts[index].columns.size());
  group.parts.push_back({crossbar, index, columns, 0});
  group.sums += columns;
  const std::uint32_t arrays = chip_.arrays_per_crossbar();
  const bool by_pair = chip_.array.weight_encoding == WeightEncoding::differential_analog;
  const std::uint64_t bit_lines = std::uint64_t{columns} * chip_.weight_slices() * chip_.polarities();
  const std::uint64_t conversions = by_pair ? bit_lines / 2 : bit_lines;
  const std::uint64_t unit_line = chip_.array.weight_encoding == WeightEncoding::offset ? 1 : 0;
  group.arrays += arrays;
  group.bit_lines += bit_lines + unit_line;
  group.conversions += conversions + unit_line;
  const std::uint64_t adcs = std::uint64_t{arrays} * chip_.processing_element.adcs;
  if (adcs >= chip_.processing_element.arrays) {
    const std::uint64_t own = adcs / chip_.processing_element.arrays;
    group.parts.back().conversion_cycles = pace_.conversion_cycles((conversions + own - 1) / own);
    group.conversion_cycles = std::max(group.conversion_cycles, group.parts.back().conversion_cycles);
    return;
  }
  const std::uint32_t adc = placed.element.value() * chip_.processing_element.adcs +
                            placed.first_array * chip_.processing_element.adcs / chip_.processing_element.arrays;
  group.shared_adcs.push_back({adc, pace_.conversion_cycles(conversions)});
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

void FlowBuilder::make_host() {
  MakerTable host;
  host.kind = MakerKind::host;
  host.tile = tables_.host;
  host.node = NodeId(0);
  const ImageShape& shape = network_.nodes[host.node].shape;
  host.positions = positions_of(shape);
  for (std::uint32_t c = 0; c < shape.channels; ++c) host.channels.push_back(c);
  tables_.makers.push_back(std::move(host));
  const NodeId output = output_of(network_).source;
  std::vector<std::uint32_t> channels;
  const std::vector<std::uint32_t> passes = passes_of_channels(placed_, network_)[output];
  for (std::uint32_t c = 0; c < passes.size(); ++c) {
    if (passes[c] == pass_) channels.push_back(c);
  }
  if (channels.empty()) return;
  tables_.output_stream = stream_of(tables_.host, output, channels);
  tables_.results.push_back(tables_.output_stream);
}

// What waits from earlier passes is made anew; what waits for later ones goes into streams of its own.
void FlowBuilder::make_kept() {
  for (const KeptSlice& slice : placed_.kept_slices) {
    const FixedPointNode& node = network_.nodes[slice.node];
    const std::uint32_t tile = slice.tile ? slice.tile->value() : tables_.host;
    std::vector<std::uint32_t> channels;
    for (std::uint32_t c = 0; c < slice.channels; ++c) channels.push_back(slice.first_channel + c);
    if (slice.made == pass_) {
      StreamTable stream;
      stream.tile = tile;
      stream.node = slice.node;
      stream.channels = std::move(channels);
      stream.positions = positions_of(node.shape);
      stream.value_bits = node.format.bits;
      stream.keeps = true;
      stream.depth = stream.positions * images_.length;
      tables_.results.push_back(static_cast<std::uint32_t>(tables_.streams.size()));
      tables_.streams.push_back(std::move(stream));
    } else if (slice.made < pass_ && slice.last_read >= pass_) {
      MakerTable maker;
      maker.kind = slice.tile ? MakerKind::kept : MakerKind::host;
      maker.tile = tile;
      maker.node = slice.node;
      maker.positions = positions_of(node.shape);
      maker.channels = std::move(channels);
      tables_.makers.push_back(std::move(maker));
    }
  }
}

void FlowBuilder::make_output_makers() {
  IdVector<LayerId, std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>>> place(network_.layers.size());
  for (std::size_t l = 0; l < place.size(); ++l) {
    place[LayerId(l)].assign(placed_.copies[LayerId(l)],
                             std::vector<std::pair<std::uint32_t, std::uint32_t>>(network_.layers[LayerId(l)].columns));
  }
  for (const OutputSlice& slice : placed_.output_slices) {
    if (slice.pass != pass_) continue;
    const auto index = static_cast<std::uint32_t>(tables_.makers.size());
    MakerTable maker;
    maker.kind = MakerKind::output_slice;
    maker.tile = slice.home.value();
    maker.node = layer_nodes_[slice.layer];
    maker.copy = slice.copy;
    maker.copies = placed_.copies[slice.layer];
    maker.positions = positions_of(network_.nodes[maker.node].shape);
    maker.channels = slice.columns;
    for (std::uint32_t k = 0; k < slice.columns.size(); ++k) {
      place[slice.layer][slice.copy][slice.columns[k]] = {index, k};
    }
    maker.write_bits = static_cast<std::uint32_t>(maker.channels.size()) * network_.nodes[maker.node].format.bits;
    tables_.makers.push_back(std::move(maker));
  }
  for (std::uint32_t g = 0; g < tables_.part_groups.size(); ++g) connect(g, place);
}

// Where the sums of a part group go.
void FlowBuilder::connect(std::uint32_t g, const ColumnPlaces& places) {
  PartGroupTable& group = tables_.part_groups[g];
  std::map<std::uint32_t, GroupOutput> outputs;
  std::uint32_t sum = 0;
  for (const PartGroupTable::Part& part : group.parts) {
    for (const std::uint32_t j : placed_.crossbars[part.crossbar].parts[part.part].columns) {
      const auto [maker, place] = places[group.layer][group.copy][j];
      GroupOutput& output = outputs[maker];
      output.maker = maker;
      output.from.push_back(sum++);
      output.to.push_back(place);
    }
  }
  for (auto& [index, output] : outputs) {
    MakerTable& maker = tables_.makers[index];
    output.is_local = maker.tile == group.tile;
    output.credit_cycles = output.is_local ? 0 : credit_cycles_(maker.tile, group.tile);
    if (!output.is_local) output.fan_out = fan_out_of(group.tile, {maker.tile});
    maker.row_parts += 1;
    maker.groups.push_back(g);
    group.outputs.push_back(std::move(output));
  }
}

void FlowBuilder::make_digital_makers() {
  for (const DigitalSlice& slice : placed_.digital_slices) {
    if (slice.pass != pass_) continue;
    const FixedPointNode& node = network_.nodes[slice.node];
    MakerTable maker;
    maker.kind = MakerKind::digital_slice;
    maker.tile = slice.home.value();
    maker.node = slice.node;
    maker.positions = positions_of(node.shape);
    for (std::uint32_t c = 0; c < slice.channels; ++c) maker.channels.push_back(slice.first_channel + c);
    maker.write_bits = slice.channels * node.format.bits;
    std::uint32_t before = 0;  // concat: channels of earlier inputs
    for (std::size_t k = 0; k < node.spec.inputs.size(); ++k) {
      const NodeInput from = input_of(network_, slice.node, k);
      const std::uint32_t here = network_.nodes[node.spec.inputs[k]].shape.channels;
      const bool concat = node.spec.kind == NodeKind::concat;
      const std::uint32_t first = concat ? std::clamp(slice.first_channel, before, before + here) : slice.first_channel;
      const std::uint32_t end = concat ? std::clamp(slice.first_channel + slice.channels, before, before + here)
                                       : slice.first_channel + slice.channels;
      const std::uint32_t positions = positions_of(network_.nodes[from.source].shape);
      std::vector<WindowValue> values;
      std::vector<std::uint32_t> channels;
      for (std::uint32_t c = first; c < end; ++c) {
        const std::uint32_t source = c - (concat ? before : 0);
        WindowValue value;
        value.slot = from.flattened ? source / positions : source;
        value.position = from.flattened ? source % positions : 0;
        channels.push_back(value.slot);
        values.push_back(value);
      }
      before += here;
      if (values.empty()) continue;
      maker.inputs.push_back({stream_of(maker.tile, from.source, channels), progress_of(slice.node, k)});
      maker.input_numbers.push_back(static_cast<std::uint32_t>(k));
      maker.flattened.push_back(from.flattened ? 1 : 0);
      maker.values.push_back(std::move(values));
      maker.first_value.push_back(first - slice.first_channel);
    }
    tables_.digital_makers.push_back(static_cast<std::uint32_t>(tables_.makers.size()));
    tables_.makers.push_back(std::move(maker));
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
