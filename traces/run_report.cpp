// Statistics over seeds and the headline figures of one seed.
#include "traces/run_report.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <boost/math/distributions/students_t.hpp>

#include "base/error.h"

namespace crossloom {

double student_t_95(std::size_t degrees_of_freedom) {
  CROSSLOOM_CHECK(degrees_of_freedom > 0, "Student's t has at least one degree of freedom");
  return boost::math::quantile(boost::math::students_t(static_cast<double>(degrees_of_freedom)), 0.975);
}

Estimate estimate(const std::vector<double>& samples) {
  CROSSLOOM_CHECK(!samples.empty(), "a mean needs at least one sample");
  const auto count = static_cast<double>(samples.size());
  Estimate result;
  result.samples = samples.size();
  result.mean = std::accumulate(samples.begin(), samples.end(), 0.0) / count;
  // The mean of equal samples can differ from them by rounding, which would read as a tiny interval.
  if (samples.size() == 1 ||
      std::all_of(samples.begin(), samples.end(), [&](double s) { return s == samples.front(); })) {
    result.mean = samples.front();
    return result;
  }
  double squares = 0.0;
  for (const double sample : samples) squares += (sample - result.mean) * (sample - result.mean);
  result.half_width = student_t_95(samples.size() - 1) * std::sqrt(squares / (count - 1.0) / count);
  return result;
}

Headline headline(const SeedReport& seed, Frequency clock) {
  const auto images = static_cast<double>(seed.simulation.images.size());
  const double elapsed_s = static_cast<double>(seed.simulation.elapsed_cycles) / clock.si();
  const auto synapses = static_cast<double>(seed.synapses);
  constexpr double kSquareMillimetres = 1e6;
  Headline figures{};
  figures.accuracy = seed.accuracy;
  figures.chip_accuracy = seed.chip_accuracy;
  figures.synapses = synapses;
  figures.crossbars = static_cast<double>(seed.area.crossbars);
  figures.physical_arrays = static_cast<double>(seed.area.physical_arrays);
  figures.utilisation = seed.utilisation;
  figures.area_mm2 = seed.area.chip.si() * kSquareMillimetres;
  figures.array_area_mm2 = seed.area.arrays.si() * kSquareMillimetres;
  figures.energy_per_inference_j = seed.cost.total().si() / images;
  figures.latency_per_inference_s = elapsed_s / images;
  figures.throughput_per_s = images / elapsed_s;
  figures.power_w = seed.cost.total().si() / elapsed_s;
  figures.tops_per_w = 2.0 * synapses / figures.energy_per_inference_j / 1e12;
  figures.energy_delay_product_js = figures.energy_per_inference_j * figures.latency_per_inference_s;
  return figures;
}

std::vector<Headline> headlines(const VariantReport& variant, Frequency clock) {
  std::vector<Headline> figures;
  for (const SeedReport& seed : variant.seeds) figures.push_back(headline(seed, clock));
  return figures;
}

std::uint64_t correct_after(const SeedReport& seed, std::uint32_t steps) {
  CROSSLOOM_CHECK(steps >= 1, "an answer needs at least one time step");
  std::uint64_t correct = 0;
  for (std::size_t i = 0; i < seed.simulation.images.size(); ++i) {
    correct += seed.simulation.images[i].outcome.predicted_by_step.at(steps - 1) == seed.labels.at(i) ? 1U : 0U;
  }
  return correct;
}

namespace {

std::optional<std::string> problem_of_image(const TimedImage& image, const RunReport& report) {
  const std::size_t layers = report.layer_names.size();
  if (image.timing.layers.size() != layers) return "its layer times are not one a layer";
  if (image.outcome.layer_spikes.size() != layers + 1)
    return "its spike counts are not one a layer and one for the input";
  if (image.outcome.predicted_by_step.size() != report.steps) return "its predictions are not one a step";
  return std::nullopt;
}

std::optional<std::string> problem_of_seed(const SeedReport& seed, const RunReport& report) {
  const std::size_t layers = report.layer_names.size();
  const SimulationResult& simulation = seed.simulation;
  if (simulation.images.empty()) return "no image was simulated";
  if (seed.labels.size() != simulation.images.size()) return "its labels are not one an image";
  if (seed.layer_synapses.size() != layers) return "its synapses are not one count a layer";
  const std::size_t cells = simulation.activity.by_tile_and_layer.size();
  if (cells > 0 && simulation.activity.layers != layers) return "its activity has another number of layers";
  if (layers > 0 && cells % layers != 0) return "its activity is not a whole number of tiles";
  for (const TimedImage& image : simulation.images) {
    if (auto problem = problem_of_image(image, report))
      return fmt::format("image {}: {}", image.outcome.image, *problem);
  }
  for (const EnergyEntry& entry : seed.cost.energy) {
    if (entry.layer && entry.layer->value() >= layers) return "an energy belongs to a layer that has no name";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> problem_of(const RunReport& report) {
  if (!(report.clock.si() > 0.0)) return "the clock does not run";
  if (report.variants.empty()) return "no variant";
  if (report.layer_names.empty()) return "no layer";
  if (!report.layer_neurons.empty() && report.layer_neurons.size() != report.layer_names.size() + 1) {
    return "layer_neurons is not one number a layer and one for the input";
  }
  std::set<std::string> names;
  for (const VariantReport& variant : report.variants) {
    if (!names.insert(variant.name).second) return fmt::format("two variants are called {}", variant.name);
    if (variant.seeds.empty()) return fmt::format("variant {} has no seed", variant.name);
    std::set<std::uint64_t> seeds;
    for (const SeedReport& seed : variant.seeds) {
      if (!seeds.insert(seed.seed).second) return fmt::format("variant {} has seed {} twice", variant.name, seed.seed);
      if (auto problem = problem_of_seed(seed, report)) {
        return fmt::format("variant {}, seed {}: {}", variant.name, seed.seed, *problem);
      }
    }
  }
  return std::nullopt;
}

}  // namespace crossloom
