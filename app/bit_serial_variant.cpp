#include "app/bit_serial_variant.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "app/bit_serial_job.h"
#include "base/interrupt.h"
#include "models/bit_serial/exact_reference.h"

namespace crossloom {
namespace {

std::uint64_t multiply_accumulates(const FixedPointNetwork& network) {
  std::uint64_t sum = 0;
  for (const FixedPointNode& node : network.nodes) {
    if (!node.spec.layer) continue;
    const FixedPointLayer& layer = network.layers[LayerId(*node.spec.layer)];
    const auto live = layer.live.empty()
                          ? static_cast<std::uint64_t>(layer.weights.size())
                          : static_cast<std::uint64_t>(std::count(layer.live.begin(), layer.live.end(), 1));
    // A dense layer is one position.
    sum += live * (node.spec.kind == NodeKind::conv2d ? std::uint64_t{node.shape.width} * node.shape.height : 1);
  }
  return sum;
}

/// Live weights in crossbars, all copies.
std::uint64_t placed_weights(const PlacedNetwork& placed, const FixedPointNetwork& network) {
  std::uint64_t sum = 0;
  for (const PlacedCrossbar& crossbar : placed.crossbars) {
    for (const CrossbarPart& part : crossbar.parts) {
      const FixedPointLayer& layer = network.layers[part.layer];
      for (const std::uint32_t row : part.rows) {
        for (const std::uint32_t column : part.columns) {
          sum += layer.live.empty() || layer.live[std::size_t{row} * layer.columns + column] != 0 ? 1U : 0U;
        }
      }
    }
  }
  return sum;
}

/// The share of the chips' area that the tiles in use have, with routers in proportion, and the chips' links whole.
Area used_area(const PlacedNetwork& placed, const BitSerialChipSpec& chip, std::uint64_t chips) {
  Area area;
  for (const BitSerialPart& part : parts_of_chip(chip)) {
    const bool whole = bit_serial_component_info(part.component).level == BitSerialLevel::chip;
    area += part.area * (whole ? static_cast<double>(chips) : static_cast<double>(placed.tiles) / chip.tiles);
  }
  return area;
}

/// Of the physical arrays in use with their DACs, sample-and-holds and share of the element's ADCs.
Area array_area(std::uint64_t physical_arrays, const BitSerialChipSpec& chip) {
  Area of_element;
  for (const BitSerialComponent component : all_bit_serial_components()) {
    const bool of_array = bit_serial_component_info(component).level == BitSerialLevel::array;
    if (!of_array && component != BitSerialComponent::adc) continue;
    of_element += chip.costs.of(component).area * static_cast<double>(instances_per_element(component, chip));
  }
  return of_element * (static_cast<double>(physical_arrays) / chip.processing_element.arrays);
}

FixedPointNetwork place(const VariantContext& context, const VariantJob& job, const Network& network,
                        BitSerialSeedReport& report) {
  const Experiment& experiment = context.experiment;
  context.progress.message(fmt::format("Seed {}, {}: fixed point and placement", job.seed, job.variant));
  const auto timed = context.stopwatch.time(fmt::format("map seed {} {}", job.seed, job.variant));
  FixedPointNetwork fixed_point = fixed_point_stage(experiment, network, context.data.train, context.threads);
  const PlacedNetwork placed = place_stage(experiment, fixed_point, job.seed, context.progress);
  BitSerialFiles(job.files.folder())
      .save(fixed_point, placed, adc_stage(experiment, fixed_point, context.data.train, context.threads));
  describe_placement(fixed_point, placed, experiment.bit_serial->chip, report);
  return fixed_point;
}

BitSerialResult simulate(const VariantContext& context, const VariantJob& job) {
  const std::string what = fmt::format("Seed {}, {}: simulating", job.seed, job.variant);
  context.progress.message(what);
  const auto timed = context.stopwatch.time(fmt::format("simulate seed {} {}", job.seed, job.variant));
  BitSerialJob simulation;
  simulation.configuration = context.configuration;
  simulation.folder = job.files.folder();
  simulation.stimulus = context.stimulus_file;
  simulation.seed = job.seed;
  simulation.count = static_cast<std::uint32_t>(context.stimulus.images.size());
  simulation.watch = job.watch;
  return simulate_bit_serial_in_workers(simulation, context.experiment.stimulus.stream_length,
                                        {context.threads, job.shares, what}, context.progress);
}

/// Accuracy on the chip and of the integers without ADCs, and how many images have the same outputs on both.
void score(const FixedPointNetwork& network, const VariantContext& context, BitSerialSeedReport& report) {
  const Stimulus& stimulus = context.stimulus;
  std::size_t on_chip = 0, exact = 0;
  for (std::size_t k = 0; k < stimulus.labels.size(); ++k) {
    on_chip += report.result.images[k].predicted == stimulus.labels[k] ? 1U : 0U;
    const auto from = stimulus.pixels.begin() + static_cast<std::ptrdiff_t>(k * stimulus.image_size);
    const FixedPointOutputs outputs = exact_reference(
        network, std::vector<std::uint8_t>(from, from + static_cast<std::ptrdiff_t>(stimulus.image_size)));
    exact += class_of(outputs) == stimulus.labels[k] ? 1U : 0U;
    report.equal_to_exact += outputs.raw().back() == report.result.images[k].outputs ? 1U : 0U;
  }
  if (context.experiment.weights == WeightOrigin::random) return;
  const auto images = static_cast<double>(stimulus.labels.size());
  report.chip_accuracy = static_cast<double>(on_chip) / images;
  report.exact_accuracy = static_cast<double>(exact) / images;
}

}  // namespace

void describe_placement(const FixedPointNetwork& network, const PlacedNetwork& placed, const BitSerialChipSpec& chip,
                        BitSerialSeedReport& report) {
  report.synapses = network.synapses();
  report.multiply_accumulates = multiply_accumulates(network);
  std::set<ProcessingElementId> elements;
  std::set<std::pair<ProcessingElementId, std::uint32_t>> crossbars;
  for (const PlacedCrossbar& crossbar : placed.crossbars) {
    elements.insert(crossbar.element);
    crossbars.emplace(crossbar.element, crossbar.first_array);
  }
  report.crossbars = crossbars.size();
  report.physical_arrays = report.crossbars * chip.arrays_per_crossbar();
  report.elements = elements.size();
  report.tiles = placed.tiles;
  report.chips = std::set<std::uint32_t>(placed.chips.begin(), placed.chips.end()).size();
  report.passes = placed.passes;
  report.utilisation = static_cast<double>(placed_weights(placed, network)) /
                       (static_cast<double>(placed.crossbars.size()) * chip.array.rows * chip.logical_columns());
  report.copies = placed.copies.raw();
  report.chip_area = area_of(parts_of_chip(chip)) * static_cast<double>(report.chips);
  report.used_area = used_area(placed, chip, report.chips);
  report.tile_area = area_of(parts_of_chip(chip)) * (static_cast<double>(placed.tiles) / chip.tiles);
  report.array_area = array_area(report.physical_arrays, chip);
  report.programming = programming_of(placed, network, chip);
}

BitSerialVariantRun run_on_bit_serial_chip(const VariantContext& context, const VariantJob& job, const Network& network,
                                           const std::optional<NetworkAccuracies>& accuracies) {
  throw_if_interrupted();
  const BitSerialChipSpec& chip = context.experiment.bit_serial->chip;
  BitSerialVariantRun run;
  BitSerialSeedReport& report = run.report;
  report.seed = job.seed;
  const FixedPointNetwork fixed_point = place(context, job, network, report);
  for (const FixedPointNode& node : fixed_point.nodes) run.node_names.push_back(node.spec.name);
  report.result = simulate(context, job);
  report.labels = context.stimulus.labels;
  score(fixed_point, context, report);
  if (accuracies) {
    report.accuracy = accuracies->test;
    report.accuracy_on_simulated = accuracies->simulated;
    report.validation_accuracy = accuracies->validation;
  }
  const PlacedNetwork placed = BitSerialFiles(job.files.folder()).load_placed();
  const std::uint32_t stream = context.experiment.stimulus.stream_length;
  if (placed.passes > 1) report.programmed_times = (context.experiment.stimulus.images + stream - 1) / stream;
  report.cost = cost_of(report.result.activity, chip.time_of(Cycles(report.result.elapsed_cycles)), placed, chip);
  return run;
}

}  // namespace crossloom
