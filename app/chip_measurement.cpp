#include "app/chip_measurement.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "models/functional_run.h"

namespace crossloom {
namespace {

/// Images that one task of the ideal run takes.
constexpr std::size_t kImagesPerTask = 50;

const std::uint8_t* pixels_of(const Stimulus& stimulus, std::size_t image) {
  return stimulus.pixels.data() + image * stimulus.image_size;
}

std::vector<std::size_t> neurons_of(const Raster& raster) {
  std::vector<std::size_t> neurons;
  for (const std::vector<double>& membranes : raster.final_membranes) neurons.push_back(membranes.size());
  return neurons;
}

/// Spikes of each neuron over all steps, layer after layer; the input is left out.
std::vector<std::uint16_t> counts_of(const Raster& raster) {
  std::vector<std::uint16_t> counts;
  for (std::size_t l = 0; l < raster.final_membranes.size(); ++l) {
    const std::size_t first = counts.size();
    counts.resize(first + raster.final_membranes[l].size());
    for (const std::vector<std::uint32_t>& fired : raster.spikes[l + 1]) {
      for (const std::uint32_t neuron : fired) ++counts[first + neuron];
    }
  }
  return counts;
}

/// Of spike counts and final membranes. Words go through the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA
/// 2014): chips that do the same are recognised, and nobody has a reason to forge one.
class Fingerprint {
 public:
  void add(const Raster& raster, const std::vector<std::uint16_t>& counts) {
    for (const std::uint16_t count : counts) mix(count);
    for (const std::vector<double>& membranes : raster.final_membranes) {
      for (const double membrane : membranes) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &membrane, sizeof bits);
        mix(bits);
      }
    }
  }
  [[nodiscard]] std::string text() const { return fmt::format("{:016x}", state_); }

 private:
  void mix(std::uint64_t word) {
    std::uint64_t x = state_ + word + 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    state_ = x ^ (x >> 31U);
  }
  std::uint64_t state_ = 0;
};

/// Adds f(own, ideal) of each neuron to its layer's sum.
template <class F>
void add_by_layer(const std::vector<std::size_t>& neurons, const std::vector<std::uint16_t>& own,
                  const std::uint16_t* ideal, std::vector<std::uint64_t>& sums, F f) {
  std::size_t k = 0;
  for (std::size_t l = 0; l < neurons.size(); ++l) {
    for (const std::size_t end = k + neurons[l]; k < end; ++k) sums[l] += f(own[k], ideal[k]);
  }
}

struct IdealShare {
  std::vector<std::size_t> neurons;
  std::vector<std::uint16_t> counts;
  std::uint64_t correct = 0;
};

IdealShare run_share(const MeasuredNetwork& network, const ProgrammedChip& chip, std::size_t first, std::size_t last) {
  FunctionalRun run(network.mapped, network.spiking, chip, network.encoder);
  const Stimulus& stimulus = network.stimulus;
  IdealShare share;
  Raster raster;
  for (std::size_t k = first; k < last; ++k) {
    throw_if_interrupted();
    const SpikingOutcome outcome = run.run(stimulus.images[k], pixels_of(stimulus, k), &raster);
    share.correct += outcome.predicted == stimulus.labels[k] ? 1U : 0U;
    const std::vector<std::uint16_t> counts = counts_of(raster);
    share.counts.insert(share.counts.end(), counts.begin(), counts.end());
  }
  share.neurons = neurons_of(raster);
  return share;
}

}  // namespace

ChipSpec ideal_chip(const ChipSpec& chip) {
  ChipSpec ideal;
  ideal.device.minimum_conductance = chip.device.minimum_conductance;
  ideal.device.maximum_conductance = chip.device.maximum_conductance;
  ideal.device.levels = chip.device.levels;
  ideal.crossbar.rows = chip.crossbar.rows;
  ideal.crossbar.columns = chip.crossbar.columns;
  ideal.crossbar.signed_scheme = chip.crossbar.signed_scheme;
  ideal.crossbar.weight_slices = chip.crossbar.weight_slices;
  return ideal;
}

IdealRun run_ideal_chip(const MeasuredNetwork& network, const ChipSpec& chip, ThreadPool& pool) {
  // No draw is made for a chip that is ideal, whatever the key.
  const ProgrammedChip programmed =
      ProgrammedChip::program(network.mapped, network.spiking, ideal_chip(chip), RandomKey(0));
  CROSSLOOM_CHECK(programmed.ideal(), "a chip of default cells and wires is ideal");
  const std::size_t images = network.stimulus.images.size();
  std::vector<IdealShare> shares((images + kImagesPerTask - 1) / kImagesPerTask);
  pool.for_each(shares.size(), [&](std::size_t k, std::size_t) {
    const std::size_t first = k * kImagesPerTask;
    shares[k] = run_share(network, programmed, first, std::min(images, first + kImagesPerTask));
  });
  IdealRun result;
  for (const IdealShare& share : shares) {
    result.neurons = share.neurons;
    result.counts.insert(result.counts.end(), share.counts.begin(), share.counts.end());
    result.correct += share.correct;
  }
  result.squares.assign(result.neurons.size(), 0);
  const std::size_t per_image = images == 0 ? 0 : result.counts.size() / images;
  for (std::size_t k = 0; k < images; ++k) {
    const auto begin = result.counts.begin() + static_cast<std::ptrdiff_t>(k * per_image);
    const std::vector<std::uint16_t> own(begin, begin + static_cast<std::ptrdiff_t>(per_image));
    add_by_layer(result.neurons, own, own.data(), result.squares,
                 [](std::uint64_t a, std::uint64_t b) { return a * b; });
  }
  return result;
}

ChipRecord measure_chip(const MeasuredNetwork& network, const ProgrammedChip& chip, const IdealRun& ideal,
                        const std::function<void()>& on_image) {
  FunctionalRun run(network.mapped, network.spiking, chip, network.encoder);
  const Stimulus& stimulus = network.stimulus;
  ChipRecord record;
  record.squared_differences.assign(ideal.neurons.size(), 0);
  Fingerprint fingerprint;
  Raster raster;
  for (std::size_t k = 0; k < stimulus.images.size(); ++k) {
    throw_if_interrupted();
    const SpikingOutcome outcome = run.run(stimulus.images[k], pixels_of(stimulus, k), &raster);
    record.correct += outcome.predicted == stimulus.labels[k] ? 1U : 0U;
    const std::vector<std::uint16_t> counts = counts_of(raster);
    add_by_layer(ideal.neurons, counts, ideal.counts.data() + k * counts.size(), record.squared_differences,
                 [](std::uint64_t a, std::uint64_t b) { return a > b ? (a - b) * (a - b) : (b - a) * (b - a); });
    fingerprint.add(raster, counts);
    on_image();
  }
  record.fingerprint = fingerprint.text();
  return record;
}

}  // namespace crossloom
