// Looks for one dense block around a seed row or column, on the ones that are left. Private to clustering.
#pragma once

#include <cstdint>
#include <vector>

#include "models/array_size.h"
#include "training/clustering/leftover_matrix.h"

namespace crossloom {

enum class Side { rows, columns };

/// Which cells belong to clusters already. A row's cluster is any that has the row.
class Claims {
 public:
  Claims(std::uint32_t rows, std::uint32_t columns) : of_row_(rows), of_column_(columns) {}
  void add(const Block& block);
  /// Clusters that have a row (or column), ascending.
  [[nodiscard]] const std::vector<std::uint32_t>& of(Side side, std::uint32_t line) const {
    return side == Side::rows ? of_row_[line] : of_column_[line];
  }
  [[nodiscard]] const std::vector<std::uint32_t>& lines(Side side, std::uint32_t cluster) const {
    return side == Side::rows ? blocks_[cluster].rows : blocks_[cluster].columns;
  }
  [[nodiscard]] std::size_t clusters() const { return blocks_.size(); }

 private:
  std::vector<std::vector<std::uint32_t>> of_row_, of_column_;
  std::vector<Block> blocks_;
};

struct FoundBlock {
  Block block;             ///< no rows and columns where nothing was found
  std::uint64_t ones = 0;  ///< that are left
  double surprise = 0.0;   ///< log-likelihood gain over the background less the cost of naming the block, in nats
  [[nodiscard]] bool empty() const { return block.rows.empty() || block.columns.empty(); }
  [[nodiscard]] double density() const {
    return empty() ? 0.0
                   : static_cast<double>(ones) /
                         (static_cast<double>(block.rows.size()) * static_cast<double>(block.columns.size()));
  }
};

/// References must outlive the search; they may change between calls.
class BlockSearch {
 public:
  BlockSearch(const LeftoverMatrix& matrix, const Claims& claims, ArraySize array)
      : matrix_(matrix),
        claims_(claims),
        array_(array),
        rows_(matrix.rows().lines()),
        columns_(matrix.columns().lines()) {}

  /// The block of any size around the seed that stands out most against `background` density.
  FoundBlock natural(Side side, std::uint32_t seed, double background);
  /// The rectangle of at most one array around the seed with the most ones, weak lines taken off until `quality` is
  /// reached.
  FoundBlock best_rectangle(Side side, std::uint32_t seed, double quality);
  /// Ones left at the crossings of `lines` with each line of the other side, less the cells there that clusters have
  /// (not below 0). Valid until the next call for the same side.
  const std::vector<std::uint32_t>& counts_across(Side side, const std::vector<std::uint32_t>& lines);
  /// Additions done so far: a measure of time that is the same on every machine.
  [[nodiscard]] std::uint64_t work() const { return work_; }

 private:
  struct Scratch {
    explicit Scratch(std::uint32_t lines) : counts(lines, 0) {}
    std::vector<std::uint32_t> counts;
  };
  const ShrinkingLines& lines_of(Side side) const { return side == Side::rows ? matrix_.rows() : matrix_.columns(); }
  std::uint32_t limit(Side side) const { return side == Side::rows ? array_.rows : array_.columns; }
  std::vector<std::uint32_t> core(Side side, std::uint32_t seed);

  const LeftoverMatrix& matrix_;
  const Claims& claims_;
  ArraySize array_;
  Scratch rows_, columns_;
  std::uint64_t work_ = 0;
};

/// Takes rows and columns off, the weakest first, until the block is `quality` dense; may take off all.
void trim_to_quality(FoundBlock& found, const LeftoverMatrix& matrix, double quality);

}  // namespace crossloom
