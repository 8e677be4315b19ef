// Pruning whose grain is the crossbar or its column, chosen by what each does to the layer's outputs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/config_reader.h"
#include "models/array_size.h"
#include "training/training_spec.h"
#include "training/transform/magnitude.h"
#include "training/transform/transform_target.h"

namespace crossloom {

class TransformMethod;
struct MethodInputs;

enum class CutGrain { crossbar, column };

/// Feature maps of one crossbar; a dense layer's inputs and outputs are one each.
struct FeatureBlock {
  std::uint32_t inputs = 1, outputs = 1;
};

/// Method `crossbar-aware` (Liang, Deng et al., IEEE Access 2018). The input feature maps of a layer fall into groups,
/// whose partial sums are what the crossbars of a column of crossbars add up to. Which of them may go is chosen by
/// L0-constrained gradient descent with relaxant probabilistic projection on sampled inputs (projection/
/// relaxant_projection.h): for a whole group of outputs at once (`crossbar`), or for each output by itself, after which
/// the columns that are left are packed side by side (`column`; projection/recombination.h). Layer by layer, from the
/// input on, the sparsity rises by `sparsity_step` until the layer's own is reached, validation accuracy without any
/// retraining fell by more than the layer's share of `largest_loss`, or no more than `crossbars` are left in all. Then
/// all epochs train under the masks.
struct CrossbarAwareSpec {
  std::optional<ArraySize> array;  ///< instead of the chip's
  CutGrain grain = CutGrain::crossbar;
  std::optional<FeatureBlock> block;  ///< else as many as an array holds
  /// Input feature maps of like importance come into one group: those that matter least can then go together.
  bool reorder = true;
  LayerValue sparsity;  ///< share of a layer's blocks, or columns of blocks, that may go at most
  double sparsity_step = 0.1;
  double largest_loss = 0.02;  ///< a share, of validation accuracy, over all layers; 1 is no limit
  std::uint32_t crossbars = 0;
  std::uint32_t samples = 512;
  std::uint32_t iterations = 40;
  bool remove_dead_units = true;
  std::optional<TrainingSpec> retraining;
};

/// Reads the keys of `method: crossbar-aware`; problems go to the reader, with `target` also those of layers' names and
/// of blocks that are larger than a layer.
CrossbarAwareSpec read_crossbar_aware_spec(ConfigReader reader, const TransformTarget* target);

/// Feature maps of one block: the spec's, or what the array holds, within what the layer has.
FeatureBlock feature_block(const NetworkSpec& network, LayerId layer, const CrossbarAwareSpec& spec, ArraySize array);

/// Blocks of at most one array. Throws UserError for convolutions with groups.
std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const CrossbarAwareSpec& spec);

}  // namespace crossloom
