#include "models/circuit/array_plan.h"

#include "models/circuit/mesh_elimination.h"

namespace crossloom {

ArrayPlan::ArrayPlan(std::uint32_t rows, std::uint32_t bit_lines, const WireSpec& wires)
    : rows_(rows),
      bit_lines_(bit_lines),
      both_sides_(wires.sides == DriverSides::both),
      merged_wordlines_(wires.wordline == Resistance()),
      merged_bit_lines_(wires.bitline == Resistance()),
      separate_drivers_(merged_wordlines_ && wires.driver != Resistance()),
      separate_sense_(merged_bit_lines_ && wires.sense != Resistance()) {
  blocks_.reserve(2 * std::size_t{rows} * bit_lines);
  const std::int32_t cells = add(0, rows, 0, bit_lines);
  if (!separate_drivers_ && !separate_sense_) return;
  CircuitBlock whole = blocks_.back();
  whole.parts = {cells, CircuitBlock::kNone};
  whole.inner = (separate_drivers_ ? rows : 0) + (separate_sense_ ? bit_lines : 0);
  blocks_.push_back(whole);
}

void ArrayPlan::set_outer(CircuitBlock& block) const {
  const std::uint32_t rows = block.row_end - block.row_begin, lines = block.line_end - block.line_begin;
  block.left = rows;
  const bool has_right = !merged_wordlines_ && (block.line_end < bit_lines_ || both_sides_);
  block.right = has_right ? rows : 0;
  block.top = !merged_bit_lines_ && block.row_begin > 0 ? lines : 0;
  block.bottom = lines;
}

std::int32_t ArrayPlan::add(std::uint32_t row_begin, std::uint32_t row_end, std::uint32_t line_begin,
                            std::uint32_t line_end) {
  const std::uint32_t rows = row_end - row_begin, lines = line_end - line_begin;
  CircuitBlock block;
  block.row_begin = row_begin;
  block.row_end = row_end;
  block.line_begin = line_begin;
  block.line_end = line_end;
  if (rows == 1 && lines == 1) {
    block.inner = (!merged_wordlines_ && line_begin == 0 ? 1U : 0U) + (!merged_bit_lines_ && row_begin == 0 ? 1U : 0U);
  } else if (lines >= rows) {
    const std::uint32_t middle = line_begin + (lines + 1) / 2;
    const std::int32_t first = add(row_begin, row_end, line_begin, middle);
    block.parts = {first, add(row_begin, row_end, middle, line_end)};
    block.inner = merged_wordlines_ ? 0 : rows;
  } else {
    const std::uint32_t middle = row_begin + (rows + 1) / 2;
    const std::int32_t first = add(row_begin, middle, line_begin, line_end);
    block.parts = {first, add(middle, row_end, line_begin, line_end)};
    block.inner = merged_bit_lines_ ? 0 : lines;
  }
  set_outer(block);
  blocks_.push_back(block);
  return static_cast<std::int32_t>(blocks_.size()) - 1;
}

std::array<NodeRun, 4> ArrayPlan::side_by_side(const CircuitBlock& block, std::size_t which) const {
  const auto& part = blocks_[static_cast<std::size_t>(block.parts[which])];
  const std::size_t outer = padded_nodes(block.inner), line = part.line_begin - block.line_begin;
  const std::size_t left = which == 0 || merged_wordlines_ ? outer : 0;
  const std::size_t right = which == 0 ? 0 : outer + block.first_right();
  return {{{0, part.left, left},
           {part.first_right(), part.right, right},
           {part.first_top(), part.top, outer + block.first_top() + line},
           {part.first_bottom(), part.bottom, outer + block.first_bottom() + line}}};
}

std::array<NodeRun, 4> ArrayPlan::one_above_the_other(const CircuitBlock& block, std::size_t which) const {
  const auto& part = blocks_[static_cast<std::size_t>(block.parts[which])];
  const std::size_t outer = padded_nodes(block.inner), row = part.row_begin - block.row_begin;
  const std::size_t top = which == 0 ? outer + block.first_top() : 0;
  const std::size_t bottom = which == 1 || merged_bit_lines_ ? outer + block.first_bottom() : 0;
  return {{{0, part.left, outer + row},
           {part.first_right(), part.right, outer + block.first_right() + row},
           {part.first_top(), part.top, top},
           {part.first_bottom(), part.bottom, bottom}}};
}

std::array<NodeRun, 4> ArrayPlan::within_ends(const CircuitBlock& block) const {
  const std::size_t outer = padded_nodes(block.inner), first_sense = separate_drivers_ ? rows_ : 0;
  return {{{0, block.left, separate_drivers_ ? 0 : outer},
           {block.first_right(), block.right, outer + block.first_right()},
           {block.first_top(), block.top, outer + block.first_top()},
           {block.first_bottom(), block.bottom, separate_sense_ ? first_sense : outer + block.first_bottom()}}};
}

std::array<NodeRun, 4> ArrayPlan::runs(const CircuitBlock& block, std::size_t which) const {
  if (block.parts[1] == CircuitBlock::kNone) return within_ends(block);
  const auto& first = blocks_[static_cast<std::size_t>(block.parts[0])];
  return first.line_end < block.line_end ? side_by_side(block, which) : one_above_the_other(block, which);
}

ArrayPlan::CellNodes ArrayPlan::cell_nodes(const CircuitBlock& cell) const {
  const std::size_t outer = padded_nodes(cell.inner);
  std::size_t inner = 0;
  CellNodes nodes{outer, outer + cell.first_bottom(), kNowhere, kNowhere, kNowhere};
  if (!merged_wordlines_) {
    if (cell.line_begin == 0) {
      nodes.wordline = inner++;
      nodes.before = outer;
    }
    if (cell.right > 0) nodes.behind = outer + cell.first_right();
  }
  if (!merged_bit_lines_) {
    nodes.below = outer + cell.first_bottom();
    nodes.bit_line = cell.row_begin == 0 ? inner : outer + cell.first_top();
  }
  return nodes;
}

}  // namespace crossloom
