#include "mapping/leftover_cover.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "mapping/block_sharing.h"
#include "mapping/column_stripes.h"
#include "mapping/row_cut.h"
#include "mapping/stripe_improvement.h"

namespace crossloom {
namespace {

using Indices = std::vector<std::uint32_t>;
constexpr std::uint64_t kEffort = 100'000'000;        // looks at a cell by the local search, about 0.1 s
constexpr std::uint64_t kMostGrowth = 2'000'000'000;  // (columns + live weights / arrays) looked at to grow stripes

struct Box {
  Indices rows, columns;
};

// The boxes of a plain grid, less the rows and columns that are empty in them.
std::vector<Block> boxes_of_grid(const BinaryMatrix& cells, ArraySize array) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, Box> boxes;
  for (std::uint32_t i = 0; i < cells.rows; ++i) {
    for (const std::uint32_t j : cells.row(i)) {
      Box& box = boxes[{i / array.rows, j / array.columns}];
      if (box.rows.empty() || box.rows.back() != i) box.rows.push_back(i);
      box.columns.push_back(j);
    }
    // Columns pile up once a row; a box of many rows would keep them all.
    if (i % array.rows != array.rows - 1 && i + 1 != cells.rows) continue;
    for (auto at = boxes.lower_bound({i / array.rows, 0}); at != boxes.end(); ++at) {
      Indices& columns = at->second.columns;
      std::sort(columns.begin(), columns.end());
      columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    }
  }
  std::vector<Block> blocks;
  for (auto& [where, box] : boxes) blocks.push_back({std::move(box.rows), std::move(box.columns)});
  return blocks;
}

Indices live_columns(const BinaryMatrix& cells, const Indices& rows, const Indices& stripe) {
  Indices columns;
  for (const std::uint32_t i : rows) {
    const BinaryMatrix::Range of_row = cells.row(i);
    std::set_intersection(of_row.begin(), of_row.end(), stripe.begin(), stripe.end(), std::back_inserter(columns));
  }
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return columns;
}

std::vector<Block> blocks_of_stripes(const SparseMatrix& matrix, const Stripes& stripes, ArraySize array) {
  const std::vector<Indices> rows = live_rows_of(matrix, stripes);
  std::vector<Block> blocks;
  for (std::size_t s = 0; s < stripes.size(); ++s) {
    const Tail tail = smallest_tail(matrix, stripes[s], rows[s], array.rows);
    for (Indices& part : whole_parts(rows[s], tail, array.rows)) {
      Indices columns = live_columns(matrix.by_row, part, stripes[s]);
      blocks.push_back({std::move(part), std::move(columns)});
    }
    if (!tail.rows.empty()) blocks.push_back({tail.rows, tail.columns});
  }
  return blocks;
}

std::size_t arrays_of(const std::vector<Block>& blocks, ArraySize array, CoverMeasure measure) {
  if (measure == CoverMeasure::blocks) return blocks.size();
  std::vector<ArraySize> sizes;
  for (const Block& block : blocks) {
    sizes.push_back({static_cast<std::uint32_t>(block.rows.size()), static_cast<std::uint32_t>(block.columns.size())});
  }
  return share_arrays(sizes, array).size();
}

// Covers made of stripes of columns, the best of which is worth keeping.
std::vector<std::vector<Block>> covers_by_stripes(const SparseMatrix& matrix, ArraySize array) {
  std::vector<std::vector<Block>> covers;
  const std::uint64_t stripes = matrix.by_row.columns / array.columns + 1U;
  const std::uint64_t growth =
      std::uint64_t{matrix.by_row.columns} * matrix.by_row.columns + stripes * matrix.by_row.column_of.size();
  if (growth > kMostGrowth) return covers;
  for (const Likeness likeness : {Likeness::fewest_new_rows, Likeness::smallest_new_share}) {
    for (const StripeEnd end : {StripeEnd::full_width, StripeEnd::most_columns_a_part}) {
      Stripes grown = stripes_of_like_columns(matrix, array, likeness, end);
      improve_stripes(matrix, array, kEffort / 8, grown);
      covers.push_back(blocks_of_stripes(matrix, grown, array));
    }
  }
  return covers;
}

}  // namespace

std::vector<Block> cover_leftovers(const BinaryMatrix& cells, ArraySize array, CoverMeasure measure) {
  std::vector<Block> best = boxes_of_grid(cells, array);
  const std::size_t boxes = best.size();
  std::size_t fewest = arrays_of(best, array, measure);
  const auto consider = [&](std::vector<Block> cover) {
    if (cover.size() > boxes) return;
    const std::size_t arrays = arrays_of(cover, array, measure);
    if (arrays >= fewest) return;
    fewest = arrays;
    best = std::move(cover);
  };
  const SparseMatrix matrix(cells);
  for (std::vector<Block>& cover : covers_by_stripes(matrix, array)) consider(std::move(cover));
  const SparseMatrix turned(matrix.by_column);
  for (std::vector<Block>& cover : covers_by_stripes(turned, {array.columns, array.rows})) {
    for (Block& block : cover) std::swap(block.rows, block.columns);
    consider(std::move(cover));
  }
  return best;
}

std::size_t grid_boxes(const BinaryMatrix& cells, ArraySize array) { return boxes_of_grid(cells, array).size(); }

}  // namespace crossloom
