#include "app/compare_bit_serial.h"

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "app/bit_serial_stages.h"
#include "app/bit_serial_variant.h"
#include "app/streams.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "models/bit_serial/exact_reference.h"
#include "models/bit_serial/functional_inference.h"

namespace crossloom {
namespace {

struct PlacedOnChip {
  FixedPointNetwork network;
  PlacedNetwork placed;
};

PlacedOnChip place(const Experiment& experiment, const Network& network, const Dataset& train_set, std::uint64_t seed,
                   std::size_t threads, ProgressSink& progress) {
  PlacedOnChip result{fixed_point_stage(experiment, network, train_set, threads), {}};
  result.placed = place_stage(experiment, result.network, seed, progress);
  return result;
}

std::uint64_t correct_on(const PlacedOnChip& network, const ProgrammedArrays& arrays, const DatasetView& images,
                         ThreadPool& pool, const std::function<void()>& on_image) {
  std::vector<std::unique_ptr<FunctionalInference>> runs(pool.threads());
  std::vector<std::uint8_t> correct(images.size(), 0);
  const std::size_t bytes = images.dataset().image_size();
  pool.for_each(images.size(), [&](std::size_t k, std::size_t worker) {
    throw_if_interrupted();
    if (!runs[worker]) {
      runs[worker] = std::make_unique<FunctionalInference>(network.network, network.placed, arrays);
    }
    const std::vector<std::uint8_t> pixels(images.image(k), images.image(k) + bytes);
    const FunctionalOutcome outcome = runs[worker]->run(images.index(k), pixels);
    correct[k] = class_of(outcome.outputs) == images.label(k) ? 1 : 0;
    on_image();
  });
  std::uint64_t sum = 0;
  for (const std::uint8_t one : correct) sum += one;
  return sum;
}

}  // namespace

BitSerialSeedReport placed_figures(const Experiment& experiment, const Network& network, const Dataset& train_set,
                                   std::uint64_t seed, std::size_t threads, ProgressSink& progress) {
  const PlacedOnChip on_chip = place(experiment, network, train_set, seed, threads, progress);
  BitSerialSeedReport report;
  describe_placement(on_chip.network, on_chip.placed, experiment.bit_serial->chip, report);
  return report;
}

CornerOutcome measure_corner(const ComparePoint& point, const Network& network, const TrainAndTest& data,
                             std::uint64_t seed, const std::string& what, std::size_t threads, ProgressSink& progress) {
  const Experiment& own = point.file.experiment;
  const ComparisonCorner& spec = *own.comparison->corner;
  const PlacedOnChip on_chip = place(own, network, data.train, seed, threads, progress);
  const DatasetView images = DatasetView(data.test).first(spec.images);
  ThreadPool pool(threads);
  std::atomic<std::uint64_t> done = 0;
  const std::uint64_t all = images.size() * (std::uint64_t{spec.chips} + 1);
  const auto correct = [&](const Experiment& experiment, RandomKey key) {
    const ProgrammedArrays arrays =
        ProgrammedArrays::program(on_chip.placed, on_chip.network, experiment.bit_serial->chip,
                                  adc_stage(experiment, on_chip.network, data.train, threads), key, threads);
    return correct_on(on_chip, arrays, images, pool, [&] { progress.update(what, ++done, all, "images"); });
  };
  const RandomKey devices = Streams(seed).device();
  CornerOutcome outcome;
  outcome.images = images.size();
  outcome.own_correct = correct(own, devices);
  for (std::uint64_t chip = 0; chip < spec.chips; ++chip) {
    outcome.correct.push_back(correct(point.corner->experiment, devices.child("corner").child(chip)));
  }
  return outcome;
}

}  // namespace crossloom
