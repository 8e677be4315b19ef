// Which parts of crossbars are read together, and what they read.
#include <algorithm>
#include <map>
#include <tuple>

#include "sim/bit_serial/flow_builder.h"

namespace crossloom::bit_serial {

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

}  // namespace crossloom::bit_serial
