#include "training/transform/trannsformer_published.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "training/transform/clustered_after.h"
#include "training/transform/live_weights.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

struct LayerState {
  double threshold = 0.0;
  double prune_factor = 0.0;
  std::vector<Cluster> clusters;                       // quality 0 = deleted
  OutputMajorMask above;                               // the published pmap: weights of at least the threshold
  OutputMajorMask spared;                              // the published cmap: cells of clusters
  double unclustered = 0.0, unclustered_before = 0.0;  // shares of the matrix
};

class PublishedMethod final : public TransformMethod {
 public:
  PublishedMethod(const MethodInputs& inputs, const TrannsformerPublishedSpec& spec)
      : TransformMethod(inputs),
        network_(inputs.dense.spec),
        spec_(spec),
        array_(spec.array.value_or(inputs.chip_array)),
        key_(inputs.key.child("clusters")),
        states_(network_.layers.size()) {
    first_cluster_epoch_ = static_cast<std::uint32_t>(std::ceil(spec.cluster_start * inputs.epochs));
    first_prune_epoch_ = static_cast<std::uint32_t>(std::ceil(spec.cluster_prune_start * inputs.epochs));
    for (std::size_t l = 0; l < states_.size(); ++l) {
      const std::size_t size = std::size_t{rows(l)} * columns(l);
      states_[l].prune_factor = spec.cluster_prune_first;
      states_[l].above.assign(size, 1);
      states_[l].spared.assign(size, 0);
    }
  }

  [[nodiscard]] std::string identity() const override {
    const PublishedTrainingDefects& own = spec_.defects;
    const PublishedDefects& other = spec_.clustering_defects;
    std::string text = fmt::format(
        "trannsformer-published {}x{} step {} quality {} {} {} tolerance {} from {} {} factor {} {} defects "
        "{}{}{}{}{}{}",
        array_.rows, array_.columns, spec_.step.common, spec_.first_quality, spec_.last_quality, spec_.quality_step,
        spec_.tolerance, first_cluster_epoch_, first_prune_epoch_, spec_.cluster_prune_first, spec_.cluster_prune_step,
        int{own.frozen_quality}, int{own.stale_map}, int{own.repainted_clusters}, int{other.shifted_labels},
        int{other.summed_size_limit}, int{other.fixed_parts});
    for (const auto& [layer, step] : spec_.step.by_layer) text += fmt::format(" {}={}", layer, step);
    return text;
  }

  [[nodiscard]] bool needs_training_loss(std::uint32_t) const override { return true; }
  void take_training_loss(std::uint32_t, double loss) override {
    fell_ = loss < last_loss_;
    last_loss_ = loss;
  }
  void after_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    const std::uint32_t e = epoch + 1;  // the published code counts from 1
    for (const LayerId id : layers()) {
      const std::size_t l = id.value();
      if (e >= first_cluster_epoch_) cluster(l, e, weights);
      prune(l, weights);
      if (e >= first_prune_epoch_) delete_clusters(l, weights);
      if (!fell_) continue;
      states_[l].threshold += spec_.step.of(network_.layers[LayerId(l)].name);
      if (e >= first_prune_epoch_) states_[l].prune_factor += spec_.cluster_prune_step;
    }
  }

  void save(Archive& archive) const override {
    std::vector<double> numbers{last_loss_};
    for (std::size_t l = 0; l < states_.size(); ++l) {
      const LayerState& state = states_[l];
      for (const double value : {state.threshold, state.prune_factor, state.unclustered, state.unclustered_before}) {
        numbers.push_back(value);
      }
      archive.put(fmt::format("published.{}.above", l), state.above);
      archive.put(fmt::format("published.{}.spared", l), state.spared);
      std::vector<std::uint32_t> lines;
      std::vector<double> qualities;
      for (const Cluster& cluster : state.clusters) {
        qualities.push_back(cluster.quality);
        lines.push_back(static_cast<std::uint32_t>(cluster.block.rows.size()));
        lines.push_back(static_cast<std::uint32_t>(cluster.block.columns.size()));
        lines.insert(lines.end(), cluster.block.rows.begin(), cluster.block.rows.end());
        lines.insert(lines.end(), cluster.block.columns.begin(), cluster.block.columns.end());
      }
      archive.put(fmt::format("published.{}.clusters", l), lines);
      archive.put(fmt::format("published.{}.qualities", l), qualities);
    }
    archive.put("published.numbers", numbers);
  }
  void restore(const Archive& archive) override {
    const auto numbers = archive.get<double>("published.numbers");
    CROSSLOOM_CHECK(numbers.size() == 1 + 4 * states_.size(), "four numbers a layer");
    last_loss_ = numbers[0];
    for (std::size_t l = 0; l < states_.size(); ++l) {
      LayerState& state = states_[l];
      state.threshold = numbers[1 + 4 * l];
      state.prune_factor = numbers[2 + 4 * l];
      state.unclustered = numbers[3 + 4 * l];
      state.unclustered_before = numbers[4 + 4 * l];
      state.above = archive.get<std::uint8_t>(fmt::format("published.{}.above", l));
      state.spared = archive.get<std::uint8_t>(fmt::format("published.{}.spared", l));
      const auto lines = archive.get<std::uint32_t>(fmt::format("published.{}.clusters", l));
      const auto qualities = archive.get<double>(fmt::format("published.{}.qualities", l));
      state.clusters.clear();
      for (auto at = lines.begin(); at != lines.end();) {
        const auto height = static_cast<std::ptrdiff_t>(*at++);
        const auto width = static_cast<std::ptrdiff_t>(*at++);
        Cluster cluster;
        cluster.block.rows.assign(at, at + height);
        cluster.block.columns.assign(at + height, at + height + width);
        cluster.quality = qualities.at(state.clusters.size());
        at += height + width;
        state.clusters.push_back(cluster);
      }
    }
  }

  [[nodiscard]] bool removes_dead_units() const override { return spec_.remove_dead_units; }
  void cover(LayerId id, Layer& layer) const override {
    Clustering kept;
    for (const Cluster& cluster : states_[id.value()].clusters) {
      if (cluster.quality > 0.0) kept.clusters.push_back(cluster);
    }
    set_clustered_blocks(layer, live_matrix(layer), kept, array_);
  }

 private:
  [[nodiscard]] std::uint32_t rows(std::size_t l) const { return network_.inputs_of(LayerId(l)); }
  [[nodiscard]] std::uint32_t columns(std::size_t l) const { return network_.layers[LayerId(l)].outputs; }

  void find_above(std::size_t l, const TrainedWeights& weights) {
    const auto& values = weights.weights(LayerId(l));
    LayerState& state = states_[l];
    for (std::size_t k = 0; k < values.size(); ++k) {
      state.above[k] = values[k] != 0.0F && std::fabs(static_cast<double>(values[k])) >= state.threshold ? 1 : 0;
    }
  }

  /// Clusters of all weights at the first time, later of the leftovers when their share stands still.
  void cluster(std::size_t l, std::uint32_t epoch, const TrainedWeights& weights) {
    LayerState& state = states_[l];
    const bool first = epoch == first_cluster_epoch_;
    const bool stalled = std::fabs(state.unclustered - state.unclustered_before) < spec_.tolerance;
    state.unclustered_before = state.unclustered;
    if (!first && !stalled) return;
    if (!spec_.defects.stale_map) find_above(l, weights);
    std::vector<std::uint8_t> cells(state.above.size());
    for (std::size_t j = 0; j < columns(l); ++j) {
      for (std::size_t i = 0; i < rows(l); ++i) {
        const std::size_t k = j * rows(l) + i;
        cells[i * columns(l) + j] = state.above[k] != 0 && (first || state.spared[k] == 0) ? 1 : 0;
      }
    }
    const BinaryMatrix matrix = binary_matrix(cells, rows(l), columns(l));
    std::uint32_t step = 0;
    for (double quality = spec_.first_quality; first ? step == 0 : quality > spec_.last_quality;
         quality -= spec_.quality_step) {
      const Clustering found = published_cluster(matrix, array_, {quality, spec_.clustering_defects},
                                                 key_.child(l).child(epoch).child(step++));
      state.clusters.insert(state.clusters.end(), found.clusters.begin(), found.clusters.end());
      if (!found.clusters.empty()) break;
    }
    paint(l);
  }

  void paint(std::size_t l) {
    LayerState& state = states_[l];
    std::fill(state.spared.begin(), state.spared.end(), std::uint8_t{0});
    for (const Cluster& cluster : state.clusters) {
      if (cluster.quality <= 0.0 && !spec_.defects.repainted_clusters) continue;
      for (const std::uint32_t j : cluster.block.columns) {
        for (const std::uint32_t i : cluster.block.rows) state.spared[std::size_t{j} * rows(l) + i] = 1;
      }
    }
  }

  void prune(std::size_t l, TrainedWeights& weights) {
    find_above(l, weights);
    LayerState& state = states_[l];
    OutputMajorMask map(state.above.size());
    std::size_t outside = 0;
    for (std::size_t k = 0; k < map.size(); ++k) {
      map[k] = static_cast<std::uint8_t>(state.above[k] | state.spared[k]);
      outside += map[k] != 0 && state.spared[k] == 0 ? 1 : 0;
    }
    weights.clear(LayerId(l), map);
    state.unclustered = static_cast<double>(outside) / static_cast<double>(map.size());
  }

  void delete_clusters(std::size_t l, TrainedWeights& weights) {
    LayerState& state = states_[l];
    std::vector<double> scores(state.clusters.size(), 0.0);
    for (std::size_t c = 0; c < state.clusters.size(); ++c) {
      Cluster& cluster = state.clusters[c];
      if (cluster.quality <= 0.0) continue;
      double live = 0.0;
      for (const std::uint32_t j : cluster.block.columns) {
        for (const std::uint32_t i : cluster.block.rows) live += state.above[std::size_t{j} * rows(l) + i];
      }
      const auto size = static_cast<double>(cluster.block.rows.size() * cluster.block.columns.size());
      if (!spec_.defects.frozen_quality) cluster.quality = live / size;
      scores[c] = cluster.quality * live;
    }
    const double best = scores.empty() ? 0.0 : *std::max_element(scores.begin(), scores.end());
    OutputMajorMask keep(state.above.size(), 1);
    for (std::size_t c = 0; c < state.clusters.size(); ++c) {
      Cluster& cluster = state.clusters[c];
      if (cluster.quality <= 0.0 || scores[c] > state.prune_factor * best) continue;
      cluster.quality = 0.0;
      for (const std::uint32_t j : cluster.block.columns) {
        for (const std::uint32_t i : cluster.block.rows) {
          const std::size_t k = std::size_t{j} * rows(l) + i;
          keep[k] = state.above[k] = state.spared[k] = 0;
        }
      }
    }
    weights.clear(LayerId(l), keep);
  }

  const NetworkSpec& network_;
  TrannsformerPublishedSpec spec_;
  ArraySize array_;
  RandomKey key_;
  std::uint32_t first_cluster_epoch_ = 0, first_prune_epoch_ = 0;
  std::vector<LayerState> states_;
  double last_loss_ = std::numeric_limits<double>::infinity();
  bool fell_ = false;
};

}  // namespace

TrannsformerPublishedSpec read_trannsformer_published_spec(ConfigReader reader) {
  TrannsformerPublishedSpec spec;
  spec.array = read_array_size(reader);
  spec.step.common = reader.real("step", {0.0, 10.0});
  if (auto by_layer = reader.optional_section("by_layer")) {
    for (const std::string& layer : by_layer->keys()) spec.step.by_layer[layer] = by_layer->real(layer, {0.0, 10.0});
  }
  constexpr RealRange kShare{0.0, 0.999};
  spec.first_quality = reader.real_or("first_quality", spec.first_quality, kShare);
  spec.last_quality = reader.real_or("last_quality", spec.last_quality, kShare);
  spec.quality_step = reader.real_or("quality_step", spec.quality_step, {1e-3, 1.0});
  spec.tolerance = reader.real_or("tolerance", spec.tolerance, {0.0, 1.0});
  spec.cluster_start = reader.real_or("cluster_start", spec.cluster_start, {1e-6, 1.0});
  spec.cluster_prune_start = reader.real_or("cluster_prune_start", spec.cluster_prune_start, {1e-6, 1.0});
  spec.cluster_prune_first = reader.real_or("cluster_prune_first", spec.cluster_prune_first, {0.0, 1.0});
  spec.cluster_prune_step = reader.real_or("cluster_prune_step", spec.cluster_prune_step, {0.0, 1.0});
  if (auto switches = reader.optional_section("defects")) {
    PublishedTrainingDefects& defects = spec.defects;
    defects.frozen_quality = switches->boolean_or("frozen_quality", true);
    defects.stale_map = switches->boolean_or("stale_map", true);
    defects.repainted_clusters = switches->boolean_or("repainted_clusters", true);
  }
  spec.clustering_defects = read_published_defects(reader, true);
  spec.remove_dead_units = reader.boolean_or("remove_dead_units", spec.remove_dead_units);
  if (auto retraining = reader.optional_section("retraining")) spec.retraining = read_training_spec(*retraining);
  return spec;
}

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const TrannsformerPublishedSpec& spec) {
  for (const auto& [name, value] : spec.step.by_layer) layer_named(inputs.dense.spec, name);
  return std::make_unique<PublishedMethod>(inputs, spec);
}

}  // namespace crossloom
