#include "app/chip_in_the_loop.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "app/stages.h"
#include "app/streams.h"
#include "base/error.h"
#include "models/unfolding.h"

namespace crossloom {
namespace {

/// Adds what the cells of one part hold to the layer's matrix, in all its uses.
void add_part(const ProgrammedCrossbar& crossbar, const MappedNetwork& mapped, const BlockPart& part,
              const SpikingLayer& layer, Matrix& matrix) {
  std::vector<double> sums(crossbar.columns());
  for (std::uint32_t use = 0; use < part.uses(); ++use) {
    const std::vector<std::uint32_t>& rows = part.rows_of(use);
    const std::vector<std::uint32_t>& outputs = outputs_of(mapped, part, use);
    for (std::uint32_t k = 0; k < rows.size(); ++k) {
      if (rows[k] >= matrix.rows) continue;  // the bias row
      std::fill(sums.begin(), sums.end(), 0.0);
      const auto wordline = static_cast<std::uint16_t>(part.wordline(use, k));
      crossbar.integrate(&wordline, 1, sums.data());
      for (std::uint32_t j = 0; j < outputs.size(); ++j) {
        matrix.at(rows[k], outputs[j]) += static_cast<float>(sums[part.first_column + j] * layer.level_weight);
      }
    }
  }
}

/// Digital counters hold no weights: a mean is a mean.
void add_counted(const NeuronBank& bank, Matrix& matrix) {
  for (std::size_t n = 0; n < bank.windows.size(); ++n) {
    for (const std::uint32_t input : bank.windows[n]) {
      matrix.at(input, bank.neurons[n]) = 1.0F / static_cast<float>(bank.windows[n].size());
    }
  }
}

/// The matrices of the network's own layers from those of its unfolded form, which has mean pools besides.
std::vector<Matrix> of_own_layers(std::vector<Matrix> matrices, const Network& network, const Network& chain) {
  if (network.spec.is_chain()) return matrices;
  std::vector<Matrix> own;
  std::size_t l = 0;
  for (const LayerSpec& layer : network.spec.layers) {
    while (chain.spec.layers[LayerId(l)].name != layer.name) ++l;
    own.push_back(layer.convolution ? fold(matrices[l], *chain.layers[LayerId(l)].kernel, layer.convolution->groups)
                                    : std::move(matrices[l]));
  }
  return own;
}

}  // namespace

std::vector<Matrix> weights_of(const ProgrammedChip& chip, const MappedNetwork& mapped, const SpikingNetwork& network) {
  std::vector<Matrix> matrices;
  for (const SpikingLayer& layer : network.layers) {
    matrices.emplace_back(layer.inputs, layer.outputs);
  }
  for (std::size_t index = 0; index < mapped.crossbars.size(); ++index) {
    const CrossbarId id(index);
    for (const BlockPart& part : mapped.crossbars[id].parts) {
      add_part(chip.crossbar(id), mapped, part, network.layers[part.layer], matrices.at(part.layer.value()));
    }
  }
  for (const NeuronBank& bank : mapped.banks) add_counted(bank, matrices.at(bank.layer.value()));
  return matrices;
}

WeightsOnChip weights_on_chip(const Experiment& experiment, const Network& transformed, const Dataset& train_set,
                              std::uint64_t seed, std::size_t threads, ProgressSink& progress) {
  if (!transformed.batch_norms.empty()) {
    throw UserError(
        fmt::format("device_aware cannot retrain network {}: a chip holds weights with their batch norms taken in, and "
                    "training has them apart; leave the batch norms out of the network",
                    transformed.spec.name));
  }
  const auto scales =
      std::make_shared<std::vector<double>>(activation_scales(experiment, transformed, train_set, threads));
  const auto converted = [&experiment, scales](const Network& chain) {
    return convert(chain, *scales, experiment.spiking, experiment.chip.device, experiment.chip.crossbar);
  };
  const ArraySize array = array_of(experiment);
  const auto mapped = std::make_shared<MappedNetwork>(
      map_stage(experiment, converted(unfold(transformed, array)), seed, progress).mapped);
  const RandomKey key = Streams(seed).device().child("in_the_loop");
  return [=, &experiment](const Network& network, std::uint64_t draw) {
    const Network chain = unfold(network, array);
    const SpikingNetwork spiking = converted(chain);
    const ProgrammedChip chip = program_chip(experiment, spiking, *mapped, key.child(draw), threads);
    return of_own_layers(weights_of(chip, *mapped, spiking), network, chain);
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
