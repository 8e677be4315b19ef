// Operating points and verdicts.
#include "traces/method_comparison.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/error.h"

namespace crossloom {
namespace {

/// 97.5 % point of the normal distribution.
constexpr double kNormal95 = 1.959963984540054;
constexpr std::size_t kSeedsForStudent = 3;

template <class T>
double mean_of(const std::vector<PointSeed>& seeds, T PointSeed::*value) {
  double sum = 0.0;
  for (const PointSeed& seed : seeds) sum += static_cast<double>(seed.*value);
  return sum / static_cast<double>(seeds.size());
}

/// Variance of one seed's difference over the choice of test images.
double variance_over_images(const PairedOutcome& outcome) {
  const auto images = static_cast<double>(outcome.images);
  const auto differing = static_cast<double>(outcome.only_first_right + outcome.only_this_right);
  const double difference = outcome.difference();
  return (differing / images - difference * difference) / images;
}

}  // namespace

double MethodPoint::mean(double PointSeed::*value) const { return mean_of(seeds, value); }
double MethodPoint::mean(std::uint64_t PointSeed::*value) const { return mean_of(seeds, value); }

double MethodPoint::validation_loss() const {
  return mean(&PointSeed::dense_validation_accuracy) - mean(&PointSeed::validation_accuracy);
}

double PairedOutcome::difference() const {
  return (static_cast<double>(only_this_right) - static_cast<double>(only_first_right)) / static_cast<double>(images);
}

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::equal:
      return "equal";
    case Verdict::worse:
      return "worse";
    case Verdict::not_decided:
      break;
  }
  return "not decided";
}

AccuracyDifference accuracy_difference(const std::vector<PairedOutcome>& outcomes, double largest_loss) {
  CROSSLOOM_CHECK(!outcomes.empty(), "a difference is of at least one seed");
  AccuracyDifference result;
  std::vector<double> differences;
  for (const PairedOutcome& outcome : outcomes) differences.push_back(outcome.difference());
  const Estimate over_seeds = estimate(differences);
  result.mean = over_seeds.mean;
  result.over_seeds = outcomes.size() >= kSeedsForStudent;
  if (result.over_seeds) {
    result.half_width = over_seeds.half_width;
  } else {
    double variance = 0.0;
    for (const PairedOutcome& outcome : outcomes) variance += variance_over_images(outcome);
    result.half_width = kNormal95 * std::sqrt(std::max(0.0, variance)) / static_cast<double>(outcomes.size());
  }
  if (result.mean - result.half_width >= -largest_loss) result.verdict = Verdict::equal;
  if (result.mean + result.half_width < -largest_loss) result.verdict = Verdict::worse;
  return result;
}

CornerAccuracy corner_accuracy(const std::vector<CornerOutcome>& outcomes) {
  std::vector<double> accuracies, losses;
  for (const CornerOutcome& outcome : outcomes) {
    const auto images = static_cast<double>(outcome.images);
    for (const std::uint64_t correct : outcome.correct) {
      accuracies.push_back(static_cast<double>(correct) / images);
      losses.push_back((static_cast<double>(outcome.own_correct) - static_cast<double>(correct)) / images);
    }
  }
  return {estimate(accuracies), estimate(losses)};
}

OperatingPoint choose_operating_point(const std::vector<MethodPoint>& points, double largest_loss) {
  CROSSLOOM_CHECK(!points.empty(), "an operating point is chosen among at least one");
  // A hair of tolerance, so that a loss of exactly the limit counts as within it.
  constexpr double kRounding = 1e-9;
  const auto rank = [&](std::size_t p) {
    const double loss = points[p].validation_loss();
    const bool within = loss <= largest_loss + kRounding;
    return std::make_tuple(!within, within ? points[p].mean(&PointSeed::crossbars) : loss,
                           points[p].mean(&PointSeed::synapses), p);
  };
  OperatingPoint chosen;
  for (std::size_t p = 1; p < points.size(); ++p) {
    if (rank(p) < rank(chosen.point)) chosen.point = p;
  }
  chosen.within_limit = !std::get<0>(rank(chosen.point));
  return chosen;
}

}  // namespace crossloom
