// Which blocks, or columns of blocks, of one layer stay at each of several sparsities.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "models/array_size.h"
#include "training/layer_inputs.h"
#include "training/projection/recombination.h"
#include "training/transform/crossbar_aware.h"
#include "training/transform/retraining.h"

namespace crossloom {

/// Groups of a matrix's rows: which group each row is in, from 0 on.
using RowGroups = std::vector<std::uint32_t>;

/// Input feature maps of `feature_rows` neighbouring rows, `features` to a group; in order, or with `importance` (one a
/// feature map) in descending order of it, of equals the first.
RowGroups group_rows(std::uint32_t rows, std::uint32_t feature_rows, std::uint32_t features,
                     const std::vector<double>& importance);

/// Sum over samples and outputs of the square of what each feature map contributes to an output.
std::vector<double> feature_importance(const InputSamples& samples, const OutputMajor& weights,
                                       std::uint32_t feature_rows);

/// Every output keeps max(1, round((1 - sparsity) x groups)) groups of rows: with grain crossbar all outputs of each
/// `block_outputs` neighbours the same ones, with grain column each its own. One list of kept columns by group for each
/// of the sparsities. Inputs are the samples times the weights.
std::vector<std::vector<KeptColumns>> cut_layer(const InputSamples& samples, const OutputMajor& weights,
                                                const RowGroups& groups, CutGrain grain, std::uint32_t block_outputs,
                                                const std::vector<double>& sparsities, std::uint32_t iterations,
                                                RandomKey key);

/// Cells that some kept column of their group has.
OutputMajorMask mask_of(const std::vector<KeptColumns>& kept, std::uint32_t rows, std::uint32_t columns);
/// The reverse: the columns that have a live cell in each group.
std::vector<KeptColumns> kept_of(const OutputMajorMask& mask, const RowGroups& groups);
/// Crossbars that recombined columns take, `block_outputs` to a block, rows cut to the array.
std::uint32_t crossbars_of(const std::vector<KeptColumns>& kept, std::uint32_t block_outputs, ArraySize array);

}  // namespace crossloom
