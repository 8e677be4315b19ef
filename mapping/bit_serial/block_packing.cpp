#include "mapping/bit_serial/block_packing.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "mapping/bit_serial/block_cutting.h"
#include "mapping/bit_serial/copies.h"
#include "mapping/leftover_cover.h"
#include "models/binary_matrix.h"

namespace crossloom {
namespace {

using Numbers = std::vector<std::uint32_t>;

struct Need {
  std::uint64_t crossbars = 0;
  std::uint64_t partial_sums = 0;  ///< a position: each is converted and travels to where it is added up
};

Need need_of(const FixedPointLayer& layer, const BitSerialChipSpec& chip, std::uint32_t most_sharing) {
  std::vector<CrossbarPart> parts = cut_layer(layer, LayerId(0), chip);
  Need need;
  for (const CrossbarPart& part : parts) need.partial_sums += part.columns.size();
  need.crossbars = pack_crossbars(std::move(parts), chip, most_sharing).size();
  return need;
}

bool better(const Need& a, const Need& b, BlockPacking packing) {
  if (packing == BlockPacking::balanced) return a.crossbars * a.partial_sums < b.crossbars * b.partial_sums;
  return std::make_pair(a.crossbars, a.partial_sums) < std::make_pair(b.crossbars, b.partial_sums);
}

// Adds the rows and columns with a live weight in the rectangle as a block; nothing where there is none.
void add_live(const FixedPointLayer& layer, const Numbers& rows, const Numbers& columns, std::vector<Block>& blocks) {
  Block block;
  std::vector<std::uint8_t> any(columns.size(), 0);
  for (const std::uint32_t i : rows) {
    const std::uint8_t* const live = layer.live.data() + std::size_t{i} * layer.columns;
    bool in_row = false;
    for (std::size_t k = 0; k < columns.size(); ++k) {
      any[k] |= live[columns[k]];
      in_row = in_row || live[columns[k]] != 0;
    }
    if (in_row) block.rows.push_back(i);
  }
  for (std::size_t k = 0; k < columns.size(); ++k) {
    if (any[k] != 0) block.columns.push_back(columns[k]);
  }
  if (!block.rows.empty()) blocks.push_back(std::move(block));
}

std::vector<Block> live_blocks(const FixedPointLayer& layer) {
  std::vector<Block> blocks;
  for (const Block& block : layer.blocks) add_live(layer, block.rows, block.columns, blocks);
  return blocks;
}

std::vector<Block> stripes_of(const FixedPointLayer& layer, const std::vector<Block>& blocks, std::uint32_t width) {
  std::vector<Block> stripes;
  for (const Block& block : blocks) {
    for (std::size_t first = 0; first < block.columns.size(); first += width) {
      const std::size_t end = std::min<std::size_t>(first + width, block.columns.size());
      add_live(layer, block.rows,
               Numbers(block.columns.begin() + static_cast<std::ptrdiff_t>(first),
                       block.columns.begin() + static_cast<std::ptrdiff_t>(end)),
               stripes);
    }
  }
  return stripes;
}

void pack_layer_blocks(FixedPointLayer& layer, const BitSerialChipSpec& chip, BlockPacking packing,
                       std::uint32_t most_sharing) {
  Need fewest = need_of(layer, chip, most_sharing);
  const auto consider = [&](std::vector<Block> blocks) {
    if (blocks.empty()) return;
    blocks.swap(layer.blocks);
    const Need need = need_of(layer, chip, most_sharing);
    if (better(need, fewest, packing)) {
      fewest = need;
    } else {
      blocks.swap(layer.blocks);
    }
  };
  const std::vector<Block> live = live_blocks(layer);
  consider(live);
  consider(stripes_of(layer, live, chip.logical_columns()));
  consider(cover_leftovers(binary_matrix(layer.live, layer.rows, layer.columns),
                           {chip.array.rows, chip.logical_columns()},
                           most_sharing > 1 ? CoverMeasure::shared_arrays : CoverMeasure::blocks));
}

}  // namespace

FixedPointNetwork pack_blocks(FixedPointNetwork network, const BitSerialChipSpec& chip,
                              const BitSerialMappingSpec& spec) {
  if (spec.packing == BlockPacking::as_given) return network;
  const IdVector<LayerId, std::uint32_t> most_sharing = choose_turns(network, chip, spec).parts;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    FixedPointLayer& layer = network.layers[LayerId(l)];
    const bool has_dead = std::find(layer.live.begin(), layer.live.end(), 0) != layer.live.end();
    if (has_dead) pack_layer_blocks(layer, chip, spec.packing, most_sharing[LayerId(l)]);
  }
  return network;
}

}  // namespace crossloom
