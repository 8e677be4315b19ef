// The weights of a run, as pruning methods see them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/network.h"
#include "training/layer_stack.h"
#include "training/optimiser.h"

namespace crossloom {

/// The weights of a run and their masks, in the trainer's order (one row of inputs an output).
class TrainedWeights {
 public:
  TrainedWeights(LayerStack& stack, Optimiser& optimiser);
  [[nodiscard]] std::size_t layers() const { return weights_.size(); }
  [[nodiscard]] const std::vector<float>& weights(LayerId layer) const;
  /// Takes these values for the layer's weights.
  void assign(LayerId layer, const std::vector<float>& values);
  /// Weights where keep is 0 become 0 now; they may grow again.
  void clear(LayerId layer, const std::vector<std::uint8_t>& keep);
  /// ... and stay 0 from now on.
  void set_live(LayerId layer, std::vector<std::uint8_t> keep);
  [[nodiscard]] std::uint64_t non_zero() const;

 private:
  LayerStack& stack_;
  Optimiser& optimiser_;
  std::vector<std::size_t> weights_;  // parameter index by layer
};

}  // namespace crossloom
