#include "models/mapping_summary.h"

#include <algorithm>
#include <set>

namespace crossloom {

namespace {

enum class Biases { counted, left_out };

std::size_t live_in(const MappedNetwork& mapped, const SpikingNetwork& network, const BlockPart& part, Biases biases) {
  const SpikingLayer& layer = network.layers.at(part.layer);
  std::size_t live = 0;
  for (std::size_t k = 0; k < part.rows.size(); ++k) {
    const std::optional<HeldRow> held = held_row(mapped, part, k);
    if (!held || (biases == Biases::left_out && held->input >= layer.inputs)) continue;
    for (const std::uint32_t j : *held->outputs) live += layer.is_live(held->input, j) ? 1 : 0;
  }
  return live;
}

}  // namespace

std::uint64_t live_weights(const MappedNetwork& mapped, const SpikingNetwork& network) {
  std::uint64_t live = 0;
  for (const MappedCrossbar& crossbar : mapped.crossbars) {
    for (const BlockPart& part : crossbar.parts) live += live_in(mapped, network, part, Biases::left_out);
  }
  return live;
}

MappingSummary summarise(const MappedNetwork& mapped, const SpikingNetwork& network) {
  MappingSummary summary;
  summary.layers.resize(network.layers.size());
  summary.crossbars = mapped.crossbars.size();
  for (const NeuronBank& bank : mapped.banks) ++summary.layers.at(bank.layer.value()).banks;
  const double positions = static_cast<double>(mapped.input_rows_per_crossbar) * mapped.columns_per_crossbar;
  for (const MappedCrossbar& crossbar : mapped.crossbars) {
    std::set<LayerId> layers;
    std::size_t live = 0;
    for (const BlockPart& part : crossbar.parts) {
      live += live_in(mapped, network, part, Biases::counted);
      LayerCrossbars& of_layer = summary.layers.at(part.layer.value());
      of_layer.row_parts += part.uses();
      const std::optional<SharedKernel>& kernel = network.layers.at(part.layer).kernel;
      if (kernel && !part.positions.empty()) of_layer.positions = kernel->positions();
      of_layer.copies = std::max(of_layer.copies, part.copy + std::size_t{1});
      of_layer.crossbars += 1.0 / static_cast<double>(crossbar.parts.size());
      layers.insert(part.layer);
    }
    summary.shared += crossbar.parts.size() > 1 ? 1 : 0;
    summary.shared_across_layers += layers.size() > 1 ? 1 : 0;
    const auto tenth = static_cast<std::size_t>(static_cast<double>(live) / positions * MappingSummary::kBins);
    ++summary.by_utilisation[std::min(tenth, MappingSummary::kBins - 1)];
  }
  return summary;
}

}  // namespace crossloom
