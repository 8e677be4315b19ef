#include "mapping/block_sharing.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "mapping/array_filling.h"
#include "mapping/sharing_search.h"

namespace crossloom {
namespace {

using Groups = std::vector<std::vector<std::size_t>>;

constexpr std::size_t kMostSearched = 24;

SharingAmount amount_of(const SharableBlock& block) { return {block.rows, block.columns, block.companions}; }

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0 ? 1U : 0U); }

// What the blocks add up to, and how many exceed half the limit in one resource (no two of them fit one array).
std::uint64_t fewest_arrays(const std::vector<BlockKind>& kinds, const SharingAmount& limit) {
  SharingAmount sum{};
  SharingAmount large{};
  for (const BlockKind& kind : kinds) {
    add(sum, kind.need, kind.blocks.size());
    for (std::size_t k = 0; k < kSharingResources; ++k)
      large[k] += 2 * kind.need[k] > limit[k] ? kind.blocks.size() : 0;
  }
  std::uint64_t fewest = 0;
  for (std::size_t k = 0; k < kSharingResources; ++k) {
    if (limit[k] != 0) fewest = std::max({fewest, ceil_div(sum[k], limit[k]), large[k]});
  }
  return fewest;
}

std::vector<BlockKind> kinds_of(const std::vector<SharableBlock>& blocks, const SharingAmount& limit) {
  std::map<SharingAmount, std::size_t> kind_of;
  std::vector<BlockKind> kinds;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const SharingAmount need = amount_of(blocks[b]);
    CROSSLOOM_CHECK(need[0] != 0 && need[1] != 0 && fits(need, limit), "a block to share is no larger than an array");
    const auto [at, fresh] = kind_of.emplace(need, kinds.size());
    if (fresh) kinds.push_back({need, {}});
    kinds[at->second].blocks.push_back(b);
  }
  return kinds;
}

// Largest first, by different ideas of large.
std::vector<std::vector<std::size_t>> greedy_orders(const std::vector<BlockKind>& kinds, const SharingAmount& limit) {
  const auto share = [&](const BlockKind& kind, std::size_t k) {
    return limit[k] == 0 ? 0.0 : static_cast<double>(kind.need[k]) / static_cast<double>(limit[k]);
  };
  std::vector<std::vector<std::size_t>> orders;
  const auto add_order = [&](auto&& size) {
    orders.emplace_back(kinds.size());
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) orders.back()[kind] = kind;
    std::stable_sort(orders.back().begin(), orders.back().end(), [&](std::size_t a, std::size_t b) {
      const double size_a = size(kinds[a]);
      const double size_b = size(kinds[b]);
      return size_a != size_b ? size_a > size_b : kinds[a].need > kinds[b].need;
    });
  };
  add_order([&](const BlockKind& kind) { return std::max({share(kind, 0), share(kind, 1), share(kind, 2)}); });
  add_order([&](const BlockKind& kind) { return share(kind, 0) + share(kind, 1) + share(kind, 2); });
  add_order([&](const BlockKind& kind) { return share(kind, 0) * share(kind, 1); });
  add_order([&](const BlockKind& kind) { return share(kind, 0); });
  add_order([&](const BlockKind& kind) { return share(kind, 1); });
  return orders;
}

Groups groups_of(const ArrayFilling& filling, const std::vector<BlockKind>& kinds) {
  std::vector<std::size_t> used(kinds.size(), 0);
  Groups groups;
  for (const FillingPattern& pattern : filling) {
    for (std::uint64_t n = 0; n < pattern.arrays; ++n) {
      groups.emplace_back();
      for (const TakenBlocks& taken : pattern.taken) {
        for (std::uint64_t b = 0; b < taken.blocks; ++b) {
          groups.back().push_back(kinds[taken.kind].blocks[used[taken.kind]++]);
        }
      }
    }
  }
  return groups;
}

std::vector<SharableBlock> without_companions(const std::vector<ArraySize>& blocks) {
  std::vector<SharableBlock> sharable;
  sharable.reserve(blocks.size());
  for (const ArraySize& block : blocks) sharable.push_back({block.rows, block.columns, 0});
  return sharable;
}

SharingAmount limit_of(const SharingLimit& limit) { return {limit.array.rows, limit.array.columns, limit.companions}; }

}  // namespace

std::vector<std::vector<std::size_t>> share_arrays(const std::vector<SharableBlock>& blocks,
                                                   const SharingLimit& sharing_limit) {
  const SharingAmount limit = limit_of(sharing_limit);
  const std::vector<BlockKind> kinds = kinds_of(blocks, limit);
  const std::uint64_t fewest = fewest_arrays(kinds, limit);
  std::optional<ArrayFilling> best;
  const auto consider = [&](std::optional<ArrayFilling> filling) {
    if (filling && (!best || arrays_of(*filling) < arrays_of(*best))) best = std::move(filling);
  };
  for (std::vector<std::size_t>& order : greedy_orders(kinds, limit)) {
    if (best && arrays_of(*best) == fewest) break;
    consider(fill_in_order(kinds, limit, std::move(order)));
  }
  if (arrays_of(*best) > fewest) consider(fill_by_dot_product(kinds, limit));
  Groups groups = groups_of(*best, kinds);
  if (groups.size() > fewest && blocks.size() <= kMostSearched) {
    std::vector<SharingAmount> needs;
    for (const SharableBlock& block : blocks) needs.push_back(amount_of(block));
    if (std::optional<Groups> found = search_sharing(std::move(needs), limit, groups.size()))
      groups = std::move(*found);
  }
  for (std::vector<std::size_t>& group : groups) std::sort(group.begin(), group.end());
  std::sort(groups.begin(), groups.end());
  return groups;
}

std::vector<std::vector<std::size_t>> share_arrays(const std::vector<ArraySize>& blocks, ArraySize array) {
  return share_arrays(without_companions(blocks), {array, 0});
}

std::size_t fewest_shared_arrays(const std::vector<ArraySize>& blocks, ArraySize array) {
  const SharingAmount limit = limit_of({array, 0});
  return fewest_arrays(kinds_of(without_companions(blocks), limit), limit);
}

}  // namespace crossloom
