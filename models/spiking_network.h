// The integer spiking network that the chip computes: quantised weights, integer thresholds, and how it is run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/archive.h"
#include "base/config_reader.h"
#include "models/chip_spec.h"
#include "models/network.h"

namespace crossloom {

enum class Reset { by_subtraction, to_zero };
enum class Encoding { bernoulli, deterministic };

/// The `spiking:` mapping of an experiment.
struct SpikingSpec {
  std::uint32_t steps = 40;                ///< T, time steps an image
  Encoding encoding = Encoding::bernoulli;
  double maximum_rate = 1.0;               ///< spikes a step of a pixel at full scale, 0 < r <= 1
  Reset reset = Reset::by_subtraction;
  bool membrane_floor_at_zero = false;     ///< membranes stop at 0; otherwise they go negative without limit
  double activation_percentile = 99.9;     ///< data-based normalisation (Rueckauer 2017); 100 = maximum (Diehl 2015)
  double weight_clip_percentile = 100.0;   ///< of |weight|: larger ones saturate at the outermost level
  double threshold_scale = 1.0;            ///< multiplies every threshold (a calibration knob, chosen on training data)
};
SpikingSpec read_spiking_spec(ConfigReader reader);

/// rows = inputs, plus one row driven every step if there is a bias; columns = outputs.
struct SpikingLayer {
  std::string name;
  std::uint32_t inputs = 0;
  std::uint32_t outputs = 0;
  bool has_bias = false;
  std::vector<std::int16_t> weights;   ///< row-major, rows() x outputs, in units of one conductance level
  std::vector<std::uint8_t> live;      ///< one a weight, as in Network (the bias row is live where its weight is not 0)
  std::vector<Block> blocks;           ///< as in Network; the bias row, index `inputs`, belongs to blocks too
  std::int32_t threshold = 1;          ///< in the same units, at least 1
  double level_weight = 0.0;           ///< real weight of one unit
  [[nodiscard]] std::uint32_t rows() const { return inputs + (has_bias ? 1U : 0U); }
};

struct SpikingNetwork {
  SpikingSpec spec;
  ImageShape input;
  IdVector<LayerId, SpikingLayer> layers;
  [[nodiscard]] std::uint64_t synapses() const;
};

/// Data-based normalisation and quantisation. `activation_scale` holds one lambda a layer (a percentile of its non-zero
/// activations over training images): weights become W * lambda_{l-1} / lambda_l with threshold 1 (Rueckauer et al.,
/// Front. Neurosci. 2017), then integers of at most levels^slices - 1 in size. Checks that no membrane can leave int32
/// in spec.steps steps. Throws UserError with what to change where it could.
SpikingNetwork convert(const Network& network, const std::vector<double>& activation_scale, const SpikingSpec& spec,
                       const DeviceSpec& device, const CrossbarSpec& crossbar);

/// Largest weight in units of one level: levels^weight_slices - 1.
std::int32_t largest_weight_level(const DeviceSpec& device, const CrossbarSpec& crossbar);

/// File form (archive kind "spiking_network").
Archive to_archive(const SpikingNetwork& network);
SpikingNetwork spiking_network_from_archive(const Archive& archive);

}  // namespace crossloom
