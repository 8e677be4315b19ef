// Counter-based random numbers (Philox4x32-10, Salmon et al., SC 2011, through Random123): same draws on every machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace crossloom {

/// Names a stream. Children are derived by name or index, so adding one never shifts another.
class RandomKey {
 public:
  explicit RandomKey(std::uint64_t seed);
  [[nodiscard]] RandomKey child(std::string_view name) const;
  [[nodiscard]] RandomKey child(std::uint64_t index) const;
  [[nodiscard]] std::uint64_t value() const { return value_; }
  /// The key of this value(), for keys that were saved.
  static RandomKey from_value(std::uint64_t value) {
    RandomKey key(0);
    key.value_ = value;
    return key;
  }

 private:
  std::uint64_t value_;
};

/// Stateless draws keyed by what they belong to: four words for each (a, b, c, d). Thread-safe.
class RandomField {
 public:
  explicit RandomField(RandomKey key) : key_(key.value()) {}
  [[nodiscard]] std::array<std::uint32_t, 4> words(std::uint32_t a, std::uint32_t b, std::uint32_t c,
                                                   std::uint32_t d = 0) const;
  /// Uniform in [0, 1), 53 bits.
  [[nodiscard]] double uniform(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d = 0) const;
  /// Standard normal (Box-Muller on the four words), the same bits on every machine.
  [[nodiscard]] double normal(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d = 0) const;
  /// values[k] = uniform(a, b[k], c, d), or normal(a, b[k], c, d), for k below count: the same bits, in less time.
  void uniforms(std::uint32_t a, const std::uint32_t* b, std::size_t count, std::uint32_t c, std::uint32_t d,
                double* values) const;
  void normals(std::uint32_t a, const std::uint32_t* b, std::size_t count, std::uint32_t c, std::uint32_t d,
               double* values) const;

 private:
  std::uint64_t key_;
};

/// A sequential stream over one key; its whole state is (key, position), so checkpoints are exact.
class RandomStream {
 public:
  explicit RandomStream(RandomKey key, std::uint64_t position = 0);
  std::uint32_t word();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Standard normal; uses two uniforms a call and keeps no spare.
  double normal();
  /// Unbiased integer in [0, bound); bound > 0.
  std::uint32_t below(std::uint32_t bound);
  /// Words drawn so far; RandomStream(key, position()) goes on where this one stands.
  [[nodiscard]] std::uint64_t position() const { return position_; }

 private:
  std::uint64_t key_;
  std::uint64_t position_;
  std::array<std::uint32_t, 4> block_{};
  bool block_valid_ = false;
};

}  // namespace crossloom
