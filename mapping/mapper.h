// Network blocks -> crossbars -> tiles -> mesh sites -> packets. The only public header of mapping.
#pragma once

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

/// The `mapping:` mapping of an experiment.
struct MappingSpec {
  Placement placement = Placement::annealed;
  PackingGoal packing = PackingGoal::balanced;
};
MappingSpec read_mapping_spec(ConfigReader reader);

struct MappingQuality {
  /// Sum over packet groups of hops (routers passed) x expected packets a step (one each): what placement lowers.
  double traffic_hops = 0.0;
  double traffic_hops_in_order = 0.0;  ///< the same for the naive order, for comparison
};

struct MappingResult {
  MappedNetwork mapped;
  MappingQuality quality;
};

/// Deterministic for the same arguments. Throws DoesNotFit with the reasons and what would fit.
MappingResult map_network(const SpikingNetwork& network, const ChipSpec& chip, const MappingSpec& spec, RandomKey key,
                          ProgressSink& progress = no_progress());

}  // namespace crossloom
