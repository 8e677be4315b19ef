// The groups of weights that the constraints of method admm speak of, and the masks in which they end.
#pragma once

#include <vector>

#include "training/projection/admm_constraint.h"
#include "training/projection/group_projection.h"
#include "training/transform/admm.h"
#include "training/transform/retraining.h"

namespace crossloom {

/// Rows and columns of one group of a matrix of rows x columns (any but previous_block).
ArraySize group_size(Grain grain, std::uint32_t rows, std::uint32_t columns, ArraySize array);

/// One constraint on one layer.
struct LayerConstraint {
  WeightGroups groups;
  std::size_t kept = 0;  ///< groups that may differ from 0
  AdmmConstraint variables;
};

/// Those of one layer, in the order of the sets; sets that take nothing from it are left out. Throws UserError where
/// previous_block meets a layer without blocks.
std::vector<LayerConstraint> layer_constraints(const std::vector<GroupConstraint>& sets, const Layer& layer,
                                               const std::string& name, ArraySize array);

/// The hard mask: for one constraint after the other, the strongest groups of what the ones before left.
OutputMajorMask hard_mask(const std::vector<LayerConstraint>& constraints, const OutputMajor& weights);

/// The plain grid, or the grid of the columns that have a live weight where that takes fewer arrays; rows packed.
std::vector<Block> grid_cover(const Layer& layer, ArraySize array);

}  // namespace crossloom
