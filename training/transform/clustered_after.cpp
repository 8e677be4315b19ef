#include "training/transform/clustered_after.h"

#include <functional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "training/transform/cluster_pruned.h"
#include "training/transform/retraining.h"

namespace crossloom {

void set_clustered_blocks(Layer& layer, const BinaryMatrix& matrix, const Clustering& clustering, ArraySize array) {
  layer.blocks.clear();
  for (Block& block : blocks_of(matrix, clustering, array.columns)) {
    if (block.leftover) {
      layer.blocks.push_back(std::move(block));
      continue;
    }
    for (Block& piece : pieces_of(layer, {block}, array.rows, array.columns)) layer.blocks.push_back(std::move(piece));
  }
}

PublishedDefects read_published_defects(ConfigReader reader, bool published) {
  PublishedDefects defects{published, published, published};
  if (auto switches = reader.optional_section("clustering_defects")) {
    defects.shifted_labels = switches->boolean_or("shifted_labels", published);
    defects.summed_size_limit = switches->boolean_or("summed_size_limit", published);
    defects.fixed_parts = switches->boolean_or("fixed_parts", published);
  }
  return defects;
}

namespace {

/// A transformation of method magnitude, so that a variant's own file can stand here.
MagnitudeSpec read_pruning(ConfigReader reader) {
  reader.choice_or<bool>("method", true, {{"magnitude", true}});
  return read_magnitude_spec(reader);
}

}  // namespace

OfflineSpec read_offline_spec(ConfigReader reader) {
  OfflineSpec spec;
  spec.array = read_array_size(reader);
  spec.pruning = read_pruning(reader.section("pruning"));
  OfflineClusteringSpec& clustering = spec.clustering;
  clustering.first_quality = reader.real_or("first_quality", clustering.first_quality, {0.0, 1.0});
  clustering.last_quality = reader.real_or("last_quality", clustering.last_quality, {0.0, 1.0});
  clustering.quality_step = reader.real_or("quality_step", clustering.quality_step, {1e-3, 1.0});
  clustering.stale_leftovers = reader.boolean_or("stale_leftovers", clustering.stale_leftovers);
  if (clustering.last_quality > clustering.first_quality) {
    reader.problem("last_quality", "is above first_quality; quality falls from the first to the last");
  }
  spec.defects = read_published_defects(reader, false);
  return spec;
}

AutoNcsMethodSpec read_autoncs_spec(ConfigReader reader) {
  AutoNcsMethodSpec spec;
  spec.array = read_array_size(reader);
  spec.pruning = read_pruning(reader.section("pruning"));
  spec.clustering.least_use = reader.real_or("least_use", spec.clustering.least_use, {0.0, 0.999});
  spec.clustering.selected_share = reader.real_or("selected_share", spec.clustering.selected_share, {1e-3, 1.0});
  spec.clustering.rounds = static_cast<std::uint32_t>(reader.integer_or("rounds", spec.clustering.rounds, {1, 100000}));
  return spec;
}

namespace {

/// Told which step of a layer's clustering begins, before each.
using StepNote = std::function<void(const std::string& step)>;
using LayerClustering = std::function<Clustering(const BinaryMatrix& matrix, RandomKey key, const StepNote& begins)>;

/// What a method does to the live weights of any layer, and the array that its blocks are to fill.
struct Clusterer {
  ArraySize array;
  LayerClustering cluster;

  void cover(
      LayerId id, Layer& layer, RandomKey key, const StepNote& begins = [](const std::string&) {}) const {
    const BinaryMatrix matrix = live_matrix(layer);
    set_clustered_blocks(layer, matrix, cluster(matrix, key.child("clusters").child(id.value()), begins), array);
  }
};

Clusterer clusterer_of(const OfflineSpec& spec, ArraySize chip_array) {
  const ArraySize array = spec.array.value_or(chip_array);
  return {array, [spec, array](const BinaryMatrix& matrix, RandomKey key, const StepNote& begins) {
            return offline_cluster(matrix, spec.clustering,
                                   [&](const BinaryMatrix& left, double quality, std::uint32_t step) {
                                     begins(fmt::format("quality {:.3g}", quality));
                                     return published_cluster(left, array, {quality, spec.defects}, key.child(step));
                                   });
          }};
}

Clusterer clusterer_of(const AutoNcsMethodSpec& spec, ArraySize chip_array) {
  const ArraySize array = spec.array.value_or(chip_array);
  return {array, [spec, array](const BinaryMatrix& matrix, RandomKey key, const StepNote&) {
            return autoncs_cluster(matrix, array, spec.clustering, key);
          }};
}

/// Another method's retraining and live weights, clustered when it is over.
class ClusteredAfter final : public TransformMethod {
 public:
  ClusteredAfter(const MethodInputs& inputs, std::unique_ptr<TransformMethod> pruning, Clusterer clusterer)
      : TransformMethod(inputs), pruning_(std::move(pruning)), clusterer_(std::move(clusterer)), key_(inputs.key) {}

  [[nodiscard]] std::string identity() const override { return pruning_->identity(); }
  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override { pruning_->before_epoch(epoch, weights); }
  void after_epoch(std::uint32_t epoch, TrainedWeights& weights) override { pruning_->after_epoch(epoch, weights); }
  [[nodiscard]] bool needs_training_loss(std::uint32_t epoch) const override {
    return pruning_->needs_training_loss(epoch);
  }
  void take_training_loss(std::uint32_t epoch, double loss) override { pruning_->take_training_loss(epoch, loss); }
  void save(Archive& archive) const override { pruning_->save(archive); }
  void restore(const Archive& archive) override { pruning_->restore(archive); }
  void mark(LayerId id, Layer& layer) const override { pruning_->mark(id, layer); }
  [[nodiscard]] bool removes_dead_units() const override { return pruning_->removes_dead_units(); }
  void cover(LayerId id, Layer& layer) const override { clusterer_.cover(id, layer, key_); }

 private:
  std::unique_ptr<TransformMethod> pruning_;
  Clusterer clusterer_;
  RandomKey key_;
};

}  // namespace

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const OfflineSpec& spec) {
  return std::make_unique<ClusteredAfter>(inputs, make_method(inputs, spec.pruning),
                                          clusterer_of(spec, inputs.chip_array));
}

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const AutoNcsMethodSpec& spec) {
  return std::make_unique<ClusteredAfter>(inputs, make_method(inputs, spec.pruning),
                                          clusterer_of(spec, inputs.chip_array));
}

std::optional<MagnitudeSpec> pruning_before_clustering(const TransformSpec& spec) {
  if (const auto* offline = std::get_if<OfflineSpec>(&spec)) return offline->pruning;
  if (const auto* autoncs = std::get_if<AutoNcsMethodSpec>(&spec)) return autoncs->pruning;
  return std::nullopt;
}

Network cluster_pruned(Network pruned, const TransformSpec& spec, ArraySize array, RandomKey key,
                       ProgressSink& progress) {
  const auto* offline = std::get_if<OfflineSpec>(&spec);
  const Clusterer clusterer =
      offline != nullptr ? clusterer_of(*offline, array) : clusterer_of(std::get<AutoNcsMethodSpec>(spec), array);
  const std::uint64_t all = pruned.synapses();
  std::uint64_t done = 0;
  for (const LayerId id : all_layers(pruned.spec)) {
    const std::string& name = pruned.spec.layers[id].name;
    const std::uint64_t synapses = pruned.synapses(id);
    progress.update("forming blocks", done, all, name);
    clusterer.cover(id, pruned.layers[id], key, [&](const std::string& step) {
      progress.update("forming blocks", done, all, fmt::format("{}, {}", name, step));
    });
    done += synapses;
  }
  return pruned;
}

}  // namespace crossloom
