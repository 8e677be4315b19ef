// Element types and aligned storage of the trainer's arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace crossloom {

/// What the products read: activations, gradients and packed weights. Master weights and moments are always f32.
enum class Precision { f32, bf16 };

/// The upper half of an IEEE single.
struct Bf16 {
  std::uint16_t bits = 0;
};

inline float to_float(float value) { return value; }
inline float to_float(Bf16 value) {
  const std::uint32_t bits = static_cast<std::uint32_t>(value.bits) << 16U;
  float result = 0.0F;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

/// Rounds to nearest, ties to even; NaN stays NaN.
inline Bf16 to_bf16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U;
  const bool is_nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
  return Bf16{static_cast<std::uint16_t>(is_nan ? 0x7FC0U : rounded)};
}

template <class T>
T from_float(float value);
template <>
inline float from_float<float>(float value) {
  return value;
}
template <>
inline Bf16 from_float<Bf16>(float value) {
  return to_bf16(value);
}

template <class T>
constexpr Precision precision_of() {
  return sizeof(T) == sizeof(float) ? Precision::f32 : Precision::bf16;
}
inline std::size_t size_of(Precision precision) { return precision == Precision::f32 ? sizeof(float) : sizeof(Bf16); }

/// Zeroed memory on a cache-line boundary. Growing loses what was there.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t bytes) { reserve(bytes); }

  void reserve(std::size_t bytes) {
    if (bytes <= capacity_) return;
    const std::size_t whole_lines = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    bytes_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, whole_lines)));
    if (bytes_ == nullptr) throw std::bad_alloc();
    std::memset(bytes_.get(), 0, whole_lines);
    capacity_ = whole_lines;
  }
  template <class T>
  [[nodiscard]] T* as() const {
    return reinterpret_cast<T*>(bytes_.get());
  }

 private:
  static constexpr std::size_t kAlignment = 64;
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<std::byte, Free> bytes_;
  std::size_t capacity_ = 0;
};

/// Rows of one length, row-major without gaps.
struct Tensor {
  Precision precision = Precision::f32;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  AlignedBuffer storage;

  Tensor() = default;
  Tensor(Precision element, std::uint32_t row_count, std::uint32_t column_count)
      : precision(element),
        rows(row_count),
        columns(column_count),
        storage(std::size_t{row_count} * column_count * size_of(element)) {}

  /// T must be the element type that `precision` names.
  template <class T>
  [[nodiscard]] T* row(std::uint32_t index) const {
    return storage.as<T>() + std::size_t{index} * columns;
  }
};

}  // namespace crossloom
