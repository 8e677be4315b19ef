// crossloom train EXPERIMENT --out FILE: the dense network of one seed.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/command_line.h"
#include "app/stages.h"
#include "training/evaluate.h"

namespace crossloom {
namespace {

struct TrainCommand {
  CommonOptions common;
  std::string out;
  bool force = false, resume = false;
};

void train_network(const TrainCommand& arguments) {
  const Experiment experiment = arguments.common.load().experiment;
  refuse_existing(arguments.out, arguments.force);
  const std::filesystem::path checkpoint = arguments.out + ".checkpoint";
  if (!arguments.resume) std::filesystem::remove(checkpoint);
  const auto progress = arguments.common.progress();
  const std::size_t threads = arguments.common.thread_count();
  const TrainAndTest data = load_data(experiment, arguments.common.data, threads);
  progress->message("Data: " + data.train.origin.description);
  const TrainedNetwork trained = train_stage(experiment, data.train, experiment.seed, checkpoint, threads, *progress);
  const Network& network = trained.network;
  save_network(network, arguments.out);
  write_curve("dense", experiment.seed, trained.epochs, arguments.out);
  std::filesystem::remove(checkpoint);
  if (experiment.weights == WeightOrigin::random) {
    fmt::print("{}: {} synapses, random\n", arguments.out, network.synapses());
    return;
  }
  fmt::print("{}: {} synapses, test accuracy {:.2f} %\n", arguments.out, network.synapses(),
             100.0 * evaluate(network, DatasetView(data.test), threads).accuracy);
}

}  // namespace

void add_train_command(CLI::App& app) {
  auto arguments = std::make_shared<TrainCommand>();
  CLI::App* command = app.add_subcommand("train", "Train the experiment's network and write it to a file");
  add_common_options(*command, arguments->common);
  command->add_option("--out", arguments->out, "Network file to write")->type_name("FILE")->required();
  command->add_flag("--force", arguments->force, "Replace an existing file");
  command->add_flag("--resume", arguments->resume, "Go on from the checkpoint of an interrupted training");
  command->callback([arguments] { train_network(*arguments); });
}

}  // namespace crossloom
