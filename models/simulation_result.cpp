#include "models/simulation_result.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "models/archive_lists.h"

namespace crossloom {
namespace {

const char* const kKind = "simulation_result";
using Counts = std::vector<std::uint64_t>;
constexpr std::size_t kCountsOfOne = kActions + 4;

void append_counts(const ActivityCounts& from, Counts& to) {
  to.insert(to.end(), from.actions.begin(), from.actions.end());
  to.insert(to.end(), {from.array_energy, from.array_drives, from.packets_sent, from.packets_saved});
}

ActivityCounts counts_at(const Counts& from, std::size_t index) {
  ActivityCounts counts;
  const std::size_t begin = index * kCountsOfOne;
  std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(begin), kActions, counts.actions.begin());
  counts.array_energy = from[begin + kActions];
  counts.array_drives = from[begin + kActions + 1];
  counts.packets_sent = from[begin + kActions + 2];
  counts.packets_saved = from[begin + kActions + 3];
  return counts;
}

void put_images(Archive& archive, const std::vector<TimedImage>& images) {
  std::vector<std::uint32_t> indices, predicted;
  std::vector<std::uint8_t> has_first_spike;
  Counts latencies, first_spikes;
  std::vector<std::vector<std::uint32_t>> output_spikes;
  std::vector<Counts> layer_spikes, layer_times;
  std::vector<std::vector<std::uint8_t>> by_step;
  for (const TimedImage& image : images) {
    indices.push_back(image.outcome.image);
    predicted.push_back(image.outcome.predicted);
    output_spikes.push_back(image.outcome.output_spikes);
    layer_spikes.push_back(image.outcome.layer_spikes);
    by_step.push_back(image.outcome.predicted_by_step);
    latencies.push_back(image.timing.latency_cycles);
    has_first_spike.push_back(image.timing.first_spike_cycles ? 1 : 0);
    first_spikes.push_back(image.timing.first_spike_cycles.value_or(0));
    Counts times;
    for (const ImageTiming::LayerTiming& layer : image.timing.layers) {
      times.insert(times.end(), {layer.first_cycle, layer.last_cycle});
    }
    layer_times.push_back(std::move(times));
  }
  archive.put("image", indices);
  archive.put("predicted", predicted);
  put_lists(archive, "output_spikes", output_spikes);
  put_lists(archive, "layer_spikes", layer_spikes);
  put_lists(archive, "predicted_by_step", by_step);
  archive.put("latency_cycles", latencies);
  archive.put("has_first_spike", has_first_spike);
  archive.put("first_spike_cycles", first_spikes);
  put_lists(archive, "layer_times", layer_times);
}

std::vector<TimedImage> get_images(const Archive& archive) {
  const auto indices = archive.get<std::uint32_t>("image");
  const auto predicted = archive.get<std::uint32_t>("predicted");
  auto output_spikes = get_lists<std::uint32_t>(archive, "output_spikes");
  auto layer_spikes = get_lists<std::uint64_t>(archive, "layer_spikes");
  auto by_step = get_lists<std::uint8_t>(archive, "predicted_by_step");
  const auto latencies = archive.get<std::uint64_t>("latency_cycles");
  const auto has_first_spike = archive.get<std::uint8_t>("has_first_spike");
  const auto first_spikes = archive.get<std::uint64_t>("first_spike_cycles");
  const auto layer_times = get_lists<std::uint64_t>(archive, "layer_times");
  for (const std::size_t length : {predicted.size(), output_spikes.size(), layer_spikes.size(), by_step.size(),
                                   latencies.size(), has_first_spike.size(), first_spikes.size(), layer_times.size()}) {
    if (length != indices.size()) fail_archive(kKind, "its table of images has columns of different lengths");
  }
  std::vector<TimedImage> images;
  for (std::size_t k = 0; k < indices.size(); ++k) {
    const auto outputs = output_spikes[k].size();
    const bool classes = predicted[k] < outputs && std::all_of(by_step[k].begin(), by_step[k].end(),
                                                               [&](std::uint8_t step) { return step < outputs; });
    if (!classes || layer_times[k].size() % 2 != 0) fail_archive(kKind, "an image has a class or times that cannot be");
    TimedImage image;
    image.outcome = {indices[k], predicted[k], std::move(output_spikes[k]), std::move(layer_spikes[k]),
                     std::move(by_step[k])};
    image.timing.latency_cycles = latencies[k];
    if (has_first_spike[k] != 0) image.timing.first_spike_cycles = first_spikes[k];
    for (std::size_t l = 0; l < layer_times[k].size(); l += 2) {
      image.timing.layers.push_back({layer_times[k][l], layer_times[k][l + 1]});
    }
    images.push_back(std::move(image));
  }
  return images;
}

void put_activity(Archive& archive, const Activity& activity) {
  archive.header["layers"] = activity.layers;
  Counts by_tile_and_layer;
  for (const ActivityCounts& counts : activity.by_tile_and_layer) append_counts(counts, by_tile_and_layer);
  archive.put("activity", by_tile_and_layer);
  Counts chip;
  append_counts(activity.chip, chip);
  archive.put("chip_activity", chip);
}

Activity get_activity(const Archive& archive) {
  Activity activity;
  activity.layers = static_cast<std::uint32_t>(header_count(kKind, archive.header, "layers"));
  const auto counts = archive.get<std::uint64_t>("activity");
  const auto chip = archive.get<std::uint64_t>("chip_activity");
  const std::size_t entries = counts.size() / kCountsOfOne;
  const bool whole = activity.layers == 0 ? entries == 0 : entries % activity.layers == 0;
  if (counts.size() % kCountsOfOne != 0 || chip.size() != kCountsOfOne || !whole) {
    fail_archive(kKind, "its activity is not one row a tile and layer");
  }
  for (std::size_t k = 0; k < entries; ++k) activity.by_tile_and_layer.push_back(counts_at(counts, k));
  activity.chip = counts_at(chip, 0);
  return activity;
}

void put_rasters(Archive& archive, const std::vector<Raster>& rasters) {
  std::vector<std::uint32_t> layer_counts, step_counts;
  std::vector<std::vector<std::uint32_t>> spikes;
  std::vector<std::uint32_t> membrane_counts;
  std::vector<std::vector<double>> membranes;
  for (const Raster& raster : rasters) {
    layer_counts.push_back(static_cast<std::uint32_t>(raster.spikes.size()));
    for (const auto& layer : raster.spikes) {
      step_counts.push_back(static_cast<std::uint32_t>(layer.size()));
      spikes.insert(spikes.end(), layer.begin(), layer.end());
    }
    membrane_counts.push_back(static_cast<std::uint32_t>(raster.final_membranes.size()));
    membranes.insert(membranes.end(), raster.final_membranes.begin(), raster.final_membranes.end());
  }
  archive.put("raster.layers", layer_counts);
  archive.put("raster.steps", step_counts);
  put_lists(archive, "raster.spikes", spikes);
  archive.put("raster.membrane_layers", membrane_counts);
  put_lists(archive, "raster.membranes", membranes);
}

// Hands out the next items of a list; running over its end means that the file is inconsistent.
template <class T>
class Supply {
 public:
  explicit Supply(std::vector<T> items) : items_(std::move(items)) {}
  T next() {
    if (next_ == items_.size()) fail_archive(kKind, "its rasters are cut short");
    return std::move(items_[next_++]);
  }
  [[nodiscard]] bool used_up() const { return next_ == items_.size(); }

 private:
  std::vector<T> items_;
  std::size_t next_ = 0;
};

std::vector<Raster> get_rasters(const Archive& archive) {
  const auto layer_counts = archive.get<std::uint32_t>("raster.layers");
  const auto membrane_counts = archive.get<std::uint32_t>("raster.membrane_layers");
  Supply<std::uint32_t> steps(archive.get<std::uint32_t>("raster.steps"));
  Supply<std::vector<std::uint32_t>> spikes(get_lists<std::uint32_t>(archive, "raster.spikes"));
  Supply<std::vector<double>> membranes(get_lists<double>(archive, "raster.membranes"));
  if (layer_counts.size() != membrane_counts.size()) fail_archive(kKind, "its rasters are cut short");
  std::vector<Raster> rasters;
  for (std::size_t k = 0; k < layer_counts.size(); ++k) {
    Raster raster;
    for (std::uint32_t l = 0; l < layer_counts[k]; ++l) {
      std::vector<std::vector<std::uint32_t>> layer;
      for (std::uint32_t left = steps.next(); left > 0; --left) layer.push_back(spikes.next());
      raster.spikes.push_back(std::move(layer));
    }
    for (std::uint32_t l = 0; l < membrane_counts[k]; ++l) raster.final_membranes.push_back(membranes.next());
    rasters.push_back(std::move(raster));
  }
  if (!steps.used_up() || !spikes.used_up() || !membranes.used_up())
    fail_archive(kKind, "its rasters leave values over");
  return rasters;
}

}  // namespace

SimulationResult& SimulationResult::operator+=(const SimulationResult& later) {
  const bool fresh = images.empty() && activity.by_tile_and_layer.empty();
  images.insert(images.end(), later.images.begin(), later.images.end());
  rasters.insert(rasters.end(), later.rasters.begin(), later.rasters.end());
  elapsed_cycles += later.elapsed_cycles;
  observations += later.observations;
  if (fresh) {
    activity = later.activity;
  } else {
    CROSSLOOM_CHECK(later.activity.layers == activity.layers &&
                        later.activity.by_tile_and_layer.size() == activity.by_tile_and_layer.size(),
                    "shares of one stimulus run on the same chip");
    activity += later.activity;
  }
  return *this;
}

Archive to_archive(const SimulationResult& result) {
  Archive archive(kKind, kSimulationResultVersion);
  archive.header["elapsed_cycles"] = result.elapsed_cycles;
  put_images(archive, result.images);
  put_activity(archive, result.activity);
  put_rasters(archive, result.rasters);
  put_observations(archive, result.observations);
  return archive;
}

SimulationResult simulation_result_from_archive(const Archive& archive) {
  SimulationResult result;
  result.elapsed_cycles =
      header_count(kKind, archive.header, "elapsed_cycles", std::numeric_limits<std::uint64_t>::max());
  result.images = get_images(archive);
  result.activity = get_activity(archive);
  result.rasters = get_rasters(archive);
  result.observations = get_observations(archive);
  if (!result.rasters.empty() && result.rasters.size() != result.images.size()) {
    fail_archive(kKind, "it does not have one raster an image");
  }
  return result;
}

}  // namespace crossloom
