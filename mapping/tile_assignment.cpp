#include "mapping/tile_assignment.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <tuple>

#include <fmt/core.h>

#include "base/error.h"

namespace crossloom {
namespace {

using Members = std::vector<std::uint32_t>;  // indices of banks

std::uint32_t ceil_div(std::uint32_t a, std::uint32_t b) { return a / b + (a % b != 0 ? 1U : 0U); }

// One analog reach: the tiles among which row parts may be spread.
struct Reach {
  std::uint32_t tiles = 0;
  std::uint32_t crossbars_per_tile = 0;
  [[nodiscard]] std::uint32_t capacity() const { return tiles * crossbars_per_tile; }
};

Reach reach_of(const ChipSpec& chip) {
  const bool group = chip.tile_group.analog_reach == AnalogReach::tile_group;
  return {group ? chip.tile_group.tiles : 1U, chip.tile.crossbars};
}

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

enum class Fill { least_waste, fullest };

// Banks still to place, by size: larger first, those of one size in order.
using Waiting = std::map<std::uint32_t, std::deque<std::uint32_t>, std::greater<>>;

// Takes a subset of the waiting banks that fits `reach`: bounded subset sums, in which larger banks are used before
// smaller ones for the same sum.
Members take_subset(Waiting& waiting, const Reach& reach, Fill fill) {
  const std::uint32_t capacity = reach.capacity();
  std::vector<std::pair<std::uint32_t, std::uint32_t>> sizes;  // size, how many wait
  for (const auto& [size, banks] : waiting) {
    if (!banks.empty()) sizes.emplace_back(size, static_cast<std::uint32_t>(banks.size()));
  }
  // fewest[k][s]: fewest banks of sizes[k] in a sum s of sizes[0..k]; absent where s cannot be reached.
  std::vector<std::vector<std::optional<std::uint32_t>>> fewest;
  std::vector<bool> reached(capacity + 1, false);
  reached[0] = true;
  for (const auto& [size, count] : sizes) {
    std::vector<std::optional<std::uint32_t>> of_size(capacity + 1);
    for (std::uint32_t s = 0; s <= capacity; ++s) {
      if (reached[s]) {
        of_size[s] = 0;
      } else if (s >= size && of_size[s - size] && *of_size[s - size] < count) {
        of_size[s] = *of_size[s - size] + 1;
      }
    }
    for (std::uint32_t s = 0; s <= capacity; ++s) reached[s] = of_size[s].has_value();
    fewest.push_back(std::move(of_size));
  }
  std::uint32_t best = 0;
  for (std::uint32_t s = 1; s <= capacity; ++s) {
    if (!reached[s]) continue;
    const std::uint64_t tiles = ceil_div(s, reach.crossbars_per_tile);
    const std::uint64_t best_tiles = ceil_div(best, reach.crossbars_per_tile);
    if (best == 0 || fill == Fill::fullest || s * best_tiles >= best * tiles) best = s;
  }
  Members members;
  for (std::size_t k = sizes.size(); k-- > 0;) {
    std::deque<std::uint32_t>& banks = waiting[sizes[k].first];
    const std::uint32_t take = *fewest[k][best];
    for (std::uint32_t n = 0; n < take; ++n) {
      members.push_back(banks.front());
      banks.pop_front();
    }
    best -= take * sizes[k].first;
  }
  std::sort(members.begin(), members.end());
  return members;
}

struct Filling {
  std::vector<Members> reaches;
  std::vector<std::uint32_t> tiles;  // of each
  [[nodiscard]] std::uint32_t all_tiles() const {
    std::uint32_t sum = 0;
    for (const std::uint32_t of_reach : tiles) sum += of_reach;
    return sum;
  }
};

Filling fill_reaches(const std::vector<std::uint32_t>& sizes, const Reach& reach, Fill fill) {
  Waiting waiting;
  std::uint64_t left = 0;
  for (std::uint32_t b = 0; b < sizes.size(); ++b) {
    waiting[sizes[b]].push_back(b);
    left += sizes[b];
  }
  Filling filling;
  while (left > 0) {
    // What is left and fits needs no choice: no split of it takes fewer tiles.
    filling.reaches.push_back(take_subset(waiting, reach, left <= reach.capacity() ? Fill::fullest : fill));
    std::uint32_t used = 0;
    for (const std::uint32_t bank : filling.reaches.back()) used += sizes[bank];
    CROSSLOOM_CHECK(used > 0, "every bank fits its reach");
    filling.tiles.push_back(ceil_div(used, reach.crossbars_per_tile));
    left -= used;
  }
  return filling;
}

// Tiles of a fixed-size chip that would do: groups are whole, and only the last group of a chip may have fewer tiles.
std::uint32_t chip_tiles_for(const Filling& filling, std::uint32_t group_tiles, AnalogReach reach) {
  if (reach == AnalogReach::tile || filling.tiles.empty()) return filling.all_tiles();
  const auto groups = static_cast<std::uint32_t>(filling.tiles.size());
  return (groups - 1) * group_tiles + *std::min_element(filling.tiles.begin(), filling.tiles.end());
}

// The filling with the fewest tiles, or on a chip of fixed size the one that the chip has groups for.
Filling choose_filling(const std::vector<std::uint32_t>& sizes, const ChipSpec& chip) {
  const Reach reach = reach_of(chip);
  Filling thrifty = fill_reaches(sizes, reach, Fill::least_waste);
  Filling full = fill_reaches(sizes, reach, Fill::fullest);
  const auto whole = [&](const Filling& filling) {
    return chip_tiles_for(filling, chip.tile_group.tiles, chip.tile_group.analog_reach);
  };
  if (!chip.tiles) return full.all_tiles() < thrifty.all_tiles() ? full : thrifty;
  const bool thrifty_fits = whole(thrifty) <= *chip.tiles;
  const bool full_fits = whole(full) <= *chip.tiles;
  if (!thrifty_fits && !full_fits) {
    throw DoesNotFit(
        fmt::format("the network needs {} tiles in {} tile groups, but the chip has {} tiles. Would fit: tiles: {} "
                    "(or tiles: auto)",
                    std::min(full.all_tiles(), thrifty.all_tiles()),
                    ceil_div(std::min(whole(full), whole(thrifty)), chip.tile_group.tiles), *chip.tiles,
                    std::min(whole(full), whole(thrifty))));
  }
  return thrifty_fits && (!full_fits || thrifty.all_tiles() <= full.all_tiles()) ? thrifty : full;
}

struct Array {
  std::uint32_t bank;
  std::uint32_t part;
};

// Fills the tiles of one reach. Sorted by inputs, arrays that want the same packets come to lie side by side.
void add_reach(const std::vector<PackedBank>& banks, const Members& members, std::uint32_t tiles, const ChipSpec& chip,
               MappedNetwork& mapped) {
  std::vector<Array> arrays;
  for (const std::uint32_t b : members) {
    for (std::uint32_t p = 0; p < banks[b].row_parts.size(); ++p) arrays.push_back({b, p});
  }
  const auto rows = [&](const Array& array) -> const std::vector<std::uint32_t>& {
    return banks[array.bank].row_parts[array.part];
  };
  std::stable_sort(arrays.begin(), arrays.end(), [&](const Array& a, const Array& b) {
    return std::tie(banks[a.bank].layer, rows(a)) < std::tie(banks[b.bank].layer, rows(b));
  });
  const std::size_t first_tile = mapped.tiles.size();
  for (std::uint32_t t = 0; t < tiles; ++t) mapped.tiles.push_back({});
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    const TileId tile(first_tile + k / chip.tile.crossbars);
    const PackedBank& packed = banks[arrays[k].bank];
    const NeuronBankId bank(arrays[k].bank);
    MappedCrossbar crossbar{tile, {BlockPart{packed.layer, 0, 0, rows(arrays[k]), packed.columns, bank}}};
    const CrossbarId id = mapped.crossbars.push_back(std::move(crossbar));
    mapped.tiles[tile].crossbars.push_back(id);
    mapped.banks[bank].row_parts[arrays[k].part] = {id, 0};
  }
  std::vector<std::uint32_t> neurons(tiles, 0);
  for (const std::uint32_t b : members) {
    NeuronBank& bank = mapped.banks[NeuronBankId(b)];
    std::vector<std::uint32_t> local(tiles, 0);
    for (const NeuronBank::RowPart& part : bank.row_parts) {
      ++local[mapped.crossbars[part.crossbar].tile.value() - first_tile];
    }
    std::optional<std::uint32_t> home;
    const auto better = [&](std::uint32_t t, std::uint32_t than) {
      return std::make_tuple(local[than], neurons[t]) < std::make_tuple(local[t], neurons[than]);
    };
    for (std::uint32_t t = 0; t < tiles; ++t) {
      const bool room = neurons[t] + bank.neurons.size() <= chip.tile.neurons;
      if (room && (!home || better(t, *home))) home = t;
    }
    CROSSLOOM_CHECK(home.has_value(), "bank sizes leave room for neurons");
    neurons[*home] += static_cast<std::uint32_t>(bank.neurons.size());
    bank.home = TileId(first_tile + *home);
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
  Filling filling = choose_filling(sizes, chip);
  // The last group of a chip may be cut short, so the smallest one goes there.
  if (!filling.tiles.empty()) {
    const auto smallest = std::min_element(filling.tiles.begin(), filling.tiles.end()) - filling.tiles.begin();
    std::rotate(filling.tiles.begin() + smallest, filling.tiles.begin() + smallest + 1, filling.tiles.end());
    std::rotate(filling.reaches.begin() + smallest, filling.reaches.begin() + smallest + 1, filling.reaches.end());
  }
  for (std::size_t r = 0; r < filling.reaches.size(); ++r) {
    const std::size_t first = mapped.tiles.size();
    add_reach(banks, filling.reaches[r], filling.tiles[r], chip, mapped);
    for (std::size_t t = first; t < mapped.tiles.size(); ++t) {
      const bool whole_group = chip.tile_group.analog_reach == AnalogReach::tile_group;
      mapped.tiles[TileId(t)].group = TileGroupId(whole_group ? r : t / chip.tile_group.tiles);
      mapped.tile_groups = mapped.tiles[TileId(t)].group.value() + 1;
    }
  }
  return mapped;
}

}  // namespace crossloom
