#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "training/transform/array_sparsity.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

constexpr IntegerRange kEpochs{0, 100000};
constexpr IntegerRange kArrays{1, 100'000'000};

std::uint32_t ceil_div(std::uint32_t a, std::uint32_t b) { return (a + b - 1) / b; }

}  // namespace

ArraySparsitySpec read_array_sparsity_spec(ConfigReader reader) {
  ArraySparsitySpec spec;
  spec.array = read_array_size(reader);
  if (reader.has("arrays")) {
    spec.arrays = static_cast<std::uint32_t>(reader.integer("arrays", kArrays));
    if (reader.has("kept")) reader.problem("kept", "says again what arrays says; give one of them");
  } else {
    spec.kept = reader.real_or("kept", spec.kept, {1e-6, 1.0});
  }
  if (auto layers = reader.optional_section("arrays_of")) {
    for (const std::string& layer : layers->keys()) {
      spec.arrays_of[layer] = static_cast<std::uint32_t>(layers->integer(layer, kArrays));
    }
  }
  if (auto layers = reader.optional_section("share_of")) {
    for (const std::string& layer : layers->keys()) {
      spec.share_of[layer] = layers->real(layer, {1e-6, 1.0});
      if (spec.arrays_of.count(layer) != 0) reader.problem("share_of", "names " + layer + " as arrays_of does");
    }
  }
  spec.density = reader.real_or("density", spec.density, {1e-6, 1.0});
  spec.sparsify_epochs =
      static_cast<std::uint32_t>(reader.integer_or("sparsify_epochs", spec.sparsify_epochs, kEpochs));
  spec.shrink_epochs =
      static_cast<std::uint32_t>(reader.integer_or("shrink_epochs", spec.shrink_epochs, {1, kEpochs.high}));
  if (auto retraining = reader.optional_section("retraining")) {
    spec.retraining = read_training_spec(*retraining);
    if (spec.sparsify_epochs + spec.shrink_epochs > spec.retraining->epochs) {
      reader.problem("shrink_epochs", "with sparsify_epochs is more than all epochs of the retraining");
    }
  }
  return spec;
}

IdVector<LayerId, std::uint32_t> plain_grid_arrays(const NetworkSpec& network, ArraySize array) {
  IdVector<LayerId, std::uint32_t> arrays;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    arrays.push_back(ceil_div(network.inputs_of(LayerId(l)), array.rows) *
                     ceil_div(network.layers[LayerId(l)].outputs, array.columns));
  }
  return arrays;
}

namespace {

struct LayerBudget {
  LayerId id;
  std::uint32_t least, grid, arrays;
  bool open;  // takes what remains
};

/// What the settings say of single layers; the least that a layer needs of the others.
LayerBudget stated_budget(const NetworkSpec& network, const ArraySparsitySpec& spec, ArraySize array, LayerId id,
                          std::uint32_t grid, std::uint64_t asked) {
  const LayerSpec& layer = network.layers[id];
  const bool last = id.value() + 1 == network.layers.size();
  LayerBudget budget{id, last ? ceil_div(layer.outputs, array.columns) : 1U, grid, 0, false};
  const auto own = spec.arrays_of.find(layer.name);
  const auto share = spec.share_of.find(layer.name);
  if (own != spec.arrays_of.end()) {
    budget.arrays = own->second;
  } else if (share != spec.share_of.end()) {
    const auto arrays = static_cast<std::uint32_t>(std::llround(share->second * static_cast<double>(asked)));
    budget.arrays = std::clamp(arrays, budget.least, grid);
  } else {
    budget.arrays = budget.least;
    budget.open = true;
  }
  if (budget.arrays < budget.least || budget.arrays > grid) {
    throw UserError(fmt::format("arrays_of: layer {} can take {} to {} arrays of {}x{}, not {}", layer.name,
                                budget.least, grid, array.rows, array.columns, budget.arrays));
  }
  return budget;
}

/// One by one to the open layer that is farthest below its share.
void hand_out(std::vector<LayerBudget>& budgets, std::uint64_t arrays) {
  for (; arrays > 0; --arrays) {
    LayerBudget* poorest = nullptr;
    double poverty = 0.0;
    for (LayerBudget& budget : budgets) {
      if (!budget.open || budget.arrays >= budget.grid) continue;
      const double own = std::sqrt(static_cast<double>(budget.grid)) / (static_cast<double>(budget.arrays) + 0.5);
      if (poorest != nullptr && own <= poverty) continue;
      poorest = &budget;
      poverty = own;
    }
    if (poorest == nullptr) return;
    ++poorest->arrays;
  }
}

}  // namespace

IdVector<LayerId, std::uint32_t> array_budget(const NetworkSpec& network, const ArraySparsitySpec& spec,
                                              ArraySize array, const std::vector<LayerId>& layers) {
  for (const auto& [name, arrays] : spec.arrays_of) layer_named(network, name);
  for (const auto& [name, share] : spec.share_of) layer_named(network, name);
  IdVector<LayerId, std::uint32_t> budget = plain_grid_arrays(network, array);
  std::uint64_t all = 0;
  for (const LayerId id : layers) all += budget[id];
  const std::uint64_t asked =
      spec.arrays ? *spec.arrays : static_cast<std::uint64_t>(std::llround(spec.kept * static_cast<double>(all)));
  std::vector<LayerBudget> budgets;
  std::uint64_t spent = 0;
  for (const LayerId id : layers) {
    budgets.push_back(stated_budget(network, spec, array, id, budget[id], asked));
    spent += budgets.back().arrays;
  }
  if (spent > asked) {
    throw UserError(fmt::format("method array: {} arrays of {}x{} are asked for and the layers need {} at least", asked,
                                array.rows, array.columns, spent));
  }
  hand_out(budgets, asked - spent);
  for (const LayerBudget& own : budgets) budget[own.id] = own.arrays;
  return budget;
}

}  // namespace crossloom
