// Nodes with several inputs: add and concat.
#pragma once

#include <vector>

#include "training/output_stage.h"
#include "training/plain_nodes.h"

namespace crossloom {

/// Results do not depend on the number of threads.
class JoiningNode {
 public:
  /// `inputs` are the shapes in order. `pool` must outlive the node.
  JoiningNode(const NodeOptions& options, std::vector<ImageShape> inputs, ComputePool& pool);

  [[nodiscard]] Tensor make_output(std::uint32_t rows) const;
  void forward(const std::vector<const Tensor*>& inputs, Tensor& output, const Pass& pass) const;
  /// Takes ReLU and dropout off the gradient, in place; before give_gradient().
  void take_back(const Tensor& output, Tensor& output_gradient, const Pass& pass) const;
  /// Writes the gradient of one input.
  void give_gradient(const Tensor& output_gradient, std::size_t input, Tensor& input_gradient, const Pass& pass) const;

 private:
  template <class T>
  void compute(const std::vector<const Tensor*>& inputs, Tensor& output, const Pass& pass) const;
  /// Copies the channels of one input between its own rows and the joined ones.
  template <class T>
  void copy_channels(std::size_t input, bool into_output, std::uint32_t row, const Tensor& single,
                     const Tensor& joined) const;

  NodeOptions options_;
  std::vector<ImageShape> inputs_;
  ComputePool& pool_;
  OutputStage stage_;
};

}  // namespace crossloom
