#include "app/pipeline.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "app/simulation_job.h"
#include "app/stages.h"
#include "app/stopwatch.h"
#include "app/version.h"
#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "models/cost.h"
#include "traces/writers.h"
#include "training/evaluate.h"
#include "training/trainer.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;

/// What the stages of all seeds and variants share.
struct Context {
  const ExperimentFile& file;
  const PipelineOptions& options;
  RunFolder& run;
  const TrainAndTest& data;
  const Stimulus& stimulus;
  ProgressSink& progress;
  Stopwatch& stopwatch;
  [[nodiscard]] const Experiment& experiment() const { return file.experiment; }
  [[nodiscard]] fs::path scratch(std::uint64_t seed, const std::string& what) const {
    return run.scratch() / fmt::format("seed_{}_{}", seed, what);
  }
};

/// A stage's file if it is there (a finished stage of an interrupted run), else makes and saves the network.
Network cached_network(const fs::path& file, const std::function<Network()>& make) {
  throw_if_interrupted();
  if (fs::exists(file)) return load_network(file);
  Network network = make();
  fs::create_directories(file.parent_path());
  save_network(network, file);
  return network;
}

Network dense_network(const Context& context, std::uint64_t seed) {
  const fs::path file = context.run.work() / fmt::format("seed_{}", seed) / "dense.network";
  return cached_network(file, [&] {
    context.progress.message(fmt::format("Seed {}: training {}", seed, context.experiment().network.name));
    const auto timed = context.stopwatch.time(fmt::format("train seed {}", seed));
    return train_stage(context.experiment(), context.data.train, seed, context.scratch(seed, "training.checkpoint"),
                       context.options.threads, context.progress);
  });
}

Network variant_network(const Context& context, const VariantSpec& variant, const Network& dense, std::uint64_t seed,
                        const StageFiles& files) {
  return cached_network(files.network(), [&] {
    context.progress.message(fmt::format("Seed {}, {}: transforming", seed, variant.name));
    const auto timed = context.stopwatch.time(fmt::format("transform seed {} {}", seed, variant.name));
    return transform_stage(context.experiment(), variant, dense, context.data.train, seed,
                           context.scratch(seed, variant.name + ".checkpoint"), context.options.threads,
                           context.progress);
  });
}

/// Spiking network, mapping and programmed chip of a variant, as files for the workers and as values for the report.
struct Chip {
  SpikingNetwork network;
  MappedNetwork mapped;
  MappingQuality quality;
  ProgrammingReport programming;
};

Chip build_chip(const Context& context, const VariantSpec& variant, const Network& network, std::uint64_t seed,
                const StageFiles& files) {
  throw_if_interrupted();
  context.progress.message(fmt::format("Seed {}, {}: mapping and programming", seed, variant.name));
  const auto timed = context.stopwatch.time(fmt::format("map seed {} {}", seed, variant.name));
  // Cheap beside training and simulation, and deterministic: made again when a run is resumed.
  Chip chip;
  chip.network = convert_stage(context.experiment(), network, context.data.train, context.options.threads);
  MappingResult result = map_stage(context.experiment(), chip.network, seed, context.progress);
  chip.mapped = std::move(result.mapped);
  chip.quality = result.quality;
  const ProgrammedChip programmed = program_stage(context.experiment(), chip.network, chip.mapped, seed);
  chip.programming = programmed.report();
  to_archive(chip.network).save(files.spiking_network());
  to_archive(chip.mapped).save(files.mapped_network());
  programmed.to_archive().save(files.programmed_chip());
  return chip;
}

SimulationJob simulation_job(const Context& context, const VariantSpec& variant, std::uint64_t seed,
                             const StageFiles& files) {
  SimulationJob job;
  job.configuration = context.run.work() / "configuration.yaml";
  job.spiking_network = files.spiking_network();
  job.mapped_network = files.mapped_network();
  job.programmed_chip = files.programmed_chip();
  job.stimulus = context.run.scratch() / "stimulus";
  job.seed = seed;
  job.count = static_cast<std::uint32_t>(context.stimulus.images.size());
  // One trace a variant is enough to look at: that of the first seed.
  if (context.options.trace == TraceLevel::events && seed == context.experiment().seed) {
    fs::create_directories(context.run.work() / "trace");
    job.trace = context.run.work() / "trace" / (variant.name + ".json.gz");
    job.first_observed = context.options.first_traced_image;
    job.last_observed = context.options.last_traced_image;
  }
  return job;
}

SimulationResult run_chip(const Context& context, const VariantSpec& variant, std::uint64_t seed,
                          const StageFiles& files) {
  const std::string what = fmt::format("Seed {}, {}: simulating", seed, variant.name);
  context.progress.message(what);
  const auto timed = context.stopwatch.time(fmt::format("simulate seed {} {}", seed, variant.name));
  return simulate_in_workers(simulation_job(context, variant, seed, files),
                             {context.options.threads, context.scratch(seed, variant.name + ".shares"), what},
                             context.progress);
}

double chip_accuracy(const SimulationResult& result, const std::vector<std::uint8_t>& labels) {
  std::size_t correct = 0;
  for (std::size_t k = 0; k < labels.size(); ++k) correct += result.images[k].outcome.predicted == labels[k] ? 1U : 0U;
  return static_cast<double>(correct) / static_cast<double>(labels.size());
}

SeedReport run_variant(const Context& context, const VariantSpec& variant, const Network& dense, std::uint64_t seed) {
  const Experiment& experiment = context.experiment();
  const StageFiles files(context.run.work() / fmt::format("seed_{}", seed) / variant.name);
  const Network network = variant_network(context, variant, dense, seed, files);
  Chip chip = build_chip(context, variant, network, seed, files);
  SeedReport report;
  report.seed = seed;
  report.simulation = run_chip(context, variant, seed, files);
  report.labels = context.stimulus.labels;
  report.chip_accuracy = chip_accuracy(report.simulation, report.labels);
  const std::size_t threads = context.options.threads;
  report.accuracy = evaluate(network, DatasetView(context.data.test), threads).accuracy;
  report.accuracy_on_simulated = evaluate(network, stimulus_images(experiment, context.data.test), threads).accuracy;
  report.validation_accuracy =
      evaluate(network, split_for_validation(context.data.train, experiment.training).validation, threads).accuracy;
  report.synapses = network.synapses();
  for (std::size_t layer = 0; layer < network.layers.size(); ++layer) {
    report.layer_synapses.push_back(network.synapses(LayerId(layer)));
  }
  report.utilisation = chip.mapped.utilisation(report.synapses);
  report.area = chip_area(chip.mapped, experiment.chip);
  const Time elapsed = experiment.chip.time_of(Cycles(report.simulation.elapsed_cycles));
  report.cost = cost_of(report.simulation.activity, elapsed, chip.mapped, experiment.chip);
  report.programming = chip.programming;
  report.traffic_hops = chip.quality.traffic_hops;
  report.traffic_hops_in_order = chip.quality.traffic_hops_in_order;
  return report;
}

RunReport report_frame(const Context& context) {
  const Experiment& experiment = context.experiment();
  RunReport report;
  report.experiment = experiment.name;
  report.dataset = context.data.train.origin.description + "; " + context.data.test.origin.description;
  report.chip = experiment.chip.name;
  report.clock = experiment.chip.clock;
  report.steps = experiment.spiking.steps;
  report.layer_neurons.push_back(experiment.network.input.size());
  for (const DenseLayerSpec& layer : experiment.network.layers) {
    report.layer_names.push_back(layer.name);
    report.layer_neurons.push_back(layer.outputs);
  }
  for (std::size_t k = 0; k < context.data.test.classes; ++k) report.class_names.push_back(std::to_string(k));
  for (const VariantSpec& variant : experiment.variants) report.variants.push_back({variant.name, {}});
  report.constants = sourced_constants(experiment.chip);
  for (const DatasetOrigin* origin : {&context.data.train.origin, &context.data.test.origin}) {
    for (const DatasetFile& file : origin->files) report.inputs.push_back({file.name, file.sha256});
  }
  report.inputs.push_back({"configuration.yaml", sha256_hex(context.file.resolved)});
  report.versions = versions();
  report.seed = experiment.seed;
  return report;
}

RunReport run_all(const Context& context) {
  RunReport report = report_frame(context);
  const Experiment& experiment = context.experiment();
  for (std::uint32_t repetition = 0; repetition < experiment.seeds; ++repetition) {
    const std::uint64_t seed = experiment.seed + repetition;
    const Network dense = dense_network(context, seed);
    for (std::size_t v = 0; v < experiment.variants.size(); ++v) {
      report.variants[v].seeds.push_back(run_variant(context, experiment.variants[v], dense, seed));
    }
  }
  return report;
}

void write_outputs(const Context& context, const RunReport& report) {
  const fs::path& folder = context.run.work();
  if (context.options.trace == TraceLevel::none) {
    write_file_atomically(folder / "summary.json", summary_json(report));
    write_file_atomically(folder / "comparison.txt", comparison_text(report));
  } else {
    write_report(report, folder);
  }
  save_run_report(report, folder / "run.report");
  write_file_atomically(folder / "timing.json", context.stopwatch.to_json());
}

/// All that the bytes of the results depend on: a run is resumed only with the same.
std::string identity_of(const ExperimentFile& file, const PipelineOptions& options, const TrainAndTest& data) {
  std::string text = fmt::format("{}\ntrace {} {}..{}\n{}", version_text(), static_cast<int>(options.trace),
                                 options.first_traced_image, options.last_traced_image, file.resolved);
  for (const Dataset* dataset : {&data.train, &data.test}) {
    text += "# " + dataset->origin.description + "\n";
    for (const DatasetFile& input : dataset->origin.files) text += fmt::format("# {} {}\n", input.name, input.sha256);
  }
  return text;
}

}  // namespace

PipelineOutcome run_experiment(const ExperimentFile& file, const PipelineOptions& options, ProgressSink& progress) {
  RunFolder::check(options.out, options.existing);
  // Inputs are read before the folder is made, so that bad ones leave nothing behind.
  const TrainAndTest data = load_data(file.experiment, options.data, options.threads);
  const Stimulus stimulus = stimulus_of(stimulus_images(file.experiment, data.test));
  (void)split_for_validation(data.train, file.experiment.training);
  RunFolder run(options.out, identity_of(file, options, data), options.existing);
  if (run.already_complete()) return {read_file(run.out() / "comparison.txt"), true};
  progress.message("Data: " + data.train.origin.description);
  Stopwatch stopwatch;
  write_file_atomically(run.work() / "configuration.yaml", file.resolved);
  save_stimulus(stimulus, run.scratch() / "stimulus");
  const Context context{file, options, run, data, stimulus, progress, stopwatch};
  const RunReport report = run_all(context);
  write_outputs(context, report);
  run.publish();
  return {comparison_text(report), false};
}

}  // namespace crossloom
