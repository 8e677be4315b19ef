#include "app/reliability.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "app/compare_points.h"
#include "app/reliability_points.h"
#include "app/reliability_stages.h"
#include "app/run_folder.h"
#include "app/stages.h"
#include "base/error.h"
#include "base/files.h"
#include "models/unfolding.h"
#include "traces/heat_map.h"
#include "training/trainer.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;

/// What all points share.
struct Study {
  const ExperimentLoader& load;
  const ExperimentFile& base;
  const ReliabilitySpec& spec;
  std::vector<ArraySize> arrays;
  std::vector<std::size_t> variants;  ///< indices into the experiment's
  std::uint32_t timed_images = 0;     ///< at each point
  ReliabilityStages& stages;
  ProgressSink& progress;
  ReliabilityStudy& result;
  std::size_t points_done = 0;
  std::map<std::string, HeatMap> arrays_seen = {};  ///< by file name

  [[nodiscard]] const Experiment& experiment() const { return base.experiment; }
  [[nodiscard]] std::uint64_t seed() const { return base.experiment.seed; }
  [[nodiscard]] std::size_t points() const { return spec.corners.size() * variants.size() * arrays.size(); }
};

ComparePoint point_of(const Study& study, const CornerSpec& corner, std::size_t variant, ArraySize array,
                      const CausesOn& on = {}) {
  return {"", variant, reliability_point(study.load, study.spec, array, corner, on)};
}

std::string label_of(const Study& study, const CornerSpec& corner, std::size_t variant, ArraySize array) {
  return fmt::format("{}, {} at {}", corner.name, study.experiment().variants[variant].name, array_size_text(array));
}

MeasuredSize measure_size(Study& study, const CornerSpec& corner, std::size_t variant, ArraySize array) {
  MeasuredSize size;
  size.array = array;
  const std::string label = label_of(study, corner, variant, array);
  study.progress.message(fmt::format("Point {} of {}: {}", ++study.points_done, study.points(), label));
  const ComparePoint point = point_of(study, corner, variant, array);
  try {
    const ImageSet images{ImageSet::Part::validation, study.spec.images};
    SampledChips chips = study.stages.sample(point, study.seed(), images, study.result.rule, label);
    size.accuracy = chips.accuracy;
    size.ideal_accuracy = chips.ideal_accuracy;
    size.losses = std::move(chips.losses);
    size.layer_errors = std::move(chips.layer_errors);
    study.result.layers = std::move(chips.layers);
    size.cost = study.stages.timed(point, study.seed(), study.timed_images, label);
  } catch (const DoesNotFit& error) {
    size.does_not_fit = error.what();
  } catch (const NothingLeft& error) {
    size.does_not_fit = error.what();
  }
  if (!size.does_not_fit.empty()) study.progress.message(fmt::format("{}: {}", label, size.does_not_fit));
  return size;
}

/// Test images are looked at only where validation images have decided.
void confirm(Study& study, const CornerSpec& corner, std::size_t variant, ReliabilityCurve& curve) {
  if (study.spec.test_images == 0 || !curve.decision.largest) return;
  for (const std::size_t k : {*curve.decision.largest, *curve.decision.least_energy}) {
    MeasuredSize& size = curve.sizes[k];
    if (size.test) continue;
    const ImageSet images{ImageSet::Part::test, study.spec.test_images};
    const SampledChips chips =
        study.stages.sample(point_of(study, corner, variant, size.array), study.seed(), images, study.result.rule,
                            label_of(study, corner, variant, size.array) + ", test images");
    size.test = Confirmation{chips.accuracy, chips.losses};
  }
}

/// The sizes whose losses are taken apart: those named, or the decided one and its neighbours.
std::vector<std::size_t> budget_sizes(const Study& study, const ReliabilityCurve& curve) {
  const std::vector<ArraySize>& named = study.spec.budget->sizes;
  const std::size_t decided = curve.decision.largest.value_or(0);
  std::vector<std::size_t> sizes;
  for (std::size_t k = 0; k < curve.sizes.size(); ++k) {
    const MeasuredSize& size = curve.sizes[k];
    const bool is_named = std::any_of(named.begin(), named.end(), [&](ArraySize array) {
      return array.rows == size.array.rows && array.columns == size.array.columns;
    });
    const bool near = k + 1 >= decided && k <= decided + 1;
    if (size.does_not_fit.empty() && (named.empty() ? near : is_named)) sizes.push_back(k);
  }
  return sizes;
}

void add_budgets(Study& study, const CornerSpec& corner, std::size_t variant, ReliabilityCurve& curve) {
  if (!has_budget(study.spec, corner)) return;
  const BudgetSpec& spec = *study.spec.budget;
  for (const std::size_t k : budget_sizes(study, curve)) {
    ErrorBudget budget{k, corner.causes, {}};
    for (const CausesOn& on : budget_points(corner)) {
      const std::string label =
          fmt::format("{}, causes: {}", label_of(study, corner, variant, curve.sizes[k].array), causes_text(on));
      study.progress.message("Budget: " + label);
      SampledChips chips =
          study.stages.sample(point_of(study, corner, variant, curve.sizes[k].array, on), study.seed(),
                              {ImageSet::Part::validation, spec.images}, {spec.chips, spec.chips, 0.0}, label);
      budget.entries.push_back({on.kind, on.cause, std::move(chips.losses), std::move(chips.layer_errors)});
    }
    curve.budgets.push_back(std::move(budget));
  }
}

std::string file_name_of(std::string text) {
  for (char& letter : text) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0) letter = '_';
  }
  return text;
}

/// One array of the first size beyond the reliable ones, or of the largest there is.
void look_into_array(Study& study, const CornerSpec& corner, std::size_t variant, const ReliabilityCurve& curve) {
  std::optional<std::size_t> at;
  for (std::size_t k = 0; k < curve.sizes.size(); ++k) {
    if (!curve.sizes[k].does_not_fit.empty()) continue;
    at = k;
    if (!curve.decision.largest || k > *curve.decision.largest) break;
  }
  if (!at) return;
  const ArraySize array = curve.sizes[*at].array;
  ArrayError error = study.stages.array_error(point_of(study, corner, variant, array), study.seed());
  HeatMap map;
  map.title = fmt::format("{}: crossbar {} ({})", label_of(study, corner, variant, array), error.crossbar, error.layer);
  map.quantity = "current missed by each weight, in conductance levels";
  map.horizontal = "column";
  map.vertical = "wordline";
  map.rows = error.rows;
  map.columns = error.columns;
  map.values = std::move(error.levels);
  study.arrays_seen[fmt::format("array_error_{}_{}.svg", file_name_of(corner.name), file_name_of(curve.variant))] =
      std::move(map);
}

CornerResult measure_corner(Study& study, const CornerSpec& corner) {
  CornerResult result;
  result.name = corner.name;
  for (const std::size_t variant : study.variants) {
    ReliabilityCurve curve;
    curve.variant = study.experiment().variants[variant].name;
    for (const ArraySize array : study.arrays) {
      curve.sizes.push_back(measure_size(study, corner, variant, array));
      result.checked_images += curve.sizes.back().cost.timed_images;
    }
    curve.decision = decide_size(curve.sizes, study.spec.largest_loss);
    confirm(study, corner, variant, curve);
    add_budgets(study, corner, variant, curve);
    look_into_array(study, corner, variant, curve);
    result.curves.push_back(std::move(curve));
  }
  return result;
}

void check_enough(const char* key, std::size_t wanted, std::size_t there, const char* what) {
  if (wanted <= there) return;
  throw UserError(fmt::format("reliability.{}: {} are wanted but there are {} {} images", key, wanted, there, what));
}

void check_images(const ReliabilitySpec& spec, std::uint32_t timed, std::size_t validation, std::size_t test) {
  check_enough("images", spec.images, validation, "validation");
  check_enough("timed_images", timed, validation, "validation");
  check_enough("test_images", spec.test_images, test, "test");
  if (spec.budget) check_enough("budget.images", spec.budget->images, validation, "validation");
}

ReliabilityStudy study_frame(const ExperimentFile& base, const TrainAndTest& data) {
  const Experiment& experiment = base.experiment;
  const ReliabilitySpec& spec = *experiment.reliability;
  ReliabilityStudy study;
  study.experiment = experiment.name;
  study.dataset = data.train.origin.description + "; " + data.test.origin.description;
  study.chip = experiment.chip.name;
  study.steps = experiment.spiking.steps;
  study.seed = experiment.seed;
  study.images = spec.images;
  study.test_images = spec.test_images;
  study.budget_images = spec.budget ? spec.budget->images : 0;
  study.rule = {spec.least_chips, spec.most_chips, spec.interval};
  study.largest_loss = spec.largest_loss;
  return study;
}

void write_study(const ReliabilityStudy& study, const fs::path& folder) {
  write_file_atomically(folder / "reliability.txt", reliability_text(study));
  write_file_atomically(folder / "summary.json", reliability_json(study));
  fs::create_directories(folder / "tables");
  for (const Table& table : reliability_tables(study)) {
    write_file_atomically(folder / "tables" / (table.name() + ".csv"), table.to_csv());
  }
  write_file_atomically(folder / "accuracy_by_size.svg", accuracy_by_size_svg(study));
  write_file_atomically(folder / "loss_by_size.svg", loss_by_size_svg(study));
  write_file_atomically(folder / "energy_and_accuracy.svg", energy_and_accuracy_svg(study));
  const std::string budget = error_budget_svg(study);
  if (!budget.empty()) write_file_atomically(folder / "error_budget.svg", budget);
}

std::vector<std::size_t> variant_indices(const Experiment& experiment) {
  std::vector<std::size_t> indices;
  for (const std::string& name : experiment.reliability->variants) {
    for (std::size_t v = 0; v < experiment.variants.size(); ++v) {
      if (experiment.variants[v].name == name) indices.push_back(v);
    }
  }
  return indices;
}

/// As many a point as are asked for, and enough that each corner's points together check what is asked for.
std::uint32_t timed_images_a_point(const ReliabilitySpec& spec, std::size_t points_a_corner) {
  const auto points = static_cast<std::uint32_t>(points_a_corner);
  return std::max(spec.timed_images, (spec.checked_images + points - 1) / points);
}

void measure(Study& study) {
  bool any_fits = false;
  for (const CornerSpec& corner : study.spec.corners) {
    study.result.corners.push_back(measure_corner(study, corner));
    for (const ReliabilityCurve& curve : study.result.corners.back().curves) {
      for (const MeasuredSize& size : curve.sizes) any_fits = any_fits || size.does_not_fit.empty();
    }
  }
  if (any_fits) return;
  throw DoesNotFit("no point of the study fits the chip; the first reason: " +
                   study.result.corners.front().curves.front().sizes.front().does_not_fit);
}

}  // namespace

std::string study_reliability(const ExperimentLoader& load, const CompareOptions& options, ProgressSink& progress) {
  const ExperimentFile base = load({});
  const Experiment& experiment = base.experiment;
  if (!experiment.reliability) {
    throw UserError("the experiment has no reliability: mapping; see configs/experiments/digits_reliability.yaml");
  }
  const ReliabilitySpec& spec = *experiment.reliability;
  const std::vector<ArraySize> arrays =
      spec.array_sizes.empty() ? std::vector<ArraySize>{array_of(experiment)} : spec.array_sizes;
  check_reliability_points(load, spec, arrays);
  // A network that spiking chips do not take is refused before it is trained for nothing.
  (void)unfolded(experiment.network);
  // Points are cached, so an interrupted study is simply taken up again.
  const bool interrupted = fs::exists(fs::path(options.out).concat(".partial")) && !fs::exists(options.out);
  const ExistingRun existing = options.force ? ExistingRun::replace
                               : interrupted ? ExistingRun::resume
                                             : ExistingRun::refuse;
  RunFolder::check(options.out, existing);
  const TrainAndTest data = load_data(experiment, options.data, options.threads);
  const std::vector<std::size_t> variants = variant_indices(experiment);
  const std::uint32_t timed = timed_images_a_point(spec, variants.size() * arrays.size());
  check_images(spec, timed, split_for_validation(data.train, experiment.training).validation.size(), data.test.size());
  RunFolder run(options.out, base.resolved, existing);
  progress.message("Data: " + data.train.origin.description);
  ReliabilityStages stages(data, options.cache, options.threads, run.scratch(), progress);
  ReliabilityStudy result = study_frame(base, data);
  Study study{load, base, spec, arrays, variants, timed, stages, progress, result};
  measure(study);
  write_file_atomically(run.work() / "configuration.yaml", base.resolved);
  write_study(result, run.work());
  for (const auto& [file, map] : study.arrays_seen) write_file_atomically(run.work() / file, heat_map_svg(map));
  write_file_atomically(run.work() / "timing.json", stages.networks().timing_json());
  run.publish();
  progress.message(fmt::format("{:.2f} core hours of all stages, {:.2f} of them now",
                               stages.networks().stage_seconds() / 3600.0, stages.networks().new_seconds() / 3600.0));
  return reliability_text(result);
}

}  // namespace crossloom
