// All nodes of a network with the tensors between them: one batch forward, or forward and backward.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "models/dataset.h"
#include "models/network.h"
#include "training/batch_norm_node.h"
#include "training/engine.h"
#include "training/joining_node.h"
#include "training/trainable_layer.h"
#include "training/training_spec.h"

namespace crossloom {

/// Some images of a data set, in order.
struct Batch {
  const Dataset* dataset = nullptr;
  const std::uint32_t* indices = nullptr;
  std::uint32_t rows = 0;
  std::uint32_t epoch = 0;  ///< names the draws of the augmentation, with the image
};

struct BatchResult {
  double loss = 0.0;  ///< summed over the images
  std::uint32_t correct = 0;
};

/// Throws UserError unless images of the data set fit the network's input and its labels the network's outputs.
void check_fits(const NetworkSpec& spec, const Dataset& dataset);

/// Images a batch when nothing is trained: 1024, or fewer where their values would need more than 256 MiB.
std::uint32_t evaluation_rows(const NetworkSpec& spec);

class LayerStack {
 public:
  struct Options {
    Precision precision = Precision::f32;
    double input_dropout = 0.0;
    RandomKey dropout_key{0};
    AugmentationSpec augmentation = {};
    RandomKey augmentation_key{0};
  };
  /// `pool` must outlive the stack. Weights are zero until load().
  LayerStack(const NetworkSpec& spec, const Options& options, ComputePool& pool);
  ~LayerStack();

  void load(const Network& network);
  /// Weights, biases and batch norms; leaves masks and blocks as they are.
  void store(Network& network) const;
  [[nodiscard]] const std::vector<std::unique_ptr<TrainableLayer>>& layers() const { return layers_; }
  /// As GradientSink counts them: those of the layers in the network's order, then those of the batch norms.
  [[nodiscard]] std::vector<Parameter*> parameters() const;
  /// What training changes besides parameters: the running averages of the batch norms.
  [[nodiscard]] std::vector<Parameter*> state() const;
  /// After values of parameters() were changed from outside.
  void parameters_changed();

  /// Outputs of the last node (before softmax), row-major; valid until the next pass.
  const float* forward(const Batch& batch);
  /// Outputs of one layer after the last forward(), as f32, plane after plane.
  void copy_outputs(LayerId layer, std::uint32_t row, std::vector<float>& values) const;
  /// The same of what one layer reads.
  void copy_inputs(LayerId layer, std::uint32_t row, std::vector<float>& values) const;
  /// Forward with dropout and augmentation, loss, backward. `step` names the dropout draws. The gradients are those of
  /// the mean loss.
  BatchResult train(const Batch& batch, LossKind loss, std::uint64_t step, GradientSink& sink);

 private:
  /// A node at work. Step 0 is the images; softmax has none, as the loss holds it.
  struct Step {
    TrainableNode* node = nullptr;         // with one input
    std::unique_ptr<JoiningNode> joining;  // with several
    std::vector<std::size_t> inputs;       // steps
    ImageShape shape;
  };
  class Builder;
  struct Input;

  [[nodiscard]] const Tensor& values(std::size_t step) const;
  void copy_planes(const Tensor& tensor, std::size_t channels, std::uint32_t row, std::vector<float>& values) const;
  void prepare(std::uint32_t rows, bool training);
  void gather(const Batch& batch, const Pass& pass);
  void run_forward(const Pass& pass);
  void run_backward(const Pass& pass, GradientSink& sink);
  /// Where the gradient of a step's outputs is to be written: its own tensor, or a spare one if that has been written.
  Tensor* gradient_target(std::size_t step);
  /// After the target was written: adds the spare one to the step's own.
  void settle_gradient(std::size_t step, const Pass& pass);
  BatchResult run_loss(const Batch& batch, LossKind loss);

  NetworkSpec spec_;
  Precision precision_;
  ComputePool& pool_;
  std::unique_ptr<Input> input_;
  std::vector<std::unique_ptr<TrainableLayer>> layers_;
  std::vector<std::unique_ptr<BatchNormNode>> batch_norms_;
  std::vector<std::unique_ptr<TrainableNode>> plain_nodes_;
  std::vector<Step> steps_;
  std::vector<std::size_t> step_of_layer_;
  std::vector<std::size_t> step_of_outputs_;                   ///< by layer: the same, or that which rounds its outputs
  std::vector<Tensor> outputs_, gradients_, spare_gradients_;  // by step
  std::vector<std::uint8_t> gradient_written_;
  std::vector<float> wide_outputs_;
};

}  // namespace crossloom
