#include "app/compare_stages.h"

#include <limits>

#include <fmt/format.h>

#include "app/bit_serial_variant.h"
#include "app/compare_bit_serial.h"
#include "app/compare_networks.h"
#include "app/stages.h"
#include "app/variant_run.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "models/cost.h"
#include "models/mapping_summary.h"
#include "models/unfolding.h"
#include "traces/figures.h"
#include "training/evaluate.h"
#include "training/trainer.h"
#include "training/transform/retraining.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

/// Blocks that are no leftovers, and live weights in leftovers.
Json cluster_counts(const Network& network) {
  std::uint64_t clusters = 0;
  std::uint64_t unclustered = 0;
  for (const Layer& layer : network.layers) {
    for (const Block& block : layer.blocks) {
      clusters += block.leftover ? 0U : 1U;
      unclustered += block.leftover ? live_in(layer, block) : 0U;
    }
  }
  return {{"synapses", network.synapses()}, {"clusters", clusters}, {"unclustered", unclustered}};
}

}  // namespace

Json CompareStages::spiking_mapping(const Experiment& experiment, const Network& network, std::uint64_t seed) {
  const Network on_chip = unfold(network, array_of(experiment));
  const SpikingNetwork spiking = convert_stage(experiment, on_chip, data_.train, options_.threads);
  const MappedNetwork mapped = map_stage(experiment, spiking, seed, progress_).mapped;
  const ChipArea area = chip_area(mapped, experiment.chip);
  Json json = cluster_counts(on_chip);
  json["crossbars"] = area.crossbars;
  json["physical_arrays"] = area.physical_arrays;
  json["utilisation"] = mapped.utilisation(live_weights(mapped, spiking));
  json["area_mm2"] = area.chip.si() * 1e6;
  return json;
}

Json CompareStages::bit_serial_mapping(const Experiment& experiment, const Network& network, std::uint64_t seed) {
  const BitSerialSeedReport placed =
      placed_figures(experiment, network, data_.train, seed, options_.threads, progress_);
  Json json = cluster_counts(network);
  json["crossbars"] = placed.crossbars;
  json["physical_arrays"] = placed.physical_arrays;
  json["utilisation"] = placed.utilisation;
  json["area_mm2"] = placed.tile_area.si() * 1e6;
  return json;
}

Json CompareStages::measure_mapping(const ComparePoint& point, std::uint64_t seed) {
  const Experiment& experiment = point.file.experiment;
  const Network network = transformed(point, seed);
  progress_.message("Mapping: " + NetworkStages::label(point, seed));
  return experiment.bit_serial ? bit_serial_mapping(experiment, network, seed)
                               : spiking_mapping(experiment, network, seed);
}

template <class NetworkOf>
double CompareStages::validation_accuracy(const ComparePoint& point, const std::string& identity, NetworkOf network) {
  return stages_.record("validated", identity, [&]() -> Json {
    const DatasetView images = split_for_validation(data_.train, point.file.experiment.training).validation;
    return evaluate(network(), images, options_.threads).accuracy;
  });
}

PointSeed CompareStages::point_seed(const ComparePoint& point, std::uint64_t seed) {
  const Json json = stages_.record("mapped", stages_.identities(point, seed).mapped(), [&]() -> Json {
    try {
      return measure_mapping(point, seed);
    } catch (const NothingLeft& error) {
      Json record = Json::object();
      record["nothing_left"] = error.what();
      return record;
    }
  });
  if (json.contains("nothing_left")) throw NothingLeft(json.at("nothing_left").get<std::string>());
  PointSeed result;
  result.seed = seed;
  result.validation_accuracy = validation_accuracy(point, stages_.identities(point, seed).transformed(),
                                                   [&] { return transformed(point, seed); });
  result.dense_validation_accuracy =
      validation_accuracy(point, stages_.identities(point, seed).dense(), [&] { return stages_.dense(point, seed); });
  result.synapses = json.at("synapses");
  result.clusters = json.at("clusters");
  result.unclustered = json.at("unclustered");
  result.crossbars = json.at("crossbars");
  result.physical_arrays = json.at("physical_arrays");
  result.utilisation = json.at("utilisation");
  result.area_mm2 = json.at("area_mm2");
  return result;
}

NetworkAccuracies CompareStages::accuracies(const ComparePoint& point, std::uint64_t seed) {
  const std::vector<std::uint8_t> predicted = predictions(point, seed);
  const auto accuracy = [&](const DatasetView& images) {
    std::size_t correct = 0;
    for (std::size_t k = 0; k < images.size(); ++k) correct += predicted[images.index(k)] == images.label(k) ? 1U : 0U;
    return static_cast<double>(correct) / static_cast<double>(images.size());
  };
  return {accuracy(DatasetView(data_.test)), accuracy(stimulus_images(point.file.experiment, data_.test)),
          point_seed(point, seed).validation_accuracy};
}

Json CompareStages::measure_chip(const ComparePoint& point, std::uint64_t seed) {
  const Network network = transformed(point, seed);
  const fs::path work = scratch_ / sha256_hex(stages_.identities(point, seed).simulated());
  fs::create_directories(work);
  write_file_atomically(work / "configuration.yaml", point.file.resolved);
  save_stimulus(stimulus_, work / "stimulus");
  Stopwatch stopwatch;
  const Experiment& experiment = point.file.experiment;
  const VariantContext context{experiment,       data_,     stimulus_, work / "configuration.yaml", work / "stimulus",
                               options_.threads, progress_, stopwatch};
  VariantJob job{experiment.variants[point.variant].name, seed, StageFiles(work), work / "shares", {}};
  const NetworkAccuracies known = accuracies(point, seed);
  const Headline figures =
      experiment.bit_serial
          ? compared_headline(run_on_bit_serial_chip(context, job, network, known).report, experiment.bit_serial->chip)
          : headline(run_on_chip(context, job, network, known), experiment.chip.clock);
  Json json = Json::object();
  for (const Figure& figure : figures_) json[figure.name] = figures.*figure.value;
  fs::remove_all(work);
  return json;
}

Headline CompareStages::figures(const ComparePoint& point, std::uint64_t seed) {
  const Json json = stages_.record("simulated", stages_.identities(point, seed).simulated(), [&] {
    progress_.message("Simulating: " + NetworkStages::label(point, seed));
    return measure_chip(point, seed);
  });
  Headline figures{};
  for (const Figure& figure : figures_) {
    const Json& value = json.at(figure.name);
    figures.*figure.value = value.is_number() ? value.get<double>() : std::numeric_limits<double>::infinity();
  }
  return figures;
}

CornerOutcome CompareStages::corner(const ComparePoint& point, std::uint64_t seed) {
  const Json json = stages_.record("corner", stages_.identities(point, seed).corner(), [&]() -> Json {
    const std::string what = "Corner: " + NetworkStages::label(point, seed);
    progress_.message(what);
    const CornerOutcome outcome =
        measure_corner(point, transformed(point, seed), data_, seed, what, options_.threads, progress_);
    return {{"images", outcome.images}, {"own_correct", outcome.own_correct}, {"correct", outcome.correct}};
  });
  return {json.at("images"), json.at("own_correct"), json.at("correct").get<std::vector<std::uint64_t>>()};
}

std::vector<std::uint8_t> CompareStages::predictions(const ComparePoint& point, std::uint64_t seed) {
  return stages_.record("predicted", stages_.identities(point, seed).transformed(), [&]() -> Json {
    progress_.message("Classifying the test images: " + NetworkStages::label(point, seed));
    return evaluate(transformed(point, seed), DatasetView(data_.test), options_.threads).predictions;
  });
}

PairedOutcome CompareStages::outcome(const std::vector<std::uint8_t>& own,
                                     const std::vector<std::uint8_t>& first) const {
  PairedOutcome outcome;
  outcome.images = own.size();
  for (std::size_t k = 0; k < own.size(); ++k) {
    const bool own_right = own[k] == data_.test.labels[k];
    const bool first_right = first[k] == data_.test.labels[k];
    outcome.only_this_right += own_right && !first_right ? 1U : 0U;
    outcome.only_first_right += first_right && !own_right ? 1U : 0U;
  }
  return outcome;
}

}  // namespace crossloom
