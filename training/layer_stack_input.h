// The images of a batch as a LayerStack holds them; private to it.
#pragma once

#include <cstdint>

#include "training/input_images.h"
#include "training/layer_stack.h"

namespace crossloom {

struct LayerStack::Input {
  Input(const ImageShape& shape, bool channel_last, const Options& options)
      : dropout(options.dropout_key.child("input"), options.input_dropout),
        augmentation(options.augmentation, options.augmentation_key),
        images(shape, channel_last),
        columns(shape.size()) {}

  template <class T>
  void fill(const Batch& batch, const Pass& pass, std::uint32_t row) const {
    const std::uint32_t index = batch.indices[row];
    T* const values = tensor.row<T>(row);
    if (pass.training && augmentation.active()) {
      images.convert(batch.dataset->image(index), augmentation.draw(index, batch.epoch), values);
    } else {
      images.convert(batch.dataset->image(index), values);
    }
    if (pass.training && dropout.active()) dropout.apply(pass.step, row, columns, values);
  }

  Dropout dropout;
  Augmentation augmentation;
  InputImages images;
  std::uint32_t columns;
  Tensor tensor;
};

}  // namespace crossloom
