#include "mapping/home_tiles.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/error.h"
#include "mapping/bank_packings.h"

namespace crossloom {
namespace {

using Members = std::vector<std::uint32_t>;  // indices of banks

std::uint32_t ceil_div(std::uint32_t a, std::uint32_t b) { return a / b + (a % b != 0 ? 1U : 0U); }

// Gives the banks of one reach their home tiles.
class Homes {
 public:
  Homes(const std::vector<PackedBank>& banks, const std::vector<RowPartsOfBanks>& parts, const ChipSpec& chip,
        std::vector<std::uint32_t>& home)
      : banks_(banks), home_(home), parts_(parts), neurons_(parts.size(), 0), most_neurons_(chip.tile.neurons) {}

  // One home for all of these banks, or one for each where no tile has room for all; false where one finds none.
  [[nodiscard]] bool add(const Members& banks) {
    const std::optional<std::uint32_t> home = best_for(banks);
    if (!home && banks.size() == 1) return false;
    for (const std::uint32_t b : banks) {
      if (!home) {
        if (!add({b})) return false;
        continue;
      }
      home_[b] = *home;
      neurons_[*home] += banks_[b].columns.size();
    }
    return true;
  }

 private:
  // Where most of their row parts are, then where the fewest neurons are.
  [[nodiscard]] std::optional<std::uint32_t> best_for(const Members& banks) const {
    std::size_t needed = 0;
    for (const std::uint32_t b : banks) needed += banks_[b].columns.size();
    std::optional<std::uint32_t> home;
    std::uint32_t most_parts = 0;
    for (std::uint32_t t = 0; t < neurons_.size(); ++t) {
      if (neurons_[t] + needed > most_neurons_) continue;
      std::uint32_t parts = 0;
      for (const std::uint32_t b : banks) parts += parts_[t].count(b) != 0 ? parts_[t].at(b) : 0;
      if (home && std::tie(parts, neurons_[*home]) <= std::tie(most_parts, neurons_[t])) continue;
      home = t;
      most_parts = parts;
    }
    return home;
  }

  const std::vector<PackedBank>& banks_;
  std::vector<std::uint32_t>& home_;
  const std::vector<RowPartsOfBanks>& parts_;  // of each tile
  std::vector<std::size_t> neurons_;           // of each tile, taken
  std::size_t most_neurons_;
};

// Home of each of the members, the widest placed first, each in the first tile with room; and how many tiles that
// takes.
std::uint32_t deal_homes(const std::vector<PackedBank>& banks, const Members& members, const ChipSpec& chip,
                         std::vector<std::uint32_t>& home) {
  Members order = members;
  const auto wider = [&](std::uint32_t a, std::uint32_t b) {
    return banks[a].columns.size() > banks[b].columns.size();
  };
  std::stable_sort(order.begin(), order.end(), wider);
  std::vector<std::size_t> neurons;
  for (const std::uint32_t b : order) {
    const std::size_t width = banks[b].columns.size();
    std::size_t tile = 0;
    while (tile < neurons.size() && neurons[tile] + width > chip.tile.neurons) ++tile;
    if (tile == neurons.size()) neurons.push_back(0);
    neurons[tile] += width;
    home[b] = static_cast<std::uint32_t>(tile);
  }
  return static_cast<std::uint32_t>(neurons.size());
}

}  // namespace

std::uint32_t tiles_for_neurons(const std::vector<PackedBank>& banks, const std::vector<std::uint32_t>& members,
                                const ChipSpec& chip) {
  std::vector<std::uint32_t> home(banks.size(), 0);
  return deal_homes(banks, members, chip, home);
}

std::vector<std::uint32_t> shared_homes(const std::vector<PackedBank>& banks, const Packing& packing,
                                        const ChipSpec& chip) {
  std::map<std::uint32_t, std::uint32_t> most_in_reach;  // layer -> banks, those of one kernel being one
  std::vector<std::map<std::uint32_t, Members>> of_layer(packing.reaches.size());
  const auto same_kernel = [&](std::uint32_t a, std::uint32_t b) {
    return banks[a].kernel && banks[a].kernel == banks[b].kernel;
  };
  for (std::size_t r = 0; r < packing.reaches.size(); ++r) {
    for (const std::uint32_t b : packing.reaches[r]) of_layer[r][banks[b].layer.value()].push_back(b);
    for (const auto& [layer, members] : of_layer[r]) {
      std::uint32_t count = 0;
      for (std::size_t k = 0; k < members.size(); ++k) count += k == 0 || !same_kernel(members[k - 1], members[k]);
      most_in_reach[layer] = std::max(most_in_reach[layer], count);
    }
  }
  const std::uint32_t room = chip.tile.neurons / stripe_width(chip);
  std::vector<std::uint32_t> home_of(banks.size(), 0);
  std::uint32_t homes = 0;
  for (const auto& layers : of_layer) {
    for (const auto& [layer, members] : layers) {
      const auto next = most_in_reach.find(layer + 1);
      const std::uint32_t wanted = next == most_in_reach.end() ? 1 : ceil_div(chip.tile.crossbars, next->second);
      std::uint32_t together = 0;
      for (std::size_t k = 0; k < members.size(); ++k) {
        // Neighbouring positions fill a home: the next layer wants all of them.
        const PackedBank& bank = banks[members[k]];
        const std::uint32_t most =
            bank.kernel ? chip.tile.neurons / static_cast<std::uint32_t>(bank.columns.size()) : std::min(room, wanted);
        const bool goes_on = !bank.kernel || (k > 0 && same_kernel(members[k - 1], members[k]));
        if (k == 0 || !goes_on || together >= most) {
          ++homes;
          together = 0;
        }
        home_of[members[k]] = homes;
        ++together;
      }
    }
  }
  return home_of;
}

void settle_homes(const std::vector<PackedBank>& banks, const std::vector<std::uint32_t>& members,
                  const std::vector<std::uint32_t>& home_of, const std::vector<RowPartsOfBanks>& parts,
                  const ChipSpec& chip, std::vector<std::uint32_t>& home) {
  std::map<std::uint32_t, Members> sharing;
  for (const std::uint32_t b : members) sharing[home_of[b]].push_back(b);
  Homes homes(banks, parts, chip, home);
  const bool all =
      std::all_of(sharing.begin(), sharing.end(), [&](const auto& some) { return homes.add(some.second); });
  if (all) return;
  const std::uint32_t tiles = deal_homes(banks, members, chip, home);
  CROSSLOOM_CHECK(tiles <= parts.size(), "the tiles of a reach leave room for neurons");
}

}  // namespace crossloom
