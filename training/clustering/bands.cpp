#include "training/clustering/bands.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

namespace crossloom {
namespace {

constexpr int kMostRounds = 6;
/// A round scores each one against each band; beyond so many additions in all, fewer rounds are made.
constexpr std::uint64_t kMostWork = 40'000'000;
constexpr std::uint64_t kWorkPerOne = 120;

using Bands = std::vector<std::vector<std::uint32_t>>;
using Counts = std::vector<std::vector<std::uint32_t>>;  // band, line across -> ones

struct Score {
  std::uint64_t value;
  std::uint32_t line, band;
};

class Dealer {
 public:
  Dealer(const ShrinkingLines& own, const ShrinkingLines& across, std::size_t height, std::size_t width, double quality)
      : own_(own), across_(across), height_(height), width_(width), quality_(quality) {}

  Bands deal() const {
    std::vector<std::uint32_t> lines;
    for (std::uint32_t line = 0; line < own_.lines(); ++line) {
      if (own_.degree(line) > 0) lines.push_back(line);
    }
    if (lines.empty()) return {};
    std::stable_sort(lines.begin(), lines.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return own_.degree(a) > own_.degree(b); });
    Bands bands;
    for (std::size_t k = 0; k < lines.size(); k += height_) {
      bands.emplace_back(lines.begin() + static_cast<std::ptrdiff_t>(k),
                         lines.begin() + static_cast<std::ptrdiff_t>(std::min(k + height_, lines.size())));
    }
    std::uint64_t ones = 0;
    for (const std::uint32_t line : lines) ones += own_.degree(line);
    const std::uint64_t round = ones * bands.size();
    const std::uint64_t budget = std::max(kMostWork, kWorkPerOne * ones);
    Counts counts = count(bands);
    Bands best = bands;
    std::uint64_t best_ones = within_dense_arrays(bands, counts);
    for (std::uint64_t k = 0, work = round; k < kMostRounds && work <= budget; ++k, work += round) {
      bands = redealt(lines, bands, counts);
      counts = count(bands);
      const std::uint64_t now = within_dense_arrays(bands, counts);
      if (now < best_ones) continue;
      const bool same = now == best_ones && bands == best;
      best = bands;
      best_ones = now;
      if (same) break;
    }
    return best;
  }

 private:
  [[nodiscard]] Counts count(const Bands& bands) const {
    Counts counts(bands.size(), std::vector<std::uint32_t>(across_.lines(), 0));
    for (std::size_t b = 0; b < bands.size(); ++b) {
      for (const std::uint32_t line : bands[b]) {
        for (const std::uint32_t* n = own_.begin(line); n != own_.end(line); ++n) ++counts[b][*n];
      }
    }
    return counts;
  }

  /// Ones of a band's lines across taken an array's width at a time, the fullest first, while arrays are dense enough.
  [[nodiscard]] std::uint64_t within_dense_arrays(const Bands& bands, const Counts& counts) const {
    std::uint64_t sum = 0;
    for (std::size_t b = 0; b < bands.size(); ++b) {
      std::vector<std::uint32_t> sorted = counts[b];
      std::sort(sorted.begin(), sorted.end(), std::greater<>());
      for (std::size_t k = 0; k < sorted.size(); k += width_) {
        const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(k + width_, sorted.size()));
        const auto ones = std::accumulate(sorted.begin() + static_cast<std::ptrdiff_t>(k), end, std::uint64_t{0});
        if (static_cast<double>(ones) < quality_ * static_cast<double>(width_ * bands[b].size())) break;
        sum += ones;
      }
    }
    return sum;
  }

  /// Each line to the band whose counts it adds to most, the strongest attraction first, while there is room.
  [[nodiscard]] Bands redealt(const std::vector<std::uint32_t>& lines, const Bands& bands, const Counts& counts) const {
    std::vector<std::uint32_t> band_of(own_.lines(), 0);
    for (std::size_t b = 0; b < bands.size(); ++b) {
      for (const std::uint32_t line : bands[b]) band_of[line] = static_cast<std::uint32_t>(b);
    }
    std::vector<Score> scores;
    scores.reserve(lines.size() * bands.size());
    for (const std::uint32_t line : lines) {
      for (std::uint32_t b = 0; b < bands.size(); ++b) {
        std::uint64_t sum = 0;
        const std::uint32_t* const of_band = counts[b].data();
        for (const std::uint32_t* n = own_.begin(line); n != own_.end(line); ++n) sum += of_band[*n];
        // A line does not attract itself; bands of fewer lines are not at a disadvantage.
        if (band_of[line] == b) sum -= own_.degree(line);
        const std::size_t others = bands[b].size() - (band_of[line] == b ? 1 : 0);
        scores.push_back({others == 0 ? 0 : (sum << 16U) / others, line, b});
      }
    }
    std::sort(scores.begin(), scores.end(), [](const Score& x, const Score& y) {
      return x.value != y.value ? x.value > y.value : x.line != y.line ? x.line < y.line : x.band < y.band;
    });
    Bands dealt(bands.size());
    std::vector<std::uint8_t> placed(own_.lines(), 0);
    for (const Score& score : scores) {
      if (placed[score.line] != 0 || dealt[score.band].size() >= bands[score.band].size()) continue;
      placed[score.line] = 1;
      dealt[score.band].push_back(score.line);
    }
    for (std::vector<std::uint32_t>& band : dealt) std::sort(band.begin(), band.end());
    return dealt;
  }

  const ShrinkingLines& own_;
  const ShrinkingLines& across_;
  std::size_t height_, width_;
  double quality_;
};

}  // namespace

ClusterSet with_bands(ClusterSet set, Side side, ArraySize array, double quality, double least_ones) {
  const bool by_rows = side == Side::rows;
  const std::size_t height = by_rows ? array.rows : array.columns, width = by_rows ? array.columns : array.rows;
  Bands bands = Dealer(by_rows ? set.left.rows() : set.left.columns(), by_rows ? set.left.columns() : set.left.rows(),
                       height, width, quality)
                    .deal();
  for (std::vector<std::uint32_t>& band : bands) {
    std::sort(band.begin(), band.end());
    BlockSearch search(set.left, set.claims, array);
    const std::vector<std::uint32_t> counts = search.counts_across(side, band);
    std::vector<std::uint32_t> across(counts.size());
    std::iota(across.begin(), across.end(), 0U);
    std::stable_sort(across.begin(), across.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return counts[a] > counts[b]; });
    for (std::size_t k = 0; k < across.size() && counts[across[k]] > 0; k += width) {
      const std::size_t end = std::min(k + width, across.size());
      std::vector<std::uint32_t> chosen(across.begin() + static_cast<std::ptrdiff_t>(k),
                                        across.begin() + static_cast<std::ptrdiff_t>(end));
      std::sort(chosen.begin(), chosen.end());
      FoundBlock found;
      found.block = by_rows ? Block{band, chosen} : Block{chosen, band};
      found.ones = ones_within(set.left, found.block);
      set.drop_conflicts(found);
      if (found.empty()) continue;
      trim_to_quality(found, set.left, quality);
      if (!set.add(std::move(found), quality, least_ones)) break;
    }
  }
  return set;
}

}  // namespace crossloom
