#include "training/input_images.h"

namespace crossloom {

Placement2D Augmentation::draw(std::uint32_t image, std::uint32_t epoch) const {
  const auto words = field_.words(image, epoch, 0);
  const auto offset = [this](std::uint32_t word) {
    // The high half of a product maps a word to [0, 2 shift] without a division's bias towards small values.
    const std::uint64_t places = 2 * std::uint64_t{spec_.shift} + 1;
    return static_cast<std::int32_t>((places * word) >> 32U) - static_cast<std::int32_t>(spec_.shift);
  };
  return {offset(words[0]), offset(words[1]), spec_.flip && (words[2] >> 31U) != 0};
}

InputImages::InputImages(const ImageShape& shape, bool channel_last)
    : shape_(shape), channel_last_(channel_last && shape.channels > 1) {
  for (std::size_t value = 0; value < narrow_.size(); ++value) {
    wide_[value] = static_cast<float>(value) / 255.0F;
    narrow_[value] = to_bf16(wide_[value]);
  }
}

template <>
const float* InputImages::table<float>() const {
  return wide_.data();
}
template <>
const Bf16* InputImages::table<Bf16>() const {
  return narrow_.data();
}

template <class T>
void InputImages::convert(const std::uint8_t* pixels, T* values) const {
  const T* const lookup = table<T>();
  if (!channel_last_) {
    for (std::uint32_t i = 0; i < shape_.size(); ++i) values[i] = lookup[pixels[i]];
    return;
  }
  const std::size_t places = std::size_t{shape_.width} * shape_.height;
  for (std::uint32_t c = 0; c < shape_.channels; ++c) {
    for (std::size_t p = 0; p < places; ++p) values[p * shape_.channels + c] = lookup[pixels[c * places + p]];
  }
}

template <class T>
void InputImages::convert(const std::uint8_t* pixels, const Placement2D& placement, T* values) const {
  const T* const lookup = table<T>();
  for (std::uint32_t c = 0; c < shape_.channels; ++c) {
    for (std::uint32_t y = 0; y < shape_.height; ++y) {
      const std::int64_t from_row = std::int64_t{y} - placement.down;
      for (std::uint32_t x = 0; x < shape_.width; ++x) {
        const std::int64_t moved = std::int64_t{x} - placement.right;
        const bool inside = from_row >= 0 && from_row < shape_.height && moved >= 0 && moved < shape_.width;
        const std::int64_t from_column = placement.mirrored ? shape_.width - 1 - moved : moved;
        const std::int64_t from = (std::int64_t{c} * shape_.height + from_row) * shape_.width + from_column;
        values[position(c, y, x)] = lookup[inside ? pixels[from] : 0];
      }
    }
  }
}

template void InputImages::convert(const std::uint8_t*, float*) const;
template void InputImages::convert(const std::uint8_t*, Bf16*) const;
template void InputImages::convert(const std::uint8_t*, const Placement2D&, float*) const;
template void InputImages::convert(const std::uint8_t*, const Placement2D&, Bf16*) const;

}  // namespace crossloom
