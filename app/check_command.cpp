// crossloom check EXPERIMENT: is it valid, does it fit, and how large will it be? Nothing is trained.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/bit_serial_commands.h"
#include "app/command_line.h"
#include "app/stages.h"
#include "models/cost.h"
#include "models/unfolding.h"

namespace crossloom {
namespace {

struct CheckCommand {
  CommonOptions common;
  bool keys = false;
};

/// The dense network with every weight at one level: its place on the chip does not depend on what the weights are.
SpikingNetwork full_network(const Experiment& experiment) {
  Network network = make_network(experiment.network);
  for (Layer& layer : network.layers) {
    for (float& weight : layer.weights.values) weight = 1.0F / static_cast<float>(layer.weights.rows);
  }
  network = unfold(network, array_of(experiment));
  return convert(network, std::vector<double>(network.layers.size(), 1.0), experiment.spiking, experiment.chip.device,
                 experiment.chip.crossbar);
}

void print_variants(const Experiment& experiment) {
  std::string names;
  for (const VariantSpec& variant : experiment.variants) names += (names.empty() ? "" : ", ") + variant.name;
  fmt::print("variants   {}; {} seed{} from {}; {} images through the timed chip{}\n", names, experiment.seeds,
             experiment.seeds == 1 ? "" : "s", experiment.seed, experiment.stimulus.images,
             experiment.bit_serial ? "" : fmt::format(", T = {}", experiment.spiking.steps));
}

/// A Markdown table of every key that this experiment was read by; docs/config.md holds that of the key tour.
void print_keys(const std::vector<ConfigKey>& keys) {
  fmt::print("| key | what may stand there | default |\n|---|---|---|\n");
  for (const ConfigKey& key : keys) {
    fmt::print("| `{}` | {} | {} |\n", key.path, key.expected, key.fallback ? "`" + *key.fallback + "`" : "required");
  }
}

void check_experiment(const CheckCommand& arguments) {
  const ExperimentFile file = arguments.common.load();
  if (arguments.keys) {
    print_keys(file.keys);
    return;
  }
  const Experiment& experiment = file.experiment;
  fmt::print("experiment {} is valid\n", experiment.name);
  print_variants(experiment);
  if (experiment.bit_serial) {
    check_bit_serial(experiment);
    return;
  }
  const SpikingNetwork network = full_network(experiment);
  std::string shape = std::to_string(experiment.network.input.size());
  for (const SpikingLayer& layer : network.layers) shape += fmt::format("-{}", layer.outputs);
  fmt::print("network    {}: {}, {} synapses before any transformation\n", experiment.network.name, shape,
             network.synapses());
  Experiment in_order = experiment;
  in_order.mapping.placement = Placement::in_order;
  const MappingResult result = map_stage(in_order, network, experiment.seed, no_progress());
  const ChipArea area = chip_area(result.mapped, experiment.chip);
  fmt::print("chip       {}: {} crossbars of {}x{} in {} tiles, {:.4g} mm2, mesh {}x{}\n", experiment.chip.name,
             area.crossbars, experiment.chip.crossbar.rows, experiment.chip.crossbar.columns,
             result.mapped.tiles.size(), area.chip.si() * 1e6, result.mapped.mesh_width, result.mapped.mesh_height);
}

}  // namespace

void add_check_command(CLI::App& app) {
  auto arguments = std::make_shared<CheckCommand>();
  CLI::App* command =
      app.add_subcommand("check", "Validate an experiment, map its full network, and say how large it is");
  add_common_options(*command, arguments->common);
  command->add_flag("--keys", arguments->keys, "Print every key of the experiment with what it takes and its default");
  command->callback([arguments] { check_experiment(*arguments); });
}

}  // namespace crossloom
