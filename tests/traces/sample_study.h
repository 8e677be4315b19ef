// A reliability study as tests write it: losses in points, everything else made up.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "traces/reliability.h"

namespace crossloom::test {

inline std::vector<double> points(std::vector<double> losses) {
  for (double& loss : losses) loss /= 100.0;
  return losses;
}

inline MeasuredSize measured(std::uint32_t side, std::vector<double> losses, double energy_j = 1e-6) {
  MeasuredSize size;
  size.array = {side, side};
  size.accuracy = 0.95;
  size.ideal_accuracy = 0.945;
  size.losses = points(std::move(losses));
  size.layer_errors = {0.125, 0.25};
  size.cost.energy_per_inference_j = energy_j;
  size.cost.latency_per_inference_s = 2e-6;
  size.cost.area_mm2 = 1.5;
  size.cost.array_area_mm2 = 0.5;
  size.cost.crossbars = 1200;
  size.cost.physical_arrays = 1200;
  size.cost.utilisation = 0.5;
  size.cost.timed_images = 20;
  return size;
}

inline MeasuredSize too_large(std::uint32_t side) {
  MeasuredSize size;
  size.array = {side, side};
  size.does_not_fit = "a neuron has 75 row parts, the tile group 64 crossbars";
  return size;
}

inline ErrorBudget sample_budget(std::size_t size) {
  ErrorBudget budget;
  budget.size = size;
  budget.causes = {"wires", "noise"};
  const auto add = [&](BudgetKind kind, const std::string& cause, std::vector<double> losses) {
    budget.entries.push_back({kind, cause, points(std::move(losses)), {}});
  };
  add(BudgetKind::none, "", {0.5, 0.5});
  add(BudgetKind::alone, "wires", {1.5, 1.7});
  add(BudgetKind::alone, "noise", {0.6, 0.8});
  add(BudgetKind::all_but, "wires", {0.9, 0.7});
  add(BudgetKind::all_but, "noise", {2.1, 1.9});
  add(BudgetKind::all, "", {2.9, 3.1});
  return budget;
}

inline ReliabilityCurve curve_of(std::string variant, std::vector<MeasuredSize> sizes, double largest_loss = 0.01) {
  ReliabilityCurve curve{std::move(variant), std::move(sizes), {}, {}};
  curve.decision = decide_size(curve.sizes, largest_loss);
  return curve;
}

/// One corner, two variants: the first up to 32, the second up to 64 with a budget; 128 is reliable again.
inline ReliabilityStudy sample_study() {
  ReliabilityStudy study;
  study.experiment = "sample";
  study.dataset = "made-up data";
  study.chip = "made-up chip";
  study.steps = 8;
  study.seed = 3;
  study.images = 200;
  study.test_images = 100;
  study.budget_images = 200;
  study.layers = {"hidden", "output"};
  study.rule = {2, 4, 0.002};
  study.largest_loss = 0.01;
  ReliabilityCurve original =
      curve_of("original", {too_large(16), measured(32, {0.4, 0.5, 0.6}, 4e-6), measured(64, {3.0, 3.2, 3.4}, 2e-6),
                            measured(128, {0.1, 0.1}, 1e-6)});
  ReliabilityCurve array = curve_of("array", {measured(16, {0.1, 0.1}, 3e-6), measured(32, {0.3, 0.3}, 1e-6),
                                              measured(64, {0.5, 0.6, 0.4}, 2e-6), measured(128, {0.0, 2.0}, 1e-6)});
  original.sizes[1].test = Confirmation{0.96, points({0.7, 0.9})};
  array.budgets.push_back(sample_budget(2));
  study.corners.push_back({"typical", {original, array}, 160});
  return study;
}

}  // namespace crossloom::test
