#include "mapping/bit_serial/copies.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "mapping/bit_serial/block_cutting.h"
#include "models/bit_serial/dataflow.h"

namespace crossloom {
namespace {

using Copies = IdVector<LayerId, std::uint32_t>;

/// The pace over the turns that a layer may take by sharing. At 1 a pipeline is as fast as without, but an image waits
/// for each of its layers in turn, and leaks meanwhile: docs/mapping.md has crossbars, energy and latency at 1, 4, 16.
constexpr std::uint32_t kPaceToSharing = 16;

void check_names(const FixedPointNetwork& network, const BitSerialMappingSpec& spec) {
  for (const auto& [name, copies] : spec.copies_by_layer) {
    const auto& layers = network.layers.raw();
    const bool exists = std::any_of(layers.begin(), layers.end(),
                                    [&name = name](const FixedPointLayer& layer) { return layer.name == name; });
    if (!exists) {
      throw UserError(fmt::format("mapping.copies_by_layer names {}, but the network has no such layer", name));
    }
  }
}

}  // namespace

Copies choose_copies(const FixedPointNetwork& network, const BitSerialMappingSpec& spec,
                     const IdVector<LayerId, std::uint64_t>& crossbars, std::uint64_t budget) {
  check_names(network, spec);
  const IdVector<LayerId, NodeId> nodes = layer_nodes(network);
  const auto positions = [&](LayerId layer) { return positions_of(network.nodes[nodes[layer]].shape); };
  const auto fixed = [&](LayerId layer) -> std::uint32_t {
    const auto asked = spec.copies_by_layer.find(network.layers[layer].name);
    if (asked != spec.copies_by_layer.end()) return std::min(asked->second, positions(layer));
    if (spec.folding == Folding::semi_folded) return network.nodes[nodes[layer]].shape.width;
    if (spec.folding == Folding::unfolded) return positions(layer);
    return spec.folding == Folding::folded ? 1U : 0U;
  };
  const auto at_pace = [&](std::uint32_t turns) {
    Copies copies(network.layers.size());
    for (std::size_t l = 0; l < copies.size(); ++l) {
      const std::uint32_t asked = fixed(LayerId(l));
      copies[LayerId(l)] = asked != 0 ? asked : std::max(1U, (positions(LayerId(l)) + turns - 1) / turns);
    }
    return copies;
  };
  const auto fits = [&](const Copies& copies) {
    std::uint64_t sum = 0;
    for (std::size_t l = 0; l < copies.size(); ++l) sum += crossbars[LayerId(l)] * copies[LayerId(l)];
    return sum <= budget;
  };
  std::uint32_t most_turns = 1;
  for (std::size_t l = 0; l < network.layers.size(); ++l) most_turns = std::max(most_turns, positions(LayerId(l)));
  std::uint32_t low = 1, high = most_turns;  // the smallest pace that fits; one copy each if none does
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (fits(at_pace(middle))) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return at_pace(low);
}

Turns choose_turns(const FixedPointNetwork& network, const BitSerialChipSpec& chip, const BitSerialMappingSpec& spec) {
  const std::size_t layers = network.layers.size();
  IdVector<LayerId, std::uint64_t> crossbars;
  for (std::size_t l = 0; l < layers; ++l) {
    crossbars.push_back(cut_layer(network.layers[LayerId(l)], LayerId(l), chip).size());
  }
  // Whole elements for each layer may take up to one element a layer more.
  const std::uint64_t rounding = layers * (chip.crossbars_per_element() - 1);
  const std::uint64_t room = std::uint64_t{chip.processing_elements()} * chip.crossbars_per_element();
  Turns turns;
  turns.copies =
      choose_copies(network, spec, crossbars, spec.crossbar_budget.value_or(room > rounding ? room - rounding : room));
  if (!spec.share_crossbars || spec.packing == BlockPacking::fewest_crossbars) {
    turns.parts = IdVector<LayerId, std::uint32_t>(layers, spec.share_crossbars ? UINT32_MAX : 1);
    return turns;
  }
  const IdVector<LayerId, NodeId> nodes = layer_nodes(network);
  std::vector<std::uint32_t> apart;  // turns without sharing
  for (std::size_t l = 0; l < layers; ++l) {
    const std::uint32_t copies = turns.copies[LayerId(l)];
    apart.push_back((positions_of(network.nodes[nodes[LayerId(l)]].shape) + copies - 1) / copies);
  }
  const std::uint32_t pace = std::accumulate(apart.begin(), apart.end(), 1U,
                                             [](std::uint32_t most, std::uint32_t own) { return std::max(most, own); });
  for (const std::uint32_t own : apart) turns.parts.push_back(std::max(1U, pace / (kPaceToSharing * own)));
  return turns;
}

}  // namespace crossloom
