// Pruning and quantisation with the alternating direction method of multipliers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/config_reader.h"
#include "models/array_size.h"
#include "training/training_spec.h"
#include "training/transform/magnitude.h"
#include "training/transform/transform_target.h"
#include "training/transform/weight_levels.h"

namespace crossloom {

class TransformMethod;
struct MethodInputs;

/// What stays or goes together. The published code's matrix has a filter a row, so that its "column" is `shape` here.
enum class Grain {
  weight,          ///< a single weight
  filter,          ///< all inputs of one output: a column of the layer's matrix
  shape,           ///< one input at all outputs: a row of the matrix
  column,          ///< one column of one array of the plain grid
  row,             ///< one row of one array of the plain grid
  block,           ///< one array of the plain grid
  previous_block,  ///< one block of the transformation before
};

/// At most so many groups of a layer differ from 0: the share `sparsity` goes, at least one stays.
struct GroupConstraint {
  Grain grain = Grain::weight;
  LayerValue sparsity;
};

/// After pruning: quantisation to levels, with zeros frozen.
struct LevelStage {
  WeightLevels levels;
  std::uint32_t admm_epochs = 4;  ///< drawn towards the nearest levels
  /// Then this share of the live weights, those nearest to their levels, is set to them and held while the others
  /// adapt, then the next; ascending, the last is 1.
  std::vector<double> portions{0.5, 0.75, 1.0};
  std::uint32_t portion_epochs = 1;  ///< for each portion
};

/// Method `admm` (Yuan, Ma et al., ISLPED 2019; steps and defaults as the same group codes them,
/// docs/transformations.md). Stages, each with a whole learning-rate schedule: `admm_epochs` in which the weights are
/// drawn towards the constraint sets, the hard mask, masked retraining, and with `quantise` the quantisation.
struct AdmmSpec {
  std::optional<ArraySize> array;  ///< of the grid, instead of the chip's
  std::vector<GroupConstraint> sets;
  double rho = 1e-3;        ///< strength of the quadratic term at first, > 0
  double rho_factor = 1.3;  ///< times this at each update, >= 1
  std::uint32_t admm_epochs = 20;
  std::uint32_t update_epochs = 2;  ///< between two updates of the auxiliary and dual variables
  std::optional<LevelStage> quantise;
  /// Device mismatch in the loop once the mask is fixed: in every step the passes see each live weight w as w exp(sigma
  /// n) with n normal, drawn anew (the law of Liang et al., IEEE Access 2018); 0 = off.
  double variation = 0.0;
  bool remove_dead_units = true;
  std::optional<TrainingSpec> retraining;
  /// Epochs that remain for masked retraining.
  [[nodiscard]] std::int64_t masked_epochs(std::uint32_t epochs) const;
};

/// Reads the keys of `method: admm`; problems go to the reader, with `target` also those of layers' names and sizes.
/// `follows`: whether another transformation comes before.
AdmmSpec read_admm_spec(ConfigReader reader, const TransformTarget* target, bool follows);

/// Blocks of at most one array.
std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const AdmmSpec& spec);

}  // namespace crossloom
