#include "mapping/bit_serial/network_placement.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "mapping/bit_serial/block_cutting.h"
#include "mapping/bit_serial/copies.h"
#include "mapping/bit_serial/element_filling.h"
#include "mapping/bit_serial/home_slices.h"
#include "mapping/bit_serial/passes.h"
#include "mapping/bit_serial/site_placement.h"

namespace crossloom {

BitSerialMappingSpec read_bit_serial_mapping_spec(ConfigReader reader) {
  BitSerialMappingSpec spec;
  spec.folding = reader.choice_or<Folding>("folding", spec.folding,
                                           {{"folded", Folding::folded},
                                            {"semi_folded", Folding::semi_folded},
                                            {"unfolded", Folding::unfolded},
                                            {"balanced", Folding::balanced}});
  if (auto by_layer = reader.optional_section("copies_by_layer")) {
    for (const std::string& layer : by_layer->keys()) {
      spec.copies_by_layer[layer] = static_cast<std::uint32_t>(by_layer->integer(layer, {1, 1 << 20}));
    }
  }
  if (reader.has("crossbar_budget")) {
    spec.crossbar_budget = static_cast<std::uint64_t>(reader.integer("crossbar_budget", {1, std::int64_t{1} << 32}));
  }
  spec.packing = reader.choice_or<BlockPacking>("packing", spec.packing,
                                                {{"as_given", BlockPacking::as_given},
                                                 {"balanced", BlockPacking::balanced},
                                                 {"fewest_crossbars", BlockPacking::fewest_crossbars}});
  spec.placement = reader.choice_or<SitePlacement>("placement", spec.placement,
                                                   {{"in_order", SitePlacement::in_order},
                                                    {"bisected", SitePlacement::bisected},
                                                    {"annealed", SitePlacement::annealed}});
  spec.reload = reader.boolean_or("reload", spec.reload);
  spec.share_crossbars = reader.boolean_or("share_crossbars", spec.share_crossbars);
  return spec;
}

namespace {

// Whether a layer may share a processing element with the one before it.
enum class Alignment { layers_by_element, tight };

std::uint64_t elements_needed(const IdVector<LayerId, PackedLayer>& layers,
                              const IdVector<LayerId, std::uint32_t>& copies, std::uint64_t each, Alignment alignment) {
  std::uint64_t elements = 0, crossbars = 0;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::uint64_t of_layer = layers[LayerId(l)].size() * std::uint64_t{copies[LayerId(l)]};
    crossbars += of_layer;
    elements += (of_layer + each - 1) / each;
  }
  return alignment == Alignment::tight ? (crossbars + each - 1) / each : elements;
}

// All layers at once.
BufferBudget fill_elements(const IdVector<LayerId, PackedLayer>& layers, const FixedPointNetwork& network,
                           const BitSerialChipSpec& chip, Alignment alignment, PlacedNetwork& placed) {
  ElementFiller filler(network, chip);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    if (alignment == Alignment::layers_by_element) filler.align();
    for (std::uint32_t copy = 0; copy < placed.copies[LayerId(l)]; ++copy) {
      for (const std::vector<CrossbarPart>& parts : layers[LayerId(l)]) {
        placed.crossbars.push_back(filler.take(parts, copy, 0));
      }
    }
  }
  placed.tiles = std::max(1U, filler.tiles());
  return filler.budget();
}

[[noreturn]] void refuse(std::uint64_t elements, const BitSerialChipSpec& chip) {
  const std::uint64_t in_chip = std::uint64_t{chip.tiles} * chip.tile.processing_elements;
  const std::uint64_t chips = (elements + in_chip - 1) / in_chip;
  const std::uint64_t tiles = (elements + chip.tile.processing_elements - 1) / chip.tile.processing_elements;
  throw DoesNotFit(fmt::format(
      "the network needs {} processing elements of {} crossbars, and {} has {} ({} chips x {} tiles x {}). It would "
      "fit {} chips, or one of {} tiles, or be reloaded in at least {} passes (mapping.reload: true)",
      elements, chip.crossbars_per_element(), chip.name, in_chip * chip.chips, chip.chips, chip.tiles,
      chip.tile.processing_elements, chips, tiles,
      std::max<std::uint64_t>(2, (elements + in_chip * chip.chips - 1) / (in_chip * chip.chips))));
}

// Naive sites, then those that the spec asks for.
void place_tiles(BitSerialMapping& mapping, const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                 const BitSerialMappingSpec& spec, RandomKey key) {
  PlacedNetwork& placed = mapping.placed;
  for (std::uint32_t t = 0; t < placed.tiles; ++t) {
    placed.sites.push_back(t % chip.tiles);
    placed.chips.push_back(t / chip.tiles);
  }
  if (chip.interconnect.nodes() < chip.tiles) return;  // no network is described
  const auto traffic = tile_traffic(placed, network, chip);
  mapping.quality.traffic_hops_in_order = traffic_hops(placed, traffic, chip);
  if (spec.placement != SitePlacement::in_order) bisect_sites(placed, traffic, chip);
  if (spec.placement == SitePlacement::annealed) anneal_sites(placed, traffic, chip, key);
  mapping.quality.traffic_hops = traffic_hops(placed, traffic, chip);
}

}  // namespace

BitSerialMapping place_network(const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                               const BitSerialMappingSpec& spec, RandomKey key, ProgressSink& progress) {
  const Turns turns = choose_turns(network, chip, spec);
  IdVector<LayerId, PackedLayer> layers;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const LayerId id(l);
    layers.push_back(pack_crossbars(cut_layer(network.layers[id], id, chip), chip, turns.parts[id]));
  }
  const std::uint64_t each = chip.crossbars_per_element();
  const std::uint64_t elements = chip.processing_elements();
  BitSerialMapping result;
  PlacedNetwork& placed = result.placed;
  placed.copies = turns.copies;
  Alignment alignment = Alignment::layers_by_element;
  if (elements_needed(layers, placed.copies, each, alignment) > elements) alignment = Alignment::tight;
  const std::uint64_t needed = elements_needed(layers, placed.copies, each, alignment);
  if (needed > elements && !spec.reload) refuse(needed, chip);
  progress.update("placing crossbars", 0, 1, "");
  std::vector<BufferBudget> budgets;
  if (needed <= elements) budgets.push_back(fill_elements(layers, network, chip, alignment, placed));
  if (needed > elements || (spec.reload && placed.tiles > chip.tiles * chip.chips)) {
    budgets = fill_in_passes(layers, network, chip, placed);
  }
  make_output_slices(placed, network, chip);
  make_digital_slices(placed, network, chip, budgets);
  if (placed.tiles > chip.tiles * chip.chips) refuse(std::uint64_t{placed.tiles} * chip.tile.processing_elements, chip);
  keep_between_passes(placed, network, chip, budgets, spec.images_a_pass);
  place_tiles(result, network, chip, spec, key);
  progress.update("placing crossbars", 1, 1, "");
  return result;
}

}  // namespace crossloom
