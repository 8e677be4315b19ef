#include <set>

#include "models/network.h"

namespace crossloom {
namespace {

constexpr std::int64_t kLargestSide = 4096;
constexpr std::int64_t kLargestLayer = 65536;
constexpr double kLargestDropout = 0.99;

DenseLayerSpec read_dense_layer(ConfigReader layer, bool last) {
  DenseLayerSpec spec;
  spec.name = layer.text("name");
  if (spec.name.empty()) layer.problem("name", "a layer needs a name that is not empty");
  ConfigReader dense = layer.section("dense");
  spec.outputs = static_cast<std::uint32_t>(dense.integer("outputs", {1, kLargestLayer}));
  spec.bias = dense.boolean_or("bias", false);
  spec.activation = dense.choice_or<Activation>("activation", Activation::relu,
                                                {{"relu", Activation::relu}, {"none", Activation::none}});
  spec.dropout = dense.real_or("dropout", 0.0, {0.0, kLargestDropout});
  if (!last && spec.activation == Activation::none) {
    dense.problem("activation", "only the last layer may do without relu: spike rates cannot be negative");
  }
  if (last && spec.dropout > 0.0)
    dense.problem("dropout", "the last layer's outputs are the classes: none may drop out");
  return spec;
}

}  // namespace

NetworkSpec read_network_spec(ConfigReader reader) {
  NetworkSpec spec;
  spec.name = reader.text("name");
  ConfigReader input = reader.section("input");
  spec.input.width = static_cast<std::uint32_t>(input.integer("width", {1, kLargestSide}));
  spec.input.height = static_cast<std::uint32_t>(input.integer("height", {1, kLargestSide}));
  spec.input.channels = static_cast<std::uint32_t>(input.integer_or("channels", 1, {1, 4}));
  std::vector<ConfigReader> layers = reader.sections("layers");
  if (layers.empty()) reader.problem("layers", "a network needs at least one layer");
  std::set<std::string> names;
  for (std::size_t l = 0; l < layers.size(); ++l) {
    spec.layers.push_back(read_dense_layer(layers[l], l + 1 == layers.size()));
    const std::string& name = spec.layers[LayerId(l)].name;
    if (!name.empty() && !names.insert(name).second) layers[l].problem("name", "another layer is called " + name);
  }
  return spec;
}

}  // namespace crossloom
