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
                                                          "done",
                                                          "waits for its home",
                                                          "waits for its input register",
                                                          "waits for its crossbar",
                                                          "waits for its output register",
                                                          "waits for converters",
                                                          "waits for its weights"};
constexpr std::size_t kMostReasons = 7;  // and one colour for being busy

std::vector<const ObservedSeed*> first_seeds(const ObservedRun& run) {
  std::vector<const ObservedSeed*> seeds;
  for (const ObservedSeed& seed : run.seeds) {
    if (seed.first_of_variant) seeds.push_back(&seed);
  }
  return seeds;
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

/// Reasons with a colour of their own. Where there are more than colours, those that take any kind's time, and of these
/// the ones that take the most.
std::vector<WaitReason> shown_reasons(const ObservedRun& run, const std::map<UnitKind, KindSum>& kinds) {
  const auto largest_share = [&kinds](WaitReason reason) {
    double largest = 0.0;
    for (const auto& [kind, sum] : kinds) {
      largest = std::max(largest, percent(sum.waits[static_cast<std::size_t>(reason)], sum.time));
    }
    return largest;
  };
  if (run.reasons.size() <= kMostReasons) return run.reasons;
  std::vector<double> shares;
  for (const WaitReason reason : run.reasons) shares.push_back(largest_share(reason));
  std::vector<double> sorted = shares;
  std::sort(sorted.rbegin(), sorted.rend());
  const double least = sorted[kMostReasons] == 0.0 ? 0.0 : sorted[kMostReasons - 2];
  std::vector<WaitReason> reasons;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    const bool shown = shares[k] > 0.0 && shares[k] >= least && reasons.size() < kMostReasons;
    if (shown) reasons.push_back(run.reasons[k]);
  }
  return reasons;
}

/// Where the time of each kind of unit goes.
StackedBars time_by_kind(const ObservedRun& run, const ObservedSeed& seed) {
  StackedBars chart{seed.variant, "share of time / %", {}, {}, {}};
  const std::map<UnitKind, KindSum> kinds = sums_by_kind(*seed.seen);
  const std::vector<WaitReason> reasons = shown_reasons(run, kinds);
  chart.parts.push_back({"busy", {}, {}});
  for (const WaitReason reason : reasons) chart.parts.push_back({kWaits[static_cast<std::size_t>(reason)], {}, {}});
  std::vector<double> other_things;
  for (const auto& [kind, sum] : kinds) {
    chart.bars.push_back(spaced(unit_kind_name(kind)));
    chart.totals.push_back(fmt::format("{:.1f} % busy", percent(sum.busy, sum.time)));
    chart.parts[0].values.push_back(percent(sum.busy, sum.time));
    std::uint64_t others = sum.time - sum.busy;
    for (std::size_t k = 0; k < reasons.size(); ++k) {
      const std::uint64_t cycles = sum.waits[static_cast<std::size_t>(reasons[k])];
      chart.parts[k + 1].values.push_back(percent(cycles, sum.time));
      others -= cycles;
    }
    other_things.push_back(percent(others, sum.time));
  }
  if (*std::max_element(other_things.begin(), other_things.end()) > 0.0) {
    chart.parts.push_back({"waits for other things", std::move(other_things), {}});
  }
  return chart;
}

std::string utilisation_svg(const ObservedRun& run, const std::vector<const ObservedSeed*>& seeds) {
  const std::size_t kinds = sums_by_kind(*seeds.front()->seen).size();
  constexpr double kHeight = 380.0, kWidthOfKind = 130.0;
  const double width = std::max(1180.0, kWidthOfKind * static_cast<double>(kinds));
  Picture picture(width, Picture::kHeader + kHeight * static_cast<double>(seeds.size()),
                  "Where the time of each kind of unit goes", run.experiment + " on " + run.chip);
  double y = Picture::kHeader;
  for (const ObservedSeed* seed : seeds) {
    picture.draw(time_by_kind(run, *seed), {20.0, y, width - 50.0, kHeight});
    y += kHeight;
  }
  return picture.to_svg();
}

/// The busiest output port of each router.
std::string mesh_svg(const ObservedRun& run, const ObservedSeed& seed) {
  const Observations& seen = *seed.seen;
  std::vector<double> busiest;
  for (const UnitUse& use : seen.units) {
    if (use.unit.kind != UnitKind::router_output && use.unit.kind != UnitKind::router_port) continue;
    if (busiest.size() <= use.unit.index) busiest.resize(use.unit.index + 1, 0.0);
    busiest[use.unit.index] = std::max(busiest[use.unit.index], percent(use.busy_cycles, seen.elapsed_cycles));
  }
  HeatMap map{run.experiment + ", " + seed.variant + ": routers",
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
LineChart power_over_time(const ObservedRun& run, const ObservedSeed& seed) {
  const Observations& seen = *seed.seen;
  std::vector<ComponentOverTime> components = seed.energy;
  const auto total = [](const ComponentOverTime& one) {
    double sum = 0.0;
    for (const double joules : one.joules) sum += joules;
    return sum;
  };
  std::stable_sort(components.begin(), components.end(),
                   [&total](const auto& a, const auto& b) { return total(a) > total(b); });
  const double window_s = static_cast<double>(seen.windows.window_cycles) / run.clock.si() * seen.images;
  LineChart chart;
  chart.title = seed.variant;
  chart.x_axis = fmt::format("cycles since the {} began", run.words.span);
  for (std::size_t w = 0; w < seen.windows.windows(); ++w) {
    chart.x.push_back((static_cast<double>(w) + 0.5) * static_cast<double>(seen.windows.window_cycles));
  }
  for (std::size_t k = 0; k < components.size(); ++k) {
    if (k < kMostCurves) chart.series.push_back({spaced(components[k].component), {}, {}});
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
  chart.value_axis = fmt::format("power / {}W", scale.prefix);
  chart.highest = highest > 0.0 ? axis_ticks(0.0, highest / scale.factor, 5).back() : 1.0;
  return chart;
}

std::string energy_over_time_svg(const ObservedRun& run, const std::vector<const ObservedSeed*>& seeds) {
  constexpr double kWidth = 1100.0, kHeight = 340.0;
  const auto& energy = seeds.front()->energy;
  const bool leaks = std::any_of(energy.begin(), energy.end(), [](const auto& one) { return one.group == "leakage"; });
  Picture picture(kWidth, Picture::kHeader + kHeight * static_cast<double>(seeds.size()),
                  fmt::format("{} over {} {}, mean over the observed ones", leaks ? "Power" : "Dynamic power",
                              run.words.span[0] == 'i' ? "an" : "a", run.words.span),
                  fmt::format("{} on {}, windows of {} cycles", run.experiment, run.chip,
                              seeds.front()->seen->windows.window_cycles));
  double y = Picture::kHeader;
  for (const ObservedSeed* seed : seeds) {
    picture.draw(power_over_time(run, *seed), {20.0, y, kWidth - 50.0, kHeight});
    y += kHeight;
  }
  return picture.to_svg();
}

}  // namespace

std::vector<std::pair<std::string, std::string>> observation_pictures(const ObservedRun& run) {
  const std::vector<const ObservedSeed*> seeds = first_seeds(run);
  std::vector<std::pair<std::string, std::string>> pictures;
  if (seeds.empty()) return pictures;
  pictures.emplace_back("utilisation.svg", utilisation_svg(run, seeds));
  for (const ObservedSeed* seed : seeds) {
    if (seed->seen->mesh_width == 0) continue;
    pictures.emplace_back("mesh_" + seed->variant + ".svg", mesh_svg(run, *seed));
  }
  if (std::all_of(seeds.begin(), seeds.end(), [](const ObservedSeed* seed) { return !seed->energy.empty(); })) {
    pictures.emplace_back("energy_over_time.svg", energy_over_time_svg(run, seeds));
  }
  return pictures;
}

}  // namespace crossloom
