#include "mapping/pack.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "mapping/block_sharing.h"
#include "mapping/column_stripes.h"
#include "mapping/stripe_improvement.h"

namespace crossloom {
namespace {

using Indices = std::vector<std::uint32_t>;
using StripeClasses = StripeCut::Classes;
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kEffort = 60'000'000;       // looks at a cell by one local search, about 0.06 s
constexpr std::uint64_t kMostGrowth = 400'000'000;  // looks at a cell to grow stripes

const std::uint8_t* live_row(const SpikingLayer& layer, std::uint32_t i) {
  return layer.live.empty() ? nullptr : layer.live.data() + std::size_t{i} * layer.outputs;
}

Indices live_columns(const SpikingLayer& layer) {
  std::vector<std::uint8_t> any(layer.outputs, layer.live.empty() ? 1 : 0);
  for (std::uint32_t i = 0; !layer.live.empty() && i < layer.rows(); ++i) {
    const std::uint8_t* const row = live_row(layer, i);
    for (std::uint32_t j = 0; j < layer.outputs; ++j) any[j] |= row[j];
  }
  Indices columns;
  for (std::uint32_t j = 0; j < layer.outputs; ++j) {
    if (any[j] != 0) columns.push_back(j);
  }
  return columns;
}

Stripes cut(const Indices& columns, std::uint32_t width) {
  Stripes stripes;
  for (std::size_t begin = 0; begin < columns.size(); begin += width) {
    const std::size_t end = std::min(columns.size(), begin + width);
    stripes.emplace_back(columns.begin() + static_cast<std::ptrdiff_t>(begin),
                         columns.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return stripes;
}

StripeClasses plain_grid(const Indices& columns, std::uint32_t width) {
  Stripes stripes;
  for (const std::uint32_t j : columns) {
    if (stripes.empty() || stripes.back().back() / width != j / width) stripes.emplace_back();
    stripes.back().push_back(j);
  }
  return {stripes};
}

// Columns by the set of blocks in which they have a live weight, classes in the order of their first column.
StripeClasses by_blocks(const SpikingLayer& layer, const Indices& columns, std::uint32_t width) {
  std::vector<Indices> blocks_of(layer.outputs);
  for (std::uint32_t b = 0; b < layer.blocks.size(); ++b) {
    const Block& block = layer.blocks[b];
    for (const std::uint32_t i : block.rows) {
      const std::uint8_t* const row = live_row(layer, i);
      for (const std::uint32_t j : block.columns) {
        const bool live = row == nullptr || row[j] != 0;
        if (live && (blocks_of[j].empty() || blocks_of[j].back() != b)) blocks_of[j].push_back(b);
      }
    }
  }
  std::map<Indices, std::size_t> class_of;
  std::vector<Indices> members;
  for (const std::uint32_t j : columns) {
    const auto [at, fresh] = class_of.emplace(blocks_of[j], members.size());
    if (fresh) members.emplace_back();
    members[at->second].push_back(j);
  }
  StripeClasses classes;
  for (const Indices& of_class : members) classes.push_back(cut(of_class, width));
  return classes;
}

std::size_t parts_for(std::size_t rows, std::uint32_t crossbar_rows) {
  return (rows + crossbar_rows - 1) / crossbar_rows;
}

enum class RowCuts { where_free, always };

// Cuts a stripe's rows where the rows of its whole class are cut, always or if that takes no more parts than packing
// them tight.
std::vector<Indices> row_parts(Indices rows, const Indices& rank_in_class, std::uint32_t crossbar_rows,
                               RowCuts aligned) {
  std::sort(rows.begin(), rows.end(),
            [&](std::uint32_t a, std::uint32_t b) { return rank_in_class[a] < rank_in_class[b]; });
  std::vector<Indices> parts;
  std::uint32_t last_chunk = kNone;
  for (const std::uint32_t i : rows) {
    const std::uint32_t chunk = rank_in_class[i] / crossbar_rows;
    if (chunk != last_chunk) parts.emplace_back();
    last_chunk = chunk;
    parts.back().push_back(i);
  }
  const bool tight = parts.size() == parts_for(rows.size(), crossbar_rows);
  if (!tight && aligned == RowCuts::where_free) parts = cut(rows, crossbar_rows);
  for (Indices& part : parts) std::sort(part.begin(), part.end());
  std::sort(parts.begin(), parts.end());
  return parts;
}

// Cuts a bank into whole arrays and its tail; returns which row part the tail is.
std::uint32_t cut_off_tail(PackedBank& bank, std::uint32_t crossbar_rows) {
  Indices rows;
  for (const Indices& part : bank.row_parts) rows.insert(rows.end(), part.begin(), part.end());
  std::sort(rows.begin(), rows.end());
  bank.row_parts = whole_parts(rows, bank.tail, crossbar_rows);
  const auto at = std::find_if(bank.row_parts.begin(), bank.row_parts.end(),
                               [&](const Indices& part) { return part.front() > bank.tail.rows.front(); });
  const auto part = static_cast<std::uint32_t>(at - bank.row_parts.begin());
  bank.row_parts.insert(at, bank.tail.rows);
  bank.part_columns.assign(bank.row_parts.size(), {});
  bank.part_columns[part] = bank.tail.columns;
  return part;
}

Stripes all_stripes(const StripeClasses& classes) {
  Stripes stripes;
  for (const Stripes& of_class : classes) stripes.insert(stripes.end(), of_class.begin(), of_class.end());
  return stripes;
}

// Whether sharing an array is possible at all for a tail of a bank with so many whole arrays.
bool can_share(const Tail& tail, std::size_t whole_arrays, const PackingRoom& room) {
  return !tail.rows.empty() && tail.rows.size() < room.array.rows && tail.columns.size() < room.array.columns &&
         whole_arrays < room.reach;
}

SharableBlock sharable(const Tail& tail, std::size_t whole_arrays) {
  return {static_cast<std::uint32_t>(tail.rows.size()), static_cast<std::uint32_t>(tail.columns.size()),
          static_cast<std::uint32_t>(whole_arrays)};
}

SharingLimit sharing_limit(const PackingRoom& room) { return {room.array, room.reach - 1}; }

StripeCut measured(const SparseMatrix& matrix, StripeClasses classes, const PackingRoom& room) {
  StripeCut cut{std::move(classes), {}, {}, 0};
  const Stripes stripes = all_stripes(cut.classes);
  cut.rows = live_rows_of(matrix, stripes);
  std::vector<SharableBlock> blocks;
  for (std::size_t s = 0; s < stripes.size(); ++s) {
    cut.tails.push_back(smallest_tail(matrix, stripes[s], cut.rows[s], room.array.rows));
    Tail& tail = cut.tails.back();
    const std::size_t whole = cut.rows[s].size() / room.array.rows;
    cut.arrays += whole;
    if (can_share(tail, whole, room)) {
      blocks.push_back(sharable(tail, whole));
    } else {
      cut.arrays += tail.rows.empty() ? 0 : 1;
      tail = {};
    }
  }
  cut.arrays += share_arrays(blocks, sharing_limit(room)).size();
  return cut;
}

std::vector<PackedBank> banks_of(const SpikingLayer& layer, LayerId id, const StripeCut& cut,
                                 std::uint32_t crossbar_rows, const Indices& input_order, RowCuts aligned) {
  Indices order = input_order;
  std::vector<std::uint8_t> ordered(layer.rows(), 0);
  for (const std::uint32_t i : order) ordered[i] = 1;
  for (std::uint32_t i = 0; i < layer.rows(); ++i) {
    if (ordered[i] == 0) order.push_back(i);
  }
  std::vector<PackedBank> banks;
  std::size_t first = 0;
  for (const Stripes& stripes : cut.classes) {
    std::vector<std::uint8_t> used(layer.rows(), 0);
    for (std::size_t s = 0; s < stripes.size(); ++s) {
      for (const std::uint32_t i : cut.rows[first + s]) used[i] = 1;
    }
    Indices rank(layer.rows(), 0);
    std::uint32_t next = 0;
    for (const std::uint32_t i : order) {
      rank[i] = next;
      next += used[i];
    }
    for (std::size_t s = 0; s < stripes.size(); ++s) {
      banks.push_back({id, stripes[s], row_parts(cut.rows[first + s], rank, crossbar_rows, aligned), {}, {}});
      // A tail is what tight parts leave.
      if (aligned == RowCuts::where_free) banks.back().tail = cut.tails[first + s];
    }
    first += stripes.size();
  }
  return banks;
}

// Stripes that follow blocks or likeness. A matrix whose columns are all live in the same rows has nothing to follow.
std::vector<Stripes> searched_stripes(const SpikingLayer& layer, const SparseMatrix& matrix, const Indices& columns,
                                      ArraySize stripe) {
  std::vector<Stripes> found;
  const std::uint64_t ones = matrix.by_row.column_of.size();
  std::uint64_t fullest = 0;
  for (const std::uint32_t j : columns) fullest = std::max<std::uint64_t>(fullest, matrix.by_column.row(j).size());
  std::uint64_t live = 0;
  for (std::uint32_t i = 0; i < matrix.by_row.rows; ++i) live += matrix.by_row.row(i).size() != 0 ? 1 : 0;
  if (fullest * columns.size() == ones && fullest == live) return found;
  std::vector<Indices> sets;
  for (const Block& block : layer.blocks) sets.push_back(block.columns);
  if (sets.size() > 1) found.push_back(stripes_along(matrix, stripe, sets));
  if (columns.size() * columns.size() + ones * (columns.size() / stripe.columns + 1) > kMostGrowth) return found;
  for (const Likeness likeness : {Likeness::smallest_new_share, Likeness::fewest_new_rows}) {
    for (const StripeEnd end : {StripeEnd::full_width, StripeEnd::most_columns_a_part}) {
      found.push_back(stripes_of_like_columns(matrix, stripe, likeness, end));
    }
  }
  return found;
}

// Ways 1 to 3.
StripeCut cut_in_order(const SpikingLayer& layer, const SparseMatrix& matrix, const Indices& columns,
                       const PackingRoom& room) {
  StripeCut best = measured(matrix, by_blocks(layer, columns, room.stripe_width), room);
  for (StripeClasses& classes :
       std::vector<StripeClasses>{{cut(columns, room.stripe_width)}, plain_grid(columns, room.stripe_width)}) {
    StripeCut next = measured(matrix, std::move(classes), room);
    if (next.arrays < best.arrays) best = std::move(next);
  }
  return best;
}

// Way 4, where it takes fewer arrays than `in_order`.
std::optional<StripeCut> cut_by_search(const SpikingLayer& layer, const SparseMatrix& matrix, const Indices& columns,
                                       const PackingRoom& room, const StripeCut& in_order) {
  const ArraySize stripe{room.array.rows, room.stripe_width};
  StripeCut found;
  for (Stripes& stripes : searched_stripes(layer, matrix, columns, stripe)) {
    StripeCut next = measured(matrix, {std::move(stripes)}, room);
    if (found.classes.empty() || next.arrays < found.arrays) found = std::move(next);
  }
  if (found.classes.empty()) return std::nullopt;
  StripeCut best = found;
  // From the best stripes of either kind.
  for (Stripes stripes : {all_stripes(found.classes), all_stripes(in_order.classes)}) {
    improve_stripes(matrix, stripe, kEffort, stripes);
    StripeCut next = measured(matrix, {std::move(stripes)}, room);
    if (next.arrays < best.arrays) best = std::move(next);
  }
  if (best.arrays >= in_order.arrays) return std::nullopt;
  return best;
}

}  // namespace

LayerCuts::LayerCuts(const SpikingLayer& layer, LayerId id, const PackingRoom& room)
    : layer_(&layer), id_(id), crossbar_rows_(room.array.rows) {
  const SparseMatrix matrix(binary_matrix(layer.live, layer.rows(), layer.outputs));
  const Indices columns = live_columns(layer);
  in_order_ = cut_in_order(layer, matrix, columns, room);
  grid_.classes = plain_grid(columns, room.stripe_width);
  grid_.rows = live_rows_of(matrix, grid_.classes.front());
  searched_ = cut_by_search(layer, matrix, columns, room, in_order_);
}

std::vector<PackedBank> LayerCuts::banks(StripeWay way, const std::vector<std::uint32_t>& input_order) const {
  const StripeCut& in_one_order = way == StripeWay::grid ? grid_ : in_order_;
  const StripeCut& cut = way == StripeWay::searched && searched_ ? *searched_ : in_one_order;
  return banks_of(*layer_, id_, cut, crossbar_rows_, input_order,
                  way == StripeWay::grid ? RowCuts::always : RowCuts::where_free);
}

bool LayerCuts::worth_trying(StripeWay way) const {
  if (way == StripeWay::in_order) return true;
  if (way == StripeWay::searched) return searched_.has_value();
  return std::any_of(grid_.rows.begin(), grid_.rows.end(),
                     [this](const Indices& rows) { return rows != grid_.rows.front(); });
}

std::vector<PackedBank> pack_layer(const SpikingLayer& layer, LayerId id, const PackingRoom& room,
                                   const std::vector<std::uint32_t>& input_order) {
  return LayerCuts(layer, id, room).banks(StripeWay::searched, input_order);
}

std::size_t PackedNetwork::arrays() const {
  std::size_t sum = 0;
  for (const PackedBank& bank : banks) sum += bank.kernel ? 0 : bank.row_parts.size();
  for (const auto& of_array : shared) sum -= of_array.size() - 1;
  for (const PackedKernel& kernel : kernels) {
    for (const auto& users : kernel.arrays) sum += users.empty() ? 0 : 1;
  }
  return sum;
}

PackedNetwork share_tails(std::vector<PackedBank> banks, const PackingRoom& room, Sharing sharing) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> candidates;  // banks by layer, or all of them together
  for (std::uint32_t b = 0; b < banks.size(); ++b) {
    if (banks[b].tail.rows.empty()) continue;
    candidates[sharing == Sharing::across_layers ? 0 : banks[b].layer.value()].push_back(b);
  }
  PackedNetwork packed{std::move(banks), {}};
  for (const auto& [layer, members] : candidates) {
    std::vector<SharableBlock> blocks;
    for (const std::uint32_t b : members) {
      blocks.push_back(sharable(packed.banks[b].tail, packed.banks[b].row_parts.size() - 1));
    }
    for (const std::vector<std::size_t>& group : share_arrays(blocks, sharing_limit(room))) {
      if (group.size() < 2) continue;
      packed.shared.emplace_back();
      for (const std::size_t member : group) {
        PackedBank& bank = packed.banks[members[member]];
        packed.shared.back().push_back({members[member], cut_off_tail(bank, room.array.rows)});
      }
    }
  }
  return packed;
}

}  // namespace crossloom
