#include "mapping/pack.h"

#include <algorithm>
#include <limits>
#include <map>

namespace crossloom {
namespace {

using Indices = std::vector<std::uint32_t>;
using Stripes = std::vector<Indices>;        // columns of each stripe
using StripeClasses = std::vector<Stripes>;  // stripes whose row cuts should coincide
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

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

// Rows with a live weight in each stripe, stripes numbered through all classes.
std::vector<Indices> live_rows(const SpikingLayer& layer, const StripeClasses& classes) {
  Indices stripe_of(layer.outputs, kNone);
  std::uint32_t stripes = 0;
  for (const Stripes& of_class : classes) {
    for (const Indices& columns : of_class) {
      for (const std::uint32_t j : columns) stripe_of[j] = stripes;
      ++stripes;
    }
  }
  std::vector<Indices> rows(stripes);
  for (std::uint32_t i = 0; i < layer.rows(); ++i) {
    const std::uint8_t* const row = live_row(layer, i);
    for (std::uint32_t j = 0; j < layer.outputs; ++j) {
      const bool live = (row == nullptr || row[j] != 0) && stripe_of[j] != kNone;
      if (live && (rows[stripe_of[j]].empty() || rows[stripe_of[j]].back() != i)) rows[stripe_of[j]].push_back(i);
    }
  }
  return rows;
}

std::size_t parts_for(std::size_t rows, std::uint32_t crossbar_rows) {
  return (rows + crossbar_rows - 1) / crossbar_rows;
}

// Cuts a stripe's rows where the rows of its whole class are cut, if that takes no more parts than packing them tight.
std::vector<Indices> row_parts(const Indices& rows, const Indices& rank_in_class, std::uint32_t crossbar_rows) {
  std::vector<Indices> aligned;
  std::uint32_t last_chunk = kNone;
  for (const std::uint32_t i : rows) {
    const std::uint32_t chunk = rank_in_class[i] / crossbar_rows;
    if (chunk != last_chunk) aligned.emplace_back();
    last_chunk = chunk;
    aligned.back().push_back(i);
  }
  if (aligned.size() == parts_for(rows.size(), crossbar_rows)) return aligned;
  return cut(rows, crossbar_rows);
}

std::vector<PackedBank> banks_of(const SpikingLayer& layer, LayerId id, const StripeClasses& classes,
                                 const std::vector<Indices>& rows, std::uint32_t crossbar_rows) {
  std::vector<PackedBank> banks;
  std::size_t first = 0;
  for (const Stripes& stripes : classes) {
    std::vector<std::uint8_t> used(layer.rows(), 0);
    for (std::size_t s = 0; s < stripes.size(); ++s) {
      for (const std::uint32_t i : rows[first + s]) used[i] = 1;
    }
    Indices rank(layer.rows(), 0);
    std::uint32_t next = 0;
    for (std::uint32_t i = 0; i < layer.rows(); ++i) {
      rank[i] = next;
      next += used[i];
    }
    for (std::size_t s = 0; s < stripes.size(); ++s) {
      banks.push_back({id, stripes[s], row_parts(rows[first + s], rank, crossbar_rows)});
    }
    first += stripes.size();
  }
  return banks;
}

}  // namespace

std::vector<PackedBank> pack_layer(const SpikingLayer& layer, LayerId id, std::uint32_t crossbar_rows,
                                   std::uint32_t stripe_width) {
  const Indices columns = live_columns(layer);
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  StripeClasses best;
  std::vector<Indices> best_rows;
  for (StripeClasses& classes : std::vector<StripeClasses>{
           by_blocks(layer, columns, stripe_width), {cut(columns, stripe_width)}, plain_grid(columns, stripe_width)}) {
    std::vector<Indices> rows = live_rows(layer, classes);
    std::size_t parts = 0;
    for (const Indices& of_stripe : rows) parts += parts_for(of_stripe.size(), crossbar_rows);
    if (parts >= fewest) continue;
    fewest = parts;
    best = std::move(classes);
    best_rows = std::move(rows);
  }
  return banks_of(layer, id, best, best_rows, crossbar_rows);
}

}  // namespace crossloom
