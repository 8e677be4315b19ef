// The network that a bit-serial chip computes: integers in fixed point, layer by layer, with digital nodes between.
//
// An integer n with f fraction bits stands for n x 2^-f. Every node has one format for all of its outputs. All rounding
// is half to even, all overflow saturates. docs/bit_serial.md has the arithmetic in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/archive.h"
#include "base/config_reader.h"
#include "models/fixed_point_format.h"
#include "models/network.h"

namespace crossloom {

/// The `fixed_point:` mapping of an experiment.
struct FixedPointSpec {
  std::uint32_t weight_bits = 16;      ///< 2 to 16; weights lie within +-(2^(weight_bits - 1) - 1)
  std::uint32_t activation_bits = 16;  ///< 1 to 16; of every node's outputs, a sign bit included where there is one
  /// Of the absolute outputs of a node over calibration images: what the largest integer has to hold. Larger values
  /// saturate. 100 = the maximum.
  double activation_percentile = 100.0;
};
FixedPointSpec read_fixed_point_spec(ConfigReader reader);

/// The binary points of an add's inputs are at most this many bits apart, so that sums fit 64 bits.
inline constexpr std::int32_t kMostAlignmentBits = 40;
/// Larger biases (in the unit of the sums) are held here: outputs saturate at them all the same.
inline constexpr std::int64_t kLargestFixedPointBias = std::int64_t{1} << 60;

/// One weighted layer. The matrix is that of models/network.h: rows = inputs (of a convolution: of the kernel), columns
/// = outputs (output channels).
struct FixedPointLayer {
  std::string name;
  std::uint32_t rows = 0, columns = 0;
  std::uint32_t groups = 1;           ///< of a convolution; columns of group g see the channels of group g
  std::vector<std::int16_t> weights;  ///< row-major
  std::int32_t weight_fraction_bits = 0;
  std::vector<std::uint8_t> live;  ///< one a weight, as in Network; empty = all live
  std::vector<Block> blocks;       ///< as in Network; at least one
  std::vector<std::int64_t> bias;  ///< one a column in the unit of the sums (input x weight fraction bits), or empty
  [[nodiscard]] std::int16_t weight(std::uint32_t i, std::uint32_t j) const {
    return weights[std::size_t{i} * columns + j];
  }
};

/// One node of the graph, in the order of NetworkSpec::graph(); batch norms are folded away before.
struct FixedPointNode {
  NodeSpec spec;            ///< of dense and conv2d also the layer's activation, of conv2d its window
  ImageShape shape;         ///< of its outputs
  FixedPointFormat format;  ///< of its outputs
};

/// What every node computes from the integers of its inputs (to_format: shift by the difference in fraction bits with
/// rounding, then saturation):
///   input      pixel / 255: round(pixel x 2^fraction_bits / 255), half to even, then saturation
///   dense, conv2d   s = sum of x w + bias; ReLU where asked for; to_format(s)
///   max_pool   the largest of the places inside the plane
///   mean_pool  sum over the places inside the plane / their number, rounded half to even
///   add        inputs brought to the largest of their fraction bits, summed; ReLU where asked for; to_format
///   activation ReLU, to_format;   concat  to_format of each input;   flatten, softmax  unchanged
/// The class is the largest output of the last node, the first one of equals.
struct FixedPointNetwork {
  std::string name;
  FixedPointSpec spec;
  IdVector<NodeId, FixedPointNode> nodes;
  IdVector<LayerId, FixedPointLayer> layers;
  [[nodiscard]] std::uint64_t synapses() const;  ///< live weights
};

/// `largest_output` holds one value a node: the calibration percentile of its absolute outputs (> 0; of the input it
/// is always 1). Formats get as many fraction bits as let that value, rounded, fit; a node's outputs are unsigned where
/// they cannot be negative (the input, ReLU, and pools, add, concat and flatten of such). Pools, flatten and softmax
/// keep the format of their input, whatever their value. A node whose outputs were quantised while training
/// (LayerSpec::output_format) keeps that format, and needs no more bits than `spec` gives. Weight fraction bits: as
/// many as let the layer's largest |weight| fit. A layer without blocks becomes one block. The network must be folded
/// (fold_batch_norm). Throws UserError where it is not, or where a value that is needed is not finite or positive.
FixedPointNetwork to_fixed_point(const Network& network, const std::vector<double>& largest_output,
                                 const FixedPointSpec& spec);

/// s x 2^(to - from) for fraction bits from and to, rounded half to even, saturated to the format.
std::int32_t to_format(std::int64_t sum, std::int32_t fraction_bits, const FixedPointFormat& format);

/// Reasons why sizes, formats and blocks are inconsistent; empty = fine.
std::vector<std::string> fixed_point_network_faults(const FixedPointNetwork& network);

/// File form (archive kind "fixed_point_network").
Archive to_archive(const FixedPointNetwork& network);
FixedPointNetwork fixed_point_network_from_archive(const Archive& archive);

}  // namespace crossloom
