#include <algorithm>
#include <vector>

#include "mapping/bit_serial/home_slices.h"
#include "mapping/bit_serial/site_placement.h"
#include "models/bit_serial/dataflow.h"
#include "models/interconnect/topology.h"

namespace crossloom {
namespace {

using Traffic = std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t>;

class TrafficCounter {
 public:
  TrafficCounter(const PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip)
      : placed_(placed), network_(network), chip_(chip), nodes_(layer_nodes(network)), readers_(network.nodes.size()) {}

  Traffic count() {
    note_layer_readers();
    note_digital_readers();
    count_values();
    count_sums();
    return std::move(traffic_);
  }

 private:
  // Which channels of a node a tile reads.
  void want(NodeId node, std::uint32_t tile, std::uint32_t channel) {
    std::vector<std::uint8_t>& wanted = readers_[node][tile];
    if (wanted.empty()) wanted.resize(network_.nodes[node].shape.channels, 0);
    wanted[channel] = 1;
  }

  void note_layer_readers() {
    for (const PlacedCrossbar& crossbar : placed_.crossbars) {
      const std::uint32_t tile = tile_of(crossbar.element, chip_).value();
      for (const CrossbarPart& part : crossbar.parts) {
        const NodeId source = input_of(network_, nodes_[part.layer], 0).source;
        for (const std::uint32_t c : channels_of_rows(network_, nodes_[part.layer], part.rows, part.columns.front())) {
          want(source, tile, c);
        }
      }
    }
  }

  void note_digital_readers() {
    for (const DigitalSlice& slice : placed_.digital_slices) {
      const FixedPointNode& node = network_.nodes[slice.node];
      std::uint32_t before = 0;
      for (std::size_t k = 0; k < node.spec.inputs.size(); ++k) {
        const NodeInput from = input_of(network_, slice.node, k);
        const std::uint32_t channels = network_.nodes[node.spec.inputs[k]].shape.channels;
        const bool concat = node.spec.kind == NodeKind::concat;
        for (std::uint32_t c = slice.first_channel; c < slice.first_channel + slice.channels; ++c) {
          if (concat && (c < before || c >= before + channels)) continue;
          const std::uint32_t value = concat ? c - before : c;
          want(from.source, slice.home.value(),
               from.flattened ? value / positions_of(network_.nodes[from.source].shape) : value);
        }
        before += channels;
      }
    }
    const NodeId output = output_of(network_).source;
    for (std::uint32_t c = 0; c < network_.nodes[output].shape.channels; ++c) want(output, placed_.tiles, c);
  }

  void add(std::uint32_t from, std::uint32_t to, std::uint64_t bits) {
    if (from != to && bits > 0) traffic_[{from, to}] += bits;
  }

  // Of channels made at `home`, for a share of the positions.
  void from_home(NodeId node, std::uint32_t home, const std::vector<std::uint32_t>& channels, std::uint32_t copies) {
    const FixedPointNode& made = network_.nodes[node];
    for (const auto& [tile, wanted] : readers_[node]) {
      const auto read = std::count_if(channels.begin(), channels.end(),
                                      [&wanted = wanted](std::uint32_t c) { return wanted[c] != 0; });
      add(home, tile, static_cast<std::uint64_t>(read) * made.format.bits * positions_of(made.shape) / copies);
    }
  }

  void count_values() {
    for (const OutputSlice& slice : placed_.output_slices) {
      from_home(nodes_[slice.layer], slice.home.value(), slice.columns, placed_.copies[slice.layer]);
    }
    for (const DigitalSlice& slice : placed_.digital_slices) {
      std::vector<std::uint32_t> channels;
      for (std::uint32_t c = 0; c < slice.channels; ++c) channels.push_back(slice.first_channel + c);
      from_home(slice.node, slice.home.value(), channels, 1);
    }
    std::vector<std::uint32_t> image(network_.nodes[NodeId(0)].shape.channels);
    for (std::uint32_t c = 0; c < image.size(); ++c) image[c] = c;
    from_home(NodeId(0), placed_.tiles, image, 1);
  }

  // A partial sum has about as many bits as a weight and an activation together.
  void count_sums() {
    for (const OutputSlice& slice : placed_.output_slices) {
      const std::uint64_t positions =
          positions_of(network_.nodes[nodes_[slice.layer]].shape) / placed_.copies[slice.layer];
      for (const OutputSlice::RowPart& row_part : slice.row_parts) {
        const PlacedCrossbar& crossbar = placed_.crossbars[row_part.crossbar];
        const auto& columns = crossbar.parts[row_part.part].columns;
        const auto here =
            static_cast<std::uint64_t>(std::count_if(columns.begin(), columns.end(), [&](std::uint32_t j) {
              return std::binary_search(slice.columns.begin(), slice.columns.end(), j);
            }));
        add(tile_of(crossbar.element, chip_).value(), slice.home.value(),
            here * std::max<std::uint64_t>(1, positions) * (chip_.weight_bits + chip_.activation_bits));
      }
    }
  }

  const PlacedNetwork& placed_;
  const FixedPointNetwork& network_;
  const BitSerialChipSpec& chip_;
  IdVector<LayerId, NodeId> nodes_;
  IdVector<NodeId, std::map<std::uint32_t, std::vector<std::uint8_t>>> readers_;  // by tile
  Traffic traffic_;
};

}  // namespace

Traffic tile_traffic(const PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip) {
  return TrafficCounter(placed, network, chip).count();
}

double traffic_hops(const PlacedNetwork& placed, const Traffic& traffic, const BitSerialChipSpec& chip) {
  const Topology topology(chip.interconnect);
  const std::uint32_t port = port_node(chip);
  const auto chip_of = [&](std::uint32_t tile) { return tile == placed.tiles ? 0U : placed.chips[tile]; };
  const auto node_of = [&](std::uint32_t tile) { return tile == placed.tiles ? port : placed.sites[tile]; };
  double sum = 0.0;
  for (const auto& [ends, bits] : traffic) {
    const auto [from, to] = ends;
    const std::uint32_t routers = chip_of(from) == chip_of(to) ? topology.routers_between(node_of(from), node_of(to))
                                                               : topology.routers_between(node_of(from), port) +
                                                                     topology.routers_between(port, node_of(to));
    sum += static_cast<double>(bits) * routers;
  }
  return sum;
}

}  // namespace crossloom
