// Intervals over chips, verdicts on sizes, and losses by cause.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <boost/math/distributions/students_t.hpp>

#include "base/error.h"
#include "traces/reliability.h"
#include "traces/run_report.h"

namespace crossloom {
namespace {

/// A hair of tolerance, so that a bound of exactly the limit counts as within it.
constexpr double kRounding = 1e-9;

/// One-sided 95 % point: a t of this many degrees of freedom lies below it with probability 0.95.
double one_sided_t_95(std::size_t degrees_of_freedom) {
  return boost::math::quantile(boost::math::students_t(static_cast<double>(degrees_of_freedom)), 0.95);
}

double mean_loss(const BudgetEntry& entry) { return loss_interval(entry.losses).mean; }

}  // namespace

LossInterval loss_interval(const std::vector<double>& losses) {
  const Estimate mean = estimate(losses);
  LossInterval interval{mean.mean, mean.half_width, mean.mean, mean.mean, losses.size()};
  if (losses.size() == 1) {
    interval.half_width = std::numeric_limits<double>::infinity();
    interval.lower = -interval.half_width;
    interval.upper = interval.half_width;
    return interval;
  }
  // The half width is t times the standard error of the mean.
  const std::size_t degrees = losses.size() - 1;
  const double one_sided = mean.half_width / student_t_95(degrees) * one_sided_t_95(degrees);
  interval.lower = mean.mean - one_sided;
  interval.upper = mean.mean + one_sided;
  return interval;
}

std::optional<std::size_t> chips_enough(const std::vector<double>& losses, const SamplingRule& rule) {
  for (std::size_t chips = rule.least; chips <= std::min(losses.size(), rule.most); ++chips) {
    const auto end = losses.begin() + static_cast<std::ptrdiff_t>(chips);
    if (chips == rule.most || loss_interval({losses.begin(), end}).half_width <= rule.half_width + kRounding) {
      return chips;
    }
  }
  return std::nullopt;
}

const char* size_verdict_name(SizeVerdict verdict) {
  switch (verdict) {
    case SizeVerdict::reliable:
      return "reliable";
    case SizeVerdict::not_decided:
      return "not decided";
    case SizeVerdict::unreliable:
      return "unreliable";
    case SizeVerdict::does_not_fit:
      break;
  }
  return "does not fit";
}

SizeVerdict verdict_of(const MeasuredSize& size, double largest_loss) {
  if (!size.does_not_fit.empty()) return SizeVerdict::does_not_fit;
  const LossInterval loss = loss_interval(size.losses);
  if (loss.upper <= largest_loss + kRounding) return SizeVerdict::reliable;
  return loss.lower > largest_loss + kRounding ? SizeVerdict::unreliable : SizeVerdict::not_decided;
}

SizeDecision decide_size(const std::vector<MeasuredSize>& sizes, double largest_loss) {
  SizeDecision decision;
  bool all_reliable = true;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    const SizeVerdict verdict = verdict_of(sizes[k], largest_loss);
    if (verdict == SizeVerdict::does_not_fit) continue;
    if (verdict != SizeVerdict::reliable) {
      all_reliable = false;
    } else if (!all_reliable) {
      decision.exceptions.push_back(k);
    } else {
      decision.largest = k;
      const auto energy = [&](std::size_t s) { return sizes[s].cost.energy_per_inference_j; };
      if (!decision.least_energy || energy(k) < energy(*decision.least_energy)) decision.least_energy = k;
    }
  }
  return decision;
}

const char* budget_kind_name(BudgetKind kind) {
  switch (kind) {
    case BudgetKind::none:
      return "none";
    case BudgetKind::alone:
      return "alone";
    case BudgetKind::all_but:
      return "all but";
    case BudgetKind::all:
      break;
  }
  return "all";
}

const BudgetEntry& ErrorBudget::entry(BudgetKind kind, const std::string& cause) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const BudgetEntry& e) { return e.kind == kind && e.cause == cause; });
  CROSSLOOM_CHECK(found != entries.end(), "a budget has none, all, and each cause alone and left out");
  return *found;
}

double BudgetShares::together() const { return all - conversion - std::accumulate(alone.begin(), alone.end(), 0.0); }

BudgetShares budget_shares(const ErrorBudget& budget) {
  BudgetShares shares;
  shares.conversion = mean_loss(budget.entry(BudgetKind::none));
  shares.all = mean_loss(budget.entry(BudgetKind::all));
  for (const std::string& cause : budget.causes) {
    shares.alone.push_back(mean_loss(budget.entry(BudgetKind::alone, cause)) - shares.conversion);
    shares.removed.push_back(shares.all - mean_loss(budget.entry(BudgetKind::all_but, cause)));
  }
  return shares;
}

std::vector<std::size_t> pareto_front(const std::vector<EnergyAccuracy>& points) {
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < points.size(); ++k) {
    if (std::isfinite(points[k].energy) && std::isfinite(points[k].accuracy)) order.push_back(k);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (points[a].energy != points[b].energy) return points[a].energy < points[b].energy;
    return points[a].accuracy > points[b].accuracy;
  });
  std::vector<std::size_t> front;
  for (const std::size_t k : order) {
    if (front.empty() || points[k].accuracy > points[front.back()].accuracy) front.push_back(k);
  }
  return front;
}

}  // namespace crossloom
