#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "traces/engineering.h"
#include "traces/heat_map.h"
#include "traces/observation_tables.h"
#include "traces/svg_chart.h"

namespace crossloom {
namespace {

constexpr std::size_t kMostCurves = 7;  // more colours are hard to tell apart

std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

/// By WaitReason.
constexpr std::array<const char*, kWaitReasons> kWaits = {"waits for input",
                                                          "waits for the step before",
                                                          "waits for its buffer",
                                                          "waits for credit",
                                                          "fixed delay",
                                                          "waits for another unit",
                                                          "done"};

/// Variants whose first seed was observed.
std::vector<const VariantReport*> observed_variants(const RunReport& report) {
  std::vector<const VariantReport*> variants;
  for (const VariantReport& variant : report.variants) {
    if (!variant.seeds.front().simulation.observations.empty()) variants.push_back(&variant);
  }
  return variants;
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

struct KindSum {
  std::uint64_t time = 0, busy = 0;
  WaitCycles waits{};
};

std::map<UnitKind, KindSum> sums_by_kind(const Observations& seen) {
  std::map<UnitKind, KindSum> sums;
  for (const UnitUse& use : seen.units) {
    KindSum& sum = sums[use.unit.kind];
    sum.time += seen.elapsed_cycles;
    sum.busy += use.busy_cycles;
    for (std::size_t k = 0; k < kWaitReasons; ++k) sum.waits[k] += use.wait_cycles[k];
  }
  return sums;
}

/// Where the time of each kind of unit goes.
StackedBars time_by_kind(const VariantReport& variant) {
  StackedBars chart{variant.name, "share of time / %", {}, {}, {}};
  chart.parts.push_back({"busy", {}, {}});
  for (const char* name : kWaits) chart.parts.push_back({name, {}, {}});
  for (const auto& [kind, sum] : sums_by_kind(variant.seeds.front().simulation.observations)) {
    chart.bars.push_back(spaced(unit_kind_name(kind)));
    chart.totals.push_back(fmt::format("{:.1f} % busy", percent(sum.busy, sum.time)));
    chart.parts[0].values.push_back(percent(sum.busy, sum.time));
    for (std::size_t k = 0; k < kWaitReasons; ++k) {
      chart.parts[k + 1].values.push_back(percent(sum.waits[k], sum.time));
    }
  }
  return chart;
}

std::string utilisation_svg(const RunReport& report, const std::vector<const VariantReport*>& variants) {
  constexpr double kWidth = 1180.0, kHeight = 380.0;
  Picture picture(kWidth, Picture::kHeader + kHeight * static_cast<double>(variants.size()),
                  "Where the time of each kind of unit goes", report.experiment + " on " + report.chip);
  double y = Picture::kHeader;
  for (const VariantReport* variant : variants) {
    picture.draw(time_by_kind(*variant), {20.0, y, kWidth - 50.0, kHeight});
    y += kHeight;
  }
  return picture.to_svg();
}

/// The busiest output port of each router.
std::string mesh_svg(const RunReport& report, const VariantReport& variant) {
  const Observations& seen = variant.seeds.front().simulation.observations;
  std::vector<double> busiest;
  for (const UnitUse& use : seen.units) {
    if (use.unit.kind != UnitKind::router_output) continue;
    if (busiest.size() <= use.unit.index) busiest.resize(use.unit.index + 1, 0.0);
    busiest[use.unit.index] = std::max(busiest[use.unit.index], percent(use.busy_cycles, seen.elapsed_cycles));
  }
  HeatMap map{report.experiment + ", " + variant.name + ": routers",
              "x",
              "y",
              "time that the busiest output serves / %",
              0,
              seen.mesh_width,
              {}};
  map.rows = static_cast<std::uint32_t>((busiest.size() + seen.mesh_width - 1) / seen.mesh_width);
  busiest.resize(std::size_t{map.rows} * map.columns, 0.0);
  map.values = std::move(busiest);
  return heat_map_svg(map);
}

/// Power of the components that take most, and of all others together.
LineChart power_over_time(const RunReport& report, const VariantReport& variant) {
  const SeedReport& seed = variant.seeds.front();
  const Observations& seen = seed.simulation.observations;
  std::vector<ComponentOverTime> components = energy_over_time(seed, report);
  const auto total = [](const ComponentOverTime& one) {
    double sum = 0.0;
    for (const double joules : one.joules) sum += joules;
    return sum;
  };
  std::stable_sort(components.begin(), components.end(),
                   [&total](const auto& a, const auto& b) { return total(a) > total(b); });
  const double window_s = static_cast<double>(seen.windows.window_cycles) / report.clock.si() * seen.images;
  LineChart chart;
  chart.title = variant.name;
  chart.x_axis = "cycles since the image began";
  for (std::size_t w = 0; w < seen.windows.windows(); ++w) {
    chart.x.push_back((static_cast<double>(w) + 0.5) * static_cast<double>(seen.windows.window_cycles));
  }
  for (std::size_t k = 0; k < components.size(); ++k) {
    if (k < kMostCurves) chart.series.push_back({spaced(component_info(components[k].component).name), {}, {}});
    if (k == kMostCurves) chart.series.push_back({"all others", {}, {}});
    std::vector<double>& values = chart.series.back().values;
    values.resize(chart.x.size(), 0.0);
    for (std::size_t w = 0; w < values.size(); ++w) values[w] += components[k].joules[w] / window_s;
  }
  double highest = 0.0;
  for (const ChartSeries& series : chart.series) {
    for (const double value : series.values) highest = std::max(highest, value);
  }
  const EngineeringScale scale = engineering_scale(highest);
  for (ChartSeries& series : chart.series) {
    for (double& value : series.values) value /= scale.factor;
  }
  chart.value_axis = fmt::format("dynamic power / {}W", scale.prefix);
  chart.highest = highest > 0.0 ? axis_ticks(0.0, highest / scale.factor, 5).back() : 1.0;
  return chart;
}

std::string energy_over_time_svg(const RunReport& report, const std::vector<const VariantReport*>& variants) {
  constexpr double kWidth = 1100.0, kHeight = 340.0;
  Picture picture(kWidth, Picture::kHeader + kHeight * static_cast<double>(variants.size()),
                  "Dynamic power over an image, mean over the observed ones",
                  fmt::format("{} on {}, windows of {} cycles", report.experiment, report.chip,
                              variants.front()->seeds.front().simulation.observations.windows.window_cycles));
  double y = Picture::kHeader;
  for (const VariantReport* variant : variants) {
    picture.draw(power_over_time(report, *variant), {20.0, y, kWidth - 50.0, kHeight});
    y += kHeight;
  }
  return picture.to_svg();
}

}  // namespace

std::vector<std::pair<std::string, std::string>> observation_pictures(const RunReport& report) {
  const std::vector<const VariantReport*> variants = observed_variants(report);
  std::vector<std::pair<std::string, std::string>> pictures;
  if (variants.empty()) return pictures;
  pictures.emplace_back("utilisation.svg", utilisation_svg(report, variants));
  for (const VariantReport* variant : variants) {
    if (variant->seeds.front().simulation.observations.mesh_width == 0) continue;
    pictures.emplace_back("mesh_" + variant->name + ".svg", mesh_svg(report, *variant));
  }
  if (std::all_of(variants.begin(), variants.end(),
                  [&](const VariantReport* v) { return !energy_over_time(v->seeds.front(), report).empty(); })) {
    pictures.emplace_back("energy_over_time.svg", energy_over_time_svg(report, variants));
  }
  return pictures;
}

}  // namespace crossloom
