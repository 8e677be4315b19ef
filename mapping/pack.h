// A layer's blocks cut into row parts of crossbar size. Private to mapping.
#pragma once

#include <cstdint>
#include <vector>

#include "models/network.h"
#include "models/spiking_network.h"

namespace crossloom {

/// Neurons that integrate together and the rows of each of their crossbars. Each row holds a live weight of the
/// columns.
struct PackedBank {
  LayerId layer;
  std::vector<std::uint32_t> columns;  ///< ascending, at most the stripe width
  std::vector<std::vector<std::uint32_t>>
      row_parts;  ///< each ascending, at most the crossbar's rows; ascending first rows
};

/// Covers every live weight of the layer exactly once. Columns are cut into stripes in three ways, of which the one
/// with the fewest row parts is taken (the first of equals):
///   1. columns that are live in the same blocks form a class; each class is cut into stripes of `stripe_width`
///   columns;
///   2. all live columns in order, cut into stripes;
///   3. the plain grid's own stripes (columns 0..w-1, w..2w-1, ...), less the columns without a live weight.
/// A stripe's live rows are then packed into ceil(live rows / crossbar_rows) parts. Way 3 with compacted rows never
/// needs more arrays than the plain grid has non-empty cells, so neither does the result. Where it costs no part, the
/// cuts between parts fall at the same rows in all stripes of a class, so that arrays of one tile share packets.
std::vector<PackedBank> pack_layer(const SpikingLayer& layer, LayerId id, std::uint32_t crossbar_rows,
                                   std::uint32_t stripe_width);

}  // namespace crossloom
