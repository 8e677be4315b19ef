// Where outputs are made: homes of sums, digital units, what waits from earlier passes, and the host.
#include <algorithm>
#include <map>

#include "models/bit_serial/network_passes.h"
#include "sim/bit_serial/flow_builder.h"

namespace crossloom::bit_serial {

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

}  // namespace crossloom::bit_serial
