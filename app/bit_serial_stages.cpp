#include "app/bit_serial_stages.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "app/streams.h"
#include "base/error.h"
#include "base/parallel.h"
#include "mapping/bit_serial/block_packing.h"
#include "models/bit_serial/adc_calibration.h"
#include "training/trainer.h"

namespace crossloom {
namespace {

constexpr std::size_t kImagesAtOnce = 8;

std::string joined(const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) text += "\n  - " + reason;
  return text;
}

std::vector<float> pixels_of(const DatasetView& images, std::size_t position) {
  const std::uint8_t* const bytes = images.image(position);
  std::vector<float> pixels(images.dataset().image_size());
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(bytes[i]) / 255.0F;
  return pixels;
}

/// The nearest-rank percentile; reorders the values.
double percentile_of(std::vector<float>& values, double percentile) {
  const auto rank = static_cast<std::size_t>(std::ceil(percentile / 100.0 * static_cast<double>(values.size())));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), at, values.end());
  return static_cast<double>(*at);
}

}  // namespace

std::vector<double> largest_outputs(const Network& folded, const DatasetView& images, double percentile,
                                    std::size_t threads) {
  const std::size_t nodes = folded.spec.graph().size();
  // With the maximum asked for, one value a node and batch is enough to keep.
  const bool only_maximum = percentile >= 100.0;
  std::vector<std::vector<float>> values(nodes);
  ThreadPool pool(threads);
  for (std::size_t first = 0; first < images.size(); first += kImagesAtOnce) {
    const std::size_t count = std::min(kImagesAtOnce, images.size() - first);
    std::vector<std::vector<std::vector<float>>> outputs(count);
    pool.for_each(count,
                  [&](std::size_t k, std::size_t) { outputs[k] = forward(folded, pixels_of(images, first + k)); });
    for (const auto& of_image : outputs) {
      for (std::size_t node = 1; node < nodes; ++node) {
        for (const float value : of_image[node - 1]) {
          if (!only_maximum || values[node].empty()) {
            values[node].push_back(std::abs(value));
          } else {
            values[node][0] = std::max(values[node][0], std::abs(value));
          }
        }
      }
    }
  }
  std::vector<double> largest(nodes, 1.0);
  for (std::size_t node = 1; node < nodes; ++node) {
    const double value = values[node].empty() ? 0.0 : percentile_of(values[node], percentile);
    if (value > 0.0) largest[node] = value;
  }
  return largest;
}

FixedPointNetwork fixed_point_stage(const Experiment& experiment, const Network& network, const Dataset& train_set,
                                    std::size_t threads) {
  const ValidationSplit split = split_for_validation(train_set, experiment.training);
  const Network folded = fold_batch_norm(network);
  const FixedPointSpec& spec = experiment.bit_serial->fixed_point;
  const std::vector<double> largest =
      largest_outputs(folded, split.training.first(experiment.calibration_images), spec.activation_percentile, threads);
  const FixedPointNetwork fixed_point =
      pack_blocks(to_fixed_point(folded, largest, spec), experiment.bit_serial->chip, experiment.bit_serial->mapping);
  const std::vector<std::string> faults = fixed_point_network_faults(fixed_point);
  CROSSLOOM_CHECK(faults.empty(), "the fixed-point network is inconsistent:" + joined(faults));
  return fixed_point;
}

PlacedNetwork place_stage(const Experiment& experiment, const FixedPointNetwork& network, std::uint64_t seed,
                          ProgressSink& progress) {
  PlacedNetwork placed = place_network(network, experiment.bit_serial->chip, experiment.bit_serial->mapping,
                                       Streams(seed).placement(), progress)
                             .placed;
  const std::vector<std::string> faults = placed_network_faults(placed, network);
  CROSSLOOM_CHECK(faults.empty(), "the placement is not legal:" + joined(faults));
  return placed;
}

AdcShifts adc_stage(const Experiment& experiment, const FixedPointNetwork& network, const Dataset& train_set,
                    std::size_t threads) {
  const BitSerialChipSpec& chip = experiment.bit_serial->chip;
  if (chip.adc.range != AdcRange::calibrated) return fixed_adc_shifts(network, chip);
  const ValidationSplit split = split_for_validation(train_set, experiment.training);
  const DatasetView calibration = split.training.first(experiment.calibration_images);
  std::vector<std::vector<std::uint8_t>> images;
  for (std::size_t k = 0; k < calibration.size(); ++k) {
    images.emplace_back(calibration.image(k), calibration.image(k) + train_set.image_size());
  }
  return calibrate_adc_shifts(network, chip, images, threads);
}

ProgrammedArrays program_stage(const Experiment& experiment, const FixedPointNetwork& network,
                               const PlacedNetwork& placed, const AdcShifts& shifts, std::uint64_t seed) {
  return ProgrammedArrays::program(placed, network, experiment.bit_serial->chip, shifts, Streams(seed).device());
}

void BitSerialFiles::save(const FixedPointNetwork& network, const PlacedNetwork& placed,
                          const AdcShifts& shifts) const {
  std::filesystem::create_directories(folder_);
  to_archive(network).save(fixed_point_network());
  to_archive(placed).save(placed_network());
  Archive archive("adc_shifts", 1);
  archive.header["shifts"] = shifts.raw();
  archive.save(adc_shifts());
}

FixedPointNetwork BitSerialFiles::load_network() const {
  return fixed_point_network_from_archive(Archive::load(fixed_point_network(), "fixed_point_network", 1));
}

PlacedNetwork BitSerialFiles::load_placed() const {
  return placed_network_from_archive(Archive::load(placed_network(), "placed_network", kPlacedNetworkVersion));
}

AdcShifts BitSerialFiles::load_shifts() const {
  const Archive archive = Archive::load(adc_shifts(), "adc_shifts", 1);
  AdcShifts shifts;
  try {
    shifts.raw() = archive.header.at("shifts").get<std::vector<std::vector<std::uint32_t>>>();
  } catch (const nlohmann::json::exception& error) {
    throw UserError(fmt::format("{}: {}", adc_shifts().string(), error.what()));
  }
  return shifts;
}

}  // namespace crossloom
