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

std::optional<ArraySize> read_array_size(ConfigReader reader) {
  auto section = reader.optional_section("array");
  if (!section) return std::nullopt;
  return ArraySize{static_cast<std::uint32_t>(section->integer("rows", {1, 65536})),
                   static_cast<std::uint32_t>(section->integer("columns", {1, 65536}))};
}

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

IdVector<LayerId, std::uint32_t> array_budget(const NetworkSpec& network, const ArraySparsitySpec& spec,
                                              ArraySize array) {
  const auto grid = plain_grid_arrays(network, array);
  const std::size_t layers = grid.size();
  std::uint64_t all = 0;
  for (const std::uint32_t of_layer : grid) all += of_layer;
  const std::uint64_t asked =
      spec.arrays ? *spec.arrays : static_cast<std::uint64_t>(std::llround(spec.kept * static_cast<double>(all)));
  for (const auto& [name, arrays] : spec.arrays_of) layer_named(network, name);
  for (const auto& [name, share] : spec.share_of) layer_named(network, name);
  IdVector<LayerId, std::uint32_t> budget;
  IdVector<LayerId, std::uint32_t> least;
  std::uint64_t spent = 0;
  for (std::size_t l = 0; l < layers; ++l) {
    const LayerSpec& layer = network.layers[LayerId(l)];
    least.push_back(l + 1 == layers ? ceil_div(layer.outputs, array.columns) : 1);
    const auto own = spec.arrays_of.find(layer.name);
    const auto share = spec.share_of.find(layer.name);
    const auto of_share = share == spec.share_of.end()
                              ? 0U
                              : static_cast<std::uint32_t>(std::llround(share->second * static_cast<double>(asked)));
    budget.push_back(own != spec.arrays_of.end() ? own->second
                                                 : std::clamp(of_share, least[LayerId(l)], grid[LayerId(l)]));
    if (budget[LayerId(l)] < least[LayerId(l)] || budget[LayerId(l)] > grid[LayerId(l)]) {
      throw UserError(fmt::format("arrays_of: layer {} can take {} to {} arrays of {}x{}, not {}", layer.name,
                                  least[LayerId(l)], grid[LayerId(l)], array.rows, array.columns, budget[LayerId(l)]));
    }
    spent += budget[LayerId(l)];
  }
  if (spent > asked) {
    throw UserError(fmt::format("method array: {} arrays of {}x{} are asked for and the layers need {} at least", asked,
                                array.rows, array.columns, spent));
  }
  // One by one to the layer that is farthest below its share.
  for (; spent < asked; ++spent) {
    std::optional<LayerId> poorest;
    double poverty = 0.0;
    for (std::size_t l = 0; l < layers; ++l) {
      const LayerId id(l);
      const std::string& name = network.layers[id].name;
      if (spec.arrays_of.count(name) != 0 || spec.share_of.count(name) != 0 || budget[id] >= grid[id]) continue;
      const double own = std::sqrt(static_cast<double>(grid[id])) / (static_cast<double>(budget[id]) + 0.5);
      if (poorest && own <= poverty) continue;
      poorest = id;
      poverty = own;
    }
    if (!poorest) break;
    ++budget[*poorest];
  }
  return budget;
}

}  // namespace crossloom
