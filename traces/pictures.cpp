// Which figures go into which picture.
#include "traces/pictures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "traces/engineering.h"
#include "traces/figures.h"
#include "traces/svg_chart.h"
#include "traces/tables.h"

namespace crossloom {

namespace {

std::string subtitle(const RunReport& report) {
  return fmt::format("{} on {} at {}, T = {} steps", report.dataset, report.chip,
                     format_engineering(report.clock.si(), "Hz"), report.steps);
}

void check(const RunReport& report) {
  const auto problem = problem_of(report);
  CROSSLOOM_CHECK(!problem, problem.value_or(""));
}

/// Mean over seeds of a value of one seed, for each variant.
template <class Value>
std::vector<double> means(const RunReport& report, Value value) {
  std::vector<double> result;
  for (const VariantReport& variant : report.variants) {
    std::vector<double> samples;
    for (const SeedReport& seed : variant.seeds) samples.push_back(value(seed));
    result.push_back(estimate(samples).mean);
  }
  return result;
}

double per_image(Energy energy, const SeedReport& seed) {
  return energy.si() / static_cast<double>(seed.simulation.images.size());
}

double largest(const std::vector<double>& values) {
  return values.empty() ? 0.0 : *std::max_element(values.begin(), values.end());
}

std::vector<double> divided(std::vector<double> values, double by) {
  for (double& value : values) value /= by;
  return values;
}

StackedBars energy_by_group(const RunReport& report) {
  const std::vector<double> totals = means(report, [](const SeedReport& s) { return per_image(s.cost.total(), s); });
  const EngineeringScale scale = engineering_scale(largest(totals));
  const std::array<std::pair<const char*, Energy CostBreakdown::*>, 4> groups = {
      {{"array", &CostBreakdown::array},
       {"periphery", &CostBreakdown::periphery},
       {"network", &CostBreakdown::network},
       {"leakage", &CostBreakdown::leakage}}};
  StackedBars chart{"By group", fmt::format("energy per inference / {}J", scale.prefix), {}, {}, {}};
  for (std::size_t v = 0; v < report.variants.size(); ++v) {
    chart.bars.push_back(report.variants[v].name);
    chart.totals.push_back(format_engineering(totals[v], "J"));
  }
  for (const auto& [name, group] : groups) {
    const Energy CostBreakdown::*member = group;
    const auto values = means(report, [member](const SeedReport& s) { return per_image(s.cost.*member, s); });
    chart.parts.push_back({name, divided(values, scale.factor), {}});
  }
  return chart;
}

/// Energies of one component for each variant, leakage apart.
std::vector<double> component_energy(const RunReport& report, Component component) {
  return means(report, [component](const SeedReport& seed) {
    double sum = 0.0;
    for (const EnergyEntry& entry : seed.cost.energy) {
      if (entry.component == component && entry.action != "leakage") sum += per_image(entry.energy, seed);
    }
    return sum;
  });
}

/// "wordline_driver" as people write it.
std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

HorizontalBars energy_by_component(const RunReport& report) {
  std::vector<std::pair<std::string, std::vector<double>>> rows;
  double highest = 0.0;
  for (const Component component : all_components()) {
    std::vector<double> energies = component_energy(report, component);
    if (largest(energies) <= 0.0) continue;
    highest = std::max(highest, largest(energies));
    rows.emplace_back(spaced(component_info(component).name), std::move(energies));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return largest(a.second) > largest(b.second); });
  const EngineeringScale scale = engineering_scale(highest);
  HorizontalBars chart{
      "By component, without leakage", fmt::format("energy per inference / {}J", scale.prefix), {}, {}};
  for (const VariantReport& variant : report.variants) chart.series.push_back({variant.name, {}, {}});
  for (const auto& [name, energies] : rows) {
    chart.groups.push_back(name);
    for (std::size_t v = 0; v < energies.size(); ++v) chart.series[v].values.push_back(energies[v] / scale.factor);
  }
  return chart;
}

/// Accuracy in percent after each number of steps, with intervals over the seeds.
ChartSeries accuracy_curve(const RunReport& report, const VariantReport& variant) {
  ChartSeries series{variant.name, {}, {}};
  for (std::uint32_t steps = 1; steps <= report.steps; ++steps) {
    std::vector<double> samples;
    for (const SeedReport& seed : variant.seeds) {
      samples.push_back(100.0 * static_cast<double>(correct_after(seed, steps)) /
                        static_cast<double>(seed.simulation.images.size()));
    }
    const Estimate accuracy = estimate(samples);
    series.values.push_back(accuracy.mean);
    // An interval of a share may reach beyond 100 %, which would leave the picture.
    series.half_widths.push_back(std::min(accuracy.half_width, 100.0 - accuracy.mean));
  }
  return series;
}

LineChart accuracy_chart(const RunReport& report) {
  LineChart chart{"Chip, and real-valued network on the same images",
                  "time steps T",
                  "accuracy / %",
                  {},
                  {},
                  {},
                  ", real-valued",
                  0.0,
                  100.0};
  for (std::uint32_t steps = 1; steps <= report.steps; ++steps) chart.x.push_back(steps);
  for (const VariantReport& variant : report.variants) chart.series.push_back(accuracy_curve(report, variant));
  for (const double level : means(report, [](const SeedReport& s) { return 100.0 * s.accuracy_on_simulated; })) {
    chart.levels.emplace_back(level);
  }
  return chart;
}

/// The uppermost part, where the curves end: from two points below the lowest end.
LineChart enlarged(LineChart chart) {
  double lowest = 100.0, highest = 0.0;
  for (std::size_t v = 0; v < chart.series.size(); ++v) {
    const double end = chart.series[v].values.empty() ? 0.0 : chart.series[v].values.back();
    lowest = std::min({lowest, end, *chart.levels[v]});
    highest = std::max({highest, end, *chart.levels[v]});
  }
  chart.title = "The same, enlarged";
  chart.lowest = std::max(0.0, std::floor(lowest) - 2.0);
  chart.highest = std::max(chart.lowest + 1.0, std::min(100.0, std::ceil(highest + 0.2)));
  for (ChartSeries& series : chart.series) {
    for (double& value : series.values) {
      if (value < chart.lowest || value > chart.highest) value = std::numeric_limits<double>::quiet_NaN();
    }
  }
  return chart;
}

}  // namespace

std::string comparison_svg(const RunReport& report) {
  check(report);
  constexpr std::array<std::pair<const char*, double Headline::*>, 5> kShown = {
      {{"synapses", &Headline::synapses},
       {"crossbars", &Headline::crossbars},
       {"area", &Headline::area_mm2},
       {"energy", &Headline::energy_per_inference_j},
       {"latency", &Headline::latency_per_inference_s}}};
  const std::string& first = report.variants.front().name;
  GroupedBars chart{"Less is better", fmt::format("relative to {}", first), {}, {}, 1.0};
  for (const auto& shown : kShown) chart.groups.emplace_back(shown.first);
  for (const VariantReport& variant : report.variants) {
    ChartSeries series{variant.name, {}, {}};
    for (const Figure& figure : all_figures()) {
      const bool is_shown =
          std::any_of(kShown.begin(), kShown.end(), [&](const auto& s) { return s.second == figure.value; });
      if (!is_shown) continue;
      series.values.push_back(compare(report, variant, figure).ratio);
    }
    chart.series.push_back(std::move(series));
  }
  Picture picture(860, 440, report.experiment + ": what an inference costs", subtitle(report));
  picture.draw(chart, {20, Picture::kHeader + 6, 820, 440 - Picture::kHeader - 12});
  return picture.to_svg();
}

std::string energy_svg(const RunReport& report) {
  check(report);
  const HorizontalBars components = energy_by_component(report);
  const double rows = static_cast<double>(components.groups.size() * (components.series.size() + 1));
  const double height = std::max(460.0, 180.0 + 12.0 * rows);
  Picture picture(1040, height, report.experiment + ": energy of an inference", subtitle(report));
  const double room = height - Picture::kHeader - 12;
  picture.draw(energy_by_group(report), {20, Picture::kHeader + 6, 420, room});
  picture.draw(components, {470, Picture::kHeader + 6, 550, room});
  return picture.to_svg();
}

std::string accuracy_by_steps_svg(const RunReport& report) {
  check(report);
  const LineChart whole = accuracy_chart(report);
  Picture picture(1040, 470, report.experiment + ": accuracy against the number of time steps", subtitle(report));
  const double room = 470 - Picture::kHeader - 12;
  picture.draw(whole, {20, Picture::kHeader + 6, 490, room});
  picture.draw(enlarged(whole), {530, Picture::kHeader + 6, 490, room});
  return picture.to_svg();
}

}  // namespace crossloom
