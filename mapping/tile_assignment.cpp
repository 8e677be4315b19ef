#include "mapping/tile_assignment.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include <fmt/core.h>

#include "base/error.h"
#include "mapping/home_tiles.h"
#include "mapping/message_count.h"
#include "mapping/reach_packing.h"
#include "mapping/tile_filling.h"

namespace crossloom {
namespace {

using Members = std::vector<std::uint32_t>;             // indices of banks
constexpr std::uint64_t kExchangeEffort = 200'000'000;  // input words looked at, all reaches together: about 0.5 s

std::uint32_t ceil_div(std::uint32_t a, std::uint32_t b) { return a / b + (a % b != 0 ? 1U : 0U); }

// Crossbar slots that a bank takes: its row parts, and as many more as keep room for its neurons where a tile has fewer
// neurons than its crossbars have columns.
std::vector<std::uint32_t> bank_sizes(const std::vector<PackedBank>& banks, const ChipSpec& chip) {
  const std::uint32_t banks_per_tile = chip.tile.neurons / stripe_width(chip);
  const std::uint32_t least = banks_per_tile < chip.tile.crossbars ? ceil_div(chip.tile.crossbars, banks_per_tile) : 1;
  std::vector<std::uint32_t> sizes;
  for (const PackedBank& bank : banks)
    sizes.push_back(std::max(static_cast<std::uint32_t>(bank.row_parts.size()), least));
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

struct Array {
  std::uint32_t bank;
  std::uint32_t part;
};

// What is decided before crossbars and tiles get their ids.
struct Plan {
  Packing packing;
  std::vector<std::vector<Array>> arrays;  // of each reach, sorted by inputs
  std::vector<TileFilling> fillings;       // of each reach: indices of arrays
  std::vector<std::uint32_t> home;         // bank -> tile of its reach
  Messages messages;
};

// Packings that a chip of fixed size has groups for; all of them otherwise.
std::vector<Packing> packings_that_fit(const std::vector<PackedBank>& banks, const std::vector<std::uint32_t>& sizes,
                                       const ChipSpec& chip) {
  std::vector<Packing> packings = candidate_packings(banks, sizes, chip);
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

// Arrays of each reach, sorted so that those with the same inputs lie side by side.
std::vector<std::vector<Array>> sorted_arrays(const std::vector<PackedBank>& banks, const Packing& packing) {
  std::vector<std::vector<Array>> arrays;
  const auto key = [&](const Array& a) { return std::tie(banks[a.bank].layer, banks[a.bank].row_parts[a.part]); };
  for (const Members& members : packing.reaches) {
    arrays.emplace_back();
    for (const std::uint32_t b : members) {
      for (std::uint32_t p = 0; p < banks[b].row_parts.size(); ++p) arrays.back().push_back({b, p});
    }
    std::stable_sort(arrays.back().begin(), arrays.back().end(),
                     [&](const Array& a, const Array& b) { return key(a) < key(b); });
  }
  return arrays;
}

ArraysOfTiles bank_after_bank(const std::vector<Array>& arrays, std::uint32_t tiles, std::uint32_t per_tile) {
  std::vector<std::uint32_t> order(arrays.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tie(arrays[a].bank, arrays[a].part) < std::tie(arrays[b].bank, arrays[b].part);
  });
  ArraysOfTiles dealt(tiles);
  for (std::size_t k = 0; k < order.size(); ++k) dealt[k / per_tile].push_back(order[k]);
  return dealt;
}

// Fills the tiles of all reaches for banks with these homes, at least as well as they are filled.
void fill_all(const std::vector<PackedBank>& banks, const ChipSpec& chip, MessageCounter& counter, Plan& plan) {
  const std::size_t reaches = plan.packing.reaches.size();
  plan.fillings.resize(reaches);
  plan.messages = {};
  for (std::size_t r = 0; r < reaches; ++r) {
    std::vector<ArrayInputs> inputs;
    for (const Array& a : plan.arrays[r]) {
      inputs.push_back(counter.inputs(banks[a.bank].layer, banks[a.bank].row_parts[a.part]));
    }
    const std::uint32_t tiles = plan.packing.tiles[r];
    std::vector<ArraysOfTiles> starts = {bank_after_bank(plan.arrays[r], tiles, chip.tile.crossbars)};
    if (!plan.fillings[r].arrays.empty()) starts.push_back(std::move(plan.fillings[r].arrays));
    plan.fillings[r] =
        fill_tiles(inputs, tiles, chip.tile.crossbars, kExchangeEffort / reaches, counter, std::move(starts));
    plan.messages = plan.messages + plan.fillings[r].messages;
  }
}

Plan make_plan(const std::vector<PackedBank>& banks, const SpikingNetwork& network, const ChipSpec& chip,
               Packing packing) {
  const std::vector<std::uint32_t> wanted = shared_homes(banks, packing, chip);
  Plan plan{std::move(packing), {}, {}, std::vector<std::uint32_t>(banks.size(), 0), {}};
  plan.arrays = sorted_arrays(banks, plan.packing);
  MessageCounter expected(banks, network, wanted, chip.tile.packet_bits);
  fill_all(banks, chip, expected, plan);
  std::vector<std::uint32_t> found(banks.size(), 0);
  std::uint32_t first_tile = 0;
  for (std::size_t r = 0; r < plan.packing.reaches.size(); ++r) {
    std::vector<RowPartsOfBanks> parts;
    for (const auto& of_tile : plan.fillings[r].arrays) {
      parts.emplace_back();
      for (const std::uint32_t a : of_tile) ++parts.back()[plan.arrays[r][a].bank];
    }
    settle_homes(banks, plan.packing.reaches[r], wanted, parts, chip, plan.home);
    for (const std::uint32_t b : plan.packing.reaches[r]) {
      const auto layers = static_cast<std::uint32_t>(network.layers.size());
      found[b] = (first_tile + plan.home[b]) * layers + banks[b].layer.value();
    }
    first_tile += plan.packing.tiles[r];
  }
  // Tiles may not have had room for a shared home, or have become home to more banks than wanted: fill them once more
  // for the homes as they are.
  MessageCounter settled(banks, network, found, chip.tile.packet_bits);
  fill_all(banks, chip, settled, plan);
  return plan;
}

// The plan with the fewest tiles, of those the one with the fewest messages.
Plan best_plan(const std::vector<PackedBank>& banks, const SpikingNetwork& network, const ChipSpec& chip,
               const std::vector<std::uint32_t>& sizes) {
  std::vector<Packing> packings = packings_that_fit(banks, sizes, chip);
  std::uint32_t fewest = packings.front().all_tiles();
  for (const Packing& packing : packings) fewest = std::min(fewest, packing.all_tiles());
  std::optional<Plan> best;
  std::vector<Packing> seen;
  for (Packing& packing : packings) {
    const auto same = [&](const Packing& other) { return other.reaches == packing.reaches; };
    if (packing.all_tiles() != fewest || std::any_of(seen.begin(), seen.end(), same)) continue;
    seen.push_back(packing);
    Plan plan = make_plan(banks, network, chip, std::move(packing));
    if (!best || plan.messages < best->messages) best = std::move(plan);
  }
  return std::move(*best);
}

void add_reach(const std::vector<PackedBank>& banks, const Plan& plan, std::size_t reach, MappedNetwork& mapped) {
  const std::size_t first_tile = mapped.tiles.size();
  for (const Members& of_tile : plan.fillings[reach].arrays) {
    const TileId tile = mapped.tiles.push_back({});
    for (const std::uint32_t a : of_tile) {
      const Array& array = plan.arrays[reach][a];
      const PackedBank& packed = banks[array.bank];
      const NeuronBankId bank(array.bank);
      MappedCrossbar crossbar{tile,
                              {BlockPart{packed.layer, 0, 0, packed.row_parts[array.part], packed.columns, bank}}};
      const CrossbarId id = mapped.crossbars.push_back(std::move(crossbar));
      mapped.tiles[tile].crossbars.push_back(id);
      mapped.banks[bank].row_parts[array.part] = {id, 0};
    }
  }
  for (const std::uint32_t b : plan.packing.reaches[reach]) {
    NeuronBank& bank = mapped.banks[NeuronBankId(b)];
    bank.home = TileId(first_tile + plan.home[b]);
    mapped.tiles[bank.home].banks.push_back(NeuronBankId(b));
  }
}

}  // namespace

std::uint32_t stripe_width(const ChipSpec& chip) { return std::min(chip.crossbar.columns, chip.tile.neurons); }

MappedNetwork assign_tiles(const std::vector<PackedBank>& banks, const SpikingNetwork& network, const ChipSpec& chip) {
  const std::vector<std::uint32_t> sizes = bank_sizes(banks, chip);
  MappedNetwork mapped;
  mapped.input_rows_per_crossbar = chip.crossbar.rows;
  mapped.columns_per_crossbar = chip.crossbar.columns;
  for (std::size_t b = 0; b < banks.size(); ++b) {
    if (sizes[b] > reach_of(chip).capacity()) refuse_reach(banks[b], network, chip, sizes[b]);
    NeuronBank bank;
    bank.layer = banks[b].layer;
    bank.neurons = banks[b].columns;
    bank.row_parts.resize(banks[b].row_parts.size());
    mapped.banks.push_back(std::move(bank));
  }
  const Plan plan = best_plan(banks, network, chip, sizes);
  std::vector<std::size_t> order(plan.packing.reaches.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // The last group of a chip may be cut short, so the smallest one goes there.
  const auto& tiles = plan.packing.tiles;
  const auto smallest = std::min_element(tiles.begin(), tiles.end()) - tiles.begin();
  std::rotate(order.begin() + smallest, order.begin() + smallest + 1, order.end());
  for (std::size_t r = 0; r < order.size(); ++r) {
    const std::size_t first = mapped.tiles.size();
    add_reach(banks, plan, order[r], mapped);
    for (std::size_t t = first; t < mapped.tiles.size(); ++t) {
      const bool whole_group = chip.tile_group.analog_reach == AnalogReach::tile_group;
      mapped.tiles[TileId(t)].group = TileGroupId(whole_group ? r : t / chip.tile_group.tiles);
      mapped.tile_groups = mapped.tiles[TileId(t)].group.value() + 1;
    }
  }
  return mapped;
}

}  // namespace crossloom
