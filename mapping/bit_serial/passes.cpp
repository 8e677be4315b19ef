#include "mapping/bit_serial/passes.h"

#include <algorithm>
#include <map>
#include <numeric>

#include <fmt/core.h>

#include "base/error.h"
#include "mapping/bit_serial/element_filling.h"

namespace crossloom {
namespace {

class PassFiller {
 public:
  PassFiller(const FixedPointNetwork& network, const BitSerialChipSpec& chip, PlacedNetwork& placed)
      : network_(network), chip_(chip), placed_(placed) {
    fillers_.emplace_back(network, chip);
  }

  void add(LayerId id, const PackedLayer& layer) {
    const std::vector<std::uint32_t> unit_of = column_units(layer);
    const std::uint32_t units = unit_of.empty() ? 0 : 1 + *std::max_element(unit_of.begin(), unit_of.end());
    for (std::uint32_t first = 0; first < units;) {
      const std::uint32_t end = first + most_that_fit(id, layer, unit_of, first, units);
      if (end == first && fillers_.back().empty()) refuse(id, unit_of, first);
      put(id, layer, unit_of, first, end, fillers_.back(), true);
      if (end < units) fillers_.emplace_back(network_, chip_);
      first = end;
    }
  }

  std::vector<BufferBudget> finish() {
    placed_.passes = static_cast<std::uint32_t>(fillers_.size());
    placed_.tiles = 1;
    std::vector<BufferBudget> budgets;
    for (const ElementFiller& filler : fillers_) {
      placed_.tiles = std::max(placed_.tiles, filler.tiles());
      budgets.push_back(filler.budget());
    }
    return budgets;
  }

 private:
  [[nodiscard]] std::uint32_t board() const { return chip_.tiles * chip_.chips; }

  // Units [first, end) of every copy; whether they fit.
  bool put(LayerId id, const PackedLayer& layer, const std::vector<std::uint32_t>& unit_of, std::uint32_t first,
           std::uint32_t end, ElementFiller& filler, bool keep) {
    for (std::uint32_t copy = 0; copy < placed_.copies[id]; ++copy) {
      for (std::size_t x = 0; x < layer.size(); ++x) {
        if (unit_of[x] < first || unit_of[x] >= end) continue;
        PlacedCrossbar crossbar = filler.take(layer[x], copy, static_cast<std::uint32_t>(fillers_.size() - 1));
        if (filler.tiles() > board()) return false;
        if (keep) placed_.crossbars.push_back(std::move(crossbar));
      }
    }
    return true;
  }

  std::uint32_t most_that_fit(LayerId id, const PackedLayer& layer, const std::vector<std::uint32_t>& unit_of,
                              std::uint32_t first, std::uint32_t units) {
    const auto fits = [&](std::uint32_t count) {
      ElementFiller trial = fillers_.back();
      return put(id, layer, unit_of, first, first + count, trial, false);
    };
    if (fits(units - first)) return units - first;
    std::uint32_t low = 0, high = units - first;  // fits, does not
    while (high - low > 1) {
      const std::uint32_t middle = low + (high - low) / 2;
      (fits(middle) ? low : high) = middle;
    }
    return low;
  }

  [[noreturn]] void refuse(LayerId id, const std::vector<std::uint32_t>& unit_of, std::uint32_t unit) const {
    const auto crossbars =
        static_cast<std::uint64_t>(std::count(unit_of.begin(), unit_of.end(), unit)) * placed_.copies[id];
    throw DoesNotFit(fmt::format(
        "all row parts of a column are added up in one pass; those of the same columns of {} take {} crossbars, all "
        "copies, and {} has {}: reloading does not help, fewer copies or a chip of more tiles would",
        network_.layers[id].name, crossbars, chip_.name, chip_.crossbars()));
  }

  const FixedPointNetwork& network_;
  const BitSerialChipSpec& chip_;
  PlacedNetwork& placed_;
  std::vector<ElementFiller> fillers_;  // by pass
};

}  // namespace

std::vector<std::uint32_t> column_units(const PackedLayer& layer) {
  std::vector<std::size_t> leader(layer.size());
  std::iota(leader.begin(), leader.end(), 0);
  const auto find = [&](std::size_t x) {
    while (leader[x] != x) x = leader[x] = leader[leader[x]];
    return x;
  };
  std::map<std::uint32_t, std::size_t> first_with;  // by column
  for (std::size_t x = 0; x < layer.size(); ++x) {
    for (const CrossbarPart& part : layer[x]) {
      for (const std::uint32_t j : part.columns) {
        const std::size_t a = find(first_with.try_emplace(j, x).first->second), b = find(x);
        leader[std::max(a, b)] = std::min(a, b);
      }
    }
  }
  std::map<std::size_t, std::uint32_t> number;
  std::vector<std::uint32_t> units;
  for (std::size_t x = 0; x < layer.size(); ++x) {
    units.push_back(number.try_emplace(find(x), static_cast<std::uint32_t>(number.size())).first->second);
  }
  return units;
}

std::vector<BufferBudget> fill_in_passes(const IdVector<LayerId, PackedLayer>& layers, const FixedPointNetwork& network,
                                         const BitSerialChipSpec& chip, PlacedNetwork& placed) {
  placed.crossbars = {};
  PassFiller filler(network, chip, placed);
  for (std::size_t l = 0; l < layers.size(); ++l) filler.add(LayerId(l), layers[LayerId(l)]);
  return filler.finish();
}

}  // namespace crossloom
