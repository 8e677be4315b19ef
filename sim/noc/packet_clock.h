// When a node creates its packets: in every cycle with the same probability.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/random.h"

namespace crossloom {

/// Gaps between the successes of a Bernoulli process, drawn at once instead of cycle by cycle. Uses multiplications and
/// comparisons only, so the draws are the same on every machine. Immutable; thread-safe.
class PacketClock {
 public:
  /// `probability` in (0, 1].
  explicit PacketClock(double probability) {
    // P(gap <= k + 1). A table that ends early is no loss: the process has no memory.
    constexpr std::size_t kMostEntries = 1 << 16;
    double none_yet = 1.0;
    while (cumulative_.size() < kMostEntries && none_yet > 0x1p-53) {
      none_yet *= 1.0 - probability;
      cumulative_.push_back(1.0 - none_yet);
    }
  }

  /// Cycles until the next packet, at least 1.
  [[nodiscard]] std::uint64_t gap(RandomStream& random) const {
    for (std::uint64_t passed = 0;; passed += cumulative_.size()) {
      const auto at = std::upper_bound(cumulative_.begin(), cumulative_.end(), random.uniform());
      if (at != cumulative_.end()) return passed + static_cast<std::uint64_t>(at - cumulative_.begin()) + 1;
    }
  }

 private:
  std::vector<double> cumulative_;
};

}  // namespace crossloom
