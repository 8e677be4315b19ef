#include "models/bit_serial/network_passes.h"

#include <algorithm>

#include <fmt/core.h>

#include "models/bit_serial/dataflow.h"

namespace crossloom {
namespace {

/// Calls visit(reading pass, source, channel) for everything that the network's weights and digital nodes read.
template <class Visit>
void for_each_reading(const PlacedNetwork& placed, const FixedPointNetwork& network, Visit visit) {
  const IdVector<LayerId, NodeId> nodes = layer_nodes(network);
  for (const PlacedCrossbar& crossbar : placed.crossbars) {
    for (const CrossbarPart& part : crossbar.parts) {
      const NodeId node = nodes[part.layer];
      const NodeId source = input_of(network, node, 0).source;
      for (const std::uint32_t c : channels_of_rows(network, node, part.rows, part.columns.front())) {
        visit(crossbar.pass, source, c);
      }
    }
  }
  for (const DigitalSlice& slice : placed.digital_slices) {
    for_each_read(network, slice, [&](NodeId source, std::uint32_t c) { visit(slice.pass, source, c); });
  }
}

}  // namespace

IdVector<NodeId, std::vector<std::uint32_t>> passes_of_channels(const PlacedNetwork& placed,
                                                                const FixedPointNetwork& network) {
  const IdVector<LayerId, NodeId> nodes = layer_nodes(network);
  IdVector<NodeId, std::vector<std::uint32_t>> passes(network.nodes.size());
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    passes[NodeId(n)].assign(network.nodes[NodeId(n)].shape.channels, 0);
  }
  for (const OutputSlice& slice : placed.output_slices) {
    for (const std::uint32_t j : slice.columns) passes[nodes[slice.layer]][j] = slice.pass;
  }
  for (const DigitalSlice& slice : placed.digital_slices) {
    for (std::uint32_t c = 0; c < slice.channels; ++c) passes[slice.node][slice.first_channel + c] = slice.pass;
  }
  return passes;
}

IdVector<NodeId, std::vector<std::optional<std::uint32_t>>> last_reading_passes(const PlacedNetwork& placed,
                                                                                const FixedPointNetwork& network) {
  IdVector<NodeId, std::vector<std::optional<std::uint32_t>>> last(network.nodes.size());
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    last[NodeId(n)].resize(network.nodes[NodeId(n)].shape.channels);
  }
  for_each_reading(placed, network, [&](std::uint32_t pass, NodeId source, std::uint32_t c) {
    std::optional<std::uint32_t>& of_channel = last[source][c];
    of_channel = std::max(of_channel.value_or(0), pass);
  });
  return last;
}

void for_each_read(const FixedPointNetwork& network, const DigitalSlice& slice,
                   const std::function<void(NodeId source, std::uint32_t channel)>& visit) {
  const FixedPointNode& node = network.nodes[slice.node];
  const bool concat = node.spec.kind == NodeKind::concat;
  std::uint32_t before = 0;
  for (std::size_t k = 0; k < node.spec.inputs.size(); ++k) {
    const NodeInput from = input_of(network, slice.node, k);
    const std::uint32_t channels = network.nodes[node.spec.inputs[k]].shape.channels;
    for (std::uint32_t c = slice.first_channel; c < slice.first_channel + slice.channels; ++c) {
      if (concat && (c < before || c >= before + channels)) continue;
      const std::uint32_t value = concat ? c - before : c;
      visit(from.source, from.flattened ? value / positions_of(network.nodes[from.source].shape) : value);
    }
    before += channels;
  }
}

std::vector<std::string> pass_faults(const PlacedNetwork& placed, const FixedPointNetwork& network) {
  std::vector<std::string> faults;
  std::vector<std::uint8_t> written(placed.passes, 0);
  for (const PlacedCrossbar& crossbar : placed.crossbars) written[crossbar.pass] = 1;
  for (std::uint32_t pass = 0; placed.passes > 1 && pass < placed.passes; ++pass) {
    if (written[pass] == 0) faults.push_back(fmt::format("pass {} writes no weights", pass));
  }
  for (const OutputSlice& slice : placed.output_slices) {
    for (const OutputSlice::RowPart& row_part : slice.row_parts) {
      if (placed.crossbars[row_part.crossbar].pass == slice.pass) continue;
      faults.push_back(fmt::format("an output slice of pass {} has weights of another", slice.pass));
      return faults;
    }
  }
  const auto made = passes_of_channels(placed, network);
  IdVector<NodeId, std::vector<std::uint32_t>> kept_until(network.nodes.size());
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    kept_until[NodeId(n)].assign(network.nodes[NodeId(n)].shape.channels, 0);
  }
  for (const KeptSlice& slice : placed.kept_slices) {
    for (std::uint32_t c = slice.first_channel; c < slice.first_channel + slice.channels; ++c) {
      if (made[slice.node][c] != slice.made) faults.push_back("values are kept from a pass that does not make them");
      kept_until[slice.node][c] = slice.last_read;
    }
  }
  for_each_reading(placed, network, [&](std::uint32_t pass, NodeId source, std::uint32_t c) {
    if (!faults.empty() || source == NodeId(0)) return;
    const std::string& name = network.nodes[source].spec.name;
    if (made[source][c] > pass) {
      faults.push_back(
          fmt::format("pass {} reads channel {} of {}, which pass {} makes", pass, c, name, made[source][c]));
    } else if (made[source][c] < pass && kept_until[source][c] < pass) {
      faults.push_back(fmt::format("pass {} reads channel {} of {}, which is not kept from pass {} on", pass, c, name,
                                   made[source][c]));
    }
  });
  return faults;
}

}  // namespace crossloom
