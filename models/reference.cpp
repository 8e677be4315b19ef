#include "models/reference.h"

#include "base/error.h"

namespace crossloom {

ReferenceRun run_reference(const SpikingNetwork& network, const SpikeEncoder& encoder, std::uint32_t image,
                           const std::uint8_t* pixels) {
  const std::size_t layers = network.layers.size();
  CROSSLOOM_CHECK(layers > 0, "a network has layers");
  const std::uint32_t steps = network.spec.steps;
  OutcomeRecorder recorder(image, layers, network.layers.raw().back().outputs);
  Raster raster;
  raster.spikes.assign(layers + 1, std::vector<std::vector<std::uint32_t>>(steps));
  std::vector<std::vector<std::int32_t>> membranes;
  for (const SpikingLayer& layer : network.layers) membranes.emplace_back(layer.outputs, 0);

  for (std::uint32_t step = 0; step < steps; ++step) {
    encoder.spikes(image, step, pixels, network.input.size(), raster.spikes[0][step]);
    recorder.add_spikes(0, raster.spikes[0][step].size());
    for (std::size_t l = 0; l < layers; ++l) {
      const SpikingLayer& layer = network.layers[LayerId(l)];
      std::vector<std::int32_t>& membrane = membranes[l];
      std::vector<std::uint32_t> driven = raster.spikes[l][step];
      if (layer.has_bias) driven.push_back(layer.inputs);
      for (const std::uint32_t i : driven) {
        const std::int16_t* const row = layer.weights.data() + std::size_t{i} * layer.outputs;
        for (std::uint32_t j = 0; j < layer.outputs; ++j) membrane[j] += row[j];
      }
      std::vector<std::uint32_t>& fired = raster.spikes[l + 1][step];
      for (std::uint32_t j = 0; j < layer.outputs; ++j) {
        if (membrane[j] >= layer.threshold) {
          fired.push_back(j);
          membrane[j] = network.spec.reset == Reset::to_zero ? 0 : membrane[j] - layer.threshold;
        }
        if (network.spec.membrane_floor_at_zero && membrane[j] < 0) membrane[j] = 0;
      }
      recorder.add_spikes(l + 1, fired.size());
    }
    recorder.end_step(raster.spikes[layers][step], {membranes.back().begin(), membranes.back().end()});
  }
  for (const std::vector<std::int32_t>& layer : membranes)
    raster.final_membranes.emplace_back(layer.begin(), layer.end());
  return {recorder.outcome(), std::move(raster)};
}

}  // namespace crossloom
