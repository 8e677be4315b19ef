// Which inputs and outputs of a layer shall meet in whole crossbars: sets of columns that share their rows.
#pragma once

#include <cstdint>
#include <vector>

#include "models/array_size.h"
#include "models/network.h"

namespace crossloom {

/// What a layer may keep and what it should.
struct StripeDemand {
  std::uint32_t rows = 0, columns = 0;    ///< of the layer's matrix
  std::vector<std::uint8_t> usable_rows;  ///< by row, 1 = may be kept
  std::vector<float> worth;               ///< by column, >= 0; 0 = not wanted
  std::uint32_t arrays = 1;               ///< to spend
  ArraySize array;
};

/// Each stripe's columns (at most array.columns) times its rows (as many as whole arrays hold, fewer where no more are
/// usable), both ascending; no column in two stripes, every usable row of a stripe in use. Together they need at most
/// demand.arrays arrays. The stripes are as few as hold the wanted columns, at most one an array; columns of least
/// worth go where there is no room.
///
/// Both sides are learnt in turns, as in k-means: each stripe takes the rows that matter most to its columns, arrays
/// going to where the next whole array of rows matters most; then each column goes to a stripe whose rows hold most of
/// its importance. `importance`: by output, as TrainedWeights keeps weights. Deterministic.
std::vector<Block> learn_stripes(const std::vector<float>& importance, const StripeDemand& demand);

}  // namespace crossloom
