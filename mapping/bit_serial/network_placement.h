// Fixed-point network -> crossbars -> processing elements -> tiles -> sites of a bit-serial chip. docs/mapping.md has
// the rules in words.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/config_reader.h"
#include "base/progress.h"
#include "base/random.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {

/// How many copies of a convolution's kernel there are.
enum class Folding {
  folded,       ///< one: positions take turns
  semi_folded,  ///< one a column of the output plane
  unfolded,     ///< one a position
  balanced,     ///< as many as bring all layers to the same pace within `crossbar_budget`
};

/// Whether blocks are chosen anew before they are cut (block_packing.h).
enum class BlockPacking {
  as_given,          ///< no: those of the transformation
  balanced,          ///< by layer, those of the smallest product of crossbars and partial sums
  fewest_crossbars,  ///< those of the fewest crossbars, then of the fewest partial sums, however long they take
};

/// At which endpoints of the network the tiles are.
enum class SitePlacement {
  in_order,
  bisected,  ///< recursive bisection
  annealed,  ///< recursive bisection, then simulated annealing
};

/// The `mapping:` mapping of an experiment on a bit-serial chip.
struct BitSerialMappingSpec {
  Folding folding = Folding::folded;
  std::map<std::string, std::uint32_t> copies_by_layer = {};  ///< instead, for these layers
  /// Logical crossbars that all copies together may take; the whole board where absent. For Folding::balanced.
  std::optional<std::uint64_t> crossbar_budget = std::nullopt;
  BlockPacking packing = BlockPacking::balanced;
  /// Parts of one layer share crossbars where neither their rows nor their columns fill one. They are then read one
  /// after another, so but for the fewest crossbars only as many do as cost an image hardly any time (copies.h).
  bool share_crossbars = true;
  SitePlacement placement = SitePlacement::annealed;
  /// A network that does not fit the board is there in passes, one after another, instead of being refused.
  bool reload = false;
  std::uint32_t images_a_pass = 1;  ///< images of a stream, whose values wait between passes; not a key of its own
};
BitSerialMappingSpec read_bit_serial_mapping_spec(ConfigReader reader);

struct BitSerialMappingQuality {
  /// Bits of an image times the routers that they pass; 0 where the chip describes no network.
  double traffic_hops = 0.0;
  double traffic_hops_in_order = 0.0;  ///< the same for the naive order, for comparison
};

struct BitSerialMapping {
  PlacedNetwork placed;
  BitSerialMappingQuality quality;
};

/// Deterministic for the same arguments. Throws DoesNotFit with the reasons and the smallest change that would fit,
/// UserError where copies_by_layer names no layer.
BitSerialMapping place_network(const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                               const BitSerialMappingSpec& spec, RandomKey key, ProgressSink& progress = no_progress());

}  // namespace crossloom
