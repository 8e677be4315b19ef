// A run on a bit-serial chip.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "app/bit_serial_job.h"
#include "app/bit_serial_stages.h"
#include "app/execution_run.h"
#include "app/version.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "models/bit_serial/exact_reference.h"
#include "traces/bit_serial_report.h"

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

class BitSerialRun : public ExecutionRun {
 public:
  explicit BitSerialRun(const VariantContext& context) : context_(context) {
    const Experiment& experiment = context.experiment;
    report_.experiment = experiment.name;
    report_.dataset = context.data.train.origin.description + "; " + context.data.test.origin.description;
    report_.chip = experiment.bit_serial->chip;
    for (const VariantSpec& variant : experiment.variants) report_.variants.push_back({variant.name, {}});
    report_.inputs = input_digests(context);
    report_.versions = versions();
    report_.seed = experiment.seed;
  }

  void add(std::size_t variant, const VariantJob& job, const Network& network) override {
    throw_if_interrupted();
    const Experiment& experiment = context_.experiment;
    const BitSerialChipSpec& chip = experiment.bit_serial->chip;
    BitSerialSeedReport report;
    report.seed = job.seed;
    const FixedPointNetwork fixed_point = build(job, network, report);
    report.result = simulate(job);
    report.labels = context_.stimulus.labels;
    score(fixed_point, report);
    const NetworkAccuracies accuracies = network_accuracies(context_, network);
    report.accuracy = accuracies.test;
    report.accuracy_on_simulated = accuracies.simulated;
    report.validation_accuracy = accuracies.validation;
    const PlacedNetwork placed = BitSerialFiles(job.files.folder()).load_placed();
    report.cost = cost_of(report.result.activity, chip.time_of(Cycles(report.result.elapsed_cycles)), placed, chip);
    report_.variants[variant].seeds.push_back(std::move(report));
  }
  void write(const std::filesystem::path& folder, bool tables) const override {
    if (tables) {
      write_bit_serial_report(report_, folder);
      return;
    }
    write_file_atomically(folder / "summary.json", bit_serial_summary_json(report_));
    write_file_atomically(folder / "comparison.txt", bit_serial_comparison_text(report_));
  }
  [[nodiscard]] std::string comparison() const override { return bit_serial_comparison_text(report_); }

 private:
  FixedPointNetwork build(const VariantJob& job, const Network& network, BitSerialSeedReport& report) {
    const Experiment& experiment = context_.experiment;
    const BitSerialChipSpec& chip = experiment.bit_serial->chip;
    context_.progress.message(fmt::format("Seed {}, {}: fixed point and placement", job.seed, job.variant));
    const auto timed = context_.stopwatch.time(fmt::format("map seed {} {}", job.seed, job.variant));
    FixedPointNetwork fixed_point = fixed_point_stage(experiment, network, context_.data.train, context_.threads);
    const PlacedNetwork placed = place_stage(experiment, fixed_point, job.seed, context_.progress);
    BitSerialFiles(job.files.folder())
        .save(fixed_point, placed, adc_stage(experiment, fixed_point, context_.data.train, context_.threads));
    report_.node_names.clear();
    for (const FixedPointNode& node : fixed_point.nodes) report_.node_names.push_back(node.spec.name);
    report.synapses = fixed_point.synapses();
    report.multiply_accumulates = multiply_accumulates(fixed_point);
    report.crossbars = placed.crossbars.size();
    report.physical_arrays = report.crossbars * chip.arrays_per_crossbar();
    std::set<ProcessingElementId> elements;
    for (const PlacedCrossbar& crossbar : placed.crossbars) elements.insert(crossbar.element);
    report.elements = elements.size();
    report.tiles = placed.tiles;
    report.chips = std::set<std::uint32_t>(placed.chips.begin(), placed.chips.end()).size();
    report.passes = placed.passes;
    report.utilisation = static_cast<double>(placed_weights(placed, fixed_point)) /
                         (static_cast<double>(report.crossbars) * chip.array.rows * chip.logical_columns());
    report.copies = placed.copies.raw();
    report.chip_area = area_of(parts_of_chip(chip)) * static_cast<double>(report.chips);
    report.used_area = used_area(placed, chip, report.chips);
    report.programming = programming_of(placed, chip);
    return fixed_point;
  }

  BitSerialResult simulate(const VariantJob& job) {
    const std::string what = fmt::format("Seed {}, {}: simulating", job.seed, job.variant);
    context_.progress.message(what);
    const auto timed = context_.stopwatch.time(fmt::format("simulate seed {} {}", job.seed, job.variant));
    BitSerialJob simulation;
    simulation.configuration = context_.configuration;
    simulation.folder = job.files.folder();
    simulation.stimulus = context_.stimulus_file;
    simulation.seed = job.seed;
    simulation.count = static_cast<std::uint32_t>(context_.stimulus.images.size());
    return simulate_bit_serial_in_workers(simulation, context_.experiment.stimulus.stream_length,
                                          {context_.threads, job.shares, what}, context_.progress);
  }

  /// Accuracy on the chip and of the integers without ADCs.
  void score(const FixedPointNetwork& network, BitSerialSeedReport& report) const {
    const Stimulus& stimulus = context_.stimulus;
    std::size_t on_chip = 0, exact = 0;
    for (std::size_t k = 0; k < stimulus.labels.size(); ++k) {
      on_chip += report.result.images[k].predicted == stimulus.labels[k] ? 1U : 0U;
      const auto from = stimulus.pixels.begin() + static_cast<std::ptrdiff_t>(k * stimulus.image_size);
      const FixedPointOutputs outputs = exact_reference(
          network, std::vector<std::uint8_t>(from, from + static_cast<std::ptrdiff_t>(stimulus.image_size)));
      exact += class_of(outputs) == stimulus.labels[k] ? 1U : 0U;
    }
    const auto images = static_cast<double>(stimulus.labels.size());
    report.chip_accuracy = static_cast<double>(on_chip) / images;
    report.exact_accuracy = static_cast<double>(exact) / images;
  }

  const VariantContext& context_;
  BitSerialReport report_;
};

}  // namespace

std::unique_ptr<ExecutionRun> make_bit_serial_run(const VariantContext& context) {
  return std::make_unique<BitSerialRun>(context);
}

}  // namespace crossloom
