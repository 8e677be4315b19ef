// Trained and transformed networks of points, each taken from the cache or made and put there; what comparisons and
// reliability studies share.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/compare_points.h"
#include "app/stage_cache.h"
#include "app/training_curves.h"
#include "base/files.h"
#include "base/interrupt.h"
#include "base/progress.h"

namespace crossloom {

/// Data and progress outlive it. Each throws what the stages throw, UserError where a cached network is damaged,
/// Interrupted after a signal. Not thread-safe.
class NetworkStages {
 public:
  NetworkStages(const TrainAndTest& data, const std::filesystem::path& cache, std::size_t threads,
                ProgressSink& progress)
      : data_(data), cache_(cache), threads_(threads), progress_(progress) {}

  Network dense(const ComparePoint& point, std::uint64_t seed);
  /// The network with its masks and blocks.
  Network transformed(const ComparePoint& point, std::uint64_t seed);
  /// Epochs of what dense() and transformed() gave; none of clusterings, whose pruning is a training of its own.
  [[nodiscard]] std::vector<EpochRecord> dense_epochs(const ComparePoint& point, std::uint64_t seed) const {
    return load_epochs(epochs_file(file("dense", identities(point, seed).dense())));
  }
  [[nodiscard]] std::vector<EpochRecord> transformed_epochs(const ComparePoint& point, std::uint64_t seed) const {
    return load_epochs(epochs_file(file("transformed", identities(point, seed).transformed())));
  }

  [[nodiscard]] StageIdentities identities(const ComparePoint& point, std::uint64_t seed) const {
    return StageIdentities(point, data_, seed);
  }
  /// "pruned, density = 0.1 at 64, seed 1".
  [[nodiscard]] static std::string label(const ComparePoint& point, std::uint64_t seed);
  [[nodiscard]] std::filesystem::path file(const std::string& stage, const std::string& identity) const {
    return cache_.file(stage, identity);
  }
  /// Runs `make`, which writes `file`, unless the file is there; keeps account of the time either way.
  template <class Make>
  void ensure(const std::filesystem::path& file, Make make) {
    throw_if_interrupted();
    if (!std::filesystem::exists(file)) {
      const auto start = std::chrono::steady_clock::now();
      const double before = new_seconds_;
      make();
      // What a stage inside this one took is its own.
      const double all = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      const double seconds = all - (new_seconds_ - before);
      StageCache::put_seconds(file, seconds);
      new_seconds_ += seconds;
    }
    account(file);
  }
  /// Counts what a stage took that was made or found elsewhere; with `account_new` also as made now.
  void account(const std::filesystem::path& file) {
    if (counted_.insert(file).second) stage_seconds_ += StageCache::seconds(file);
  }
  /// The networks behind a point, however far the cache went.
  void account_networks(const ComparePoint& point, std::uint64_t seed) {
    account(file("dense", identities(point, seed).dense()));
    account(file("transformed", identities(point, seed).transformed()));
  }
  void account_new(const std::filesystem::path& file) { new_seconds_ += StageCache::seconds(file); }
  /// The record that `make` returns, kept as JSON; a damaged one is made again.
  template <class Make>
  nlohmann::ordered_json record(const std::string& stage, const std::string& identity, Make make) {
    const std::filesystem::path at = file(stage, identity);
    if (!find_record(at)) std::filesystem::remove(at);
    ensure(at, [&] { write_record(at, make()); });
    return find_record(at).value();
  }
  /// Nothing where the record is not there or damaged.
  static std::optional<nlohmann::ordered_json> find_record(const std::filesystem::path& file);
  static void write_record(const std::filesystem::path& file, const nlohmann::ordered_json& record);

  /// What the stages asked for took when they were made, and how much of it now.
  [[nodiscard]] double stage_seconds() const { return stage_seconds_; }
  [[nodiscard]] double new_seconds() const { return new_seconds_; }
  /// For timing.json.
  [[nodiscard]] std::string timing_json() const;

 private:
  static std::filesystem::path epochs_file(std::filesystem::path network) { return network.concat(".epochs"); }

  const TrainAndTest& data_;
  StageCache cache_;
  std::size_t threads_;
  ProgressSink& progress_;
  double stage_seconds_ = 0.0, new_seconds_ = 0.0;
  std::set<std::filesystem::path> counted_;
};

}  // namespace crossloom
