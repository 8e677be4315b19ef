#include "app/pipeline.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "app/simulation_job.h"
#include "app/stages.h"
#include "app/stopwatch.h"
#include "app/variant_run.h"
#include "app/version.h"
#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "models/unfolding.h"
#include "traces/writers.h"
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

SeedReport run_variant(const Context& context, const VariantSpec& variant, const Network& dense, std::uint64_t seed) {
  VariantJob job{variant.name,
                 seed,
                 StageFiles(context.run.work() / fmt::format("seed_{}", seed) / variant.name),
                 context.scratch(seed, variant.name + ".shares"),
                 {}};
  // One trace a variant is enough to look at: that of the first seed.
  if (context.options.trace == TraceLevel::events && seed == context.experiment().seed) {
    fs::create_directories(context.run.work() / "trace");
    job.trace = context.run.work() / "trace" / (variant.name + ".json.gz");
    job.first_traced_image = context.options.first_traced_image;
    job.last_traced_image = context.options.last_traced_image;
  }
  const VariantContext shared{context.experiment(),
                              context.data,
                              context.stimulus,
                              context.run.work() / "configuration.yaml",
                              context.run.scratch() / "stimulus",
                              context.options.threads,
                              context.progress,
                              context.stopwatch};
  return run_on_chip(shared, job, variant_network(context, variant, dense, seed, job.files));
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
  for (const LayerSpec& layer : unfolded(experiment.network).layers) {
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
  // A network that spiking chips do not take is refused before it is trained for nothing.
  (void)unfolded(file.experiment.network);
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
