// A random network of given layers at the firing rates that trained ones show, mapped and programmed, with images for
// it.
#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mapping/mapper.h"
#include "models/encoding.h"
#include "models/network.h"
#include "models/programmed_chip.h"
#include "models/spiking_network.h"
#include "models/unfolding.h"

namespace crossloom::bench {

/// Numbers of configs/chips/resparc.yaml that decide cycles and functions.
inline ChipSpec chip() {
  ChipSpec spec;
  spec.name = "bench";
  spec.clock = 200_MHz;
  spec.device.minimum_conductance = 5_uS;
  spec.device.maximum_conductance = 50_uS;
  spec.device.levels = 16;
  spec.crossbar.read_voltage = 0.5_V;
  spec.crossbar.read_time = 5_ns;
  return spec;
}

/// Images with the ink of MNIST digits: 150 of 784 pixels that are not 0, of mean 0.68.
inline std::vector<std::vector<std::uint8_t>> images(std::uint32_t count, std::uint32_t pixels) {
  std::vector<std::vector<std::uint8_t>> made;
  RandomStream random(RandomKey(1).child("images"));
  for (std::uint32_t n = 0; n < count; ++n) {
    std::vector<std::uint8_t> image(pixels, 0);
    for (std::uint32_t k = 0; k < pixels * 150 / 784; ++k) {
      image[random.below(pixels)] = static_cast<std::uint8_t>(91 + random.below(165));
    }
    made.push_back(std::move(image));
  }
  return made;
}

inline NetworkSpec dense_layers(std::uint32_t inputs, const std::vector<std::uint32_t>& layers) {
  NetworkSpec spec;
  spec.input = {inputs, 1, 1};
  for (const std::uint32_t outputs : layers) {
    spec.layers.push_back({"layer" + std::to_string(spec.layers.size()), outputs, false, Activation::relu, 0.0});
  }
  return spec;
}

/// Weights with a mean below 0, so that few neurons of a layer are active, as in trained networks.
inline Network random_network(const NetworkSpec& spec) {
  Network made = make_network(spec);
  RandomStream random(RandomKey(1).child("weights"));
  for (Layer& layer : made.layers) {
    const double deviation = std::sqrt(2.0 / layer.weights.rows);
    for (float& weight : layer.weights.values) weight = static_cast<float>((random.normal() - 0.03) * deviation);
  }
  return made;
}

/// 99.9th percentile of the non-zero activations of each layer over a few images.
inline std::vector<double> activation_scales(const Network& network,
                                             const std::vector<std::vector<std::uint8_t>>& images) {
  std::vector<std::vector<float>> active(network.layers.size());
  for (std::size_t n = 0; n < std::min<std::size_t>(images.size(), 4); ++n) {
    std::vector<float> input;
    for (const std::uint8_t pixel : images[n]) input.push_back(static_cast<float>(pixel) / 255.0F);
    const std::vector<std::vector<float>> outputs = forward(network, input);
    for (std::size_t l = 0; l < outputs.size(); ++l) {
      std::copy_if(outputs[l].begin(), outputs[l].end(), std::back_inserter(active[l]),
                   [](float a) { return a > 0.0F; });
    }
  }
  std::vector<double> scales;
  for (std::vector<float>& values : active) {
    std::sort(values.begin(), values.end());
    scales.push_back(values.empty() ? 1.0 : values[std::min(values.size() - 1, values.size() * 999 / 1000)]);
  }
  return scales;
}

/// All that a run needs.
struct Workload {
  Workload(const NetworkSpec& spec, std::uint32_t image_count, const MappingSpec& mapping = {})
      : image_data(images(image_count, spec.input.size())), chip_spec(chip()) {
    const Network real = unfold(random_network(spec), {chip_spec.crossbar.rows, chip_spec.crossbar.columns});
    spiking = convert(real, activation_scales(real, image_data), SpikingSpec{}, chip_spec.device, chip_spec.crossbar);
    mapped = map_network(spiking, chip_spec, mapping, RandomKey(1)).mapped;
    programmed = ProgrammedChip::program(mapped, spiking, chip_spec, RandomKey(1));
    encoder = std::make_unique<SpikeEncoder>(spiking.spec, RandomKey(1).child("encoding"));
  }

  std::vector<std::vector<std::uint8_t>> image_data;
  ChipSpec chip_spec;
  SpikingNetwork spiking;
  MappedNetwork mapped;
  ProgrammedChip programmed;
  std::unique_ptr<SpikeEncoder> encoder;
};

}  // namespace crossloom::bench
