// Outputs rounded to the numbers of a fixed-point format while training.
#pragma once

#include <memory>

#include "models/fixed_point_format.h"
#include "training/engine.h"
#include "training/tensor.h"
#include "training/trainable_layer.h"

namespace crossloom {

/// Forward rounds each of `columns` values an image (nearest_in); backward lets the gradient of values that lie within
/// the format through and stops that of others: the straight-through estimator with saturation (Hubara et al., JMLR 18
/// (187), 2018, equation 6, for the range of the format). In bf16 a format of more than 8 bits is kept as closely as
/// bf16 has its numbers. `pool` must outlive the node.
std::unique_ptr<TrainableNode> make_rounding_node(const FixedPointFormat& format, std::uint32_t columns,
                                                  Precision precision, ComputePool& pool);

}  // namespace crossloom
