// The pictures of a reliability study.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "traces/engineering.h"
#include "traces/reliability.h"
#include "traces/svg_chart.h"

namespace crossloom {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::string array_text(ArraySize array) {
  return array.rows == array.columns ? fmt::format("{}", array.rows) : fmt::format("{}x{}", array.rows, array.columns);
}

/// A chart a corner, below each other.
template <class MakeChart>
std::string charts_by_corner(const ReliabilityStudy& study, const std::string& title, const std::string& what,
                             MakeChart make_chart) {
  constexpr double kWidth = 860.0, kChart = 380.0, kMargin = 20.0;
  const double height = Picture::kHeader + (kChart + kMargin) * static_cast<double>(study.corners.size());
  Picture picture(kWidth, height, title, fmt::format("{}: {}", study.experiment, what));
  double top = Picture::kHeader;
  for (const CornerResult& corner : study.corners) {
    picture.draw(make_chart(corner), ChartFrame{kMargin, top, kWidth - 2 * kMargin, kChart});
    top += kChart + kMargin;
  }
  return picture.to_svg();
}

/// Curves of a value with its interval, in percent, over the sizes; the axis covers all of it.
template <class Value>
LineChart curves_of(const CornerResult& corner, Value value) {
  LineChart chart;
  chart.title = "Corner " + corner.name;
  chart.x_axis = "array size (rows, columns)";
  chart.bands = true;
  for (const MeasuredSize& size : corner.curves.front().sizes) chart.x_names.push_back(array_text(size.array));
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
  for (const ReliabilityCurve& curve : corner.curves) {
    ChartSeries series{curve.variant, {}, {}};
    for (const MeasuredSize& size : curve.sizes) {
      if (!size.does_not_fit.empty()) {
        series.values.push_back(kNone);
        series.half_widths.push_back(0.0);
        continue;
      }
      const LossInterval loss = loss_interval(size.losses);
      series.values.push_back(100.0 * value(size, loss));
      series.half_widths.push_back(100.0 * loss.half_width);
      const double half = std::isfinite(loss.half_width) ? series.half_widths.back() : 0.0;
      lowest = std::min(lowest, series.values.back() - half);
      highest = std::max(highest, series.values.back() + half);
    }
    chart.series.push_back(std::move(series));
  }
  chart.lowest = std::isfinite(lowest) ? lowest : 0.0;
  chart.highest = std::isfinite(highest) ? highest : 1.0;
  return chart;
}

ScatterChart scatter_of(const CornerResult& corner) {
  ScatterChart chart;
  chart.title = "Corner " + corner.name;
  chart.x_axis = "energy per inference";
  chart.x_unit = "J";
  chart.value_axis = "accuracy on chip, %";
  chart.front_name = "Pareto front";
  std::vector<EnergyAccuracy> all;
  std::vector<ScatterPoint> marks;
  for (const ReliabilityCurve& curve : corner.curves) {
    ScatterSeries series{curve.variant, {}};
    for (const MeasuredSize& size : curve.sizes) {
      if (!size.does_not_fit.empty()) continue;
      const double accuracy = 100.0 * (size.accuracy - loss_interval(size.losses).mean);
      series.points.push_back({size.cost.energy_per_inference_j, accuracy, array_text(size.array)});
      all.push_back({series.points.back().x, accuracy});
      marks.push_back(series.points.back());
    }
    chart.series.push_back(std::move(series));
  }
  for (const std::size_t k : pareto_front(all)) chart.front.push_back(marks[k]);
  return chart;
}

/// Names of the causes of all budgets of all corners, so that one has the same colour in every chart.
std::vector<std::string> causes_of(const ReliabilityStudy& study) {
  std::vector<std::string> causes;
  for (const CornerResult& corner : study.corners) {
    for (const ReliabilityCurve& curve : corner.curves) {
      for (const ErrorBudget& budget : curve.budgets) {
        for (const std::string& cause : budget.causes) {
          if (std::find(causes.begin(), causes.end(), cause) == causes.end()) causes.push_back(cause);
        }
      }
    }
  }
  return causes;
}

/// A cause that gains by chance has no height; what is left up to the measured loss belongs to all together.
void add_bar(StackedBars& chart, const std::string& name, const ErrorBudget& budget,
             const std::vector<std::string>& causes) {
  const BudgetShares shares = budget_shares(budget);
  for (ChartSeries& part : chart.parts) part.values.push_back(0.0);
  double drawn = 0.0;
  const auto draw = [&](std::size_t part, double share) {
    const double height = std::max(0.0, 100.0 * share);
    chart.parts[part].values.back() = height;
    drawn += height;
  };
  chart.bars.push_back(name);
  chart.totals.push_back(fmt::format("{:.2f}", 100.0 * shares.all));
  draw(0, shares.conversion);
  for (std::size_t c = 0; c < shares.alone.size(); ++c) {
    const auto at = std::find(causes.begin(), causes.end(), budget.causes[c]);
    draw(static_cast<std::size_t>(at - causes.begin()) + 1, shares.alone[c]);
  }
  draw(chart.parts.size() - 1, shares.all - drawn / 100.0);
}

StackedBars budget_bars(const CornerResult& corner, const std::vector<std::string>& causes) {
  StackedBars chart;
  chart.title = "Corner " + corner.name;
  chart.value_axis = "loss, points";
  chart.parts.push_back({"conversion to spikes", {}, {}});
  for (const std::string& cause : causes) chart.parts.push_back({cause, {}, {}});
  chart.parts.push_back({"only together", {}, {}});
  for (const ReliabilityCurve& curve : corner.curves) {
    for (const ErrorBudget& budget : curve.budgets) {
      const std::string name = fmt::format("{} {}", curve.variant, array_text(curve.sizes[budget.size].array));
      add_bar(chart, name, budget, causes);
    }
  }
  return chart;
}

}  // namespace

std::string accuracy_by_size_svg(const ReliabilityStudy& study) {
  return charts_by_corner(study, "Accuracy on chip against array size",
                          "mean over programmed chips, band: its 95 % interval", [](const CornerResult& corner) {
                            LineChart chart = curves_of(corner, [](const MeasuredSize& size, const LossInterval& loss) {
                              return size.accuracy - loss.mean;
                            });
                            chart.value_axis = "accuracy on chip, %";
                            chart.highest = std::min(chart.highest, 100.0);
                            return chart;
                          });
}

std::string loss_by_size_svg(const ReliabilityStudy& study) {
  const double limit = 100.0 * study.largest_loss;
  return charts_by_corner(
      study, "Loss of accuracy against array size",
      fmt::format("mean over programmed chips, band: its 95 % interval; dashed: {:.2f} points", limit),
      [&](const CornerResult& corner) {
        LineChart chart = curves_of(corner, [](const MeasuredSize&, const LossInterval& loss) { return loss.mean; });
        chart.value_axis = "loss, points";
        chart.reference = limit;
        chart.lowest = std::min(chart.lowest, 0.0);
        chart.highest = std::max(chart.highest, 1.2 * limit);
        return chart;
      });
}

std::string energy_and_accuracy_svg(const ReliabilityStudy& study) {
  return charts_by_corner(study, "Accuracy against energy", "array sizes beside the marks, mean over programmed chips",
                          scatter_of);
}

std::string error_budget_svg(const ReliabilityStudy& study) {
  const std::vector<std::string> causes = causes_of(study);
  if (causes.empty()) return "";
  ReliabilityStudy shown = study;
  shown.corners.clear();
  for (const CornerResult& corner : study.corners) {
    const bool budgets = std::any_of(corner.curves.begin(), corner.curves.end(),
                                     [](const ReliabilityCurve& curve) { return !curve.budgets.empty(); });
    if (budgets) shown.corners.push_back(corner);
  }
  return charts_by_corner(shown, "Loss by cause", "each cause alone, then what only all together add; numbers: all",
                          [&](const CornerResult& corner) { return budget_bars(corner, causes); });
}

}  // namespace crossloom
