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

MappingResult map_network(const SpikingNetwork& network, const ChipSpec& chip, const MappingSpec& spec, RandomKey key,
                          ProgressSink& progress) {
  std::vector<PackedBank> banks;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    progress.update("packing layers", l, network.layers.size(), network.layers[LayerId(l)].name);
    std::vector<PackedBank> of_layer =
        pack_layer(network.layers[LayerId(l)], LayerId(l), chip.crossbar.rows, stripe_width(chip));
    for (PackedBank& bank : of_layer) banks.push_back(std::move(bank));
  }
  if (banks.empty()) throw DoesNotFit("the network has no live weight: there is nothing to map");
  MappingResult result;
  result.mapped = assign_tiles(banks, network, chip);
  result.mapped.packet_groups = make_packet_groups(result.mapped, network, chip.tile.packet_bits);
  place_in_order(result.mapped, chip);
  result.quality.traffic_hops_in_order = traffic_hops(result.mapped, chip.interconnect);
  if (spec.placement == Placement::annealed) anneal_placement(result.mapped, chip, key.child("placement"), progress);
  result.quality.traffic_hops = traffic_hops(result.mapped, chip.interconnect);
  return result;
}

}  // namespace crossloom
