// Hot loops over channel-last images: pools and batch normalisation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/network_spec.h"
#include "training/tensor.h"

namespace crossloom {

/// A pool's sizes: channels are those of both shapes.
struct PoolShape {
  ImageShape input, output;
  WindowSpec window;
};

/// One image each. Places outside the plane count neither for the maximum nor for the mean.
void max_pool(const PoolShape& shape, const float* input, float* output);
void max_pool(const PoolShape& shape, const Bf16* input, Bf16* output);
void mean_pool(const PoolShape& shape, const float* input, float* output);
void mean_pool(const PoolShape& shape, const Bf16* input, Bf16* output);

/// Adds to `input_gradient`, which is f32 and starts at 0. Of equal largest values the first of the window (row by row)
/// gets the gradient.
void max_pool_gradient(const PoolShape& shape, const float* input, const float* gradient, float* input_gradient);
void max_pool_gradient(const PoolShape& shape, const Bf16* input, const Bf16* gradient, float* input_gradient);
void mean_pool_gradient(const PoolShape& shape, const float* gradient, float* input_gradient);
void mean_pool_gradient(const PoolShape& shape, const Bf16* gradient, float* input_gradient);

/// For each channel c: sums[c] += v, squares[c] += v^2 over `places` places.
void add_moments(const float* values, std::size_t places, std::size_t channels, double* sums, double* squares);
void add_moments(const Bf16* values, std::size_t places, std::size_t channels, double* sums, double* squares);

/// output = input factor[c] + offset[c], negative results cut where `relu`.
void scale_channels(const float* input, std::size_t places, std::size_t channels, const float* factor,
                    const float* offset, bool relu, float* output);
void scale_channels(const Bf16* input, std::size_t places, std::size_t channels, const float* factor,
                    const float* offset, bool relu, Bf16* output);

/// sums[c] += g, products[c] += g (x - mean[c]).
void add_products(const float* gradient, const float* input, std::size_t places, std::size_t channels,
                  const float* mean, double* sums, double* products);
void add_products(const Bf16* gradient, const Bf16* input, std::size_t places, std::size_t channels, const float* mean,
                  double* sums, double* products);

/// input_gradient = gradient a[c] + input b[c] + d[c].
void combine_channels(const float* gradient, const float* input, std::size_t places, std::size_t channels,
                      const float* a, const float* b, const float* d, float* input_gradient);
void combine_channels(const Bf16* gradient, const Bf16* input, std::size_t places, std::size_t channels, const float* a,
                      const float* b, const float* d, Bf16* input_gradient);

}  // namespace crossloom
