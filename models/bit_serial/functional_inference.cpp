#include "models/bit_serial/functional_inference.h"

#include <algorithm>

#include "base/error.h"
#include "models/bit_serial/digital_nodes.h"

namespace crossloom {

FunctionalInference::FunctionalInference(const FixedPointNetwork& network, const PlacedNetwork& placed,
                                         const ProgrammedArrays& arrays)
    : network_(network), placed_(placed), products_(arrays), parts_(network.layers.size()) {
  for (std::size_t l = 0; l < network.layers.size(); ++l) parts_[LayerId(l)].resize(placed.copies.at(LayerId(l)));
  std::size_t most_rows = 0, most_columns = 0;
  for (std::size_t c = 0; c < placed.crossbars.size(); ++c) {
    const PlacedCrossbar& crossbar = placed.crossbars[PlacedCrossbarId(c)];
    for (std::uint32_t p = 0; p < crossbar.parts.size(); ++p) {
      const CrossbarPart& part = crossbar.parts[p];
      CROSSLOOM_CHECK(part.copy < parts_.at(part.layer).size(), "a part of a copy that there is not");
      parts_[part.layer][part.copy].push_back({PlacedCrossbarId(c), p});
      most_rows = std::max(most_rows, part.rows.size());
      most_columns = std::max(most_columns, part.columns.size());
    }
  }
  inputs_.resize(most_rows);
  partial_.resize(most_columns);
}

FunctionalOutcome FunctionalInference::run(std::uint32_t image, const std::vector<std::uint8_t>& pixels) {
  CROSSLOOM_CHECK(pixels.size() == network_.nodes[NodeId(0)].shape.size(), "an image has one value an input");
  FunctionalOutcome outcome;
  outcome.counts = IdVector<LayerId, ProductCounts>(network_.layers.size());
  for (const FixedPointNode& node : network_.nodes) {
    std::vector<std::int32_t> output(node.shape.size());
    if (node.spec.kind == NodeKind::input) {
      std::transform(pixels.begin(), pixels.end(), output.begin(),
                     [&](std::uint8_t pixel) { return input_output(node, pixel); });
    } else if (node.spec.layer) {
      run_layer(node, outcome.outputs[node.spec.inputs.front()], image, output, outcome.counts[*node.spec.layer]);
    } else {
      const std::uint32_t plane = node.shape.width * node.shape.height;
      for (std::uint32_t at = 0; at < output.size(); ++at) {
        output[at] = digital_output(network_, node, outcome.outputs, at / plane, at % plane);
      }
    }
    outcome.outputs.push_back(std::move(output));
  }
  return outcome;
}

void FunctionalInference::run_layer(const FixedPointNode& node, const std::vector<std::int32_t>& input,
                                    std::uint32_t image, std::vector<std::int32_t>& output, ProductCounts& counts) {
  const LayerId id = *node.spec.layer;
  const FixedPointLayer& layer = network_.layers[id];
  const bool is_signed = network_.nodes[node.spec.inputs.front()].format.is_signed;
  const std::uint32_t positions = node.shape.width * node.shape.height, of_group = layer.columns / layer.groups;
  for (std::uint32_t position = 0; position < positions; ++position) {
    sums_.assign(layer.columns, 0);
    for (const RowPart& at : parts_[id][placed_.copy_of(id, position)]) {
      const CrossbarPart& part = placed_.crossbars[at.crossbar].parts[at.part];
      gather_inputs(network_, node, input, part.rows, part.columns.front() / of_group, position, inputs_.data());
      products_.product(at.crossbar, at.part, inputs_.data(), is_signed, {image, position}, partial_.data(), counts);
      for (std::size_t j = 0; j < part.columns.size(); ++j) sums_[part.columns[j]] += partial_[j];
    }
    for (std::uint32_t j = 0; j < layer.columns; ++j) {
      output[std::size_t{j} * positions + position] = finished_sum(network_, node, j, sums_[j]);
    }
  }
}

}  // namespace crossloom
