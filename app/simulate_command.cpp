// crossloom simulate EXPERIMENT --chip FOLDER: the timed run of a mapped network.
#include <algorithm>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/bit_serial_commands.h"
#include "app/command_line.h"
#include "app/simulation_job.h"
#include "app/stages.h"
#include "app/streams.h"
#include "app/watch_options.h"
#include "base/error.h"
#include "base/files.h"
#include "models/cost.h"
#include "models/reference.h"
#include "traces/engineering.h"

namespace crossloom {
namespace {

struct SimulateCommand {
  CommonOptions common;
  std::string chip, out, trace, vcd;
  WatchOptions watch;
  bool force = false, verify = false;
};

/// Compares every spike and final membrane with the plain reference, which shares no code with the chip.
void verify_rasters(const Experiment& experiment, const StageFiles& files, const Stimulus& stimulus,
                    const SimulationResult& result) {
  const SpikingNetwork network =
      spiking_network_from_archive(Archive::load(files.spiking_network(), "spiking_network", kSpikingNetworkVersion));
  const SpikeEncoder encoder(network.spec, Streams(experiment.seed).encoding());
  for (std::size_t k = 0; k < stimulus.images.size(); ++k) {
    const ReferenceRun reference =
        run_reference(network, encoder, stimulus.images[k], stimulus.pixels.data() + k * stimulus.image_size);
    if (!(reference.raster == result.rasters[k])) {
      throw Bug(fmt::format("image {}: the chip's spikes differ from the plain network's", stimulus.images[k]));
    }
  }
  fmt::print("verified: every spike and final membrane of {} images equals the plain network's\n",
             stimulus.images.size());
}

void print_result(const Experiment& experiment, const MappedNetwork& mapped, const Stimulus& stimulus,
                  const SimulationResult& result) {
  std::size_t correct = 0;
  for (std::size_t k = 0; k < result.images.size(); ++k) {
    correct += result.images[k].outcome.predicted == stimulus.labels[k] ? 1U : 0U;
  }
  const auto images = static_cast<double>(result.images.size());
  const Time elapsed = experiment.chip.time_of(Cycles(result.elapsed_cycles));
  const CostBreakdown cost = cost_of(result.activity, elapsed, mapped, experiment.chip);
  fmt::print("{} images: accuracy on chip {:.2f} %, {} and {} per inference\n", result.images.size(),
             100.0 * static_cast<double>(correct) / images, format_engineering((elapsed / images).si(), "s"),
             format_engineering((cost.total() / images).si(), "J"));
}

void simulate_chip(const SimulateCommand& arguments) {
  namespace fs = std::filesystem;
  const ExperimentFile file = arguments.common.load();
  const Experiment& experiment = file.experiment;
  const DeviceSpec& device = experiment.bit_serial ? experiment.bit_serial->chip.device : experiment.chip.device;
  if (arguments.verify && !device.ideal()) {
    throw UserError(
        "--verify compares with the plain network, which only an ideal device equals exactly; set "
        "the device's errors and stuck-at shares to 0");
  }
  const StageFiles files(arguments.chip);
  const fs::path out = arguments.out.empty() ? files.simulation_result() : fs::path(arguments.out);
  if (arguments.vcd.empty() != arguments.watch.signal_pattern.empty()) {
    throw UserError("--vcd FILE and --vcd-signals PATTERN go together: where the signals are written, and which");
  }
  refuse_existing(out, arguments.force);
  WatchSpec watch = arguments.watch.spec();
  watch.trace = arguments.trace;
  watch.signals = arguments.vcd;
  if (experiment.bit_serial) {
    simulate_bit_serial_folder(file, arguments.common, arguments.chip, out, watch, arguments.verify);
    return;
  }
  const MappedNetwork mapped =
      mapped_network_from_archive(Archive::load(files.mapped_network(), "mapped_network", kMappedNetworkVersion));
  const auto progress = arguments.common.progress();
  const std::size_t threads = arguments.common.thread_count();
  const TrainAndTest data = load_data(experiment, arguments.common.data, threads);
  const Stimulus stimulus = stimulus_of(stimulus_images(experiment, data.test));

  const fs::path scratch = out.string() + ".partial";
  fs::remove_all(scratch);
  fs::create_directories(scratch);
  SimulationJob job;
  job.configuration = scratch / "configuration.yaml";
  write_file_atomically(job.configuration, file.resolved);
  job.spiking_network = files.spiking_network();
  job.mapped_network = files.mapped_network();
  job.programmed_chip = files.programmed_chip();
  job.stimulus = scratch / "stimulus";
  save_stimulus(stimulus, job.stimulus);
  job.seed = experiment.seed;
  job.count = static_cast<std::uint32_t>(stimulus.images.size());
  job.watch = watch;
  job.keep_rasters = arguments.verify;
  const SimulationResult result = simulate_in_workers(job, {threads, scratch, "simulate"}, *progress);
  if (arguments.verify) verify_rasters(experiment, files, stimulus, result);
  to_archive(result).save(out);
  fs::remove_all(scratch);
  print_result(experiment, mapped, stimulus, result);
}

}  // namespace

void add_simulate_command(CLI::App& app) {
  auto arguments = std::make_shared<SimulateCommand>();
  CLI::App* command = app.add_subcommand("simulate", "Run test images through the timed model of a programmed chip");
  add_common_options(*command, arguments->common);
  command->add_option("--chip", arguments->chip, "Folder with spiking.network, mapped.network and programmed.chip")
      ->type_name("FOLDER")
      ->required();
  command->add_option("--out", arguments->out, "Result file to write (default: simulation.result in that folder)")
      ->type_name("FILE");
  command->add_option("--trace", arguments->trace, "Write an event trace for the Perfetto viewer (.json.gz)")
      ->type_name("FILE");
  command
      ->add_option("--vcd", arguments->vcd, "Write a value change dump of chosen signals for a waveform viewer (.vcd)")
      ->type_name("FILE");
  add_watch_options(*command, arguments->watch, false);
  command->add_flag(
      "--verify", arguments->verify,
      "Compare every spike and final membrane (bit-serial: every output) with the plain network (ideal devices)");
  command->add_flag("--force", arguments->force, "Replace an existing result");
  command->callback([arguments] { simulate_chip(*arguments); });
}

}  // namespace crossloom
