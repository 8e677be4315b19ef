// Arrays filled with blocks of few sizes, greedily. Private to block_sharing.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace crossloom {

constexpr std::size_t kSharingResources = 3;  // rows, columns, companions
using SharingAmount = std::array<std::uint64_t, kSharingResources>;

inline bool fits(const SharingAmount& need, const SharingAmount& room) {
  return need[0] <= room[0] && need[1] <= room[1] && need[2] <= room[2];
}
inline void add(SharingAmount& sum, const SharingAmount& more, std::uint64_t times = 1) {
  for (std::size_t k = 0; k < kSharingResources; ++k) sum[k] += more[k] * times;
}
inline void take(SharingAmount& room, const SharingAmount& need, std::uint64_t times = 1) {
  for (std::size_t k = 0; k < kSharingResources; ++k) room[k] -= need[k] * times;
}

/// Blocks of one size, by index.
struct BlockKind {
  SharingAmount need{};
  std::vector<std::size_t> blocks;
};

struct TakenBlocks {
  std::size_t kind;
  std::uint64_t blocks;
};
/// Arrays filled alike.
struct FillingPattern {
  std::vector<TakenBlocks> taken;
  std::uint64_t arrays = 0;
};
using ArrayFilling = std::vector<FillingPattern>;

std::uint64_t arrays_of(const ArrayFilling& filling);

/// Each array takes kinds in this order, as many of each as fit.
ArrayFilling fill_in_order(const std::vector<BlockKind>& kinds, const SharingAmount& limit,
                           std::vector<std::size_t> order);

/// Each array takes block after block the one that asks most for what it has most of (Panigrahy et al., 2011); absent
/// where that takes too long.
std::optional<ArrayFilling> fill_by_dot_product(const std::vector<BlockKind>& kinds, const SharingAmount& limit);

}  // namespace crossloom
