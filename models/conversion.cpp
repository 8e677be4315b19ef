#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/core.h>

#include "base/error.h"
#include "models/spiking_network.h"

namespace crossloom {
namespace {

constexpr std::size_t kMostClasses = 256;

// Half to even whatever the rounding mode of the process is.
double round_half_even(double value) {
  const double low = std::floor(value);
  const double rest = value - low;
  if (rest != 0.5) return rest < 0.5 ? low : low + 1.0;
  return std::fmod(low, 2.0) == 0.0 ? low : low + 1.0;
}

// Nearest rank: the smallest live |weight| that at least `percentile` percent of them do not exceed.
double clip_at(const Layer& layer, double percentile) {
  std::vector<float> sizes;
  sizes.reserve(layer.weights.values.size());
  for (std::size_t k = 0; k < layer.weights.values.size(); ++k) {
    if (layer.live.empty() || layer.live[k] != 0) sizes.push_back(std::abs(layer.weights.values[k]));
  }
  if (sizes.empty()) return 0.0;
  const auto count = static_cast<double>(sizes.size());
  const auto rank = static_cast<std::ptrdiff_t>(std::clamp(std::ceil(percentile / 100.0 * count), 1.0, count)) - 1;
  std::nth_element(sizes.begin(), sizes.begin() + rank, sizes.end());
  return sizes[static_cast<std::size_t>(rank)];
}

// Gives the bias row to the first block of each column; a block whose columns had theirs already does not get it, and
// the columns left over become a block of one row.
void add_bias_row(SpikingLayer& layer) {
  const std::uint32_t row = layer.inputs;
  std::vector<std::uint8_t> covered(layer.outputs, 0);
  const auto biased = [&](std::uint32_t j) { return layer.is_live(row, j); };
  for (Block& block : layer.blocks) {
    const bool taken = std::any_of(block.columns.begin(), block.columns.end(),
                                   [&](std::uint32_t j) { return biased(j) && covered[j] != 0; });
    const bool needed = std::any_of(block.columns.begin(), block.columns.end(), biased);
    if (taken || !needed) continue;
    block.rows.push_back(row);
    for (const std::uint32_t j : block.columns) covered[j] = 1;
  }
  Block rest;
  for (std::uint32_t j = 0; j < layer.outputs; ++j) {
    if (biased(j) && covered[j] == 0) rest.columns.push_back(j);
  }
  if (rest.columns.empty()) return;
  rest.rows = {row};
  layer.blocks.push_back(std::move(rest));
}

void check_membranes(const SpikingLayer& layer, std::uint32_t steps) {
  std::vector<std::int64_t> sums(layer.outputs, 0);
  for (std::uint32_t i = 0; i < layer.rows(); ++i) {
    for (std::uint32_t j = 0; j < layer.outputs; ++j) sums[j] += std::abs(std::int64_t{layer.weight(i, j)});
  }
  const std::int64_t most = *std::max_element(sums.begin(), sums.end());
  const double bound = static_cast<double>(most) * steps + layer.threshold;
  if (bound > static_cast<double>(std::numeric_limits<std::int32_t>::max())) {
    throw UserError(
        fmt::format("layer {}: a membrane could reach {:.3g} levels in {} steps and leave 32 bits; use fewer "
                    "steps (spiking.steps at most {}), cell levels or weight slices",
                    layer.name, bound, steps,
                    (std::numeric_limits<std::int32_t>::max() - layer.threshold) / std::max<std::int64_t>(1, most)));
  }
}

double checked_scale(const Network& network, const std::vector<double>& scales, std::size_t layer) {
  const double scale = scales[layer];
  if (!(scale > 0.0) || !std::isfinite(scale)) {
    throw UserError(
        fmt::format("layer {} is silent on the training images (its activation scale is {}): train longer or "
                    "prune less",
                    network.spec.layers[LayerId(layer)].name, scale));
  }
  return scale;
}

struct LayerScales {
  double input = 1.0;    // lambda_{l-1}
  double output = 1.0;   // lambda_l
  double largest = 1.0;  // L
};

std::int32_t quantised_threshold(const SpikingLayer& layer, const SpikingSpec& spec, const LayerScales& scales) {
  const double threshold = round_half_even(spec.threshold_scale * scales.output / (scales.input * layer.level_weight));
  if (!(threshold <= static_cast<double>(std::numeric_limits<std::int32_t>::max()))) {
    throw UserError(
        fmt::format("layer {}: its threshold of {:.3g} levels leaves 32 bits; lower spiking.threshold_scale or "
                    "use fewer cell levels",
                    layer.name, threshold));
  }
  return std::max(1, static_cast<std::int32_t>(threshold));
}

SpikingLayer convert_layer(const LayerSpec& of, const Layer& trained, const SpikingSpec& spec,
                           const LayerScales& scales) {
  SpikingLayer layer;
  layer.name = of.name;
  layer.inputs = trained.weights.rows;
  layer.outputs = trained.weights.columns;
  layer.has_bias = !trained.bias.empty();
  const double bias_scale = spec.maximum_rate / scales.input;
  double range = clip_at(trained, spec.weight_clip_percentile);
  for (const float bias : trained.bias) range = std::max(range, std::abs(bias) * bias_scale);
  layer.level_weight = range > 0.0 ? range / scales.largest : 1.0;
  const auto level = [&](double value) {
    return static_cast<std::int16_t>(
        std::clamp(round_half_even(value / layer.level_weight), -scales.largest, scales.largest));
  };
  layer.weights.reserve(std::size_t{layer.rows()} * layer.outputs);
  for (const float weight : trained.weights.values) layer.weights.push_back(level(weight));
  for (const float bias : trained.bias) layer.weights.push_back(level(bias * bias_scale));
  layer.live = trained.live;
  if (layer.live.empty()) layer.live.assign(trained.weights.values.size(), 1);
  for (std::size_t k = layer.live.size(); k < layer.weights.size(); ++k)
    layer.live.push_back(layer.weights[k] != 0 ? 1 : 0);
  layer.threshold = quantised_threshold(layer, spec, scales);

  layer.kernel = trained.kernel;
  layer.blocks = trained.blocks;
  if (layer.blocks.empty()) {
    Block whole{std::vector<std::uint32_t>(layer.inputs), std::vector<std::uint32_t>(layer.outputs)};
    std::iota(whole.rows.begin(), whole.rows.end(), 0U);
    std::iota(whole.columns.begin(), whole.columns.end(), 0U);
    layer.blocks.push_back(std::move(whole));
  }
  if (layer.has_bias) add_bias_row(layer);
  return layer;
}

}  // namespace

std::int32_t largest_weight_level(const DeviceSpec& device, const CrossbarSpec& crossbar) {
  std::int64_t product = 1;
  for (std::uint32_t s = 0; s < crossbar.weight_slices; ++s) {
    product *= device.levels;
    if (product - 1 > std::numeric_limits<std::int16_t>::max()) {
      throw UserError(
          fmt::format("{} cells of {} levels a weight are finer than 16-bit weights: use fewer weight slices or "
                      "cell levels",
                      crossbar.weight_slices, device.levels));
    }
  }
  return static_cast<std::int32_t>(product - 1);
}

SpikingNetwork convert(const Network& network, const std::vector<double>& activation_scale, const SpikingSpec& spec,
                       const DeviceSpec& device, const CrossbarSpec& crossbar) {
  CROSSLOOM_CHECK(activation_scale.size() == network.layers.size(), "one activation scale a layer");
  const std::vector<std::string> faults = network_faults(network);
  CROSSLOOM_CHECK(faults.empty(), faults.empty() ? std::string() : faults.front());
  CROSSLOOM_CHECK(network.spec.is_chain(), "networks are unfolded before conversion");
  if (network.layers.raw().back().weights.columns > kMostClasses) {
    throw UserError(fmt::format("the last layer has more than {} outputs: a class must fit in one byte", kMostClasses));
  }
  SpikingNetwork result;
  result.spec = spec;
  result.input = network.spec.input;
  LayerScales scales;
  scales.largest = largest_weight_level(device, crossbar);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    scales.output = checked_scale(network, activation_scale, l);
    result.layers.push_back(convert_layer(network.spec.layers[LayerId(l)], network.layers[LayerId(l)], spec, scales));
    check_membranes(result.layers[LayerId(l)], spec.steps);
    scales.input = scales.output;
  }
  return result;
}

}  // namespace crossloom
