#include "mapping/bundles.h"

#include <algorithm>
#include <utility>

#include "mapping/home_tiles.h"

namespace crossloom {
namespace {

using Members = std::vector<std::uint32_t>;  // indices of banks or bundles
constexpr std::uint32_t kMostTilesLeft = 3;

std::uint32_t ceil_div(std::uint32_t a, std::uint32_t b) { return a / b + (a % b != 0 ? 1U : 0U); }

void add_kernel_bundles(const PackedNetwork& packed, std::vector<Bundle>& bundles) {
  std::vector<Bundle> of_kernels(packed.kernels.size());
  for (std::size_t k = 0; k < packed.kernels.size(); ++k) {
    of_kernels[k].of_kernel = true;
    for (const auto& users : packed.kernels[k].arrays) of_kernels[k].arrays += users.empty() ? 0 : 1;
  }
  for (std::uint32_t b = 0; b < packed.banks.size(); ++b) {
    if (packed.banks[b].kernel) of_kernels[*packed.banks[b].kernel].banks.push_back(b);
  }
  for (Bundle& bundle : of_kernels) {
    if (!bundle.banks.empty()) bundles.push_back(std::move(bundle));
  }
}

// Reaches of kernels, filled with other bundles.
class KernelReaches {
 public:
  KernelReaches(const std::vector<Bundle>& bundles, const PackedNetwork& packed, const ChipSpec& chip,
                std::uint32_t tiles_left)
      : bundles_(bundles), packed_(packed), chip_(chip), tiles_left_(tiles_left), taken_(bundles.size(), 0) {
    add_in_order(true);
    add_in_order(false);
  }

  // Packings of bundles; `layers` and `sizes` are theirs.
  [[nodiscard]] std::vector<Packing> packings(const std::vector<LayerId>& layers,
                                              const std::vector<std::uint32_t>& sizes) const {
    Members left;
    std::vector<LayerId> left_layers;
    std::vector<std::uint32_t> left_sizes;
    for (std::uint32_t b = 0; b < bundles_.size(); ++b) {
      if (taken_[b] != 0) continue;
      left.push_back(b);
      left_layers.push_back(layers[b]);
      left_sizes.push_back(sizes[b]);
    }
    Packing seeds;
    for (const Filled& reach : reaches_) {
      seeds.reaches.push_back(reach.bundles);
      std::sort(seeds.reaches.back().begin(), seeds.reaches.back().end());
      seeds.tiles.push_back(ceil_div(reach.arrays, chip_.tile.crossbars));
    }
    if (left.empty()) return {seeds};
    std::vector<Packing> packings;
    for (Packing rest : candidate_packings(left_layers, left_sizes, chip_)) {
      Packing whole = seeds;
      for (Members& members : rest.reaches) {
        for (std::uint32_t& member : members) member = left[member];
        whole.reaches.push_back(std::move(members));
      }
      whole.tiles.insert(whole.tiles.end(), rest.tiles.begin(), rest.tiles.end());
      packings.push_back(std::move(whole));
    }
    return packings;
  }

 private:
  struct Filled {
    Members bundles, banks;
    std::uint32_t arrays;
  };

  // The bundle with the most neurons (of others: the most arrays) first, each where the fewest slots stay empty.
  void add_in_order(bool of_kernels) {
    Members order;
    for (std::uint32_t b = 0; b < bundles_.size(); ++b) {
      if (bundles_[b].of_kernel == of_kernels) order.push_back(b);
    }
    const auto weight = [&](std::uint32_t b) {
      std::size_t neurons = 0;
      for (const std::uint32_t bank : bundles_[b].banks) neurons += packed_.banks[bank].columns.size();
      return of_kernels ? std::make_pair<std::size_t, std::size_t>(std::move(neurons), bundles_[b].arrays)
                        : std::make_pair<std::size_t, std::size_t>(bundles_[b].arrays, std::move(neurons));
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return weight(a) > weight(b); });
    for (const std::uint32_t b : order) {
      Filled* best = nullptr;
      for (Filled& reach : reaches_) {
        if ((best == nullptr || reach.arrays > best->arrays) && fits(reach, b)) best = &reach;
      }
      if (best == nullptr && !of_kernels) continue;
      if (best == nullptr) {
        reaches_.push_back({{}, {}, 0});
        best = &reaches_.back();
      }
      best->bundles.push_back(b);
      best->banks.insert(best->banks.end(), bundles_[b].banks.begin(), bundles_[b].banks.end());
      best->arrays += bundles_[b].arrays;
      taken_[b] = 1;
    }
  }

  [[nodiscard]] bool fits(const Filled& reach, std::uint32_t bundle) const {
    if (reach.arrays + bundles_[bundle].arrays > reach_of(chip_).capacity()) return false;
    Members banks = reach.banks;
    banks.insert(banks.end(), bundles_[bundle].banks.begin(), bundles_[bundle].banks.end());
    const std::uint32_t left = bundles_[bundle].of_kernel ? tiles_left_ : 0;
    return tiles_for_neurons(packed_.banks, banks, chip_) + left <= reach_of(chip_).tiles;
  }

  const std::vector<Bundle>& bundles_;
  const PackedNetwork& packed_;
  const ChipSpec& chip_;
  std::uint32_t tiles_left_;
  std::vector<std::uint8_t> taken_;
  std::vector<Filled> reaches_;
};

}  // namespace

std::vector<Bundle> bundles_of(const PackedNetwork& packed) {
  std::vector<std::vector<std::uint32_t>> sharing(packed.banks.size());  // with the banks of each shared crossbar
  for (const auto& array : packed.shared) {
    for (const PackedPart& part : array) {
      if (part.bank != array.front().bank) sharing[array.front().bank].push_back(part.bank);
    }
  }
  std::vector<std::uint8_t> follows(packed.banks.size(), 0);
  for (const auto& others : sharing) {
    for (const std::uint32_t b : others) follows[b] = 1;
  }
  std::vector<Bundle> bundles;
  for (std::uint32_t b = 0; b < packed.banks.size(); ++b) {
    if (follows[b] != 0 || packed.banks[b].kernel) continue;
    Bundle bundle{{b}, 0, false};
    bundle.banks.insert(bundle.banks.end(), sharing[b].begin(), sharing[b].end());
    std::sort(bundle.banks.begin(), bundle.banks.end());
    for (const std::uint32_t member : bundle.banks) {
      bundle.arrays += static_cast<std::uint32_t>(packed.banks[member].row_parts.size());
    }
    bundle.arrays -= static_cast<std::uint32_t>(bundle.banks.size()) - 1;
    bundles.push_back(std::move(bundle));
  }
  add_kernel_bundles(packed, bundles);
  return bundles;
}

std::vector<Packing> packings_around_kernels(const std::vector<Bundle>& bundles, const PackedNetwork& packed,
                                             const std::vector<LayerId>& layers,
                                             const std::vector<std::uint32_t>& sizes, const ChipSpec& chip) {
  std::vector<Packing> packings;
  for (std::uint32_t left = 0; !packed.kernels.empty() && left <= kMostTilesLeft; ++left) {
    for (Packing& packing : KernelReaches(bundles, packed, chip, left).packings(layers, sizes)) {
      packings.push_back(std::move(packing));
    }
  }
  return packings;
}

}  // namespace crossloom
