// What the methods that retrain share: a hook that ends in blocks, and the run around it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/config_reader.h"
#include "base/error.h"
#include "models/array_size.h"
#include "models/dataset.h"
#include "models/network.h"
#include "training/trainer.h"
#include "training/training_run.h"

namespace crossloom {

/// Weights and masks as TrainedWeights keeps them: one row of inputs an output.
using OutputMajor = std::vector<float>;
using OutputMajorMask = std::vector<std::uint8_t>;

/// A method that was asked for more than the network can bear: a layer was left without weights.
class NothingLeft : public UserError {
 public:
  using UserError::UserError;
};

/// What every method is made from. Must outlive the method.
struct MethodInputs {
  const Network& dense;
  const Dataset& images;
  ArraySize chip_array;  ///< filled unless the method names another
  std::uint32_t epochs;  ///< of the retraining
  RandomKey key;
  std::vector<LayerId> layers;          ///< ascending: those that the method may touch
  std::uint32_t validation_images = 0;  ///< of `images`, as the training holds them out
  std::size_t threads = 1;              ///< changes no result
  ProgressSink* progress = &no_progress();
};

/// A hook whose work ends in masks and blocks, for the layers that it was given.
class TransformMethod : public EpochHook {
 public:
  explicit TransformMethod(const MethodInputs& inputs) : layers_(inputs.layers) {}
  void before_epoch(std::uint32_t, TrainedWeights&) override {}
  void after_epoch(std::uint32_t, TrainedWeights&) override {}
  [[nodiscard]] bool needs_training_loss(std::uint32_t) const override { return false; }
  void take_training_loss(std::uint32_t, double) override {}
  /// After the last epoch: marks the live weights of one of its layers; those that are not 0 unless overridden.
  virtual void mark(LayerId id, Layer& layer) const;
  /// Whether units that carry nothing go, once all layers are marked.
  [[nodiscard]] virtual bool removes_dead_units() const { return true; }
  /// Then: covers each live weight of one of its layers with exactly one block.
  virtual void cover(LayerId id, Layer& layer) const = 0;
  [[nodiscard]] const std::vector<LayerId>& layers() const { return layers_; }

 private:
  std::vector<LayerId> layers_;
};

/// The settings of the retraining: the method's own or else the network's, with the validation images of the latter
/// (others were already trained on).
TrainingSpec retraining_of(const std::optional<TrainingSpec>& own, const TrainingSpec& network_training);

/// Throws UserError where the method, named as in YAML, asks for more epochs than there are.
void expect_epochs(const char* method_name, std::uint32_t asked, std::uint32_t epochs);

/// All layers of a network.
std::vector<LayerId> all_layers(const NetworkSpec& network);

/// Retrains `dense` under the method, marks, and covers with blocks. Says through the progress sink how much of the
/// time went into the method. Throws NothingLeft naming `method_name` where a layer was left without weights.
TrainResult retrain(const Network& dense, const Dataset& training_images, const TrainingSpec& retraining, RandomKey key,
                    const TrainOptions& options, TransformMethod& method, const std::string& method_name);

/// The key `array: {rows, columns}` that every method takes.
std::optional<ArraySize> read_array_size(ConfigReader reader);

/// The layer's position; throws UserError where the network has none of that name.
LayerId layer_named(const NetworkSpec& network, const std::string& name);

/// The `count` largest values that are above 0, as a mask; of equal ones the first.
OutputMajorMask largest_values(const OutputMajor& values, std::size_t count);

/// Marks exactly the cells of the mask live; weights elsewhere become 0.
void mark_live(Layer& layer, const OutputMajorMask& mask);

/// Blocks cut into pieces of at most `rows` rows and `columns` columns; lines without a live weight are left out.
std::vector<Block> pieces_of(const Layer& layer, const std::vector<Block>& blocks, std::uint32_t rows,
                             std::uint32_t columns);

/// These columns in stripes of array.columns, each with the rows that live in it, cut to the array.
std::vector<Block> stripe_pieces(const Layer& layer, const std::vector<std::uint32_t>& columns, ArraySize array);

}  // namespace crossloom
