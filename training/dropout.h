// Dropout masks as stateless draws keyed by what they belong to: (layer or input, step, row, column).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.h"
#include "training/tensor.h"

namespace crossloom {

/// Drops values with a probability given to 1/65536 and multiplies the kept ones so that the mean stays (inverted
/// dropout; Srivastava et al., JMLR 2014, section 10). Thread-safe.
class Dropout {
 public:
  /// 0 <= share < 1.
  Dropout(RandomKey key, double share);
  [[nodiscard]] bool active() const { return threshold_ != 0; }
  /// What kept values are multiplied by.
  [[nodiscard]] float scale() const { return scale_; }
  /// Applies the mask of (step, row) in place.
  void apply(std::uint64_t step, std::uint32_t row, std::size_t columns, float* values) const;
  void apply(std::uint64_t step, std::uint32_t row, std::size_t columns, Bf16* values) const;

 private:
  template <class T>
  void apply_to(std::uint64_t step, std::uint32_t row, std::size_t columns, T* values) const;
  RandomKey key_;
  std::uint32_t threshold_;
  float scale_;
};

}  // namespace crossloom
