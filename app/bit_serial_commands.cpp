#include "app/bit_serial_commands.h"

#include <fmt/format.h>

#include "app/bit_serial_job.h"
#include "app/bit_serial_stages.h"
#include "base/error.h"
#include "base/files.h"
#include "models/bit_serial/bit_serial_cost.h"
#include "models/bit_serial/bit_serial_result_file.h"
#include "models/bit_serial/chip_reference.h"
#include "traces/bit_serial_report.h"
#include "traces/engineering.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;

void print_placement(const FixedPointNetwork& network, const PlacedNetwork& placed, const BitSerialChipSpec& chip) {
  fmt::print("{} synapses in {} crossbars of {}x{} ({} physical arrays) of {} tiles{}\n", network.synapses(),
             placed.crossbars.size(), chip.array.rows, chip.logical_columns(),
             placed.crossbars.size() * chip.arrays_per_crossbar(), placed.tiles,
             placed.passes > 1 ? fmt::format(" in {} passes", placed.passes) : "");
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    std::size_t parts = 0;
    for (const PlacedCrossbar& crossbar : placed.crossbars) {
      for (const CrossbarPart& part : crossbar.parts) parts += part.layer == LayerId(l) ? 1U : 0U;
    }
    const FixedPointLayer& layer = network.layers[LayerId(l)];
    fmt::print("  {}: {}x{} weights, {} fraction bits, {} crossbar parts, {} cop{}\n", layer.name, layer.rows,
               layer.columns, layer.weight_fraction_bits, parts, placed.copies[LayerId(l)],
               placed.copies[LayerId(l)] == 1 ? "y" : "ies");
  }
}

/// Every output of every image, against both references.
void verify_outputs(const Experiment& experiment, const FixedPointNetwork& network, const Stimulus& stimulus,
                    const AdcShifts& shifts, const BitSerialResult& result) {
  const BitSerialChipSpec& chip = experiment.bit_serial->chip;
  std::size_t exact = 0;
  for (std::size_t k = 0; k < stimulus.images.size(); ++k) {
    const auto from = stimulus.pixels.begin() + static_cast<std::ptrdiff_t>(k * stimulus.image_size);
    const std::vector<std::uint8_t> pixels(from, from + static_cast<std::ptrdiff_t>(stimulus.image_size));
    const FixedPointOutputs expected = chip_reference(network, chip, shifts, pixels);
    if (expected.raw().back() != result.images[k].outputs) {
      throw Bug(fmt::format("image {}: the timed run's outputs differ from the chip reference's", stimulus.images[k]));
    }
    exact += exact_reference(network, pixels).raw().back() == result.images[k].outputs ? 1U : 0U;
  }
  fmt::print("verified: every output of {} images equals the chip reference's; {} of them equal the exact integers'\n",
             stimulus.images.size(), exact);
}

void print_result(const BitSerialChipSpec& chip, const PlacedNetwork& placed, const Stimulus& stimulus,
                  const BitSerialResult& result) {
  std::size_t correct = 0;
  std::uint64_t latency = 0;
  for (std::size_t k = 0; k < result.images.size(); ++k) {
    correct += result.images[k].predicted == stimulus.labels[k] ? 1U : 0U;
    latency += result.images[k].latency_cycles();
  }
  const auto images = static_cast<double>(result.images.size());
  const BitSerialCost cost = cost_of(result.activity, chip.time_of(Cycles(result.elapsed_cycles)), placed, chip);
  fmt::print("{} images: accuracy on chip {:.2f} %, {} and {} per inference\n", result.images.size(),
             100.0 * static_cast<double>(correct) / images,
             format_engineering(chip.time_of(Cycles(latency)).si() / images, "s"),
             format_engineering(cost.total().si() / images, "J"));
}

}  // namespace

void check_bit_serial(const Experiment& experiment) {
  Network network = make_network(experiment.network);
  for (Layer& layer : network.layers) {
    for (float& weight : layer.weights.values) weight = 1.0F / static_cast<float>(layer.weights.rows);
  }
  network = fold_batch_norm(network);
  const BitSerialChipSpec& chip = experiment.bit_serial->chip;
  const FixedPointNetwork fixed_point = to_fixed_point(network, std::vector<double>(network.spec.graph().size(), 1.0),
                                                       experiment.bit_serial->fixed_point);
  const PlacedNetwork placed = place_stage(experiment, fixed_point, experiment.seed, no_progress());
  fmt::print("network    {}: before any transformation\n", experiment.network.name);
  print_placement(fixed_point, placed, chip);
  fmt::print("chip       {}: {} tiles of {} mm2 and {} peak; `crossloom chip` says more\n", chip.name, chip.tiles,
             format_significant(area_of(parts_of_chip(chip)).si() * 1e6, 4),
             format_engineering(peak_power_of(parts_of_chip(chip)).si(), "W"));
}

void map_bit_serial(const Experiment& experiment, const CommonOptions& common, const Network& network,
                    const fs::path& folder) {
  const auto progress = common.progress();
  const std::size_t threads = common.thread_count();
  const TrainAndTest data = load_data(experiment, common.data, threads);
  const FixedPointNetwork fixed_point = fixed_point_stage(experiment, network, data.train, threads);
  const PlacedNetwork placed = place_stage(experiment, fixed_point, experiment.seed, *progress);
  BitSerialFiles(folder).save(fixed_point, placed, adc_stage(experiment, fixed_point, data.train, threads));
  print_placement(fixed_point, placed, experiment.bit_serial->chip);
}

void program_bit_serial(const Experiment& experiment, const fs::path& folder) {
  const BitSerialFiles files(folder);
  const PlacedNetwork placed = files.load_placed();
  const ProgrammedPass all = programming_of(placed, files.load_network(), experiment.bit_serial->chip).total();
  fmt::print("{} cells take {} and {}{}; simulate writes them anew in each of its processes, always the same\n",
             all.cells, format_engineering(all.energy.si(), "J"), format_engineering(all.time.si(), "s"),
             placed.passes > 1 ? fmt::format(" in {} passes, for each stream of images", placed.passes) : "");
}

void simulate_bit_serial_folder(const ExperimentFile& file, const CommonOptions& common, const fs::path& folder,
                                const fs::path& out, const WatchSpec& watch, bool verify) {
  const Experiment& experiment = file.experiment;
  const BitSerialFiles files(folder);
  const FixedPointNetwork network = files.load_network();
  const PlacedNetwork placed = files.load_placed();
  const auto progress = common.progress();
  const std::size_t threads = common.thread_count();
  const TrainAndTest data = load_data(experiment, common.data, threads);
  const Stimulus stimulus = stimulus_of(stimulus_images(experiment, data.test));
  const fs::path scratch = out.string() + ".partial";
  fs::remove_all(scratch);
  fs::create_directories(scratch);
  BitSerialJob job;
  job.configuration = scratch / "configuration.yaml";
  write_file_atomically(job.configuration, file.resolved);
  job.folder = folder;
  job.stimulus = scratch / "stimulus";
  save_stimulus(stimulus, job.stimulus);
  job.seed = experiment.seed;
  job.count = static_cast<std::uint32_t>(stimulus.images.size());
  job.watch = watch;
  const BitSerialResult result =
      simulate_bit_serial_in_workers(job, experiment.stimulus.stream_length, {threads, scratch, "simulate"}, *progress);
  if (verify) verify_outputs(experiment, network, stimulus, files.load_shifts(), result);
  to_archive(result).save(out);
  fs::remove_all(scratch);
  print_result(experiment.bit_serial->chip, placed, stimulus, result);
}

}  // namespace crossloom
