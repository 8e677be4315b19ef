#include "mapping/mapper.h"

#include "base/error.h"
#include "mapping/pack.h"
#include "mapping/packets.h"
#include "mapping/placement.h"
#include "mapping/tile_assignment.h"

namespace crossloom {

MappingSpec read_mapping_spec(ConfigReader reader) {
  MappingSpec spec;
  spec.placement = reader.choice_or<Placement>("placement", spec.placement,
                                               {{"in_order", Placement::in_order}, {"annealed", Placement::annealed}});
  return spec;
}

namespace {

// Layers share crossbars only where that saves a tile: the tile would serve one more layer.
MappedNetwork assign(std::vector<PackedBank> banks, const PackingRoom& room, const SpikingNetwork& network,
                     const ChipSpec& chip) {
  const PackedNetwork within = share_tails(banks, room, Sharing::within_layers);
  const PackedNetwork across = share_tails(std::move(banks), room, Sharing::across_layers);
  const auto least_tiles = [&](const PackedNetwork& packed) {
    return (packed.arrays() + chip.tile.crossbars - 1) / chip.tile.crossbars;
  };
  if (chip.tiles && least_tiles(across) < least_tiles(within)) return assign_tiles(across, network, chip);
  MappedNetwork mapped = assign_tiles(within, network, chip);
  if (least_tiles(across) >= mapped.tiles.size() || across.arrays() >= within.arrays()) return mapped;
  MappedNetwork other = assign_tiles(across, network, chip);
  return other.tiles.size() < mapped.tiles.size() ? other : mapped;
}

}  // namespace

MappingResult map_network(const SpikingNetwork& network, const ChipSpec& chip, const MappingSpec& spec, RandomKey key,
                          ProgressSink& progress) {
  const PackingRoom room = packing_room(chip);
  std::vector<PackedBank> banks;
  std::vector<std::uint32_t> input_order;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    progress.update("packing layers", l, network.layers.size(), network.layers[LayerId(l)].name);
    std::vector<PackedBank> of_layer =
        pack_layer(network.layers[LayerId(l)], LayerId(l), room, input_order);
    input_order.clear();
    for (PackedBank& bank : of_layer) {
      input_order.insert(input_order.end(), bank.columns.begin(), bank.columns.end());
      banks.push_back(std::move(bank));
    }
  }
  if (banks.empty()) throw DoesNotFit("the network has no live weight: there is nothing to map");
  MappingResult result;
  result.mapped = assign(std::move(banks), room, network, chip);
  result.mapped.packet_groups = make_packet_groups(result.mapped, network, chip.tile.packet_bits);
  place_in_order(result.mapped, chip);
  result.quality.traffic_hops_in_order = traffic_hops(result.mapped, chip.interconnect);
  if (spec.placement == Placement::annealed) anneal_placement(result.mapped, chip, key.child("placement"), progress);
  result.quality.traffic_hops = traffic_hops(result.mapped, chip.interconnect);
  return result;
}

}  // namespace crossloom
