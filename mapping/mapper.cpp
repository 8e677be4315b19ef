#include "mapping/mapper.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"
#include "mapping/counter_banks.h"
#include "mapping/kernel_packing.h"
#include "mapping/pack.h"
#include "mapping/packets.h"
#include "mapping/placement.h"
#include "mapping/tile_assignment.h"

namespace crossloom {

MappingSpec read_mapping_spec(ConfigReader reader) {
  MappingSpec spec;
  spec.placement = reader.choice_or<Placement>("placement", spec.placement,
                                               {{"in_order", Placement::in_order}, {"annealed", Placement::annealed}});
  spec.packing = reader.choice_or<PackingGoal>(
      "packing", spec.packing,
      {{"balanced", PackingGoal::balanced}, {"fewest_crossbars", PackingGoal::fewest_crossbars}});
  spec.convolution = reader.choice_or<ConvolutionMapping>(
      "convolution", spec.convolution,
      {{"unfolded", ConvolutionMapping::unfolded}, {"positions", ConvolutionMapping::positions}});
  spec.pooling = reader.choice_or<Pooling>("pooling", spec.pooling,
                                           {{"arrays", Pooling::arrays}, {"counters", Pooling::counters}});
  spec.line_order = reader.choice_or<LinePlacement>(
      "line_order", spec.line_order,
      {{"in_order", LinePlacement::in_order}, {"near_drivers", LinePlacement::near_drivers}});
  spec.fault_aware = reader.choice_or<FaultAwareness>("fault_aware", spec.fault_aware,
                                                      {{"none", FaultAwareness::none},
                                                       {"rows", FaultAwareness::rows},
                                                       {"columns", FaultAwareness::columns},
                                                       {"rows_and_columns", FaultAwareness::rows_and_columns}});
  spec.replication = static_cast<std::uint32_t>(reader.integer_or("replication", spec.replication, {1, 4096}));
  if (auto by_layer = reader.optional_section("array_by_layer")) {
    for (const std::string& layer : by_layer->keys()) {
      ConfigReader size = by_layer->section(layer);
      spec.array_by_layer[layer] = {static_cast<std::uint32_t>(size.integer("rows", {1, 4096})),
                                    static_cast<std::uint32_t>(size.integer("columns", {1, 4096}))};
    }
  }
  if (auto by_layer = reader.optional_section("replication_by_layer")) {
    for (const std::string& layer : by_layer->keys()) {
      spec.replication_by_layer[layer] = static_cast<std::uint32_t>(by_layer->integer(layer, {1, 4096}));
    }
  }
  return spec;
}

std::uint32_t replication_of(const MappingSpec& spec, const std::string& layer) {
  const auto found = spec.replication_by_layer.find(layer);
  return found == spec.replication_by_layer.end() ? spec.replication : found->second;
}

namespace {

// Layers share crossbars only where that saves a tile: the tile would serve one more layer.
MappedNetwork assign(PackedNetwork packed, const PackingRoom& room, const SpikingNetwork& network,
                     const ChipSpec& chip) {
  PackedNetwork within = share_tails(packed.banks, room, Sharing::within_layers);
  PackedNetwork across = share_tails(std::move(packed.banks), room, Sharing::across_layers);
  within.kernels = packed.kernels;
  across.kernels = std::move(packed.kernels);
  const auto least_tiles = [&](const PackedNetwork& shared) {
    return (shared.arrays() + chip.tile.crossbars - 1) / chip.tile.crossbars;
  };
  if (chip.tiles && least_tiles(across) < least_tiles(within)) return assign_tiles(across, network, chip);
  MappedNetwork mapped = assign_tiles(within, network, chip);
  if (least_tiles(across) >= mapped.tiles.size() || across.arrays() >= within.arrays()) return mapped;
  MappedNetwork other = assign_tiles(across, network, chip);
  return other.tiles.size() < mapped.tiles.size() ? other : mapped;
}

// Counters lie where their sources do, and those position by position.
std::vector<std::uint32_t> by_position(const SharedKernel& kernel) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t position = 0; position < kernel.positions(); ++position) {
    for (std::uint32_t c = 0; c < kernel.output.channels; ++c) order.push_back(c * kernel.positions() + position);
  }
  return order;
}

/// How a network is packed.
struct Choice {
  std::vector<StripeWay> ways;  ///< by layer
  bool sharing = false;         ///< small row parts share crossbars
};

/// Every source tile sends its packets and one step-done token to each destination tile.
std::uint64_t messages(const MappedNetwork& mapped) {
  std::set<std::pair<std::optional<TileId>, TileId>> pairs;
  for (const PacketGroup& group : mapped.packet_groups) pairs.emplace(group.source, group.destination);
  return mapped.packet_groups.size() + pairs.size();
}

/// Tries ways of packing the layers.
class Mapper {
 public:
  Mapper(const SpikingNetwork& network, const ChipSpec& chip, const MappingSpec& spec, ProgressSink& progress)
      : network_(network), chip_(chip), spec_(spec), room_(packing_room(chip)) {
    check_names();
    kernels_.reserve(network.layers.size());  // cuts refer to them
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const SpikingLayer& layer = network.layers[LayerId(l)];
      progress.update("packing layers", l, network.layers.size(), layer.name);
      const bool shared =
          layer.kernel && (spec.convolution == ConvolutionMapping::positions || is_counted(spec, layer.kernel));
      if (!shared || is_counted(spec, layer.kernel)) not_replicated(layer.name);
      kernels_.push_back(shared ? std::optional(kernel_layer(layer)) : std::nullopt);
      cuts_.emplace_back(shared ? *kernels_.back() : layer, LayerId(l), room_of(layer.name));
    }
  }

  /// Searched stripes and shared crossbars save arrays, but their rows agree less, and so they need more messages
  /// (scattered masks: a tenth fewer crossbars for twice the messages and the energy). So the packing that the goal
  /// likes best is taken: of all layers in order or searched, with and without sharing, or as a grid, which takes more
  /// crossbars for fewer messages; then one layer after another is cut the other ways where that helps. Where only the
  /// fewest crossbars fit, those.
  [[nodiscard]] MappedNetwork map() {
    constexpr StripeWay kWays[] = {StripeWay::in_order, StripeWay::searched, StripeWay::grid};
    for (const StripeWay way : kWays) {
      if (!worth_trying(way)) continue;
      for (const bool sharing : {false, true}) {
        if (sharing && (way == StripeWay::grid || !spec_.array_by_layer.empty())) continue;
        consider({std::vector<StripeWay>(cuts_.size(), way), sharing});
      }
    }
    // What does not fit even so says why.
    if (!best_)
      return mapped({std::vector<StripeWay>(cuts_.size(), StripeWay::searched), spec_.array_by_layer.empty()});
    for (std::size_t l = 0; l < cuts_.size(); ++l) {
      for (const StripeWay way : kWays) {
        if (way == choice_.ways[l] || !cuts_[l].worth_trying(way)) continue;
        Choice next = choice_;
        next.ways[l] = way;
        consider(std::move(next));
      }
    }
    return std::move(*best_);
  }

 private:
  void not_replicated(const std::string& layer) const {
    if (spec_.replication_by_layer.count(layer) == 0) return;
    throw UserError(fmt::format("mapping.replication_by_layer: layer {} has no positions to deal to copies", layer));
  }
  void check_names() const {
    for (const auto& [name, copies] : spec_.replication_by_layer) check_name("replication_by_layer", name);
    for (const auto& [name, size] : spec_.array_by_layer) check_name("array_by_layer", name);
  }
  void check_name(const char* key, const std::string& name) const {
    const auto named = [&name](const SpikingLayer& layer) { return layer.name == name; };
    if (std::any_of(network_.layers.begin(), network_.layers.end(), named)) return;
    throw UserError(fmt::format("mapping.{}: the network has no layer {}", key, name));
  }
  /// The layer's own size where the chip's crossbars are larger.
  [[nodiscard]] std::optional<ArraySize> own_size(const std::string& layer) const {
    const auto found = spec_.array_by_layer.find(layer);
    if (found == spec_.array_by_layer.end()) return std::nullopt;
    const ArraySize size{std::min(found->second.rows, room_.array.rows),
                         std::min(found->second.columns, room_.array.columns)};
    if (size.rows == room_.array.rows && size.columns == room_.array.columns) return std::nullopt;
    return size;
  }
  [[nodiscard]] PackingRoom room_of(const std::string& layer) const {
    PackingRoom room = room_;
    if (const std::optional<ArraySize> size = own_size(layer)) {
      room.array = *size;
      room.stripe_width = std::min(room.stripe_width, size->columns);
    }
    return room;
  }
  void give_sizes(MappedNetwork& mapped) const {
    for (MappedCrossbar& crossbar : mapped.crossbars) {
      crossbar.size = own_size(network_.layers[crossbar.parts.front().layer].name);
    }
  }
  [[nodiscard]] bool worth_trying(StripeWay way) const {
    return std::any_of(cuts_.begin(), cuts_.end(), [way](const LayerCuts& cuts) { return cuts.worth_trying(way); });
  }

  [[nodiscard]] std::uint64_t cost(const MappedNetwork& mapped) const {
    constexpr std::uint64_t kMostMessages = std::uint64_t{1} << 40;
    const std::uint64_t crossbars = mapped.crossbars.size();
    const std::uint64_t sent = messages(mapped);
    return spec_.packing == PackingGoal::balanced ? crossbars * std::max<std::uint64_t>(1, sent)
                                                  : crossbars * kMostMessages + sent;
  }

  void consider(Choice choice) {
    try {
      MappedNetwork other = mapped(choice);
      const std::uint64_t found = cost(other);
      if (best_ && found >= least_) return;
      least_ = found;
      choice_ = std::move(choice);
      best_ = std::move(other);
    } catch (const DoesNotFit&) {
      // Another choice may.
    }
  }

  [[nodiscard]] MappedNetwork mapped(const Choice& choice) const {
    PackedNetwork packed;
    std::vector<std::uint32_t> input_order;
    for (std::size_t l = 0; l < cuts_.size(); ++l) {
      const std::size_t first = packed.banks.size();
      if (is_counted(spec_, network_.layers[LayerId(l)].kernel)) {
        input_order = by_position(*network_.layers[LayerId(l)].kernel);
        continue;
      }
      if (kernels_[l]) {
        const SpikingLayer& layer = network_.layers[LayerId(l)];
        add_kernel_banks(layer, LayerId(l), cuts_[l].banks(choice.ways[l], {}), replication_of(spec_, layer.name),
                         chip_, packed);
      } else {
        for (PackedBank& bank : cuts_[l].banks(choice.ways[l], input_order)) packed.banks.push_back(std::move(bank));
      }
      input_order.clear();
      for (std::size_t b = first; b < packed.banks.size(); ++b) {
        const std::vector<std::uint32_t>& columns = packed.banks[b].columns;
        input_order.insert(input_order.end(), columns.begin(), columns.end());
      }
    }
    if (packed.banks.empty()) throw DoesNotFit("the network has no live weight: there is nothing to map");
    MappedNetwork result =
        choice.sharing ? assign(std::move(packed), room_, network_, chip_) : assign_tiles(packed, network_, chip_);
    for (std::size_t l = 0; l < cuts_.size(); ++l) {
      const LayerId layer(l);
      if (is_counted(spec_, network_.layers[layer].kernel)) add_counter_banks(network_, layer, chip_, result);
    }
    result.packet_groups = make_packet_groups(result, network_, chip_.tile.packet_bits);
    if (!spec_.array_by_layer.empty()) give_sizes(result);
    return result;
  }

  const SpikingNetwork& network_;
  const ChipSpec& chip_;
  MappingSpec spec_;
  PackingRoom room_;
  std::vector<std::optional<SpikingLayer>> kernels_;  ///< matrices of kernels that positions share
  std::vector<LayerCuts> cuts_;
  std::optional<MappedNetwork> best_;
  Choice choice_;            ///< of best_
  std::uint64_t least_ = 0;  ///< its cost
};

}  // namespace

MappingResult map_network(const SpikingNetwork& network, const ChipSpec& chip, const MappingSpec& spec, RandomKey key,
                          ProgressSink& progress) {
  MappingResult result;
  result.mapped = Mapper(network, chip, spec, progress).map();
  place_in_order(result.mapped, chip);
  result.quality.traffic_hops_in_order = traffic_hops(result.mapped, chip.interconnect);
  if (spec.placement == Placement::annealed) anneal_placement(result.mapped, chip, key.child("placement"), progress);
  result.quality.traffic_hops = traffic_hops(result.mapped, chip.interconnect);
  return result;
}

}  // namespace crossloom
