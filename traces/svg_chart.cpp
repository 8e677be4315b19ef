// Bars and curves.
#include "traces/svg_chart.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "traces/engineering.h"
#include "traces/svg_axes.h"
#include "traces/svg_canvas.h"

namespace crossloom {

namespace {

using namespace chart_parts;
using svg::Point;

/// So that a part of a bar is not taken for a series of the chart beside it.
constexpr std::size_t kFirstPartColour = 4;

std::vector<LegendItem> legend_of(const std::vector<ChartSeries>& series, std::size_t first_colour = 0) {
  std::vector<LegendItem> items;
  for (std::size_t s = 0; s < series.size(); ++s)
    items.push_back({series[s].name, svg::series_colour(first_colour + s)});
  return items;
}

double highest_of(const std::vector<ChartSeries>& series) {
  double highest = 0.0;
  for (const ChartSeries& one : series) {
    for (std::size_t i = 0; i < one.values.size(); ++i) {
      const double half = i < one.half_widths.size() ? one.half_widths[i] : 0.0;
      if (std::isfinite(one.values[i])) highest = std::max(highest, one.values[i] + (std::isfinite(half) ? half : 0.0));
    }
  }
  return highest > 0.0 ? highest : 1.0;
}

bool drawable(const ChartSeries& series, std::size_t i) {
  return i < series.values.size() && std::isfinite(series.values[i]);
}

std::string error_bar(const ChartSeries& series, std::size_t i, double x, const Scale& scale) {
  if (i >= series.half_widths.size() || !(series.half_widths[i] > 0.0) || !std::isfinite(series.half_widths[i]))
    return "";
  const double low = scale(std::max(scale.from_value, series.values[i] - series.half_widths[i]));
  const double high = scale(std::min(scale.to_value, series.values[i] + series.half_widths[i]));
  return svg::line({x, low}, {x, high}, svg::kInk, 1.2) + svg::line({x - 3, high}, {x + 3, high}, svg::kInk, 1.2) +
         svg::line({x - 3, low}, {x + 3, low}, svg::kInk, 1.2);
}

std::string group_label(const std::string& name, double middle, double below, double room) {
  return svg::text({middle, below + 18}, svg::fitted(name, 12.0, room), {12.0, "middle"});
}

}  // namespace

Picture::Picture(double width, double height, const std::string& title, const std::string& subtitle)
    : width_(width), height_(height) {
  body_ += svg::rectangle({0, 0}, width, height, "#ffffff");
  body_ += svg::text({20, 28}, svg::fitted(title, 16.0, width - 40), {16.0, "start", svg::kInk, true});
  body_ += svg::text({20, 47}, svg::fitted(subtitle, 12.0, width - 40), {12.0, "start", svg::kFaint});
}

std::string Picture::to_svg() const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
      "{1:.0f}\" font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\">\n{2}</svg>\n",
      width_, height_, body_);
}

void Picture::draw(const GroupedBars& chart, ChartFrame frame) {
  ChartFrame plot = draw_title_and_legend(body_, chart.title, legend_of(chart.series), frame);
  const Scale scale = draw_value_axis(body_, plot, chart.value_axis, 0.0,
                                      std::max(highest_of(chart.series), chart.reference.value_or(0.0)));
  const double room = plot.width / static_cast<double>(std::max<std::size_t>(1, chart.groups.size()));
  const double bar = 0.8 * room / static_cast<double>(std::max<std::size_t>(1, chart.series.size()));
  for (std::size_t g = 0; g < chart.groups.size(); ++g) {
    const double left = plot.x + room * static_cast<double>(g) + 0.1 * room;
    for (std::size_t s = 0; s < chart.series.size(); ++s) {
      if (!drawable(chart.series[s], g)) continue;
      const double value = chart.series[s].values[g], x = left + bar * static_cast<double>(s);
      const std::string shown = format_significant(value, value < 0.1 ? 2 : 3);
      const double y = scale(value);
      body_ += svg::rectangle({x + 1, y}, std::max(1.0, bar - 2), scale(0.0) - y, svg::series_colour(s),
                              fmt::format("{}, {}: {}", chart.series[s].name, chart.groups[g], shown));
      body_ += error_bar(chart.series[s], g, x + bar / 2, scale);
      const double label_y =
          error_bar(chart.series[s], g, 0, scale).empty() ? y : scale(value + chart.series[s].half_widths[g]);
      if (bar >= 26) body_ += svg::text({x + bar / 2, label_y - 4}, shown, {kSmall, "middle"});
    }
    body_ += group_label(chart.groups[g], left + 0.4 * room, plot.y + plot.height, room);
  }
  body_ += base_line(plot);
  if (!chart.reference) return;
  const double y = scale(*chart.reference);
  body_ += svg::line({plot.x, y}, {plot.x + plot.width, y}, svg::kFaint, 1.0, true);
}

void Picture::draw(const StackedBars& chart, ChartFrame frame) {
  ChartFrame plot = draw_title_and_legend(body_, chart.title, legend_of(chart.parts, kFirstPartColour), frame);
  std::vector<double> sums(chart.bars.size(), 0.0);
  for (const ChartSeries& part : chart.parts) {
    for (std::size_t b = 0; b < sums.size(); ++b) sums[b] += drawable(part, b) ? part.values[b] : 0.0;
  }
  const Scale scale = draw_value_axis(body_, plot, chart.value_axis, 0.0, highest_of({{"", sums, {}}}));
  const double room = plot.width / static_cast<double>(std::max<std::size_t>(1, chart.bars.size()));
  const double bar = std::min(0.6 * room, 110.0);
  for (std::size_t b = 0; b < chart.bars.size(); ++b) {
    const double middle = plot.x + room * (static_cast<double>(b) + 0.5);
    double below = 0.0;
    for (std::size_t p = 0; p < chart.parts.size(); ++p) {
      if (!drawable(chart.parts[p], b)) continue;
      const double value = chart.parts[p].values[b];
      body_ += svg::rectangle({middle - bar / 2, scale(below + value)}, bar, scale(below) - scale(below + value),
                              svg::series_colour(kFirstPartColour + p),
                              fmt::format("{}, {}: {}", chart.bars[b], chart.parts[p].name, format_significant(value)));
      below += value;
    }
    if (b < chart.totals.size()) body_ += svg::text({middle, scale(below) - 5}, chart.totals[b], {kSmall, "middle"});
    body_ += group_label(chart.bars[b], middle, plot.y + plot.height, room);
  }
  body_ += base_line(plot);
}

void Picture::draw(const HorizontalBars& chart, ChartFrame frame) {
  ChartFrame plot = draw_title_and_legend(body_, chart.title, legend_of(chart.series), frame);
  constexpr double kNameRoom = 140.0, kValueRoom = 52.0, kBelow = 44.0;
  plot = {plot.x + kNameRoom, plot.y, plot.width - kNameRoom - kValueRoom, plot.height - kBelow};
  const std::vector<double> ticks = axis_ticks(0.0, highest_of(chart.series), 4);
  const Scale scale{0.0, ticks.back(), plot.x, plot.x + plot.width};
  for (const double tick : ticks) {
    body_ += svg::line({scale(tick), plot.y}, {scale(tick), plot.y + plot.height}, svg::kGrid, 1.0);
    body_ +=
        svg::text({scale(tick), plot.y + plot.height + 18}, tick_text(tick, ticks[1]), {kSmall, "middle", svg::kFaint});
  }
  body_ += svg::text({plot.x + plot.width / 2, plot.y + plot.height + 38}, chart.value_axis, {12.0, "middle"});
  const double room = plot.height / static_cast<double>(std::max<std::size_t>(1, chart.groups.size()));
  const double bar = std::min(20.0, 0.8 * room / static_cast<double>(std::max<std::size_t>(1, chart.series.size())));
  for (std::size_t g = 0; g < chart.groups.size(); ++g) {
    const double middle = plot.y + room * (static_cast<double>(g) + 0.5);
    const double top = middle - bar * static_cast<double>(chart.series.size()) / 2;
    body_ += svg::text({plot.x - 8, middle + 4}, svg::fitted(chart.groups[g], 12.0, kNameRoom - 10), {12.0, "end"});
    for (std::size_t s = 0; s < chart.series.size(); ++s) {
      if (!drawable(chart.series[s], g)) continue;
      const double value = chart.series[s].values[g], y = top + bar * static_cast<double>(s);
      const std::string shown = format_significant(value);
      body_ += svg::rectangle({plot.x, y}, scale(value) - plot.x, std::max(1.0, bar - 1), svg::series_colour(s),
                              fmt::format("{}, {}: {}", chart.groups[g], chart.series[s].name, shown));
      if (bar >= 10) body_ += svg::text({scale(value) + 5, y + bar / 2 + 4}, shown, {kSmall, "start", svg::kFaint});
    }
  }
  body_ += svg::line({plot.x, plot.y}, {plot.x, plot.y + plot.height}, svg::kInk, 1.2);
}

namespace {

/// Where the places along x lie, with their labels drawn.
std::vector<double> draw_x_axis(std::string& out, const LineChart& chart, const ChartFrame& plot) {
  std::vector<double> places;
  const double label_y = plot.y + plot.height + 18;
  out += svg::text({plot.x + plot.width / 2, plot.y + plot.height + 38}, chart.x_axis, {12.0, "middle"});
  if (!chart.x_names.empty()) {
    const double room = plot.width / static_cast<double>(chart.x_names.size());
    for (std::size_t i = 0; i < chart.x_names.size(); ++i) {
      places.push_back(plot.x + room * (static_cast<double>(i) + 0.5));
      out += svg::text({places.back(), label_y}, svg::fitted(chart.x_names[i], kSmall, room),
                       {kSmall, "middle", svg::kFaint});
    }
    return places;
  }
  const double first = chart.x.empty() ? 0.0 : chart.x.front(), last = chart.x.empty() ? 1.0 : chart.x.back();
  const double lowest = std::min(0.0, first), highest = last > first ? last : first + 1.0;
  constexpr int kSteps = 8;
  const int steps = chart.whole_x ? static_cast<int>(std::clamp(highest - lowest, 1.0, 1.0 * kSteps)) : kSteps;
  const std::vector<double> ticks = axis_ticks(lowest, highest, steps);
  const Scale along{ticks.front(), ticks.back(), plot.x, plot.x + plot.width};
  for (const double tick : ticks) {
    out += svg::text({along(tick), label_y}, tick_text(tick, ticks[1] - ticks[0]), {kSmall, "middle", svg::kFaint});
  }
  for (const double x : chart.x) places.push_back(along(x));
  return places;
}

/// Held within the axis.
double half_width_at(const ChartSeries& series, std::size_t i) {
  if (i >= series.half_widths.size() || !(series.half_widths[i] > 0.0)) return 0.0;
  return series.half_widths[i];
}

std::string band_of(const ChartSeries& series, const std::vector<double>& places, const Scale& scale,
                    const std::string& colour) {
  std::vector<Point> upper, lower;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!drawable(series, i)) continue;
    const double half = half_width_at(series, i);
    upper.emplace_back(places[i], scale(std::min(scale.to_value, series.values[i] + half)));
    lower.emplace_back(places[i], scale(std::max(scale.from_value, series.values[i] - half)));
  }
  upper.insert(upper.end(), lower.rbegin(), lower.rend());
  return upper.size() < 3 ? "" : svg::band(upper, colour);
}

}  // namespace

void Picture::draw(const LineChart& chart, ChartFrame frame) {
  std::vector<LegendItem> items = legend_of(chart.series);
  for (std::size_t s = svg::kSeriesColours; s < items.size(); ++s) items[s].hollow = true;
  for (std::size_t s = 0; s < chart.levels.size(); ++s) {
    if (chart.levels[s]) items.push_back({chart.series[s].name + chart.level_name, svg::series_colour(s), true});
  }
  if (chart.reference && !chart.reference_name.empty()) items.push_back({chart.reference_name, svg::kFaint, true});
  ChartFrame plot = draw_title_and_legend(body_, chart.title, items, frame);
  const Scale scale = draw_value_axis(body_, plot, chart.value_axis, chart.lowest, chart.highest);
  const std::vector<double> places = draw_x_axis(body_, chart, plot);
  for (std::size_t s = 0; chart.bands && s < chart.series.size(); ++s) {
    body_ += band_of(chart.series[s], places, scale, svg::series_colour(s));
  }
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    const std::string colour = svg::series_colour(s);
    const bool repeats = s >= svg::kSeriesColours;
    if (s < chart.levels.size() && chart.levels[s]) {
      const double y = scale(*chart.levels[s]);
      body_ += svg::line({plot.x, y}, {plot.x + plot.width, y}, colour, 1.5, true);
    }
    std::vector<Point> points;
    std::string marks;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (!drawable(chart.series[s], i)) continue;
      points.emplace_back(places[i], scale(chart.series[s].values[i]));
      if (!chart.bands) marks += error_bar(chart.series[s], i, points.back().first, scale);
      const std::string place = chart.x_names.empty() ? format_significant(chart.x[i]) : chart.x_names[i];
      marks += svg::dot(
          points.back(), colour,
          fmt::format("{}, {}: {}", chart.series[s].name, place, format_significant(chart.series[s].values[i], 4)),
          repeats);
    }
    body_ += svg::curve(points, colour, repeats) + marks;
  }
  body_ += base_line(plot);
  if (!chart.reference) return;
  const double y = scale(*chart.reference);
  body_ += svg::line({plot.x, y}, {plot.x + plot.width, y}, svg::kFaint, 1.0, true);
}

}  // namespace crossloom
