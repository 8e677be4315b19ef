#include "training/transform/trannsformer.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "training/transform/live_weights.h"
#include "training/transform/path_importance.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

std::vector<std::uint8_t> by_row(const OutputMajorMask& mask, std::size_t rows, std::size_t columns) {
  std::vector<std::uint8_t> cells(mask.size());
  for (std::size_t j = 0; j < columns; ++j) {
    for (std::size_t i = 0; i < rows; ++i) cells[i * columns + j] = mask[j * rows + i];
  }
  return cells;
}

constexpr double kLeastQuality = 1e-3;  // that of a spec

std::size_t live_count(const OutputMajorMask& mask) {
  return static_cast<std::size_t>(std::count(mask.begin(), mask.end(), std::uint8_t{1}));
}

class TrannsformerMethod final : public TransformMethod {
 public:
  TrannsformerMethod(const MethodInputs& inputs, const TrannsformerSpec& spec)
      : TransformMethod(inputs),
        network_(inputs.dense.spec),
        spec_(spec),
        array_(spec.array.value_or(inputs.chip_array)),
        key_(inputs.key.child("clusters")),
        varying_(varying_inputs(inputs.images)),
        clusterings_(network_.layers.size()),
        masks_(network_.layers.size()) {}

  [[nodiscard]] std::string identity() const override {
    std::string text =
        fmt::format("trannsformer {}x{} density {} over {} clusters {} quality {} {} {} {} leftover {} most {}",
                    array_.rows, array_.columns, spec_.density.common, spec_.prune_epochs, spec_.cluster_epochs,
                    spec_.clustering.quality, spec_.clustering.first_quality, spec_.clustering.quality_step,
                    spec_.clustering.least_fill, spec_.leftover, spec_.most_clusters);
    for (const auto& [layer, density] : spec_.density.by_layer) text += fmt::format(" {}={}", layer, density);
    for (const auto& [layer, most] : spec_.most_clusters_of) text += fmt::format(" {}:{}", layer, most);
    return text;
  }

  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch < spec_.prune_epochs) {
      prune(epoch, weights);
    } else if (epoch < spec_.prune_epochs + spec_.cluster_epochs) {
      cluster(epoch - spec_.prune_epochs, weights);
    }
  }

  void save(Archive& archive) const override {
    for (std::size_t l = 0; l < masks_.size(); ++l) {
      archive.put(fmt::format("trannsformer.{}.mask", l), masks_[l]);
      std::vector<std::uint32_t> lines;  // by cluster: rows, columns, then the indices of both
      for (const Cluster& cluster : clusterings_[l].clusters) {
        lines.push_back(static_cast<std::uint32_t>(cluster.block.rows.size()));
        lines.push_back(static_cast<std::uint32_t>(cluster.block.columns.size()));
        lines.insert(lines.end(), cluster.block.rows.begin(), cluster.block.rows.end());
        lines.insert(lines.end(), cluster.block.columns.begin(), cluster.block.columns.end());
      }
      archive.put(fmt::format("trannsformer.{}.clusters", l), lines);
    }
  }
  void restore(const Archive& archive) override {
    for (std::size_t l = 0; l < masks_.size(); ++l) {
      masks_[l] = archive.get<std::uint8_t>(fmt::format("trannsformer.{}.mask", l));
      const auto lines = archive.get<std::uint32_t>(fmt::format("trannsformer.{}.clusters", l));
      clusterings_[l].clusters.clear();
      for (auto at = lines.begin(); at != lines.end();) {
        const auto rows = static_cast<std::ptrdiff_t>(*at++);
        const auto columns = static_cast<std::ptrdiff_t>(*at++);
        Cluster cluster;
        cluster.block.rows.assign(at, at + rows);
        cluster.block.columns.assign(at + rows, at + rows + columns);
        at += rows + columns;
        clusterings_[l].clusters.push_back(cluster);
      }
    }
  }

  void mark(LayerId id, Layer& layer) const override { mark_live(layer, masks_[id.value()]); }
  [[nodiscard]] bool removes_dead_units() const override { return spec_.remove_dead_units; }
  void cover(LayerId id, Layer& layer) const override {
    layer.blocks = blocks_of(live_matrix(layer), clusterings_[id.value()], array_.columns);
  }

 private:
  [[nodiscard]] std::size_t target(std::size_t l, std::size_t weights) const {
    const double density = spec_.density.of(network_.layers[LayerId(l)].name);
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::llround(density * static_cast<double>(weights))));
  }

  void prune(std::uint32_t epoch, TrainedWeights& weights) {
    const double remaining = 1.0 - static_cast<double>(epoch + 1) / static_cast<double>(spec_.prune_epochs);
    const auto importance = path_importance(network_, weights, varying_);
    for (const LayerId id : layers()) {
      const std::size_t l = id.value();
      const auto all = static_cast<double>(importance[l].size());
      const auto last = static_cast<double>(target(l, importance[l].size()));
      const auto count = static_cast<std::size_t>(std::llround(last + (all - last) * std::pow(remaining, 3.0)));
      masks_[l] = largest_values(importance[l], count);
      weights.set_live(id, masks_[l]);
    }
  }

  void cluster(std::uint32_t step, TrainedWeights& weights) {
    const double left = 1.0 - static_cast<double>(step + 1) / static_cast<double>(spec_.cluster_epochs);
    const double outside = left * left * left;
    const auto importance = path_importance(network_, weights, varying_);
    for (const LayerId id : layers()) {
      const std::size_t l = id.value();
      const std::uint32_t rows = network_.inputs_of(id);
      const std::uint32_t columns = network_.layers[id].outputs;
      const OutputMajorMask important = largest_values(importance[l], target(l, importance[l].size()));
      const BinaryMatrix matrix = binary_matrix(by_row(important, rows, columns), rows, columns);
      CoClusteringSpec clustering = spec_.clustering;
      const auto try_quality = [&] {
        clusterings_[l] = co_cluster(matrix, array_, clustering, key_.child(l).child(step));
        keep_strongest(l, importance[l], rows);
        masks_[l] = mask_with_leftovers(clusterings_[l], importance[l], important, rows, outside);
        return most_clusters(l) != 0 || live_count(masks_[l]) * 2 >= target(l, importance[l].size());
      };
      // Where next to nothing is as dense as asked for, the layer would keep next to nothing.
      while (!try_quality() && clustering.quality / 2.0 >= kLeastQuality) clustering.quality /= 2.0;
      weights.set_live(id, masks_[l]);
    }
  }

  [[nodiscard]] std::size_t most_clusters(std::size_t l) const {
    const auto own = spec_.most_clusters_of.find(network_.layers[LayerId(l)].name);
    return own != spec_.most_clusters_of.end() ? own->second : spec_.most_clusters;
  }

  void keep_strongest(std::size_t l, const OutputMajor& importance, std::size_t rows) {
    const std::size_t most = most_clusters(l);
    std::vector<Cluster>& clusters = clusterings_[l].clusters;
    if (most == 0 || clusters.size() <= most) return;
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t c = 0; c < clusters.size(); ++c) {
      double sum = 0.0;
      for (const std::uint32_t j : clusters[c].block.columns) {
        for (const std::uint32_t i : clusters[c].block.rows) sum += static_cast<double>(importance[j * rows + i]);
      }
      order.emplace_back(-sum, c);
    }
    std::sort(order.begin(), order.end());
    std::vector<Cluster> strongest;
    for (std::size_t k = 0; k < most; ++k) strongest.push_back(clusters[order[k].second]);
    clusters = std::move(strongest);
  }

  /// All cells of the clusters, and of the important weights outside the share `outside` that matters most, but as many
  /// as may stay in the end.
  [[nodiscard]] OutputMajorMask mask_with_leftovers(const Clustering& clustering, const OutputMajor& importance,
                                                    const OutputMajorMask& important, std::size_t rows,
                                                    double outside) const {
    OutputMajorMask mask(importance.size(), 0);
    std::size_t inside = 0;
    for (const Cluster& cluster : clustering.clusters) {
      for (const std::uint32_t j : cluster.block.columns) {
        for (const std::uint32_t i : cluster.block.rows) {
          inside += mask[j * rows + i] == 0 ? 1 : 0;
          mask[j * rows + i] = 1;
        }
      }
    }
    OutputMajor leftovers(importance.size(), 0.0F);
    std::size_t candidates = 0;
    for (std::size_t k = 0; k < importance.size(); ++k) {
      if (important[k] == 0 || mask[k] != 0) continue;
      leftovers[k] = importance[k];
      ++candidates;
    }
    const double by_share = spec_.leftover / (1.0 - spec_.leftover) * static_cast<double>(inside);
    const double most = std::max(by_share, outside * static_cast<double>(candidates));
    const OutputMajorMask kept = largest_values(leftovers, static_cast<std::size_t>(most));
    for (std::size_t k = 0; k < mask.size(); ++k) mask[k] = static_cast<std::uint8_t>(mask[k] | kept[k]);
    return mask;
  }

  const NetworkSpec& network_;
  TrannsformerSpec spec_;
  ArraySize array_;
  RandomKey key_;
  std::vector<std::uint8_t> varying_;
  std::vector<Clustering> clusterings_;
  std::vector<OutputMajorMask> masks_;
};

}  // namespace

TrannsformerSpec read_trannsformer_spec(ConfigReader reader) {
  constexpr IntegerRange kEpochs{1, 100000};
  TrannsformerSpec spec;
  spec.array = read_array_size(reader);
  spec.density.common = reader.real("density", {1e-6, 1.0});
  if (auto by_layer = reader.optional_section("by_layer")) {
    for (const std::string& layer : by_layer->keys()) spec.density.by_layer[layer] = by_layer->real(layer, {1e-6, 1.0});
  }
  spec.prune_epochs = static_cast<std::uint32_t>(reader.integer_or("prune_epochs", spec.prune_epochs, kEpochs));
  spec.cluster_epochs = static_cast<std::uint32_t>(reader.integer_or("cluster_epochs", spec.cluster_epochs, kEpochs));
  CoClusteringSpec& clustering = spec.clustering;
  clustering.quality = reader.real_or("quality", clustering.quality, {1e-3, 1.0});
  clustering.first_quality = reader.real_or("first_quality", clustering.first_quality, {1e-3, 1.0});
  clustering.quality_step = reader.real_or("quality_step", clustering.quality_step, {1e-3, 1.0});
  clustering.least_fill = reader.real_or("least_fill", clustering.least_fill, {0.0, 1.0});
  spec.leftover = reader.real_or("leftover", spec.leftover, {0.0, 0.9});
  spec.most_clusters = static_cast<std::uint32_t>(reader.integer_or("most_clusters", 0, {0, 100'000'000}));
  if (auto layers = reader.optional_section("most_clusters_of")) {
    for (const std::string& layer : layers->keys()) {
      spec.most_clusters_of[layer] = static_cast<std::uint32_t>(layers->integer(layer, {0, 100'000'000}));
    }
  }
  spec.remove_dead_units = reader.boolean_or("remove_dead_units", spec.remove_dead_units);
  if (auto retraining = reader.optional_section("retraining")) {
    spec.retraining = read_training_spec(*retraining);
    if (spec.prune_epochs + spec.cluster_epochs > spec.retraining->epochs) {
      reader.problem("cluster_epochs", "with prune_epochs is more than all epochs of the retraining");
    }
  }
  return spec;
}

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const TrannsformerSpec& spec) {
  for (const auto& [name, value] : spec.density.by_layer) layer_named(inputs.dense.spec, name);
  for (const auto& [name, value] : spec.most_clusters_of) layer_named(inputs.dense.spec, name);
  expect_epochs("trannsformer", spec.prune_epochs + spec.cluster_epochs, inputs.epochs);
  return std::make_unique<TrannsformerMethod>(inputs, spec);
}

}  // namespace crossloom
