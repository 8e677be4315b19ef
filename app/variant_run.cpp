#include "app/variant_run.h"

#include <fmt/format.h>

#include "base/interrupt.h"
#include "models/cost.h"
#include "models/mapping_summary.h"
#include "models/unfolding.h"
#include "training/evaluate.h"
#include "training/trainer.h"

namespace crossloom {
namespace {

/// Spiking network, mapping and programmed chip, as files for the workers and as values for the report.
struct Chip {
  MappedNetwork mapped;
  MappingQuality quality;
  ProgrammingReport programming;
  double utilisation = 0.0;
};

Chip build_chip(const VariantContext& context, const VariantJob& job, const Network& network) {
  throw_if_interrupted();
  context.progress.message(fmt::format("Seed {}, {}: mapping and programming", job.seed, job.variant));
  const auto timed = context.stopwatch.time(fmt::format("map seed {} {}", job.seed, job.variant));
  // Cheap beside training and simulation, and deterministic: made again when a run is resumed.
  const SpikingNetwork spiking = convert_stage(context.experiment, network, context.data.train, context.threads);
  MappingResult result = map_stage(context.experiment, spiking, job.seed, context.progress);
  Chip chip{std::move(result.mapped), result.quality, {}, 0.0};
  chip.utilisation = chip.mapped.utilisation(live_weights(chip.mapped, spiking));
  const ProgrammedChip programmed = program_stage(context.experiment, spiking, chip.mapped, job.seed);
  chip.programming = programmed.report();
  to_archive(spiking).save(job.files.spiking_network());
  to_archive(chip.mapped).save(job.files.mapped_network());
  programmed.to_archive().save(job.files.programmed_chip());
  return chip;
}

SimulationResult simulate_chip(const VariantContext& context, const VariantJob& job) {
  const std::string what = fmt::format("Seed {}, {}: simulating", job.seed, job.variant);
  context.progress.message(what);
  const auto timed = context.stopwatch.time(fmt::format("simulate seed {} {}", job.seed, job.variant));
  SimulationJob simulation;
  simulation.configuration = context.configuration;
  simulation.spiking_network = job.files.spiking_network();
  simulation.mapped_network = job.files.mapped_network();
  simulation.programmed_chip = job.files.programmed_chip();
  simulation.stimulus = context.stimulus_file;
  simulation.seed = job.seed;
  simulation.count = static_cast<std::uint32_t>(context.stimulus.images.size());
  simulation.watch = job.watch;
  return simulate_in_workers(simulation, {context.threads, job.shares, what}, context.progress);
}

double chip_accuracy(const SimulationResult& result, const std::vector<std::uint8_t>& labels) {
  std::size_t correct = 0;
  for (std::size_t k = 0; k < labels.size(); ++k) correct += result.images[k].outcome.predicted == labels[k] ? 1U : 0U;
  return static_cast<double>(correct) / static_cast<double>(labels.size());
}

}  // namespace

NetworkAccuracies network_accuracies(const VariantContext& context, const Network& network) {
  const Experiment& experiment = context.experiment;
  const std::size_t threads = context.threads;
  return {
      evaluate(network, DatasetView(context.data.test), threads).accuracy,
      evaluate(network, stimulus_images(experiment, context.data.test), threads).accuracy,
      evaluate(network, split_for_validation(context.data.train, experiment.training).validation, threads).accuracy};
}

SeedReport run_on_chip(const VariantContext& context, const VariantJob& job, const Network& network,
                       const NetworkAccuracies& accuracies) {
  const Experiment& experiment = context.experiment;
  const Network on_chip = unfold(network, array_of(experiment));
  Chip chip = build_chip(context, job, on_chip);
  SeedReport report;
  report.seed = job.seed;
  report.simulation = simulate_chip(context, job);
  report.labels = context.stimulus.labels;
  report.chip_accuracy = chip_accuracy(report.simulation, report.labels);
  report.accuracy = accuracies.test;
  report.accuracy_on_simulated = accuracies.simulated;
  report.validation_accuracy = accuracies.validation;
  report.synapses = on_chip.synapses();
  for (std::size_t layer = 0; layer < on_chip.layers.size(); ++layer) {
    report.layer_synapses.push_back(on_chip.synapses(LayerId(layer)));
  }
  report.utilisation = chip.utilisation;
  report.area = chip_area(chip.mapped, experiment.chip);
  const Time elapsed = experiment.chip.time_of(Cycles(report.simulation.elapsed_cycles));
  report.cost = cost_of(report.simulation.activity, elapsed, chip.mapped, experiment.chip);
  report.programming = chip.programming;
  report.traffic_hops = chip.quality.traffic_hops;
  report.traffic_hops_in_order = chip.quality.traffic_hops_in_order;
  return report;
}

}  // namespace crossloom
