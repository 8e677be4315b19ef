// The loss of one image and its gradient with respect to the network's outputs.
#pragma once

#include <cstddef>
#include <cstdint>

#include "training/tensor.h"
#include "training/training_spec.h"

namespace crossloom {

/// Loss of one image; writes the gradient times `weight` (1 / images in the batch) to gradient[0 .. classes).
/// mean_squared: sum (y - t)^2 / 2. cross_entropy: -log softmax(y)[label], computed against the largest output.
double loss_and_gradient(LossKind kind, const float* outputs, std::size_t classes, std::uint32_t label, float weight,
                         float* gradient);
/// The loss alone.
double loss_of(LossKind kind, const float* outputs, std::size_t classes, std::uint32_t label);
/// Index of the largest output; the lowest of equals.
std::uint32_t predicted_class(const float* outputs, std::size_t classes);

}  // namespace crossloom
