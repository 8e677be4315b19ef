// Training steps of a network on random images, for the benches.
#pragma once

#include <memory>
#include <numeric>
#include <vector>

#include "training/layer_stack.h"
#include "training/optimiser.h"
#include "training/trainer.h"

namespace crossloom::bench {

inline Dataset random_images(const ImageShape& shape, std::size_t count) {
  Dataset dataset;
  dataset.name = "random";
  dataset.width = shape.width;
  dataset.height = shape.height;
  dataset.channels = shape.channels;
  dataset.classes = 10;
  RandomStream stream(RandomKey(1));
  for (std::size_t n = 0; n < count; ++n) dataset.labels.push_back(static_cast<std::uint8_t>(stream.below(10)));
  for (std::size_t i = 0; i < count * dataset.image_size(); ++i) {
    dataset.pixels.push_back(static_cast<std::uint8_t>(stream.below(5) == 0 ? stream.below(256) : 0));
  }
  return dataset;
}

/// Crossloom's step: gather, forward, loss, backward, SGD with momentum, packing for the next step.
class Steps {
 public:
  Steps(const NetworkSpec& network, std::uint32_t batch, Precision precision, double input_dropout, std::size_t threads)
      : batch_(batch),
        dataset_(random_images(network.input, batch)),
        indices_(batch),
        pool_(threads),
        stack_(network, {precision, input_dropout, RandomKey(2)}, pool_) {
    std::iota(indices_.begin(), indices_.end(), 0U);
    TrainingSpec spec;
    spec.optimiser = SgdSpec{0.9};
    std::vector<std::size_t> sizes;
    for (const Parameter* parameter : stack_.parameters()) sizes.push_back(parameter->values.size());
    optimiser_ = std::make_unique<Optimiser>(spec, sizes, std::vector<bool>(sizes.size(), true));
    stack_.load(initial_network(network, {}, RandomKey(3)));
  }
  void run() {
    optimiser_->begin_step(1e-4);
    stack_.train({&dataset_, indices_.data(), batch_}, LossKind::cross_entropy, step_++, *optimiser_);
  }

 private:
  std::uint32_t batch_;
  Dataset dataset_;
  std::vector<std::uint32_t> indices_;
  ComputePool pool_;
  LayerStack stack_;
  std::unique_ptr<Optimiser> optimiser_;
  std::uint64_t step_ = 0;
};

}  // namespace crossloom::bench
