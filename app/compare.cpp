#include "app/compare.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/compare_networks.h"
#include "app/compare_points.h"
#include "app/compare_stages.h"
#include "app/stages.h"
#include "base/error.h"
#include "base/files.h"
#include "traces/method_comparison.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint64_t> seeds_of(const Experiment& experiment) {
  std::vector<std::uint64_t> seeds;
  for (std::uint32_t k = 0; k < experiment.seeds; ++k) seeds.push_back(experiment.seed + k);
  return seeds;
}

/// All settings of a method; `tried` are those that have a result. Throws NothingLeft where none has.
ComparedMethod compare_settings(CompareStages& stages, const std::vector<ComparePoint>& points,
                                const Experiment& experiment, std::vector<const ComparePoint*>& tried) {
  ComparedMethod method;
  method.name = experiment.variants[points.front().variant].name;
  for (const ComparePoint& point : points) {
    try {
      MethodPoint found{point.setting, {}};
      for (const std::uint64_t seed : seeds_of(experiment)) found.seeds.push_back(stages.point_seed(point, seed));
      method.points.push_back(std::move(found));
      tried.push_back(&point);
    } catch (const NothingLeft& error) {
      if (tried.empty() && &point == &points.back()) {
        throw NothingLeft(
            fmt::format("variant {}: {}; no other setting of it has a result", method.name, error.what()));
      }
      method.failed.push_back({point.setting, error.what()});
    }
  }
  method.chosen = choose_operating_point(method.points, experiment.comparison->largest_loss);
  return method;
}

/// The trainings of all settings tried; pictured are the operating point's of the first seed.
void add_curves(const NetworkStages& stages, const std::vector<const ComparePoint*>& tried, std::size_t chosen,
                const Experiment& experiment, std::vector<TrainingCurve>& curves) {
  const std::vector<std::uint64_t> seeds = seeds_of(experiment);
  for (std::size_t p = 0; p < tried.size(); ++p) {
    const ComparePoint& point = *tried[p];
    for (const std::uint64_t seed : seeds) {
      curves.push_back({array_size_text(array_of(point.file.experiment)), experiment.variants[point.variant].name,
                        point.setting, seed, stages.transformed_epochs(point, seed),
                        p == chosen && seed == seeds.front()});
    }
  }
}

ComparedSize compare_size(CompareStages& stages, const CompareSize& size, const Experiment& experiment,
                          const fs::path& folder, std::vector<TrainingCurve>& curves) {
  const std::vector<std::uint64_t> seeds = seeds_of(experiment);
  ComparedSize result{size.array, size.crossbar, {}};
  std::vector<std::vector<const ComparePoint*>> tried;  // by method and point
  for (const std::vector<ComparePoint>& points : size.points) {
    tried.emplace_back();
    result.methods.push_back(compare_settings(stages, points, experiment, tried.back()));
    add_curves(stages.stages(), tried.back(), result.methods.back().chosen.point, experiment, curves);
  }
  const auto operating = [&](std::size_t m) -> const ComparePoint& {
    return *tried[m][result.methods[m].chosen.point];
  };
  // Test images and the chip are used only once every choice is made.
  std::vector<std::vector<std::uint8_t>> first;  // predictions of the first method, by seed
  for (std::size_t m = 0; m < result.methods.size(); ++m) {
    OperatingPoint& chosen = result.methods[m].chosen;
    const std::string& name = result.methods[m].name;
    for (std::size_t k = 0; k < seeds.size(); ++k) {
      const std::uint64_t seed = seeds[k];
      const Network network = stages.transformed(operating(m), seed);
      count_qualities(network, chosen.qualities);
      // One picture a layer is enough to look at: that of the first seed.
      if (k == 0) {
        const std::string array = array_size_text(size.array);
        write_connectivity(network, fmt::format("{}, crossbars of {}", name, array),
                           folder / "connectivity" / array / name);
      }
      chosen.figures.push_back(stages.figures(operating(m), seed));
      std::vector<std::uint8_t> predictions = stages.predictions(operating(m), seed);
      if (m == 0) first.push_back(predictions);
      chosen.outcomes.push_back(stages.outcome(predictions, first[k]));
      if (experiment.comparison->corner) chosen.corner.push_back(stages.corner(operating(m), seed));
    }
  }
  return result;
}

MethodComparison comparison_frame(const Experiment& experiment, const TrainAndTest& data, const Stimulus& stimulus) {
  MethodComparison comparison;
  comparison.experiment = experiment.name;
  comparison.dataset = data.train.origin.description + "; " + data.test.origin.description;
  comparison.bit_serial = experiment.bit_serial.has_value();
  comparison.chip = comparison.bit_serial ? experiment.bit_serial->chip.name : experiment.chip.name;
  comparison.steps = comparison.bit_serial ? 0 : experiment.spiking.steps;
  comparison.largest_loss = experiment.comparison->largest_loss;
  comparison.simulated_images = stimulus.images.size();
  if (const std::optional<ComparisonCorner>& corner = experiment.comparison->corner) {
    comparison.corner = {corner->corner.name, corner->chips, std::min<std::uint64_t>(corner->images, data.test.size())};
  }
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
  write_file_atomically(folder / "cluster_qualities.svg", cluster_qualities_svg(comparison));
  if (comparison.corner) write_file_atomically(folder / "accuracy_in_corner.svg", corner_svg(comparison));
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
  CompareStages stages(base, data, options, run.scratch(), progress);
  MethodComparison comparison = comparison_frame(experiment, data, stages.stimulus());
  std::vector<TrainingCurve> curves;
  for (const CompareSize& size : sizes) {
    comparison.sizes.push_back(compare_size(stages, size, experiment, run.work(), curves));
  }
  for (const std::uint64_t seed : seeds_of(experiment)) {
    curves.push_back({"", "dense", "", seed, stages.stages().dense_epochs(sizes.front().points.front().front(), seed),
                      seed == experiment.seed});
  }
  write_file_atomically(run.work() / "configuration.yaml", base.resolved);
  write_comparison(comparison, run.work());
  write_curves(curves, experiment.name, run.work());
  write_file_atomically(run.work() / "timing.json", stages.stages().timing_json());
  run.publish();
  progress.message(fmt::format("{:.2f} hours of training, transforming, mapping and simulating, {:.2f} of them now",
                               stages.stages().stage_seconds() / 3600.0, stages.stages().new_seconds() / 3600.0));
  return method_comparison_text(comparison);
}

}  // namespace crossloom
