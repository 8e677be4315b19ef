#include "training/spatial_kernels.h"

#include <algorithm>

#include "training/branchless.h"
#include "training/target_clones.h"

#define CROSSLOOM_INLINE inline __attribute__((always_inline))

namespace crossloom {
namespace {

/// The part of a window inside the plane: rows [top, bottom), columns [left, right).
struct Inside {
  std::uint32_t top, bottom, left, right;
  [[nodiscard]] std::uint32_t count() const { return (bottom - top) * (right - left); }
};

CROSSLOOM_INLINE Inside inside(const PoolShape& shape, std::uint32_t y, std::uint32_t x) {
  const auto low = [&](std::uint32_t at) {
    const std::uint32_t start = at * shape.window.stride;
    return start > shape.window.padding ? start - shape.window.padding : 0U;
  };
  const auto high = [&](std::uint32_t at, std::uint32_t side) {
    const std::uint32_t end = at * shape.window.stride + shape.window.size;
    return std::min(side, end > shape.window.padding ? end - shape.window.padding : 0U);
  };
  return {low(y), high(y, shape.input.height), low(x), high(x, shape.input.width)};
}

template <class T>
CROSSLOOM_INLINE const T* place(const PoolShape& shape, const T* input, std::uint32_t row, std::uint32_t column) {
  return input + (std::size_t{row} * shape.input.width + column) * shape.input.channels;
}

/// Channels handled at once; their intermediate values stay in the first-level cache.
constexpr std::uint32_t kChannels = 64;

/// Calls visit(inside, position of the first channel in the output, first channel, channels).
template <class Visit>
CROSSLOOM_INLINE void for_each_place(const PoolShape& shape, const Visit& visit) {
  std::size_t position = 0;
  for (std::uint32_t y = 0; y < shape.output.height; ++y) {
    for (std::uint32_t x = 0; x < shape.output.width; ++x) {
      const Inside window = inside(shape, y, x);
      for (std::uint32_t c = 0; c < shape.output.channels; c += kChannels) {
        visit(window, position + c, c, std::min(kChannels, shape.output.channels - c));
      }
      position += shape.output.channels;
    }
  }
}

template <class T>
CROSSLOOM_INLINE void largest_of(const PoolShape& shape, const Inside& window, const T* input, std::uint32_t first,
                                 std::uint32_t count, float* largest) {
  for (std::uint32_t row = window.top; row < window.bottom; ++row) {
    for (std::uint32_t column = window.left; column < window.right; ++column) {
      const T* const values = place(shape, input, row, column) + first;
      const bool is_first = row == window.top && column == window.left;
      for (std::uint32_t c = 0; c < count; ++c) {
        const float value = to_float(values[c]);
        largest[c] = is_first || value > largest[c] ? value : largest[c];
      }
    }
  }
}

template <class T>
CROSSLOOM_INLINE void max_pool_of(const PoolShape& shape, const T* input, T* output) {
  for_each_place(shape, [&](const Inside& window, std::size_t at, std::uint32_t first, std::uint32_t count) {
    float largest[kChannels] = {};
    largest_of(shape, window, input, first, count, largest);
    for (std::uint32_t c = 0; c < count; ++c) output[at + c] = from_float<T>(largest[c]);
  });
}

template <class T>
CROSSLOOM_INLINE void mean_pool_of(const PoolShape& shape, const T* input, T* output) {
  for_each_place(shape, [&](const Inside& window, std::size_t at, std::uint32_t first, std::uint32_t count) {
    float sums[kChannels] = {};
    for (std::uint32_t row = window.top; row < window.bottom; ++row) {
      for (std::uint32_t column = window.left; column < window.right; ++column) {
        const T* const values = place(shape, input, row, column) + first;
        for (std::uint32_t c = 0; c < count; ++c) sums[c] += to_float(values[c]);
      }
    }
    const float share = window.count() == 0 ? 0.0F : 1.0F / static_cast<float>(window.count());
    for (std::uint32_t c = 0; c < count; ++c) output[at + c] = from_float<T>(sums[c] * share);
  });
}

template <class T>
CROSSLOOM_INLINE void max_pool_gradient_of(const PoolShape& shape, const T* input, const T* gradient,
                                           float* input_gradient) {
  for_each_place(shape, [&](const Inside& window, std::size_t at, std::uint32_t first, std::uint32_t count) {
    float largest[kChannels] = {};
    float rest[kChannels];  // what no place has taken yet
    largest_of(shape, window, input, first, count, largest);
    for (std::uint32_t c = 0; c < count; ++c) rest[c] = to_float(gradient[at + c]);
    for (std::uint32_t row = window.top; row < window.bottom; ++row) {
      for (std::uint32_t column = window.left; column < window.right; ++column) {
        const T* const values = place(shape, input, row, column) + first;
        float* const target = input_gradient + (values - input);
        for (std::uint32_t c = 0; c < count; ++c) {
          const bool hit = to_float(values[c]) == largest[c];
          target[c] += value_or_zero(hit, rest[c]);
          rest[c] = value_or_zero(!hit, rest[c]);
        }
      }
    }
  });
}

template <class T>
CROSSLOOM_INLINE void mean_pool_gradient_of(const PoolShape& shape, const T* gradient, float* input_gradient) {
  for_each_place(shape, [&](const Inside& window, std::size_t at, std::uint32_t first, std::uint32_t count) {
    const float share = window.count() == 0 ? 0.0F : 1.0F / static_cast<float>(window.count());
    for (std::uint32_t row = window.top; row < window.bottom; ++row) {
      for (std::uint32_t column = window.left; column < window.right; ++column) {
        float* const target =
            input_gradient + (std::size_t{row} * shape.input.width + column) * shape.input.channels + first;
        for (std::uint32_t c = 0; c < count; ++c) target[c] += to_float(gradient[at + c]) * share;
      }
    }
  });
}

template <class T>
CROSSLOOM_INLINE void add_moments_of(const T* values, std::size_t places, std::size_t channels, double* __restrict sums,
                                     double* __restrict squares) {
  for (std::size_t p = 0; p < places; ++p) {
    const T* const row = values + p * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      const auto value = static_cast<double>(to_float(row[c]));
      sums[c] += value;
      squares[c] += value * value;
    }
  }
}

template <class T>
CROSSLOOM_INLINE void scale_channels_of(const T* input, std::size_t places, std::size_t channels,
                                        const float* __restrict factor, const float* __restrict offset, bool relu,
                                        T* output) {
  const float floor = relu ? 0.0F : -3.4e38F;
  for (std::size_t p = 0; p < places; ++p) {
    const T* const row = input + p * channels;
    T* const target = output + p * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      const float value = to_float(row[c]) * factor[c] + offset[c];
      target[c] = from_float<T>(value < floor ? floor : value);
    }
  }
}

template <class T>
CROSSLOOM_INLINE void add_products_of(const T* gradient, const T* input, std::size_t places, std::size_t channels,
                                      const float* __restrict mean, double* __restrict sums,
                                      double* __restrict products) {
  for (std::size_t p = 0; p < places; ++p) {
    const T* const g = gradient + p * channels;
    const T* const x = input + p * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      const float value = to_float(g[c]);
      sums[c] += static_cast<double>(value);
      products[c] += static_cast<double>(value * (to_float(x[c]) - mean[c]));
    }
  }
}

template <class T>
CROSSLOOM_INLINE void combine_channels_of(const T* gradient, const T* input, std::size_t places, std::size_t channels,
                                          const float* __restrict a, const float* __restrict b,
                                          const float* __restrict d, T* input_gradient) {
  for (std::size_t p = 0; p < places; ++p) {
    const T* const g = gradient + p * channels;
    const T* const x = input + p * channels;
    T* const target = input_gradient + p * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      target[c] = from_float<T>(to_float(g[c]) * a[c] + to_float(x[c]) * b[c] + d[c]);
    }
  }
}

}  // namespace

#define CROSSLOOM_DEFINE(T)                                                                                           \
  CROSSLOOM_CLONES void max_pool(const PoolShape& shape, const T* input, T* output) {                                 \
    max_pool_of(shape, input, output);                                                                                \
  }                                                                                                                   \
  CROSSLOOM_CLONES void mean_pool(const PoolShape& shape, const T* input, T* output) {                                \
    mean_pool_of(shape, input, output);                                                                               \
  }                                                                                                                   \
  CROSSLOOM_CLONES void max_pool_gradient(const PoolShape& shape, const T* input, const T* gradient,                  \
                                          float* input_gradient) {                                                    \
    max_pool_gradient_of(shape, input, gradient, input_gradient);                                                     \
  }                                                                                                                   \
  CROSSLOOM_CLONES void mean_pool_gradient(const PoolShape& shape, const T* gradient, float* input_gradient) {        \
    mean_pool_gradient_of(shape, gradient, input_gradient);                                                           \
  }                                                                                                                   \
  CROSSLOOM_CLONES void add_moments(const T* values, std::size_t places, std::size_t channels, double* sums,          \
                                    double* squares) {                                                                \
    add_moments_of(values, places, channels, sums, squares);                                                          \
  }                                                                                                                   \
  CROSSLOOM_CLONES void scale_channels(const T* input, std::size_t places, std::size_t channels, const float* factor, \
                                       const float* offset, bool relu, T* output) {                                   \
    scale_channels_of(input, places, channels, factor, offset, relu, output);                                         \
  }                                                                                                                   \
  CROSSLOOM_CLONES void add_products(const T* gradient, const T* input, std::size_t places, std::size_t channels,     \
                                     const float* mean, double* sums, double* products) {                             \
    add_products_of(gradient, input, places, channels, mean, sums, products);                                         \
  }                                                                                                                   \
  CROSSLOOM_CLONES void combine_channels(const T* gradient, const T* input, std::size_t places, std::size_t channels, \
                                         const float* a, const float* b, const float* d, T* input_gradient) {         \
    combine_channels_of(gradient, input, places, channels, a, b, d, input_gradient);                                  \
  }

CROSSLOOM_DEFINE(float)
CROSSLOOM_DEFINE(Bf16)

}  // namespace crossloom
