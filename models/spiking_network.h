// The integer spiking network that the chip computes: quantised weights, integer thresholds, and how it is run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
  std::uint32_t steps = 40;  ///< T, time steps an image
  Encoding encoding = Encoding::bernoulli;
  double maximum_rate = 1.0;  ///< spikes a step of a pixel at full scale, 0 < r <= 1
  Reset reset = Reset::by_subtraction;
  /// After a step's integration, comparison and reset, a negative membrane becomes 0; otherwise no limit.
  bool membrane_floor_at_zero = false;
  double activation_percentile = 99.9;    ///< data-based normalisation (Rueckauer 2017); 100 = maximum (Diehl 2015)
  double weight_clip_percentile = 100.0;  ///< of |weight|: larger ones saturate at the outermost level
  double threshold_scale = 1.0;           ///< multiplies every threshold (a calibration knob, chosen on training data)
};
SpikingSpec read_spiking_spec(ConfigReader reader);

/// rows = inputs, plus one row driven every step if there is a bias; columns = outputs.
struct SpikingLayer {
  std::string name;
  std::uint32_t inputs = 0;
  std::uint32_t outputs = 0;
  bool has_bias = false;
  std::vector<std::int16_t> weights;  ///< row-major, rows() x outputs, in units of one conductance level
  std::vector<std::uint8_t> live;     ///< one a weight, as in Network (the bias row is live where its weight is not 0)
  std::vector<Block> blocks;          ///< as in Network; the bias row, index `inputs`, belongs to blocks too
  /// Of a convolution or mean pool: what the matrix repeats at every position (a bias row included). None for dense
  /// layers.
  std::optional<SharedKernel> kernel = std::nullopt;
  std::int32_t threshold = 1;  ///< in the same units, at least 1
  double level_weight = 0.0;   ///< trained weight that one unit stands for (before normalisation)
  [[nodiscard]] std::uint32_t rows() const { return inputs + (has_bias ? 1U : 0U); }
  [[nodiscard]] std::int16_t weight(std::uint32_t i, std::uint32_t j) const {
    return weights[std::size_t{i} * outputs + j];
  }
  [[nodiscard]] bool is_live(std::uint32_t i, std::uint32_t j) const {
    return live.empty() || live[std::size_t{i} * outputs + j] != 0;
  }
};

struct SpikingNetwork {
  SpikingSpec spec;
  ImageShape input;
  IdVector<LayerId, SpikingLayer> layers;
  [[nodiscard]] std::uint64_t synapses() const;
};

/// Reasons why a network's sizes, masks and blocks are inconsistent; empty = fine.
std::vector<std::string> spiking_network_faults(const SpikingNetwork& network);

/// Data-based normalisation and quantisation of a chain of dense layers (models/unfolding.h makes one of other
/// networks). `activation_scale` holds one lambda a layer (a percentile of its non-zero activations over training
/// images, > 0): weights become W * lambda_{l-1} / lambda_l with threshold 1 (Rueckauer et al., Front. Neurosci. 2017;
/// lambda = maximum is Diehl et al., IJCNN 2015), where lambda of the input is 1. Multiplied by lambda_l /
/// lambda_{l-1}, that is the trained W with threshold lambda_l / lambda_{l-1}, which is what gets quantised:
///   unit s  = max(clip percentile of live |W|, largest |bias current|) / L,   L = levels^slices - 1
///   weights = W / s, rounded half to even, saturated at +-L;   threshold = threshold_scale * lambda_l / (lambda_{l-1}
///   s),
/// rounded half to even, at least 1. A bias b is a current of r * b / lambda_{l-1} every step (r = maximum_rate, the
/// rate that stands for lambda); the unit is chosen so that it never saturates. The bias row joins the first block that
/// holds its columns, or a block of its own. A layer without blocks is one block. Checks that no membrane can leave
/// int32 in spec.steps steps. Throws UserError with what to change where it could, where a lambda is not positive, and
/// where cells are too fine for 16-bit weights.
SpikingNetwork convert(const Network& network, const std::vector<double>& activation_scale, const SpikingSpec& spec,
                       const DeviceSpec& device, const CrossbarSpec& crossbar);

/// Largest weight in units of one level: levels^weight_slices - 1.
std::int32_t largest_weight_level(const DeviceSpec& device, const CrossbarSpec& crossbar);

/// File form (archive kind "spiking_network").
constexpr int kSpikingNetworkVersion = 3;
Archive to_archive(const SpikingNetwork& network);
SpikingNetwork spiking_network_from_archive(const Archive& archive);

}  // namespace crossloom
