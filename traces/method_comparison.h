// What a comparison of transformation methods found, as values, and how its operating points and verdicts are decided.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/table.h"
#include "models/array_size.h"
#include "traces/run_report.h"

namespace crossloom {

/// One seed of one setting: what training, transformation and mapping made. Nothing is simulated for it.
struct PointSeed {
  std::uint64_t seed = 0;
  double validation_accuracy = 0.0;        ///< real-valued network, 0..1
  double dense_validation_accuracy = 0.0;  ///< of the network that the transformation started from, 0..1
  std::uint64_t synapses = 0;
  std::uint64_t clusters = 0;     ///< blocks that are no leftovers
  std::uint64_t unclustered = 0;  ///< synapses in leftover blocks
  std::uint64_t crossbars = 0, physical_arrays = 0;
  double utilisation = 0.0;
  double area_mm2 = 0.0;
};

/// One setting of a method.
struct MethodPoint {
  std::string setting;  ///< e.g. "kept = 0.1"; empty where the method has one point only
  std::vector<PointSeed> seeds;
  [[nodiscard]] double mean(double PointSeed::*value) const;
  [[nodiscard]] double mean(std::uint64_t PointSeed::*value) const;
  /// Mean loss of validation accuracy against the dense network of the same seed, a share; negative where it gained.
  [[nodiscard]] double validation_loss() const;
};

/// How one network does on the test images beside the first method's network of the same seed.
struct PairedOutcome {
  std::uint64_t images = 0;
  std::uint64_t only_first_right = 0;  ///< images that only the first method's network classifies correctly
  std::uint64_t only_this_right = 0;
  [[nodiscard]] double difference() const;  ///< of accuracies, this minus first
};

/// Clusters by quality, in tenths from empty to full.
using QualityHistogram = std::array<std::uint64_t, 10>;

enum class Verdict { equal, worse, not_decided };
const char* verdict_name(Verdict verdict);

/// Mean difference of test accuracy with the half width of its 95 % interval: Student's t over seeds where there are
/// three or more; else over images, as the normal interval of paired proportions (Agresti, Categorical Data Analysis,
/// 3rd ed., section 11.1.1), which says nothing about other seeds.
struct AccuracyDifference {
  double mean = 0.0, half_width = 0.0;
  bool over_seeds = false;
  /// equal: the whole interval lies above -largest_loss; worse: the whole interval lies below it.
  Verdict verdict = Verdict::not_decided;
};
AccuracyDifference accuracy_difference(const std::vector<PairedOutcome>& outcomes, double largest_loss);

/// One network on chips that err, of how many test images it classifies correctly.
struct CornerOutcome {
  std::uint64_t images = 0;
  std::uint64_t own_correct = 0;       ///< on the comparison's own chip, untimed
  std::vector<std::uint64_t> correct;  ///< on each programmed chip of the corner
};
/// Over the chips of all seeds: accuracy, and what is lost of it against the own chip on the same images.
struct CornerAccuracy {
  Estimate accuracy, loss;
};
/// At least one outcome with at least one chip.
CornerAccuracy corner_accuracy(const std::vector<CornerOutcome>& outcomes);

/// The point of the largest saving that loses little enough, with what was measured there.
struct OperatingPoint {
  std::size_t point = 0;  ///< index into ComparedMethod::points
  bool within_limit = true;
  std::vector<Headline> figures;        ///< one a seed; test images and the timed chip
  std::vector<PairedOutcome> outcomes;  ///< one a seed
  QualityHistogram qualities{};         ///< clusters of all layers and seeds
  std::vector<CornerOutcome> corner;    ///< one a seed where the comparison has a corner
};

/// Of the points that lose at most `largest_loss` of mean validation accuracy the one with the fewest crossbars, then
/// the fewest synapses; where none does, the one that loses least, which is then not within the limit. Test images have
/// no part in it. At least one point.
OperatingPoint choose_operating_point(const std::vector<MethodPoint>& points, double largest_loss);

/// A setting of a sweep at which the method left a layer without weights.
struct FailedPoint {
  std::string setting, reason;
};

struct ComparedMethod {
  std::string name;
  std::vector<MethodPoint> points;
  std::vector<FailedPoint> failed;
  OperatingPoint chosen;
  [[nodiscard]] const MethodPoint& operating_point() const { return points[chosen.point]; }
};

struct ComparedSize {
  ArraySize array;     ///< as the comparison gives it: of a bit-serial chip wordlines and bit lines of a physical array
  ArraySize crossbar;  ///< in weights
  std::vector<ComparedMethod> methods;
};

/// What the corner of a comparison is.
struct ComparedCorner {
  std::string name;
  std::uint32_t chips = 0;
  std::uint64_t images = 0;
};

struct MethodComparison {
  std::string experiment, dataset, chip;
  bool bit_serial = false;
  std::optional<ComparedCorner> corner;
  double largest_loss = 0.0;             ///< a share
  std::vector<std::size_t> relative_to;  ///< methods that the others are compared with
  std::uint32_t steps = 0;               ///< T of a spiking chip
  std::size_t simulated_images = 0;      ///< through the timed chip at each operating point and seed
  std::vector<ComparedSize> sizes;
};

/// One block of lines an array size, one row a method at its operating point, each figure also relative to the
/// reference methods.
std::string method_comparison_text(const MethodComparison& comparison);

/// method_comparison (a row a size, method and figure), method_points (a row a size, method, setting and seed) and,
/// with a corner, method_corner (a row a size, method, seed and chip).
std::vector<Table> method_comparison_tables(const MethodComparison& comparison);
std::string method_comparison_json(const MethodComparison& comparison);
/// Validation accuracy against crossbars, a curve a method, one chart an array size.
std::string method_curves_svg(const MethodComparison& comparison);
/// Clusters by quality, a group of bars a tenth, one chart an array size.
std::string cluster_qualities_svg(const MethodComparison& comparison);
/// Accuracy on the own chip and in the corner, a group of bars a method, one chart an array size. With a corner only.
std::string corner_svg(const MethodComparison& comparison);

}  // namespace crossloom
