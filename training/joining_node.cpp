#include "training/joining_node.h"

#include <algorithm>
#include <utility>

namespace crossloom {

JoiningNode::JoiningNode(const NodeOptions& options, std::vector<ImageShape> inputs, ComputePool& pool)
    : options_(options),
      inputs_(std::move(inputs)),
      pool_(pool),
      stage_(options.spec.activation, options.dropout_key, options.spec.dropout, false) {}

Tensor JoiningNode::make_output(std::uint32_t rows) const { return {options_.precision, rows, options_.output.size()}; }

template <class T>
void JoiningNode::copy_channels(std::size_t input, bool into_output, std::uint32_t row, const Tensor& single,
                                const Tensor& joined) const {
  const std::size_t channels = inputs_[input].channels;
  const std::size_t all = options_.output.channels;
  const std::size_t places = std::size_t{options_.output.width} * options_.output.height;
  std::size_t offset = 0;
  for (std::size_t i = 0; i < input; ++i) offset += inputs_[i].channels;
  for (std::size_t p = 0; p < places; ++p) {
    T* const one = single.row<T>(row) + p * channels;
    T* const both = joined.row<T>(row) + p * all + offset;
    into_output ? std::copy_n(one, channels, both) : std::copy_n(both, channels, one);
  }
}

template <class T>
void JoiningNode::compute(const std::vector<const Tensor*>& inputs, Tensor& output, const Pass& pass) const {
  const std::size_t columns = output.columns;
  for_each_panel(pool_, pass.rows, image_panel(pass.rows),
                 [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
                   for (std::size_t i = 0; i < inputs.size(); ++i) {
                     if (options_.spec.kind == NodeKind::concat) {
                       for (std::uint32_t r = first; r < first + rows; ++r)
                         copy_channels<T>(i, true, r, *inputs[i], output);
                     } else if (i == 0) {
                       std::copy_n(inputs[i]->row<T>(first), rows * columns, output.row<T>(first));
                     } else {
                       add_to(inputs[i]->row<T>(first), rows * columns, output.row<T>(first));
                     }
                   }
                   stage_.apply(pass.step, pass.training, first, rows, columns, output.row<T>(first));
                 });
}

void JoiningNode::forward(const std::vector<const Tensor*>& inputs, Tensor& output, const Pass& pass) const {
  options_.precision == Precision::f32 ? compute<float>(inputs, output, pass) : compute<Bf16>(inputs, output, pass);
}

void JoiningNode::take_back(const Tensor& output, Tensor& output_gradient, const Pass& pass) const {
  for_each_panel(pool_, pass.rows, image_panel(pass.rows),
                 [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
                   if (options_.precision == Precision::f32) {
                     stage_.take_back(pass.step, first, rows, output.columns, output.row<float>(first),
                                      output_gradient.row<float>(first));
                   } else {
                     stage_.take_back(pass.step, first, rows, output.columns, output.row<Bf16>(first),
                                      output_gradient.row<Bf16>(first));
                   }
                 });
}

void JoiningNode::give_gradient(const Tensor& output_gradient, std::size_t input, Tensor& input_gradient,
                                const Pass& pass) const {
  const std::size_t row_bytes = std::size_t{output_gradient.columns} * size_of(options_.precision);
  for_each_panel(
      pool_, pass.rows, image_panel(pass.rows), [&](std::uint32_t first, std::uint32_t rows, std::size_t /*worker*/) {
        if (options_.spec.kind == NodeKind::add) {
          std::memcpy(input_gradient.storage.as<char>() + first * row_bytes,
                      output_gradient.storage.as<char>() + first * row_bytes, rows * row_bytes);
          return;
        }
        for (std::uint32_t r = first; r < first + rows; ++r) {
          options_.precision == Precision::f32 ? copy_channels<float>(input, false, r, input_gradient, output_gradient)
                                               : copy_channels<Bf16>(input, false, r, input_gradient, output_gradient);
        }
      });
}

}  // namespace crossloom
