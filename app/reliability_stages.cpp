#include "app/reliability_stages.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "app/stages.h"
#include "base/error.h"
#include "models/cost.h"
#include "models/functional_run.h"
#include "models/mapping_summary.h"
#include "training/evaluate.h"
#include "training/trainer.h"

namespace crossloom {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// Few enough to keep all workers busy, and not fewer than ten, since every share derives its chip again; results do
/// not depend on it.
std::uint32_t timed_images_a_share(std::uint32_t images, std::size_t threads) {
  const auto workers = static_cast<std::uint32_t>(threads);
  return std::max(10U, (images + workers - 1) / workers);
}

std::string set_name(ImageSet images) {
  return fmt::format("images {} {}\n", images.part == ImageSet::Part::test ? "test" : "validation", images.count);
}

std::uint64_t correct_of(const Network& network, const DatasetView& images, std::size_t threads) {
  const std::vector<std::uint8_t> predictions = evaluate(network, images, threads).predictions;
  std::uint64_t correct = 0;
  for (std::size_t k = 0; k < images.size(); ++k) correct += predictions[k] == images.label(k) ? 1U : 0U;
  return correct;
}

bool same_outcome(const SpikingOutcome& a, const SpikingOutcome& b) {
  return a.predicted == b.predicted && a.output_spikes == b.output_spikes && a.layer_spikes == b.layer_spikes &&
         a.predicted_by_step == b.predicted_by_step;
}

}  // namespace

/// Corners whose cells have as many levels share one integer network, and so one ideal chip.
struct ReliabilityStages::IdealMemory {
  std::string key;
  IdealRun run;
};

ReliabilityStages::ReliabilityStages(const TrainAndTest& data, const fs::path& cache, std::size_t threads,
                                     fs::path scratch, ProgressSink& progress)
    : data_(data),
      threads_(threads),
      scratch_(std::move(scratch)),
      progress_(progress),
      networks_(data, cache, threads, progress),
      pool_(threads),
      ideal_(std::make_unique<IdealMemory>()) {}

ReliabilityStages::~ReliabilityStages() = default;

DatasetView ReliabilityStages::view_of(const Experiment& experiment, ImageSet images) const {
  if (images.part == ImageSet::Part::test) return DatasetView(data_.test).first(images.count);
  return split_for_validation(data_.train, experiment.training).validation.first(images.count);
}

const IdealRun& ReliabilityStages::ideal_run(const MeasuredPoint& point, ImageSet images, const Stimulus& stimulus) {
  const std::string key = set_name(images) + sha256_hex(to_archive(point.spiking()).to_bytes());
  if (ideal_->key != key) {
    ideal_->run =
        run_ideal_chip({point.spiking(), point.mapped(), point.encoder(), stimulus}, point.experiment().chip, pool_);
    ideal_->key = key;
  }
  return ideal_->run;
}

Json ReliabilityStages::frame(MeasuredPoint& point, ImageSet images) {
  return networks_.record("reliability_ideal", point.identity() + set_name(images), [&]() -> Json {
    point.build();
    const DatasetView view = view_of(point.experiment(), images);
    const IdealRun& ideal = ideal_run(point, images, stimulus_of(view));
    std::vector<std::string> layers;
    for (const SpikingLayer& layer : point.spiking().layers) layers.push_back(layer.name);
    return {{"images", view.size()},
            {"correct", correct_of(point.reference(), view, threads_)},
            {"ideal_correct", ideal.correct},
            {"layers", layers},
            {"ideal_squares", ideal.squares}};
  });
}

std::vector<ChipRecord> ReliabilityStages::chips(MeasuredPoint& point, ImageSet images, std::size_t first,
                                                 std::size_t last, const std::string& label) {
  std::vector<fs::path> files;
  std::vector<std::size_t> missing;
  for (std::size_t chip = first; chip < last; ++chip) {
    files.push_back(
        networks_.file("reliability_chip", point.identity() + set_name(images) + fmt::format("chip {}\n", chip)));
    if (!NetworkStages::find_record(files.back())) missing.push_back(chip - first);
  }
  if (!missing.empty()) {
    point.build();
    const Stimulus stimulus = stimulus_of(view_of(point.experiment(), images));
    const IdealRun& ideal = ideal_run(point, images, stimulus);
    const MeasuredNetwork network{point.spiking(), point.mapped(), point.encoder(), stimulus};
    std::atomic<std::uint64_t> done{0};
    const std::uint64_t all = missing.size() * stimulus.images.size();
    progress_.update(label, 0, all, "images on chips");  // large chips take a while to program before the first one
    pool_.for_each(missing.size(), [&](std::size_t k, std::size_t) {
      const auto start = std::chrono::steady_clock::now();
      const std::shared_ptr<const ProgrammedChip> chip = point.program(first + missing[k], 1);
      const ChipRecord record =
          measure_chip(network, *chip, ideal, [&] { progress_.update(label, ++done, all, "images on chips"); });
      const Json json = {{"correct", record.correct},
                         {"squared_differences", record.squared_differences},
                         {"fingerprint", record.fingerprint}};
      const fs::path& file = files[missing[k]];
      StageCache::put_seconds(file, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      NetworkStages::write_record(file, json);
    });
  }
  std::vector<ChipRecord> records;
  for (const fs::path& file : files) {
    const Json json = NetworkStages::find_record(file).value();
    records.push_back({json.at("correct"), json.at("squared_differences"), json.at("fingerprint")});
    networks_.account(file);
  }
  for (const std::size_t k : missing) networks_.account_new(files[k]);
  return records;
}

SampledChips ReliabilityStages::sample(const ComparePoint& compare_point, std::uint64_t seed, ImageSet images,
                                       const SamplingRule& rule, const std::string& label) {
  MeasuredPoint point(networks_, data_, threads_, progress_, compare_point, seed, last_);
  const Json known = frame(point, images);
  const double count = known.at("images");
  const double correct = known.at("correct");
  SampledChips result;
  result.accuracy = correct / count;
  result.ideal_accuracy = known.at("ideal_correct").get<double>() / count;
  result.layers = known.at("layers").get<std::vector<std::string>>();
  std::vector<ChipRecord> records;
  std::optional<std::size_t> enough;
  while (!enough) {
    // First only two: chips that have nothing random are all alike.
    const std::size_t batch =
        records.empty() ? 2 : std::max(threads_, rule.least - std::min(rule.least, records.size()));
    const std::size_t last = std::min(rule.most, records.size() + batch);
    for (ChipRecord& record : chips(point, images, records.size(), last, label)) records.push_back(std::move(record));
    result.losses.clear();
    for (const ChipRecord& record : records) {
      result.losses.push_back((correct - static_cast<double>(record.correct)) / count);
    }
    enough = records[0].fingerprint == records[1].fingerprint ? 2 : chips_enough(result.losses, rule);
  }
  result.losses.resize(*enough);
  const auto squares = known.at("ideal_squares").get<std::vector<std::uint64_t>>();
  for (std::size_t l = 0; l < squares.size(); ++l) {
    double difference = 0.0;
    for (std::size_t k = 0; k < *enough; ++k) difference += static_cast<double>(records[k].squared_differences.at(l));
    const double ideal = static_cast<double>(squares[l]) * static_cast<double>(*enough);
    result.layer_errors.push_back(std::sqrt(difference / ideal));
  }
  networks_.account_networks(compare_point, seed);
  return result;
}

Json ReliabilityStages::measure_timed(MeasuredPoint& point, std::uint32_t images, const std::string& label) {
  point.build();
  const Experiment& experiment = point.experiment();
  const Stimulus stimulus = stimulus_of(view_of(experiment, {ImageSet::Part::validation, images}));
  const std::shared_ptr<const ProgrammedChip> chip = point.program(0, threads_);
  const fs::path work = scratch_ / sha256_hex(point.identity());
  fs::remove_all(work);
  fs::create_directories(work);
  const StageFiles files(work);
  SimulationJob job;
  job.configuration = work / "configuration.yaml";
  write_file_atomically(job.configuration, point.file().resolved);
  job.spiking_network = files.spiking_network();
  job.mapped_network = files.mapped_network();
  job.programmed_chip = files.programmed_chip();
  job.stimulus = work / "stimulus";
  to_archive(point.spiking()).save(job.spiking_network);
  to_archive(point.mapped()).save(job.mapped_network);
  chip->to_archive().save(job.programmed_chip);
  save_stimulus(stimulus, job.stimulus);
  job.seed = point.seed();
  job.count = images;
  const SimulationResult result = simulate_in_workers(
      job, {threads_, work / "shares", label + ", timed", timed_images_a_share(images, threads_)}, progress_);
  fs::remove_all(work);
  FunctionalRun untimed(point.mapped(), point.spiking(), *chip, point.encoder());
  for (std::size_t k = 0; k < stimulus.images.size(); ++k) {
    const auto* pixels = stimulus.pixels.data() + k * stimulus.image_size;
    CROSSLOOM_CHECK(same_outcome(untimed.run(stimulus.images[k], pixels), result.images[k].outcome),
                    fmt::format("{}: image {} gives another output timed than untimed", label, stimulus.images[k]));
  }
  const ChipArea area = chip_area(point.mapped(), experiment.chip);
  const Time elapsed = experiment.chip.time_of(Cycles(result.elapsed_cycles));
  const CostBreakdown cost = cost_of(result.activity, elapsed, point.mapped(), experiment.chip);
  return {{"energy_per_inference_j", cost.total().si() / images},
          {"latency_per_inference_s", elapsed.si() / images},
          {"area_mm2", area.chip.si() * 1e6},
          {"array_area_mm2", area.arrays.si() * 1e6},
          {"crossbars", area.crossbars},
          {"physical_arrays", area.physical_arrays},
          {"utilisation", point.mapped().utilisation(live_weights(point.mapped(), point.spiking()))},
          {"timed_images", images}};
}

ArrayError ReliabilityStages::array_error(const ComparePoint& compare_point, std::uint64_t seed) {
  MeasuredPoint point(networks_, data_, threads_, progress_, compare_point, seed, last_);
  const Json json = networks_.record("reliability_array", point.identity(), [&]() -> Json {
    point.build();
    const std::shared_ptr<const ProgrammedChip> chip = point.program(0, threads_);
    const ArrayError error =
        fullest_array_error(*chip, point.mapped(), point.spiking(), point.experiment().chip.crossbar.spare_columns);
    return {{"layer", error.layer},
            {"crossbar", error.crossbar},
            {"rows", error.rows},
            {"columns", error.columns},
            {"levels", error.levels}};
  });
  return {json.at("layer"), json.at("crossbar"), json.at("rows"), json.at("columns"), json.at("levels")};
}

SizeCost ReliabilityStages::timed(const ComparePoint& compare_point, std::uint64_t seed, std::uint32_t images,
                                  const std::string& label) {
  MeasuredPoint point(networks_, data_, threads_, progress_, compare_point, seed, last_);
  const Json json = networks_.record("reliability_timed", point.identity() + fmt::format("timed {}\n", images),
                                     [&] { return measure_timed(point, images, label); });
  SizeCost cost;
  cost.energy_per_inference_j = json.at("energy_per_inference_j");
  cost.latency_per_inference_s = json.at("latency_per_inference_s");
  cost.area_mm2 = json.at("area_mm2");
  cost.array_area_mm2 = json.at("array_area_mm2");
  cost.crossbars = json.at("crossbars");
  cost.physical_arrays = json.at("physical_arrays");
  cost.utilisation = json.at("utilisation");
  cost.timed_images = json.at("timed_images");
  return cost;
}

}  // namespace crossloom
