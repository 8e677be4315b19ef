// Images of a batch as the first node wants them: scaled to 0..1, moved and mirrored while training.
#pragma once

#include <array>
#include <cstdint>

#include "base/random.h"
#include "models/network_spec.h"
#include "training/dropout.h"
#include "training/tensor.h"
#include "training/training_spec.h"

namespace crossloom {

/// Where and how one image is shown.
struct Placement2D {
  std::int32_t right = 0, down = 0;  ///< pixels it is moved by; what comes in is 0
  bool mirrored = false;             ///< left and right swapped, before it is moved
};

/// Draws by image and epoch, so that neither the order of images nor an interruption changes them. Thread-safe.
class Augmentation {
 public:
  Augmentation(const AugmentationSpec& spec, RandomKey key) : spec_(spec), field_(key) {}
  [[nodiscard]] bool active() const { return spec_.shift > 0 || spec_.flip; }
  /// Each shift in [-spec.shift, spec.shift] is equally likely, both ways; half of the images are mirrored.
  [[nodiscard]] Placement2D draw(std::uint32_t image, std::uint32_t epoch) const;

 private:
  AugmentationSpec spec_;
  RandomField field_;
};

/// Turns bytes (plane after plane) into values / 255.
class InputImages {
 public:
  /// With `channel_last`, the channels of a place come together.
  InputImages(const ImageShape& shape, bool channel_last);

  template <class T>
  void convert(const std::uint8_t* pixels, T* values) const;
  template <class T>
  void convert(const std::uint8_t* pixels, const Placement2D& placement, T* values) const;

 private:
  template <class T>
  [[nodiscard]] const T* table() const;
  [[nodiscard]] std::size_t position(std::uint32_t channel, std::uint32_t row, std::uint32_t column) const {
    if (channel_last_) return (std::size_t{row} * shape_.width + column) * shape_.channels + channel;
    return (std::size_t{channel} * shape_.height + row) * shape_.width + column;
  }
  ImageShape shape_;
  bool channel_last_;
  std::array<float, 256> wide_{};
  std::array<Bf16, 256> narrow_{};
};

}  // namespace crossloom
