#include "mapping/tile_assignment.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>

#include "base/error.h"
#include "mapping/bank_packings.h"
#include "mapping/home_tiles.h"
#include "mapping/message_count.h"
#include "mapping/tile_filling.h"

namespace crossloom {
namespace {

using Members = std::vector<std::uint32_t>;             // indices of banks
constexpr std::uint64_t kExchangeEffort = 200'000'000;  // input words looked at, all reaches together: about 0.5 s

using Array = std::vector<PackedPart>;  // what lies in one crossbar

// What is decided before crossbars and tiles get their ids.
struct Plan {
  Packing packing;
  std::vector<std::vector<Array>> arrays;  // of each reach, sorted by inputs
  std::vector<TileFilling> fillings;       // of each reach: indices of arrays
  std::vector<std::uint32_t> home;         // bank -> tile of its reach
  Messages messages;
};

// Arrays of each reach, sorted so that those with the same inputs lie side by side.
std::vector<std::vector<Array>> sorted_arrays(const PackedNetwork& packed, const Packing& packing) {
  const std::vector<PackedBank>& banks = packed.banks;
  std::map<std::pair<std::uint32_t, std::uint32_t>, const Array*> shared;
  for (const Array& array : packed.shared) {
    for (const PackedPart& part : array) shared[{part.bank, part.part}] = &array;
  }
  for (const PackedKernel& kernel : packed.kernels) {
    for (const Array& array : kernel.arrays) {
      for (const PackedPart& part : array) shared[{part.bank, part.part}] = &array;
    }
  }
  const auto key = [&](const Array& a) {
    return std::tie(banks[a.front().bank].layer, banks[a.front().bank].row_parts[a.front().part]);
  };
  std::vector<std::vector<Array>> arrays;
  for (const Members& members : packing.reaches) {
    arrays.emplace_back();
    for (const std::uint32_t b : members) {
      for (std::uint32_t p = 0; p < banks[b].row_parts.size(); ++p) {
        const auto at = shared.find({b, p});
        if (at == shared.end()) {
          arrays.back().push_back({{b, p}});
        } else if (at->second->front().bank == b) {
          arrays.back().push_back(*at->second);
        }
      }
    }
    std::stable_sort(arrays.back().begin(), arrays.back().end(),
                     [&](const Array& a, const Array& b) { return key(a) < key(b); });
  }
  return arrays;
}

// What the array needs for all its parts.
ArrayInputs inputs_of(const Array& array, const std::vector<PackedBank>& banks, const MessageCounter& counter) {
  std::map<std::uint32_t, std::uint64_t> words;
  for (const PackedPart& part : array) {
    for (const InputWord& input : counter.inputs(banks[part.bank].layer, banks[part.bank].row_parts[part.part])) {
      words[input.word] |= input.rows;
    }
  }
  ArrayInputs inputs;
  for (const auto& [word, rows] : words) inputs.push_back({word, rows});
  return inputs;
}

ArraysOfTiles bank_after_bank(const std::vector<Array>& arrays, std::uint32_t tiles, std::uint32_t per_tile) {
  std::vector<std::uint32_t> order(arrays.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const PackedPart& one = arrays[a].front();
    const PackedPart& other = arrays[b].front();
    return std::tie(one.bank, one.part) < std::tie(other.bank, other.part);
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
    for (const Array& array : plan.arrays[r]) inputs.push_back(inputs_of(array, banks, counter));
    const std::uint32_t tiles = plan.packing.tiles[r];
    std::vector<ArraysOfTiles> starts = {bank_after_bank(plan.arrays[r], tiles, chip.tile.crossbars)};
    if (!plan.fillings[r].arrays.empty()) starts.push_back(std::move(plan.fillings[r].arrays));
    plan.fillings[r] =
        fill_tiles(inputs, tiles, chip.tile.crossbars, kExchangeEffort / reaches, counter, std::move(starts));
    plan.messages = plan.messages + plan.fillings[r].messages;
  }
}

Plan make_plan(const PackedNetwork& packed, const SpikingNetwork& network, const ChipSpec& chip, Packing packing) {
  const std::vector<PackedBank>& banks = packed.banks;
  const std::vector<std::uint32_t> wanted = shared_homes(banks, packing, chip);
  Plan plan{std::move(packing), {}, {}, std::vector<std::uint32_t>(banks.size(), 0), {}};
  plan.arrays = sorted_arrays(packed, plan.packing);
  MessageCounter expected(banks, network, wanted, chip.tile.packet_bits);
  fill_all(banks, chip, expected, plan);
  std::vector<std::uint32_t> found(banks.size(), 0);
  std::uint32_t first_tile = 0;
  for (std::size_t r = 0; r < plan.packing.reaches.size(); ++r) {
    std::vector<RowPartsOfBanks> parts;
    for (const auto& of_tile : plan.fillings[r].arrays) {
      parts.emplace_back();
      for (const std::uint32_t a : of_tile) {
        for (const PackedPart& part : plan.arrays[r][a]) ++parts.back()[part.bank];
      }
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
Plan best_plan(const PackedNetwork& packed, const SpikingNetwork& network, const ChipSpec& chip,
               std::vector<Packing> packings) {
  std::uint32_t fewest = packings.front().all_tiles();
  for (const Packing& packing : packings) fewest = std::min(fewest, packing.all_tiles());
  std::optional<Plan> best;
  std::vector<Packing> seen;
  for (Packing& packing : packings) {
    const auto same = [&](const Packing& other) { return other.reaches == packing.reaches; };
    if (packing.all_tiles() != fewest || std::any_of(seen.begin(), seen.end(), same)) continue;
    seen.push_back(packing);
    Plan plan = make_plan(packed, network, chip, std::move(packing));
    if (!best || plan.messages < best->messages) best = std::move(plan);
  }
  return std::move(*best);
}

// A kernel's array: one part, used by the banks of its positions.
void add_kernel_part(const PackedNetwork& packed, const Array& array, CrossbarId id, MappedNetwork& mapped,
                     MappedCrossbar& crossbar) {
  const PackedBank& first = packed.banks[array.front().bank];
  const PackedKernel& kernel = packed.kernels[*first.kernel];
  BlockPart part;
  part.layer = kernel.layer;
  part.rows = kernel.row_parts[first.kernel_parts[array.front().part].part];
  part.columns = kernel.columns;
  part.bank = NeuronBankId(array.front().bank);
  part.copy = kernel.copy;
  for (const PackedPart& user : array) {
    const PackedBank& bank = packed.banks[user.bank];
    const NeuronBankId bank_id(user.bank);
    mapped.banks[bank_id].row_parts[user.part] = {id, 0, static_cast<std::uint32_t>(part.positions.size())};
    part.positions.push_back({bank_id, bank.row_parts[user.part], bank.kernel_parts[user.part].lines});
  }
  crossbar.parts.push_back(std::move(part));
}

void add_reach(const PackedNetwork& packed, const Plan& plan, std::size_t reach, MappedNetwork& mapped) {
  const std::vector<PackedBank>& banks = packed.banks;
  const std::size_t first_tile = mapped.tiles.size();
  for (const Members& of_tile : plan.fillings[reach].arrays) {
    const TileId tile = mapped.tiles.push_back({});
    for (const std::uint32_t a : of_tile) {
      const CrossbarId id = mapped.crossbars.next_id();
      MappedCrossbar crossbar{tile, {}};
      std::uint32_t wordline = 0, column = 0;
      const Array& array = plan.arrays[reach][a];
      const bool of_kernel = banks[array.front().bank].kernel.has_value();
      if (of_kernel) add_kernel_part(packed, array, id, mapped, crossbar);
      for (std::size_t k = 0; !of_kernel && k < array.size(); ++k) {
        const PackedPart& part = array[k];
        const PackedBank& bank = banks[part.bank];
        const std::vector<std::uint32_t>& rows = bank.row_parts[part.part];
        const std::vector<std::uint32_t>& columns = bank.columns_of(part.part);
        mapped.banks[NeuronBankId(part.bank)].row_parts[part.part] = {
            id, static_cast<std::uint32_t>(crossbar.parts.size())};
        crossbar.parts.push_back({bank.layer, wordline, column, rows, columns, NeuronBankId(part.bank),
                                  places_among(bank.columns, columns)});
        wordline += static_cast<std::uint32_t>(rows.size());
        column += static_cast<std::uint32_t>(columns.size());
      }
      mapped.crossbars.push_back(std::move(crossbar));
      mapped.tiles[tile].crossbars.push_back(id);
    }
  }
  for (const std::uint32_t b : plan.packing.reaches[reach]) {
    NeuronBank& bank = mapped.banks[NeuronBankId(b)];
    bank.home = TileId(first_tile + plan.home[b]);
    mapped.tiles[bank.home].banks.push_back(NeuronBankId(b));
  }
}

}  // namespace

PackingRoom packing_room(const ChipSpec& chip) {
  return {{chip.crossbar.rows, chip.crossbar.columns}, stripe_width(chip), reach_of(chip).capacity()};
}

MappedNetwork assign_tiles(const PackedNetwork& packed, const SpikingNetwork& network, const ChipSpec& chip) {
  const std::vector<PackedBank>& banks = packed.banks;
  std::vector<Packing> packings = packings_of(packed, network, chip);
  if (packings.empty()) {
    CROSSLOOM_CHECK(!packed.shared.empty(), "slots leave room for neurons");
    return assign_tiles({banks, {}, packed.kernels}, network, chip);
  }
  const Plan plan = best_plan(packed, network, chip, packings_that_fit(std::move(packings), chip));
  MappedNetwork mapped;
  mapped.input_rows_per_crossbar = chip.crossbar.rows;
  mapped.columns_per_crossbar = chip.crossbar.columns;
  for (const PackedBank& packed_bank : banks) {
    NeuronBank bank;
    bank.layer = packed_bank.layer;
    bank.neurons = packed_bank.columns;
    bank.row_parts.resize(packed_bank.row_parts.size());
    mapped.banks.push_back(std::move(bank));
  }
  std::vector<std::size_t> order(plan.packing.reaches.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // The last group of a chip may be cut short, so the smallest one goes there.
  const auto& tiles = plan.packing.tiles;
  const auto smallest = std::min_element(tiles.begin(), tiles.end()) - tiles.begin();
  std::rotate(order.begin() + smallest, order.begin() + smallest + 1, order.end());
  for (std::size_t r = 0; r < order.size(); ++r) {
    const std::size_t first = mapped.tiles.size();
    add_reach(packed, plan, order[r], mapped);
    for (std::size_t t = first; t < mapped.tiles.size(); ++t) {
      const bool whole_group = chip.tile_group.analog_reach == AnalogReach::tile_group;
      mapped.tiles[TileId(t)].group = TileGroupId(whole_group ? r : t / chip.tile_group.tiles);
      mapped.tile_groups = mapped.tiles[TileId(t)].group.value() + 1;
    }
  }
  return mapped;
}

}  // namespace crossloom
