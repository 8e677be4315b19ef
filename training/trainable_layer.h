// What the trainer needs of a node of the network, and of those with weights.
//
// In the trainer, values of a node with planes lie channel-last: row by row of places, the channels of a place
// together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/network.h"
#include "training/tensor.h"

namespace crossloom {

/// One array that training changes, in the layer's own order.
struct Parameter {
  std::string name;  ///< e.g. "hidden1.weights"; unique in a network
  std::vector<float> values;
};

/// Takes gradients as the layers find them and changes the values. A layer hands each part of a parameter over exactly
/// once a step; different parts come from different threads at once. The gradient is the layer's own and read-only.
class GradientSink {
 public:
  virtual ~GradientSink() = default;
  /// `parameter` counts through the network. `gradient` and `values` are those of elements first .. first + count.
  virtual void take(std::size_t parameter, std::size_t first, std::size_t count, const float* gradient,
                    float* values) = 0;
};

/// What a forward or backward pass is for.
struct Pass {
  std::uint32_t rows = 0;  ///< images in this batch; at most the tensors' rows
  bool training = false;   ///< dropout on, and backward will follow
  std::uint64_t step = 0;  ///< names the dropout draws
};

/// A node with one input: forward and backward over a batch. Neither result depends on the number of threads.
class TrainableNode {
 public:
  virtual ~TrainableNode() = default;

  /// Makes what batches of `rows` rows need; before the first pass of that size.
  virtual void prepare(std::uint32_t rows, bool training) = 0;
  /// A tensor for this layer's outputs.
  [[nodiscard]] virtual Tensor make_output(std::uint32_t rows) const = 0;
  /// A tensor for the gradient of the loss with respect to this layer's outputs.
  [[nodiscard]] virtual Tensor make_output_gradient(std::uint32_t rows) const = 0;
  virtual void forward(const Tensor& input, Tensor& output, const Pass& pass) = 0;
  /// After a training forward of the same batch. Overwrites output_gradient; writes input_gradient unless it is null;
  /// gives the parameters' gradients (summed over the rows) to the sink, and takes up what the sink changed.
  virtual void backward(const Tensor& input, const Tensor& output, Tensor& output_gradient, Tensor* input_gradient,
                        const Pass& pass, GradientSink& sink) = 0;

  [[nodiscard]] virtual std::vector<Parameter>& parameters() = 0;
  /// Takes up values of parameters() that were changed from outside.
  virtual void parameters_changed() = 0;
  /// What batches change in passing (running averages); part of a checkpoint, never of a gradient.
  [[nodiscard]] virtual std::vector<Parameter>& state() = 0;
};

/// A node whose weights are a layer of the network.
class TrainableLayer : public TrainableNode {
 public:
  /// Weights are kept as one row of matrix rows an output. Between the layer's order of values and that of
  /// models/network.h.
  virtual void load(const Layer& layer) = 0;
  virtual void store(Layer& layer) const = 0;
  /// The mask of models/network.h in the order of parameters()[index]; empty = all live.
  [[nodiscard]] virtual std::vector<std::uint8_t> live_of(const Layer& layer, std::size_t index) const = 0;
};

}  // namespace crossloom
