#include "training/transform/transform_target.h"

#include <algorithm>

#include <fmt/format.h>

namespace crossloom {

void check_layer_names(ConfigReader reader, const LayerValue& value, const TransformTarget* target) {
  if (target == nullptr || value.by_layer.empty()) return;
  ConfigReader names = reader.section("by_layer");
  for (const auto& [name, own] : value.by_layer) {
    const auto& layers = target->network.layers;
    if (std::any_of(layers.begin(), layers.end(), [&name](const LayerSpec& layer) { return layer.name == name; })) {
      continue;
    }
    names.problem(name, fmt::format("network {} has no layer of this name", target->network.name));
  }
}

}  // namespace crossloom
