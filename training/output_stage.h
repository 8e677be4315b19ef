// What comes after a node's own computation: ReLU, then dropout; and its gradient.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "models/network_spec.h"
#include "training/dropout.h"
#include "training/kernels.h"
#include "training/tensor.h"

namespace crossloom {

class OutputStage {
 public:
  /// With `relu_is_done`, the node's own kernel cuts negative values already.
  OutputStage(Activation activation, RandomKey dropout_key, double dropout, bool relu_is_done)
      : relu_(activation == Activation::relu), relu_is_done_(relu_is_done), dropout_(dropout_key, dropout) {}

  /// Rows first_row .. first_row + rows; `values` is the first of them.
  template <class T>
  void apply(std::uint64_t step, bool training, std::uint32_t first_row, std::uint32_t rows, std::size_t columns,
             T* values) const {
    if (relu_ && !relu_is_done_) cut_negative(values, rows * columns, values);
    if (!training || !dropout_.active()) return;
    for (std::uint32_t i = 0; i < rows; ++i) dropout_.apply(step, first_row + i, columns, values + i * columns);
  }
  /// Turns the gradient with respect to the outputs into that before ReLU and dropout, in place.
  template <class T>
  void take_back(std::uint64_t step, std::uint32_t first_row, std::uint32_t rows, std::size_t columns, const T* outputs,
                 T* gradient) const {
    if (relu_) {
      // An output is positive exactly where ReLU let it pass and dropout kept it.
      relu_gradient(outputs, rows * columns, dropout_.scale(), gradient);
    } else if (dropout_.active()) {
      for (std::uint32_t i = 0; i < rows; ++i) dropout_.apply(step, first_row + i, columns, gradient + i * columns);
    }
  }

 private:
  bool relu_;
  bool relu_is_done_;
  Dropout dropout_;
};

/// Calls work(first row, rows, worker) for panels of images, in parallel; panels depend on `rows` alone.
template <class Pool, class Work>
void for_each_panel(Pool& pool, std::uint32_t rows, std::uint32_t panel, const Work& work) {
  pool.threads().for_each((rows + panel - 1) / panel, [&](std::size_t index, std::size_t worker) {
    const auto first = static_cast<std::uint32_t>(index) * panel;
    work(first, std::min(panel, rows - first), worker);
  });
}

}  // namespace crossloom
