// The points of a comparison (array size x variant x setting) and the identities by which their stages are cached.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/compare.h"
#include "training/dataset_catalogue.h"

namespace crossloom {

struct ComparePoint {
  std::string setting;  ///< e.g. "kept = 0.1"; empty where the variant is not swept
  std::size_t variant = 0;
  ExperimentFile file;        ///< with the array size and the setting filled in
  bool pruning_only = false;  ///< the variant is its method's pruning alone: see pruning_of()
  /// The same on the chip of the comparison's corner, where it has one.
  std::optional<ExperimentFile> corner = std::nullopt;
};

struct CompareSize {
  ArraySize array;                                ///< as the comparison gives it
  ArraySize crossbar;                             ///< in weights
  std::vector<std::vector<ComparePoint>> points;  ///< by variant
};

/// Reads every point; throws UserError naming the point at which the experiment is not valid.
std::vector<CompareSize> comparison_points(const ExperimentLoader& load, const ExperimentFile& base);

/// Where the variant's method clusters a network that it prunes first: the point of that pruning alone, which may be
/// other methods' too.
std::optional<ComparePoint> pruning_of(const ComparePoint& point);

/// Everything that the content of a stage depends on, as text. Each contains the one before.
class StageIdentities {
 public:
  StageIdentities(const ComparePoint& point, const TrainAndTest& data, std::uint64_t seed);
  [[nodiscard]] const std::string& dense() const { return dense_; }
  [[nodiscard]] const std::string& transformed() const { return transformed_; }
  [[nodiscard]] const std::string& mapped() const { return mapped_; }
  [[nodiscard]] const std::string& simulated() const { return simulated_; }
  /// Contains mapped() only.
  [[nodiscard]] const std::string& corner() const { return corner_; }

 private:
  std::string dense_, transformed_, mapped_, simulated_, corner_;
};

}  // namespace crossloom
