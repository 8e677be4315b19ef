// crossloom map EXPERIMENT --network FILE --out FOLDER: spiking network and its place on the chip.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/bit_serial_commands.h"
#include "app/command_line.h"
#include "app/stages.h"
#include "base/files.h"
#include "models/cost.h"
#include "models/mapping_summary.h"

namespace crossloom {
namespace {

struct MapCommand {
  CommonOptions common;
  std::string network, out;
  bool force = false;
};

void print_mapping(const Experiment& experiment, const SpikingNetwork& network, const MappingResult& result) {
  const MappedNetwork& mapped = result.mapped;
  const ChipArea area = chip_area(mapped, experiment.chip);
  fmt::print("{} synapses in {} crossbars of {}x{} ({} physical arrays), utilisation {:.3f}\n", network.synapses(),
             area.crossbars, experiment.chip.crossbar.rows, experiment.chip.crossbar.columns, area.physical_arrays,
             mapped.utilisation(live_weights(mapped, network)));
  const MappingSummary summary = summarise(mapped, network);
  for (std::size_t l = 0; l < summary.layers.size(); ++l) {
    const LayerCrossbars& layer = summary.layers[l];
    fmt::print("  {}: {:.1f} crossbars, {} row parts of {} neuron banks{}\n", network.layers[LayerId(l)].name,
               layer.crossbars, layer.row_parts, layer.banks,
               layer.positions == 0 ? ""
                                    : fmt::format("; {} positions on {} cop{} of the kernel", layer.positions,
                                                  layer.copies, layer.copies == 1 ? "y" : "ies"));
  }
  fmt::print("{} crossbars are shared, {} of them by several layers\n", summary.shared, summary.shared_across_layers);
  fmt::print("crossbars by utilisation, in tenths from empty to full: {}\n", fmt::join(summary.by_utilisation, " "));
  fmt::print("{} tiles in {} tile groups on a {}x{} mesh, {:.4g} mm2\n", mapped.tiles.size(), mapped.tile_groups,
             mapped.mesh_width, mapped.mesh_height, area.chip.si() * 1e6);
  fmt::print("{} packet groups; traffic x hops {:.0f} ({:.0f} in order)\n", mapped.packet_groups.size(),
             result.quality.traffic_hops, result.quality.traffic_hops_in_order);
}

void map_to_chip(const MapCommand& arguments) {
  namespace fs = std::filesystem;
  const Experiment experiment = arguments.common.load().experiment;
  refuse_existing(arguments.out, arguments.force);
  const Network network = load_network(arguments.network);
  if (experiment.bit_serial) {
    map_bit_serial(experiment, arguments.common, network, arguments.out);
    return;
  }
  const auto progress = arguments.common.progress();
  const std::size_t threads = arguments.common.thread_count();
  const TrainAndTest data = load_data(experiment, arguments.common.data, threads);
  const SpikingNetwork spiking = convert_stage(experiment, network, data.train, threads);
  const MappingResult result = map_stage(experiment, spiking, experiment.seed, *progress);
  const StageFiles files(arguments.out);
  fs::create_directories(files.folder());
  to_archive(spiking).save(files.spiking_network());
  to_archive(result.mapped).save(files.mapped_network());
  print_mapping(experiment, spiking, result);
}

}  // namespace

void add_map_command(CLI::App& app) {
  auto arguments = std::make_shared<MapCommand>();
  CLI::App* command = app.add_subcommand("map", "Convert a network to spikes or fixed point and place it on the chip");
  add_common_options(*command, arguments->common);
  command->add_option("--network", arguments->network, "Network (from train or transform)")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--out", arguments->out,
                   "Folder for spiking.network and mapped.network (bit-serial: fixed_point.network and placed.network)")
      ->type_name("FOLDER")
      ->required();
  command->add_flag("--force", arguments->force, "Write into an existing folder");
  command->callback([arguments] { map_to_chip(*arguments); });
}

}  // namespace crossloom
