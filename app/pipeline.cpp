#include "app/pipeline.h"

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/execution_run.h"
#include "app/simulation_job.h"
#include "app/stages.h"
#include "app/stopwatch.h"
#include "app/version.h"
#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "models/unfolding.h"
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
  ProgressSink& progress;
  Stopwatch& stopwatch;
  std::vector<TrainingCurve>& curves;
  [[nodiscard]] const Experiment& experiment() const { return file.experiment; }
  [[nodiscard]] fs::path scratch(std::uint64_t seed, const std::string& what) const {
    return run.scratch() / fmt::format("seed_{}_{}", seed, what);
  }
};

/// A stage's file if it is there (a finished stage of an interrupted run), else makes and saves the network; its epochs
/// join the run's curves.
Network cached_network(const Context& context, const fs::path& file, const fs::path& epochs, TrainingCurve curve,
                       const std::function<TrainedNetwork()>& make) {
  throw_if_interrupted();
  if (!fs::exists(file)) {
    fs::create_directories(file.parent_path());
    save_trained(make(), file, epochs);
  }
  curve.epochs = load_epochs(epochs);
  context.curves.push_back(std::move(curve));
  return load_network(file);
}

Network dense_network(const Context& context, std::uint64_t seed) {
  const fs::path file = context.run.work() / fmt::format("seed_{}", seed) / "dense.network";
  const TrainingCurve curve{"", "dense", "", seed, {}, seed == context.experiment().seed};
  return cached_network(context, file, context.scratch(seed, "training.epochs"), curve, [&] {
    const char* const what = context.experiment().weights == WeightOrigin::random ? "random weights of" : "training";
    context.progress.message(fmt::format("Seed {}: {} {}", seed, what, context.experiment().network.name));
    const auto timed = context.stopwatch.time(fmt::format("train seed {}", seed));
    return train_stage(context.experiment(), context.data.train, seed, context.scratch(seed, "training.checkpoint"),
                       context.options.threads, context.progress);
  });
}

Network variant_network(const Context& context, const VariantSpec& variant, const Network& dense, std::uint64_t seed,
                        const StageFiles& files) {
  const TrainingCurve curve{"", variant.name, "", seed, {}, seed == context.experiment().seed};
  return cached_network(context, files.network(), context.scratch(seed, variant.name + ".epochs"), curve, [&] {
    context.progress.message(fmt::format("Seed {}, {}: transforming", seed, variant.name));
    const auto timed = context.stopwatch.time(fmt::format("transform seed {} {}", seed, variant.name));
    return transform_stage(context.experiment(), variant, dense, context.data.train, seed,
                           context.scratch(seed, variant.name + ".checkpoint"), context.options.threads,
                           context.progress);
  });
}

void run_variant(const Context& context, std::size_t index, const Network& dense, std::uint64_t seed,
                 ExecutionRun& execution) {
  const VariantSpec& variant = context.experiment().variants[index];
  VariantJob job{variant.name,
                 seed,
                 StageFiles(context.run.work() / fmt::format("seed_{}", seed) / variant.name),
                 context.scratch(seed, variant.name + ".shares"),
                 {}};
  job.watch = context.options.watch;
  // One trace a variant is enough to look at: that of the first seed.
  if (seed == context.experiment().seed) {
    const fs::path folder = context.run.work() / "trace";
    if (context.options.trace == TraceLevel::events) job.watch.trace = folder / (variant.name + ".json.gz");
    if (!job.watch.signal_pattern.empty()) job.watch.signals = folder / (variant.name + ".vcd");
    if (!job.watch.trace.empty() || !job.watch.signals.empty()) fs::create_directories(folder);
  }
  execution.add(index, job, variant_network(context, variant, dense, seed, job.files));
}

void run_all(const Context& context, ExecutionRun& execution) {
  const Experiment& experiment = context.experiment();
  for (std::uint32_t repetition = 0; repetition < experiment.seeds; ++repetition) {
    const std::uint64_t seed = experiment.seed + repetition;
    const Network dense = dense_network(context, seed);
    for (std::size_t v = 0; v < experiment.variants.size(); ++v) run_variant(context, v, dense, seed, execution);
  }
}

/// All that the bytes of the results depend on: a run is resumed only with the same.
std::string identity_of(const ExperimentFile& file, const PipelineOptions& options, const TrainAndTest& data) {
  std::string text = fmt::format("{}\ntrace {} {}\n{}", version_text(), static_cast<int>(options.trace),
                                 watch_text(options.watch), file.resolved);
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
  if (!file.experiment.bit_serial) (void)unfolded(file.experiment.network);
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
  const VariantContext shared{
      file.experiment, data,     stimulus, run.work() / "configuration.yaml", run.scratch() / "stimulus",
      options.threads, progress, stopwatch};
  const std::unique_ptr<ExecutionRun> execution = make_execution_run(shared);
  std::vector<TrainingCurve> curves;
  run_all(Context{file, options, run, data, progress, stopwatch, curves}, *execution);
  write_curves(curves, file.experiment.name, run.work());
  execution->write(run.work(), options.trace != TraceLevel::none);
  write_file_atomically(run.work() / "timing.json", stopwatch.to_json());
  run.publish();
  return {execution->comparison(), false};
}

}  // namespace crossloom
