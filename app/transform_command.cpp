// crossloom transform EXPERIMENT --variant NAME --network FILE --out FILE: masks and blocks of one variant.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/command_line.h"
#include "app/stages.h"
#include "training/evaluate.h"

namespace crossloom {
namespace {

struct TransformCommand {
  CommonOptions common;
  std::string variant, network, out;
  bool force = false, resume = false;
};

void transform_network(const TransformCommand& arguments) {
  const Experiment experiment = arguments.common.load().experiment;
  const VariantSpec& variant = variant_named(experiment, arguments.variant);
  refuse_existing(arguments.out, arguments.force);
  const std::filesystem::path checkpoint = arguments.out + ".checkpoint";
  if (!arguments.resume) std::filesystem::remove(checkpoint);
  const Network dense = load_network(arguments.network);
  const auto progress = arguments.common.progress();
  const std::size_t threads = arguments.common.thread_count();
  const TrainAndTest data = load_data(experiment, arguments.common.data, threads);
  progress->message("Data: " + data.train.origin.description);
  const TrainedNetwork transformed =
      transform_stage(experiment, variant, dense, data.train, experiment.seed, checkpoint, threads, *progress);
  const Network& network = transformed.network;
  save_network(network, arguments.out);
  write_curve(variant.name, experiment.seed, transformed.epochs, arguments.out);
  std::filesystem::remove(checkpoint);
  fmt::print("{}: {} of {} synapses live ({:.2f} %), test accuracy {:.2f} %\n", arguments.out, network.synapses(),
             dense.synapses(), 100.0 * static_cast<double>(network.synapses()) / static_cast<double>(dense.synapses()),
             100.0 * evaluate(network, DatasetView(data.test), threads).accuracy);
}

}  // namespace

void add_transform_command(CLI::App& app) {
  auto arguments = std::make_shared<TransformCommand>();
  CLI::App* command = app.add_subcommand("transform", "Prune or cluster a trained network as one variant says");
  add_common_options(*command, arguments->common);
  command->add_option("--variant", arguments->variant, "Name of the variant")->type_name("NAME")->required();
  command->add_option("--network", arguments->network, "Trained network (from train)")->type_name("FILE")->required();
  command->add_option("--out", arguments->out, "Network file to write")->type_name("FILE")->required();
  command->add_flag("--force", arguments->force, "Replace an existing file");
  command->add_flag("--resume", arguments->resume, "Go on from the checkpoint of an interrupted transformation");
  command->callback([arguments] { transform_network(*arguments); });
}

}  // namespace crossloom
