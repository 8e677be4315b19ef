#include "app/compare.h"

#include <chrono>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/compare_points.h"
#include "app/stage_cache.h"
#include "app/variant_run.h"
#include "base/error.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "models/cost.h"
#include "models/unfolding.h"
#include "traces/figures.h"
#include "traces/method_comparison.h"
#include "training/evaluate.h"
#include "training/trainer.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Json read_record(const fs::path& file) {
  try {
    return Json::parse(read_file(file));
  } catch (const Json::exception&) {
    throw UserError(fmt::format("{} in the cache is damaged; delete it and compare again", file.string()));
  }
}

/// The work of one comparison: every stage is taken from the cache or made and put there.
class Comparer {
 public:
  Comparer(const ExperimentFile& base, const TrainAndTest& data, const CompareOptions& options, fs::path scratch,
           ProgressSink& progress)
      : base_(base),
        data_(data),
        options_(options),
        cache_(options.cache),
        scratch_(std::move(scratch)),
        progress_(progress),
        stimulus_(stimulus_of(stimulus_images(base.experiment, data.test))) {}

  PointSeed point_seed(const ComparePoint& point, std::uint64_t seed);
  /// Test accuracy and the timed chip at an operating point.
  Headline figures(const ComparePoint& point, std::uint64_t seed);
  PairedOutcome outcome(const ComparePoint& point, const ComparePoint& first, std::uint64_t seed);
  [[nodiscard]] const Stimulus& stimulus() const { return stimulus_; }
  [[nodiscard]] std::string timing_json() const;
  [[nodiscard]] double stage_seconds() const { return stage_seconds_; }
  [[nodiscard]] double new_seconds() const { return new_seconds_; }

 private:
  [[nodiscard]] StageIdentities identities(const ComparePoint& point, std::uint64_t seed) const {
    return StageIdentities(point, data_, seed);
  }
  /// Runs `make`, which writes `file`, unless the file is there; keeps account of the time either way.
  template <class Make>
  void ensure(const fs::path& file, Make make);
  Network dense(const ComparePoint& point, std::uint64_t seed);
  Network transformed(const ComparePoint& point, std::uint64_t seed);
  Json measure_mapping(const ComparePoint& point, std::uint64_t seed);
  Json measure_chip(const ComparePoint& point, std::uint64_t seed);
  [[nodiscard]] std::string label(const ComparePoint& point, std::uint64_t seed) const;

  const ExperimentFile& base_;
  const TrainAndTest& data_;
  const CompareOptions& options_;
  StageCache cache_;
  fs::path scratch_;
  ProgressSink& progress_;
  Stimulus stimulus_;
  double stage_seconds_ = 0.0, new_seconds_ = 0.0;
  std::set<fs::path> counted_;
};

template <class Make>
void Comparer::ensure(const fs::path& file, Make make) {
  throw_if_interrupted();
  if (!fs::exists(file)) {
    const auto start = Clock::now();
    const double before = new_seconds_;
    make();
    // What a stage inside this one took is its own.
    const double seconds = seconds_since(start) - (new_seconds_ - before);
    StageCache::put_seconds(file, seconds);
    new_seconds_ += seconds;
  }
  if (counted_.insert(file).second) stage_seconds_ += StageCache::seconds(file);
}

std::string Comparer::label(const ComparePoint& point, std::uint64_t seed) const {
  const Experiment& experiment = point.file.experiment;
  const CrossbarSpec& crossbar = experiment.chip.crossbar;
  const std::string setting = point.setting.empty() ? "" : ", " + point.setting;
  return fmt::format("{}{} at {}, seed {}", experiment.variants[point.variant].name, setting,
                     array_size_text({crossbar.rows, crossbar.columns}), seed);
}

Network Comparer::dense(const ComparePoint& point, std::uint64_t seed) {
  const fs::path file = cache_.file("dense", identities(point, seed).dense());
  ensure(file, [&] {
    progress_.message(fmt::format("Training {}, seed {}", base_.experiment.network.name, seed));
    const fs::path checkpoint = fs::path(file).concat(".checkpoint");
    save_network(train_stage(point.file.experiment, data_.train, seed, checkpoint, options_.threads, progress_), file);
    fs::remove(checkpoint);
  });
  return load_network(file);
}

Network Comparer::transformed(const ComparePoint& point, std::uint64_t seed) {
  const fs::path file = cache_.file("transformed", identities(point, seed).transformed());
  ensure(file, [&] {
    const Experiment& experiment = point.file.experiment;
    const Network start = dense(point, seed);
    progress_.message("Transforming: " + label(point, seed));
    const fs::path checkpoint = fs::path(file).concat(".checkpoint");
    const VariantSpec& variant = experiment.variants[point.variant];
    save_network(
        transform_stage(experiment, variant, start, data_.train, seed, checkpoint, options_.threads, progress_), file);
    fs::remove(checkpoint);
  });
  return load_network(file);
}

std::uint64_t leftover_synapses(const Layer& layer) {
  std::uint64_t count = 0;
  for (const Block& block : layer.blocks) {
    if (!block.leftover) continue;
    for (const std::uint32_t i : block.rows) {
      for (const std::uint32_t j : block.columns) count += layer.is_live(i, j) ? 1U : 0U;
    }
  }
  return count;
}

Json Comparer::measure_mapping(const ComparePoint& point, std::uint64_t seed) {
  const Experiment& experiment = point.file.experiment;
  const Network start = dense(point, seed);
  const Network network = transformed(point, seed);
  const Network on_chip = unfold(network, array_of(experiment));
  const DatasetView validation = split_for_validation(data_.train, experiment.training).validation;
  std::uint64_t clusters = 0;
  std::uint64_t unclustered = 0;
  for (const Layer& layer : on_chip.layers) {
    for (const Block& block : layer.blocks) clusters += block.leftover ? 0U : 1U;
    unclustered += leftover_synapses(layer);
  }
  progress_.message("Mapping: " + label(point, seed));
  const SpikingNetwork spiking = convert_stage(experiment, on_chip, data_.train, options_.threads);
  const MappedNetwork mapped = map_stage(experiment, spiking, seed, progress_).mapped;
  const ChipArea area = chip_area(mapped, experiment.chip);
  return {{"validation_accuracy", evaluate(network, validation, options_.threads).accuracy},
          {"dense_validation_accuracy", evaluate(start, validation, options_.threads).accuracy},
          {"synapses", on_chip.synapses()},
          {"clusters", clusters},
          {"unclustered", unclustered},
          {"crossbars", area.crossbars},
          {"physical_arrays", area.physical_arrays},
          {"utilisation", mapped.utilisation(on_chip.synapses())},
          {"area_mm2", area.chip.si() * 1e6}};
}

PointSeed Comparer::point_seed(const ComparePoint& point, std::uint64_t seed) {
  const fs::path file = cache_.file("mapped", identities(point, seed).mapped());
  ensure(file, [&] { write_file_atomically(file, measure_mapping(point, seed).dump(1)); });
  const Json json = read_record(file);
  PointSeed result;
  result.seed = seed;
  result.validation_accuracy = json.at("validation_accuracy");
  result.dense_validation_accuracy = json.at("dense_validation_accuracy");
  result.synapses = json.at("synapses");
  result.clusters = json.at("clusters");
  result.unclustered = json.at("unclustered");
  result.crossbars = json.at("crossbars");
  result.physical_arrays = json.at("physical_arrays");
  result.utilisation = json.at("utilisation");
  result.area_mm2 = json.at("area_mm2");
  return result;
}

Json Comparer::measure_chip(const ComparePoint& point, std::uint64_t seed) {
  const Network network = transformed(point, seed);
  const fs::path work = scratch_ / sha256_hex(identities(point, seed).simulated());
  fs::create_directories(work);
  write_file_atomically(work / "configuration.yaml", point.file.resolved);
  save_stimulus(stimulus_, work / "stimulus");
  Stopwatch stopwatch;
  const Experiment& experiment = point.file.experiment;
  const VariantContext context{experiment,       data_,     stimulus_, work / "configuration.yaml", work / "stimulus",
                               options_.threads, progress_, stopwatch};
  VariantJob job{experiment.variants[point.variant].name, seed, StageFiles(work), work / "shares", {}};
  const Headline figures = headline(run_on_chip(context, job, network), experiment.chip.clock);
  Json json = Json::object();
  for (const Figure& figure : all_figures()) json[figure.name] = figures.*figure.value;
  fs::remove_all(work);
  return json;
}

Headline Comparer::figures(const ComparePoint& point, std::uint64_t seed) {
  const fs::path file = cache_.file("simulated", identities(point, seed).simulated());
  ensure(file, [&] {
    progress_.message("Simulating: " + label(point, seed));
    write_file_atomically(file, measure_chip(point, seed).dump(1));
  });
  const Json json = read_record(file);
  Headline figures{};
  for (const Figure& figure : all_figures()) {
    const Json& value = json.at(figure.name);
    figures.*figure.value = value.is_number() ? value.get<double>() : std::numeric_limits<double>::infinity();
  }
  return figures;
}

PairedOutcome Comparer::outcome(const ComparePoint& point, const ComparePoint& first, std::uint64_t seed) {
  throw_if_interrupted();
  const DatasetView test(data_.test);
  const Evaluation own = evaluate(transformed(point, seed), test, options_.threads);
  const Evaluation other = evaluate(transformed(first, seed), test, options_.threads);
  PairedOutcome outcome;
  outcome.images = own.predictions.size();
  for (std::size_t k = 0; k < own.predictions.size(); ++k) {
    const bool own_right = own.predictions[k] == data_.test.labels[k];
    const bool other_right = other.predictions[k] == data_.test.labels[k];
    outcome.only_this_right += own_right && !other_right ? 1U : 0U;
    outcome.only_first_right += other_right && !own_right ? 1U : 0U;
  }
  return outcome;
}

std::string Comparer::timing_json() const {
  const Json json = {{"hours_of_all_stages", stage_seconds_ / 3600.0}, {"hours_of_this_run", new_seconds_ / 3600.0}};
  return json.dump(2) + '\n';
}

std::vector<std::uint64_t> seeds_of(const Experiment& experiment) {
  std::vector<std::uint64_t> seeds;
  for (std::uint32_t k = 0; k < experiment.seeds; ++k) seeds.push_back(experiment.seed + k);
  return seeds;
}

ComparedSize compare_size(Comparer& comparer, const CompareSize& size, const Experiment& experiment) {
  const std::vector<std::uint64_t> seeds = seeds_of(experiment);
  ComparedSize result{size.array, {}};
  for (const std::vector<ComparePoint>& points : size.points) {
    ComparedMethod method;
    method.name = experiment.variants[points.front().variant].name;
    for (const ComparePoint& point : points) {
      MethodPoint found{point.setting, {}};
      for (const std::uint64_t seed : seeds) found.seeds.push_back(comparer.point_seed(point, seed));
      method.points.push_back(std::move(found));
    }
    method.chosen = choose_operating_point(method.points, experiment.comparison->largest_loss);
    result.methods.push_back(std::move(method));
  }
  // Test images and the chip are used only once every choice is made.
  const ComparePoint& first = size.points.front()[result.methods.front().chosen.point];
  for (std::size_t m = 0; m < result.methods.size(); ++m) {
    OperatingPoint& chosen = result.methods[m].chosen;
    for (const std::uint64_t seed : seeds) {
      chosen.figures.push_back(comparer.figures(size.points[m][chosen.point], seed));
      chosen.outcomes.push_back(comparer.outcome(size.points[m][chosen.point], first, seed));
    }
  }
  return result;
}

MethodComparison comparison_frame(const Experiment& experiment, const TrainAndTest& data, const Stimulus& stimulus) {
  MethodComparison comparison;
  comparison.experiment = experiment.name;
  comparison.dataset = data.train.origin.description + "; " + data.test.origin.description;
  comparison.chip = experiment.chip.name;
  comparison.steps = experiment.spiking.steps;
  comparison.largest_loss = experiment.comparison->largest_loss;
  comparison.simulated_images = stimulus.images.size();
  for (const std::string& name : experiment.comparison->relative_to) {
    for (std::size_t v = 0; v < experiment.variants.size(); ++v) {
      if (experiment.variants[v].name == name) comparison.relative_to.push_back(v);
    }
  }
  return comparison;
}

void write_comparison(const MethodComparison& comparison, const fs::path& folder) {
  write_file_atomically(folder / "comparison.txt", method_comparison_text(comparison));
  write_file_atomically(folder / "summary.json", method_comparison_json(comparison));
  fs::create_directories(folder / "tables");
  for (const Table& table : method_comparison_tables(comparison)) {
    write_file_atomically(folder / "tables" / (table.name() + ".csv"), table.to_csv());
  }
  write_file_atomically(folder / "accuracy_by_crossbars.svg", method_curves_svg(comparison));
}

}  // namespace

std::string compare_methods(const ExperimentLoader& load, const CompareOptions& options, ProgressSink& progress) {
  const ExperimentFile base = load({});
  const Experiment& experiment = base.experiment;
  if (!experiment.comparison) {
    throw UserError("the experiment has no comparison: mapping; see configs/experiments/mnist_mlp_methods.yaml");
  }
  const std::vector<CompareSize> sizes = comparison_points(load, base);
  // Points are cached, so an interrupted comparison is simply taken up again.
  const bool interrupted = fs::exists(fs::path(options.out).concat(".partial")) && !fs::exists(options.out);
  const ExistingRun existing = options.force ? ExistingRun::replace
                               : interrupted ? ExistingRun::resume
                                             : ExistingRun::refuse;
  RunFolder::check(options.out, existing);
  const TrainAndTest data = load_data(experiment, options.data, options.threads);
  RunFolder run(options.out, base.resolved, existing);
  progress.message("Data: " + data.train.origin.description);
  Comparer comparer(base, data, options, run.scratch(), progress);
  MethodComparison comparison = comparison_frame(experiment, data, comparer.stimulus());
  for (const CompareSize& size : sizes) comparison.sizes.push_back(compare_size(comparer, size, experiment));
  write_file_atomically(run.work() / "configuration.yaml", base.resolved);
  write_comparison(comparison, run.work());
  write_file_atomically(run.work() / "timing.json", comparer.timing_json());
  run.publish();
  progress.message(fmt::format("{:.2f} hours of training, transforming, mapping and simulating, {:.2f} of them now",
                               comparer.stage_seconds() / 3600.0, comparer.new_seconds() / 3600.0));
  return method_comparison_text(comparison);
}

}  // namespace crossloom
