// Group lasso on the rows, columns and whole blocks of the grid of crossbars, then deletion of what became small.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/config_reader.h"
#include "models/array_size.h"
#include "training/training_spec.h"
#include "training/transform/magnitude.h"

namespace crossloom {

class TransformMethod;
struct MethodInputs;

/// Method `group`: connections deleted by crossbar rows and columns (Group Scissor, Wang et al., DAC 2017; structured
/// sparsity, Wen et al., NeurIPS 2016). The matrix is cut into the plain grid of arrays. After each of
/// `regularise_epochs` the proximal step of sum over groups sqrt(size) |group| is taken for the rows, then the columns,
/// then (with `blocks`) the whole of each array: a group's root mean square r becomes max(0, r - strength s), s that of
/// the layer's weights at the start. Then groups below `delete_below` s go for good, and the epochs that remain train
/// the rest under fixed masks.
struct GroupLassoSpec {
  std::optional<ArraySize> array;  ///< instead of the chip's
  LayerValue strength;
  std::uint32_t regularise_epochs = 10;
  double delete_below = 0.1;
  /// Of the rows of a layer's arrays so many stay, the largest; without it `delete_below` alone decides. All shrink
  /// alike, so that a strength deletes next to nothing or nearly all; this share says how much.
  std::optional<LayerValue> kept_rows;
  bool blocks = true;
  bool remove_dead_units = true;
  std::optional<TrainingSpec> retraining;
};

/// Reads the keys of `method: group`; problems go to the reader.
GroupLassoSpec read_group_lasso_spec(ConfigReader reader);

/// Blocks of at most one array: the rows of each of the grid's stripes of columns, packed.
std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const GroupLassoSpec& spec);

}  // namespace crossloom
