#include "app/watch_spec.h"

#include <algorithm>

#include <fmt/format.h>

namespace crossloom {
namespace {

namespace fs = std::filesystem;

nlohmann::json selection_json(const ImageSelection& images) { return {images.first, images.last, images.every}; }

ImageSelection selection_from_json(const nlohmann::json& json) {
  return {json.at(0).get<std::uint32_t>(), json.at(1).get<std::uint32_t>(), json.at(2).get<std::uint32_t>()};
}

fs::path share_file(const fs::path& file, const ImageSelection& images, std::uint32_t first, std::uint32_t count) {
  if (file.empty() || !images.meets(first, first + count)) return {};
  if (images.first >= first) return file;
  const std::string name = file.filename().string();
  const std::size_t dot = std::min(name.find('.'), name.size());
  return file.parent_path() / fmt::format("{}_{}{}", name.substr(0, dot), first, name.substr(dot));
}

}  // namespace

nlohmann::json watch_json(const WatchSpec& watch) {
  nlohmann::json json = {{"trace", watch.trace.string()},       {"traced", selection_json(watch.traced)},
                         {"first_cycle", watch.cycles.first},   {"last_cycle", watch.cycles.last},
                         {"signals", watch.signals.string()},   {"signal_pattern", watch.signal_pattern},
                         {"window_cycles", watch.window_cycles}};
  if (watch.observed) json["observed"] = selection_json(*watch.observed);
  return json;
}

WatchSpec watch_from_json(const nlohmann::json& json) {
  WatchSpec watch;
  watch.trace = json.at("trace").get<std::string>();
  watch.traced = selection_from_json(json.at("traced"));
  watch.cycles = {json.at("first_cycle").get<std::uint64_t>(), json.at("last_cycle").get<std::uint64_t>()};
  watch.signals = json.at("signals").get<std::string>();
  watch.signal_pattern = json.at("signal_pattern").get<std::string>();
  watch.window_cycles = json.at("window_cycles").get<std::uint64_t>();
  if (json.contains("observed")) watch.observed = selection_from_json(json.at("observed"));
  return watch;
}

std::string watch_text(const WatchSpec& watch) { return watch_json(watch).dump(); }

WatchSpec watch_of_share(WatchSpec watch, std::uint32_t first, std::uint32_t count) {
  watch.trace = share_file(watch.trace, watch.traced, first, count);
  watch.signals = share_file(watch.signals, watch.traced, first, count);
  return watch;
}

Watchers::Watchers(const WatchSpec& watch, std::uint32_t first, Frequency clock, const std::vector<std::string>& layers,
                   std::uint32_t actions) {
  const ImageSelection traced = watch.traced.counted_from(first);
  if (!watch.trace.empty()) {
    trace_.emplace(watch.trace, clock, layers, EventTraceWriter::kMaximumEvents, watch.cycles);
    watches_.push_back({&*trace_, traced});
  }
  if (!watch.signals.empty()) {
    signals_.emplace(watch.signals, clock, watch.signal_pattern, watch.cycles);
    watches_.push_back({&*signals_, traced});
  }
  if (!watch.observed) return;
  recording_.emplace(actions, watch.window_cycles);
  recording_->watch(watch.observed->counted_from(first), watches_);
}

Observations Watchers::finish(std::uint32_t mesh_width) {
  if (trace_) trace_->finish();
  if (signals_) signals_->finish();
  if (!recording_) return {};
  Observations observations = recording_->observations();
  observations.mesh_width = mesh_width;
  return observations;
}

}  // namespace crossloom
