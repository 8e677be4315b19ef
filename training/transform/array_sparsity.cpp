#include "training/transform/array_sparsity.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "training/transform/live_weights.h"
#include "training/transform/path_importance.h"
#include "training/transform/retraining.h"
#include "training/transform/stripes.h"

namespace crossloom {
namespace {

using Stripes = std::vector<Block>;

std::string block_name(std::size_t layer, std::size_t stripe, const char* what) {
  return fmt::format("array.{}.{}.{}", layer, stripe, what);
}

class ArrayMethod final : public TransformMethod {
 public:
  ArrayMethod(const MethodInputs& inputs, const ArraySparsitySpec& spec)
      : TransformMethod(inputs),
        network_(inputs.dense.spec),
        spec_(spec),
        array_(spec.array.value_or(inputs.chip_array)),
        budget_(array_budget(network_, spec, array_, inputs.layers)),
        grid_(plain_grid_arrays(network_, array_)),
        varying_(varying_inputs(inputs.images)),
        stripes_(network_.layers.size()) {}

  [[nodiscard]] std::string identity() const override {
    std::string text = fmt::format("array {}x{} density {} over {} shrink {}", array_.rows, array_.columns,
                                   spec_.density, spec_.sparsify_epochs, spec_.shrink_epochs);
    for (const std::uint32_t arrays : budget_) text += fmt::format(" {}", arrays);
    return text;
  }

  void before_epoch(std::uint32_t epoch, TrainedWeights& weights) override {
    if (epoch < spec_.sparsify_epochs) {
      sparsify(epoch, weights);
    } else if (epoch < spec_.sparsify_epochs + spec_.shrink_epochs) {
      shrink(epoch - spec_.sparsify_epochs, weights);
    }
  }

  void save(Archive& archive) const override {
    std::vector<std::uint32_t> counts;
    for (std::size_t l = 0; l < stripes_.size(); ++l) {
      counts.push_back(static_cast<std::uint32_t>(stripes_[l].size()));
      for (std::size_t s = 0; s < stripes_[l].size(); ++s) {
        archive.put(block_name(l, s, "rows"), stripes_[l][s].rows);
        archive.put(block_name(l, s, "columns"), stripes_[l][s].columns);
      }
    }
    archive.put("array.stripes", counts);
  }
  void restore(const Archive& archive) override {
    const auto counts = archive.get<std::uint32_t>("array.stripes");
    CROSSLOOM_CHECK(counts.size() == stripes_.size(), "stripes of each layer");
    for (std::size_t l = 0; l < counts.size(); ++l) {
      stripes_[l].resize(counts[l]);
      for (std::size_t s = 0; s < counts[l]; ++s) {
        stripes_[l][s].rows = archive.get<std::uint32_t>(block_name(l, s, "rows"));
        stripes_[l][s].columns = archive.get<std::uint32_t>(block_name(l, s, "columns"));
      }
    }
  }

  void mark(LayerId id, Layer& layer) const override { mark_live(layer, mask_of(id.value())); }
  void cover(LayerId id, Layer& layer) const override {
    layer.blocks = pieces_of(layer, stripes_[id.value()], array_.rows, array_.columns);
  }

 private:
  /// 1 - (1 - t)^3 of what goes has gone after the share t of the epochs (Zhu and Gupta, arXiv 1710.01878).
  void sparsify(std::uint32_t epoch, TrainedWeights& weights) {
    const double remaining = 1.0 - static_cast<double>(epoch + 1) / static_cast<double>(spec_.sparsify_epochs);
    const double density = spec_.density + (1.0 - spec_.density) * remaining * remaining * remaining;
    const auto importance = path_importance(network_, weights, varying_);
    for (const LayerId id : layers()) {
      if (id.value() + 1 == importance.size()) continue;
      const std::vector<float>& own = importance[id.value()];
      const auto count = static_cast<std::size_t>(std::llround(density * static_cast<double>(own.size())));
      weights.set_live(id, largest_values(own, std::max<std::size_t>(count, 1)));
    }
  }

  void shrink(std::uint32_t step, TrainedWeights& weights) {
    const double left = 1.0 - static_cast<double>(step + 1) / static_cast<double>(spec_.shrink_epochs);
    learn(path_importance(network_, weights, varying_), left);
    for (const LayerId id : layers()) weights.set_live(id, mask_of(id.value()));
  }

  /// From the last layer to the first; `left` is the share of the way from the plain grid that is still to go.
  void learn(const std::vector<std::vector<float>>& importance, double left) {
    std::vector<float> worth;  // by unit of the layer, as the layer after it sees it
    for (std::size_t l = importance.size(); l-- > 0;) {
      const LayerId id(l);
      StripeDemand demand;
      demand.rows = network_.inputs_of(id);
      demand.columns = network_.layers[id].outputs;
      demand.array = array_;
      demand.arrays = arrays_at(id, left);
      demand.worth = worth.empty() ? column_sums(importance[l], demand.rows, demand.columns) : worth;
      if (l + 1 == importance.size()) {
        // Every output of the network stays, however little its weights say.
        for (float& value : demand.worth) value = std::max(value, 1e-6F);
      }
      demand.usable_rows = usable_rows(l, importance[l], demand, left);
      stripes_[l] = learn_stripes(importance[l], demand);
      worth = network_.is_chain() && l > 0 ? row_sums(importance[l], demand.rows, stripes_[l]) : std::vector<float>{};
    }
  }

  [[nodiscard]] std::uint32_t arrays_at(LayerId layer, double left) const {
    const double ratio = static_cast<double>(grid_[layer]) / static_cast<double>(budget_[layer]);
    const double arrays = static_cast<double>(budget_[layer]) * std::pow(ratio, left);
    return std::max(budget_[layer], static_cast<std::uint32_t>(arrays));
  }

  /// In a chain no more units than the arrays of the layer before have columns for, the most important ones.
  [[nodiscard]] std::vector<std::uint8_t> usable_rows(std::size_t l, const std::vector<float>& importance,
                                                      const StripeDemand& demand, double left) const {
    if (!network_.is_chain()) return std::vector<std::uint8_t>(demand.rows, 1);
    if (l == 0) return varying_;
    Block wanted;
    for (std::uint32_t j = 0; j < demand.columns; ++j) {
      if (demand.worth[j] > 0.0F) wanted.columns.push_back(j);
    }
    wanted.rows.resize(demand.rows);
    for (std::uint32_t i = 0; i < demand.rows; ++i) wanted.rows[i] = i;
    std::size_t capacity = std::size_t{arrays_at(LayerId(l - 1), left)} * array_.columns;
    return largest_values(row_sums(importance, demand.rows, {wanted}), capacity);
  }

  static std::vector<float> column_sums(const std::vector<float>& importance, std::uint32_t rows,
                                        std::uint32_t columns) {
    std::vector<float> sums(columns);
    for (std::size_t j = 0; j < columns; ++j) {
      double sum = 0.0;
      for (std::size_t i = 0; i < rows; ++i) sum += static_cast<double>(importance[j * rows + i]);
      sums[j] = static_cast<float>(sum);
    }
    return sums;
  }

  /// Of the weights within the stripes.
  static std::vector<float> row_sums(const std::vector<float>& importance, std::uint32_t rows, const Stripes& stripes) {
    std::vector<double> sums(rows, 0.0);
    for (const Block& stripe : stripes) {
      for (const std::uint32_t j : stripe.columns) {
        const float* const own = importance.data() + std::size_t{j} * rows;
        for (const std::uint32_t i : stripe.rows) sums[i] += static_cast<double>(own[i]);
      }
    }
    return {sums.begin(), sums.end()};
  }

  [[nodiscard]] OutputMajorMask mask_of(std::size_t l) const {
    const std::size_t rows = network_.inputs_of(LayerId(l));
    OutputMajorMask mask(rows * network_.layers[LayerId(l)].outputs, 0);
    for (const Block& stripe : stripes_[l]) {
      for (const std::uint32_t j : stripe.columns) {
        for (const std::uint32_t i : stripe.rows) mask[std::size_t{j} * rows + i] = 1;
      }
    }
    return mask;
  }

  const NetworkSpec& network_;
  ArraySparsitySpec spec_;
  ArraySize array_;
  IdVector<LayerId, std::uint32_t> budget_, grid_;
  std::vector<std::uint8_t> varying_;
  std::vector<Stripes> stripes_;  // by layer
};

}  // namespace

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const ArraySparsitySpec& spec) {
  expect_epochs("array", spec.sparsify_epochs + spec.shrink_epochs, inputs.epochs);
  return std::make_unique<ArrayMethod>(inputs, spec);
}

}  // namespace crossloom
