#include "app/network_stages.h"

#include <fmt/format.h>

#include "app/stages.h"
#include "app/streams.h"
#include "base/error.h"
#include "training/transform/cluster_pruned.h"

namespace crossloom {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string NetworkStages::label(const ComparePoint& point, std::uint64_t seed) {
  const Experiment& experiment = point.file.experiment;
  const std::string setting = point.setting.empty() ? "" : ", " + point.setting;
  return fmt::format("{}{} at {}, seed {}", experiment.variants[point.variant].name, setting,
                     array_size_text(array_of(experiment)), seed);
}

std::optional<Json> NetworkStages::find_record(const fs::path& file) {
  if (!fs::exists(file)) return std::nullopt;
  try {
    const Json json = Json::parse(read_file(file));
    if (json.at("sha256") == sha256_hex(json.at("record").dump())) return json.at("record");
  } catch (const Json::exception&) {
    // Not what write_record wrote, like a record whose digest differs.
  }
  return std::nullopt;
}

void NetworkStages::write_record(const fs::path& file, const Json& record) {
  write_file_atomically(file, Json{{"sha256", sha256_hex(record.dump())}, {"record", record}}.dump(1));
}

Network NetworkStages::dense(const ComparePoint& point, std::uint64_t seed) {
  const fs::path at = file("dense", identities(point, seed).dense());
  ensure(at, [&] {
    progress_.message(fmt::format("Training {}, seed {}", point.file.experiment.network.name, seed));
    const fs::path checkpoint = fs::path(at).concat(".checkpoint");
    save_trained(train_stage(point.file.experiment, data_.train, seed, checkpoint, threads_, progress_), at,
                 epochs_file(at));
    fs::remove(checkpoint);
  });
  return load_network(at);
}

Network NetworkStages::transformed(const ComparePoint& point, std::uint64_t seed) {
  const fs::path at = file("transformed", identities(point, seed).transformed());
  ensure(at, [&] {
    const Experiment& experiment = point.file.experiment;
    const VariantSpec& variant = experiment.variants[point.variant];
    const fs::path checkpoint = fs::path(at).concat(".checkpoint");
    const auto make = [&](const auto& stage, const Network& start, const char* what) {
      progress_.message(what + label(point, seed));
      save_trained(stage(experiment, variant, start, data_.train, seed, checkpoint, threads_, progress_), at,
                   epochs_file(at));
    };
    if (variant.device_aware) {
      ComparePoint from = point;
      from.variant = variant.from;
      make(device_aware_stage, transformed(from, seed), "Retraining on chips: ");
    } else if (const std::optional<ComparePoint> pruning = pruning_of(point)) {
      const Network pruned = transformed(*pruning, seed);
      progress_.message("Clustering: " + label(point, seed));
      const RandomKey key = Streams(seed).retraining();
      save_network(cluster_pruned(pruned, variant.transform, array_of(experiment), key, progress_), at);
    } else {
      make(transform_stage, dense(point, seed), "Transforming: ");
    }
    fs::remove(checkpoint);
  });
  return load_network(at);
}

std::string NetworkStages::timing_json() const {
  const Json json = {{"hours_of_all_stages", stage_seconds_ / 3600.0}, {"hours_of_this_run", new_seconds_ / 3600.0}};
  return json.dump(2) + '\n';
}

}  // namespace crossloom
