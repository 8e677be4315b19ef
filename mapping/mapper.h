// Network blocks -> crossbars -> tiles -> mesh sites -> packets. A public header of mapping, as line_assignment.h is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/progress.h"
#include "base/random.h"
#include "models/chip_spec.h"
#include "models/mapped_network.h"
#include "models/spiking_network.h"

namespace crossloom {

enum class Placement { in_order, annealed };

/// What packing lowers. Fewer crossbars want rows that agree less, and so more messages.
enum class PackingGoal {
  balanced,          ///< crossbars x messages (packets and step-done tokens a step)
  fewest_crossbars,  ///< crossbars, then messages
};

/// What a convolution is on the chip.
enum class ConvolutionMapping {
  unfolded,   ///< every position has crossbar columns of its own, and all work at once
  positions,  ///< positions take turns on the crossbars that hold the kernel once (or once a copy)
};

/// What a mean pool is on the chip.
enum class Pooling {
  arrays,    ///< neurons with equal weights in crossbars
  counters,  ///< digital counters that fire when a window's worth of spikes has come; pools with padding stay in arrays
};

/// Where rows and columns lie within their physical arrays (line_assignment.h).
enum class LinePlacement { in_order, near_drivers };
/// Which of them are moved away from the faults of each chip's arrays.
enum class FaultAwareness { none, rows, columns, rows_and_columns };

/// The `mapping:` mapping of an experiment.
struct MappingSpec {
  Placement placement = Placement::annealed;
  PackingGoal packing = PackingGoal::balanced;
  ConvolutionMapping convolution = ConvolutionMapping::unfolded;
  /// Copies of each kernel's crossbars among which its positions are dealt, at least; more where one analog reach has
  /// too few neuron circuits for the positions of a copy. For ConvolutionMapping::positions.
  std::uint32_t replication = 1;
  std::map<std::string, std::uint32_t> replication_by_layer = {};  ///< instead, for these layers
  /// Counters ask for a network whose pools keep the scale of their inputs (is_counted).
  Pooling pooling = Pooling::arrays;
  /// Smaller crossbars for these layers, cut to the chip's size where they are not smaller; their row parts share none.
  std::map<std::string, ArraySize> array_by_layer = {};
  LinePlacement line_order = LinePlacement::in_order;
  FaultAwareness fault_aware = FaultAwareness::none;
};
MappingSpec read_mapping_spec(ConfigReader reader);
/// Copies asked for of a layer's kernel.
std::uint32_t replication_of(const MappingSpec& spec, const std::string& layer);
/// Whether a layer with this kernel becomes counters.
inline bool is_counted(const MappingSpec& spec, const std::optional<SharedKernel>& kernel) {
  return spec.pooling == Pooling::counters && kernel && kernel->mean_pool;
}

struct MappingQuality {
  /// Sum over packet groups of hops (routers passed) x expected packets a step (one each): what placement lowers.
  double traffic_hops = 0.0;
  double traffic_hops_in_order = 0.0;  ///< the same for the naive order, for comparison
};

struct MappingResult {
  MappedNetwork mapped;
  MappingQuality quality;
};

/// Deterministic for the same arguments. Throws DoesNotFit with the reasons and what would fit, UserError where
/// replication_by_layer names a layer without positions.
MappingResult map_network(const SpikingNetwork& network, const ChipSpec& chip, const MappingSpec& spec, RandomKey key,
                          ProgressSink& progress = no_progress());

}  // namespace crossloom
