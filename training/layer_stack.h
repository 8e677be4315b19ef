// All layers of a network with the tensors between them: one batch forward, or forward and backward.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "models/dataset.h"
#include "models/network.h"
#include "training/engine.h"
#include "training/trainable_layer.h"
#include "training/training_spec.h"

namespace crossloom {

/// Some images of a data set, in order.
struct Batch {
  const Dataset* dataset = nullptr;
  const std::uint32_t* indices = nullptr;
  std::uint32_t rows = 0;
};

struct BatchResult {
  double loss = 0.0;  ///< summed over the images
  std::uint32_t correct = 0;
};

/// Throws UserError unless images of the data set fit the network's input and its labels the network's outputs.
void check_fits(const NetworkSpec& spec, const Dataset& dataset);

class LayerStack {
 public:
  struct Options {
    Precision precision = Precision::f32;
    double input_dropout = 0.0;
    RandomKey dropout_key{0};
  };
  /// `pool` must outlive the stack. Weights are zero until load().
  LayerStack(const NetworkSpec& spec, const Options& options, ComputePool& pool);
  ~LayerStack();

  void load(const Network& network);
  /// Weights and biases; leaves masks and blocks as they are.
  void store(Network& network) const;
  [[nodiscard]] const std::vector<std::unique_ptr<TrainableLayer>>& layers() const { return layers_; }
  /// In the network's order, as GradientSink counts them.
  [[nodiscard]] std::vector<Parameter*> parameters() const;

  /// Outputs of the last layer, row-major; valid until the next pass.
  const float* forward(const Batch& batch);
  /// Outputs of one layer after the last forward(), as f32.
  void copy_outputs(LayerId layer, std::uint32_t row, std::vector<float>& values) const;
  /// Forward with dropout, loss, backward. `step` names the dropout draws. The gradients are those of the mean loss.
  BatchResult train(const Batch& batch, LossKind loss, std::uint64_t step, GradientSink& sink);

 private:
  void prepare(std::uint32_t rows, bool training);
  void gather(const Batch& batch, const Pass& pass);
  void run_forward(const Pass& pass);
  BatchResult run_loss(const Batch& batch, LossKind loss);

  struct Input;
  NetworkSpec spec_;
  Precision precision_;
  ComputePool& pool_;
  std::unique_ptr<Input> input_;
  std::vector<std::unique_ptr<TrainableLayer>> layers_;
  std::vector<Tensor> outputs_, gradients_;
};

}  // namespace crossloom
