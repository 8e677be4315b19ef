#include "mapping/bank_packings.h"

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "base/error.h"
#include "mapping/bundles.h"
#include "mapping/home_tiles.h"
#include "mapping/kernel_packing.h"

namespace crossloom {
namespace {

using Members = std::vector<std::uint32_t>;  // indices of banks

std::uint32_t ceil_div(std::uint32_t a, std::uint32_t b) { return a / b + (a % b != 0 ? 1U : 0U); }

enum class Slots { of_arrays, of_arrays_and_neurons };

// Crossbar slots that each bundle takes: its arrays, and on demand as many more as keep room for its neurons wherever
// they are, one home a bank.
std::vector<std::uint32_t> bundle_sizes(const std::vector<Bundle>& bundles, const PackedNetwork& packed,
                                        const ChipSpec& chip, Slots slots) {
  const std::uint32_t banks_per_tile = chip.tile.neurons / stripe_width(chip);
  std::vector<std::uint32_t> sizes;
  for (const Bundle& bundle : bundles) {
    std::uint32_t least = 1;
    if (slots == Slots::of_arrays_and_neurons) {
      const auto banks = static_cast<std::uint32_t>(bundle.banks.size());
      least = bundle.of_kernel ? tiles_for_neurons(packed.banks, bundle.banks, chip) * chip.tile.crossbars
                               : ceil_div(banks * chip.tile.crossbars, banks_per_tile);
    }
    sizes.push_back(std::max(bundle.arrays, least));
  }
  return sizes;
}

[[noreturn]] void refuse_reach(const PackedBank& bank, const SpikingNetwork& network, const ChipSpec& chip,
                               std::uint32_t size) {
  const std::uint32_t tile = chip.tile.crossbars;
  const std::uint32_t group = tile * chip.tile_group.tiles;
  std::size_t rows = 0;
  for (const auto& part : bank.row_parts) rows += part.size();
  const bool in_tile = chip.tile_group.analog_reach == AnalogReach::tile;
  std::string fits =
      in_tile && size <= group
          ? std::string("tile_group.analog_reach: tile_group")
          : fmt::format("tile_group.analog_reach: tile_group with tile_group.tiles: {}", ceil_div(size, tile));
  fits += fmt::format(", or tile.crossbars: {}", in_tile ? size : ceil_div(size, chip.tile_group.tiles));
  fits += fmt::format(", or crossbar.rows: {}", ceil_div(static_cast<std::uint32_t>(rows), in_tile ? tile : group));
  throw DoesNotFit(
      fmt::format("layer {} does not fit: a neuron with {} inputs needs {} row parts of {} rows, but its analog reach "
                  "({}) has {} crossbars. "
                  "Would fit: {}",
                  network.layers[bank.layer].name, rows, size, chip.crossbar.rows,
                  in_tile ? "one tile" : "one tile group", in_tile ? tile : group, fits));
}

// From bundles to banks, with tiles enough for their neurons; absent where a reach has too few.
std::optional<Packing> with_neurons(const Packing& of_bundles, const std::vector<Bundle>& bundles,
                                    const PackedNetwork& packed, const ChipSpec& chip) {
  Packing packing;
  for (std::size_t r = 0; r < of_bundles.reaches.size(); ++r) {
    Members members;
    for (const std::uint32_t bundle : of_bundles.reaches[r]) {
      members.insert(members.end(), bundles[bundle].banks.begin(), bundles[bundle].banks.end());
    }
    std::sort(members.begin(), members.end());
    const std::uint32_t tiles = std::max(of_bundles.tiles[r], tiles_for_neurons(packed.banks, members, chip));
    if (tiles > reach_of(chip).tiles) return std::nullopt;
    packing.reaches.push_back(std::move(members));
    packing.tiles.push_back(tiles);
  }
  return packing;
}

}  // namespace

std::uint32_t stripe_width(const ChipSpec& chip) { return std::min(chip.crossbar.columns, chip.tile.neurons); }

std::vector<Packing> packings_of(const PackedNetwork& packed, const SpikingNetwork& network, const ChipSpec& chip) {
  const std::vector<Bundle> bundles = bundles_of(packed);
  std::vector<LayerId> layers;
  for (const Bundle& bundle : bundles) layers.push_back(packed.banks[bundle.banks.front()].layer);
  std::vector<Packing> packings;
  for (const Slots slots : {Slots::of_arrays, Slots::of_arrays_and_neurons}) {
    const std::vector<std::uint32_t> sizes = bundle_sizes(bundles, packed, chip, slots);
    for (std::size_t b = 0; b < bundles.size(); ++b) {
      if (sizes[b] <= reach_of(chip).capacity()) continue;
      if (bundles[b].banks.size() > 1 && !bundles[b].of_kernel) return {};
      refuse_reach(packed.banks[bundles[b].banks.front()], network, chip, sizes[b]);
    }
    const auto add = [&](const std::vector<Packing>& of_bundles) {
      for (const Packing& candidate : of_bundles) {
        std::optional<Packing> packing = with_neurons(candidate, bundles, packed, chip);
        if (packing) packings.push_back(std::move(*packing));
      }
    };
    add(candidate_packings(layers, sizes, chip));
    add(packings_around_kernels(bundles, packed, layers, sizes, chip));
    if (!packings.empty()) break;
  }
  return packings;
}

std::vector<Packing> packings_that_fit(std::vector<Packing> packings, const ChipSpec& chip) {
  if (!chip.tiles) return packings;
  const auto least = [&](auto&& tiles_of) {
    std::uint32_t tiles = tiles_of(packings.front());
    for (const Packing& packing : packings) tiles = std::min(tiles, tiles_of(packing));
    return tiles;
  };
  const std::uint32_t needed = least([&](const Packing& packing) { return packing.chip_tiles(chip); });
  if (needed > *chip.tiles) {
    throw DoesNotFit(
        fmt::format("the network needs {} tiles in {} tile groups, but the chip has {} tiles. Would fit: tiles: {} "
                    "(or tiles: auto)",
                    least([](const Packing& packing) { return packing.all_tiles(); }),
                    ceil_div(needed, chip.tile_group.tiles), *chip.tiles, needed));
  }
  const auto too_large = [&](const Packing& packing) { return packing.chip_tiles(chip) > *chip.tiles; };
  packings.erase(std::remove_if(packings.begin(), packings.end(), too_large), packings.end());
  return packings;
}

}  // namespace crossloom
