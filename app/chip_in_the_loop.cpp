#include "app/chip_in_the_loop.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "app/stages.h"
#include "app/streams.h"
#include "base/error.h"

namespace crossloom {
namespace {

/// Adds what the cells of one part hold to the layer's matrix.
void add_part(const ProgrammedCrossbar& crossbar, const BlockPart& part, const SpikingLayer& layer, Matrix& matrix) {
  std::vector<double> sums(crossbar.columns());
  for (std::uint32_t k = 0; k < part.rows.size(); ++k) {
    if (part.rows[k] >= matrix.rows) continue;  // the bias row
    std::fill(sums.begin(), sums.end(), 0.0);
    const auto wordline = static_cast<std::uint16_t>(part.first_wordline + k);
    crossbar.integrate(&wordline, 1, sums.data());
    for (std::uint32_t j = 0; j < part.columns.size(); ++j) {
      matrix.at(part.rows[k], part.columns[j]) += static_cast<float>(sums[part.first_column + j] * layer.level_weight);
    }
  }
}

}  // namespace

std::vector<Matrix> weights_of(const ProgrammedChip& chip, const MappedNetwork& mapped, const SpikingNetwork& network) {
  std::vector<Matrix> matrices;
  for (const SpikingLayer& layer : network.layers) {
    CROSSLOOM_CHECK(!layer.kernel, "dense layers only");
    matrices.emplace_back(layer.inputs, layer.outputs);
  }
  for (std::size_t index = 0; index < mapped.crossbars.size(); ++index) {
    const CrossbarId id(index);
    for (const BlockPart& part : mapped.crossbars[id].parts) {
      add_part(chip.crossbar(id), part, network.layers[part.layer], matrices.at(part.layer.value()));
    }
  }
  return matrices;
}

WeightsOnChip weights_on_chip(const Experiment& experiment, const Network& transformed, const Dataset& train_set,
                              std::uint64_t seed, std::size_t threads, ProgressSink& progress) {
  const bool kernels = std::any_of(transformed.layers.begin(), transformed.layers.end(),
                                   [](const Layer& layer) { return layer.kernel.has_value(); });
  if (!transformed.spec.is_chain() || kernels) {
    throw UserError(
        fmt::format("device_aware and calibrate_on: chip take chains of dense layers, and network {} has other nodes",
                    transformed.spec.name));
  }
  const auto scales =
      std::make_shared<std::vector<double>>(activation_scales(experiment, transformed, train_set, threads));
  const auto converted = [&experiment, scales](const Network& network) {
    return convert(network, *scales, experiment.spiking, experiment.chip.device, experiment.chip.crossbar);
  };
  const auto mapped =
      std::make_shared<MappedNetwork>(map_stage(experiment, converted(transformed), seed, progress).mapped);
  const RandomKey key = Streams(seed).device().child("in_the_loop");
  return [=, &experiment](const Network& network, std::uint64_t draw) {
    const SpikingNetwork spiking = converted(network);
    const ProgrammedChip chip = program_chip(experiment, spiking, *mapped, key.child(draw), threads);
    return weights_of(chip, *mapped, spiking);
  };
}

WeightsOnChip with_calibrated_gains(WeightsOnChip on_chip) {
  return [on_chip = std::move(on_chip)](const Network& network, std::uint64_t draw) {
    std::vector<Matrix> matrices = on_chip(network, draw);
    for (std::size_t l = 0; l < matrices.size(); ++l) {
      const std::vector<float>& meant = network.layers[LayerId(l)].weights.values;
      double product = 0.0;
      double square = 0.0;
      for (std::size_t k = 0; k < meant.size(); ++k) {
        const auto held = static_cast<double>(matrices[l].values[k]);
        product += static_cast<double>(meant[k]) * held;
        square += held * held;
      }
      if (product <= 0.0) continue;
      for (float& weight : matrices[l].values) weight *= static_cast<float>(product / square);
    }
    return matrices;
  };
}

}  // namespace crossloom
