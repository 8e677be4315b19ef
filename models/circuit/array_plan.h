// How an array is cut in halves, down to single cells, so that few nodes join the halves. Private to circuit.
//
// Nested dissection (George, SIAM Journal on Numerical Analysis 10, 1973) on the two layers of an array. A block of
// a x b cells owns the wire segments behind each cell (towards larger indices) and meets the rest of the array in four
// groups of nodes: `left` (the wordlines in front of it: a), `right` (behind it: a), `top` (the bit lines above: b) and
// `bottom` (b). Two blocks side by side share the a wordline nodes between them, which no other block touches; they are
// taken out when the two are joined, and likewise the bit line nodes between blocks one above the other. So an n x n
// array costs some 30 n^3 operations.
//
// Drivers and sense ends are outer nodes of the blocks at the edges: `left` of the first bit lines is the drivers,
// `bottom` of the last rows the sense ends, `right` of the last bit lines the drivers of the other side, if any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/circuit/array_wiring.h"

namespace crossloom {

/// Neighbouring nodes of a block that are neighbours in the larger one as well; mesh indices.
struct NodeRun {
  std::size_t from = 0, length = 0, to = 0;
};

struct CircuitBlock {
  static constexpr std::int32_t kNone = -1;
  std::uint32_t row_begin = 0, row_end = 0, line_begin = 0, line_end = 0;
  std::array<std::int32_t, 2> parts{kNone, kNone};  ///< blocks it is made of; a cell has none, the whole array with its
                                                    ///< drivers may have one
  std::size_t inner = 0, left = 0, right = 0, top = 0, bottom = 0;

  [[nodiscard]] std::size_t outer() const { return left + right + top + bottom; }
  [[nodiscard]] bool is_cell() const { return parts[0] == kNone; }
  /// Outer positions: 0 is the first outer node.
  [[nodiscard]] std::size_t first_right() const { return left; }
  [[nodiscard]] std::size_t first_top() const { return left + right; }
  [[nodiscard]] std::size_t first_bottom() const { return left + right + top; }
};

/// Where wires have no resistance, a wordline (or bit line) is one node: it is `left` (or `bottom`) of every block on
/// it.
class ArrayPlan {
 public:
  ArrayPlan(std::uint32_t rows, std::uint32_t bit_lines, const WireSpec& wires);
  /// Parts come before what they make; the last block is the array.
  [[nodiscard]] const std::vector<CircuitBlock>& blocks() const { return blocks_; }
  [[nodiscard]] bool merged_wordlines() const { return merged_wordlines_; }
  [[nodiscard]] bool merged_bit_lines() const { return merged_bit_lines_; }
  /// Where the outer nodes of the part `which` (0 or 1) lie in the mesh of `block`. Runs of length 0 occur.
  [[nodiscard]] std::array<NodeRun, 4> runs(const CircuitBlock& block, std::size_t which) const;
  /// Mesh indices of the wordline and the bit line node of a cell's block, and of the nodes behind its segments
  /// (kNowhere where there is none) and of the driver in front of it.
  struct CellNodes {
    std::size_t wordline, bit_line, before, behind, below;
  };
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
  [[nodiscard]] CellNodes cell_nodes(const CircuitBlock& cell) const;

 private:
  std::int32_t add(std::uint32_t row_begin, std::uint32_t row_end, std::uint32_t line_begin, std::uint32_t line_end);
  void set_outer(CircuitBlock& block) const;
  std::array<NodeRun, 4> side_by_side(const CircuitBlock& block, std::size_t which) const;
  std::array<NodeRun, 4> one_above_the_other(const CircuitBlock& block, std::size_t which) const;
  std::array<NodeRun, 4> within_ends(const CircuitBlock& block) const;

  std::uint32_t rows_, bit_lines_;
  bool both_sides_, merged_wordlines_, merged_bit_lines_, separate_drivers_, separate_sense_;
  std::vector<CircuitBlock> blocks_;
};

}  // namespace crossloom
