#include "models/mapping_summary.h"

#include <algorithm>
#include <set>

namespace crossloom {

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
      const SpikingLayer& layer = network.layers.at(part.layer);
      for (const std::uint32_t i : part.rows) {
        for (const std::uint32_t j : part.columns) live += layer.is_live(i, j) ? 1 : 0;
      }
      LayerCrossbars& of_layer = summary.layers.at(part.layer.value());
      ++of_layer.row_parts;
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
