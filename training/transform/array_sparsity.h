// Sparsity whose grain is the crossbar: whole arrays vanish, with learned permutations of rows and columns.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/config_reader.h"
#include "models/array_size.h"
#include "models/network.h"
#include "training/training_spec.h"

namespace crossloom {

class TransformMethod;
struct MethodInputs;

/// Method `array`. A layer's weights end in stripes: up to array.columns outputs that share the same inputs, which fill
/// whole arrays. First each weight is judged by itself: in `sparsify_epochs` the least important go until `density` of
/// each layer (but the last) is left, which shows what inputs each unit needs; on images these are patches. Then, in
/// `shrink_epochs`, the arrays shrink in equal ratios to the number asked for; each time the stripes are learnt anew
/// from what is left (stripes.h), from the outputs of the network on, so that a unit nobody reads takes no column. All
/// weights within the stripes live and are trained in the epochs that remain.
struct ArraySparsitySpec {
  std::optional<ArraySize> array;                  ///< instead of the chip's
  std::optional<std::uint32_t> arrays;             ///< of all layers together; this or `kept`
  double kept = 0.1;                               ///< share of the arrays of the plain grid
  std::map<std::string, std::uint32_t> arrays_of;  ///< of single layers; the others share what remains
  std::map<std::string, double> share_of;          ///< the same as shares of all arrays asked for, for any array size
  double density = 0.03;
  std::uint32_t sparsify_epochs = 8;
  std::uint32_t shrink_epochs = 1;
  std::optional<TrainingSpec> retraining;
};

/// Reads the keys of `method: array`; problems go to the reader.
ArraySparsitySpec read_array_sparsity_spec(ConfigReader reader);

/// Arrays of each layer's plain grid: ceil(rows / array rows) x ceil(columns / array columns).
IdVector<LayerId, std::uint32_t> plain_grid_arrays(const NetworkSpec& network, ArraySize array);

/// How many arrays each layer gets, of those named; the others keep their plain grid, beside the count. What arrays_of
/// says, or share_of within what the layer can take, the rest in proportion to the square root of the plain grid's
/// (wide layers have more to spare), at least one, in the last layer enough for all outputs. Throws UserError where
/// they do not fit.
IdVector<LayerId, std::uint32_t> array_budget(const NetworkSpec& network, const ArraySparsitySpec& spec,
                                              ArraySize array, const std::vector<LayerId>& layers);

/// Blocks of at most one array each, at most as many as the budget.
std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const ArraySparsitySpec& spec);

}  // namespace crossloom
