// Percentages over a logarithmic scale.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "traces/engineering.h"
#include "traces/svg_axes.h"
#include "traces/svg_canvas.h"
#include "traces/svg_chart.h"

namespace crossloom {
namespace {

using namespace chart_parts;
using svg::Point;

bool drawable(const ScatterPoint& point) {
  return std::isfinite(point.x) && point.x > 0.0 && std::isfinite(point.value);
}

/// Scale of log10(x).
Scale draw_logarithmic_axis(std::string& out, const ScatterChart& chart, const ChartFrame& plot) {
  double lowest = std::numeric_limits<double>::infinity(), highest = 0.0;
  for (const ScatterSeries& series : chart.series) {
    for (const ScatterPoint& point : series.points) {
      if (!drawable(point)) continue;
      lowest = std::min(lowest, point.x);
      highest = std::max(highest, point.x);
    }
  }
  const std::vector<double> ticks = highest > 0.0 ? logarithmic_ticks(lowest, highest) : std::vector<double>{1.0, 10.0};
  const Scale along{std::log10(ticks.front()), std::log10(ticks.back()), plot.x, plot.x + plot.width};
  const double bottom = plot.y + plot.height;
  for (const double tick : ticks) {
    const double x = along(std::log10(tick));
    out += svg::line({x, plot.y}, {x, bottom}, svg::kGrid, 1.0);
    out += svg::text({x, bottom + 18}, format_engineering(tick, chart.x_unit), {kSmall, "middle", svg::kFaint});
  }
  out += svg::text({plot.x + plot.width / 2, bottom + 38}, chart.x_axis, {12.0, "middle"});
  return along;
}

double missing(double percentage) { return std::max(100.0 - percentage, 0.1); }

/// Scale of log10(missing).
Scale draw_percentage_axis(std::string& out, const ScatterChart& chart, ChartFrame& plot) {
  double least = 50.0, most = 0.0;  // so that no tick lies below 0 %
  for (const ScatterSeries& series : chart.series) {
    for (const ScatterPoint& point : series.points) {
      if (!drawable(point)) continue;
      least = std::min(least, missing(point.value));
      most = std::max(most, missing(point.value));
    }
  }
  std::vector<std::pair<double, std::string>> ticks;
  for (const double tick : logarithmic_ticks(most > 0.0 ? least : 1.0, most > 0.0 ? most : 100.0)) {
    ticks.emplace_back(tick, fmt::format("{:.6g}", 100.0 - tick));
  }
  std::reverse(ticks.begin(), ticks.end());
  return draw_logarithmic_value_axis(out, plot, chart.value_axis, ticks);
}

/// From mark to mark, first to the right and then up: what no other mark beats.
void draw_front(std::string& out, const std::vector<Point>& front, double right) {
  for (std::size_t k = 0; k < front.size(); ++k) {
    const bool last = k + 1 == front.size();
    const Point corner{last ? right : front[k + 1].first, front[k].second};
    out += svg::line(front[k], corner, svg::kFaint, 1.5, true);
    if (!last) out += svg::line(corner, front[k + 1], svg::kFaint, 1.5, true);
  }
}

}  // namespace

void Picture::draw(const ScatterChart& chart, ChartFrame frame) {
  std::vector<LegendItem> items;
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    items.push_back({chart.series[s].name, svg::series_colour(s), false});
  }
  if (!chart.front.empty()) items.push_back({chart.front_name, svg::kFaint, true});
  ChartFrame plot = draw_title_and_legend(body_, chart.title, items, frame);
  const Scale scale = draw_percentage_axis(body_, chart, plot);
  const Scale along = draw_logarithmic_axis(body_, chart, plot);
  const auto place = [&](const ScatterPoint& point) {
    return Point{along(std::log10(point.x)), scale(std::log10(missing(point.value)))};
  };
  std::vector<Point> front;
  for (const ScatterPoint& point : chart.front) front.push_back(place(point));
  draw_front(body_, front, plot.x + plot.width);
  for (std::size_t s = 0; s < chart.series.size(); ++s) {
    for (const ScatterPoint& point : chart.series[s].points) {
      if (!drawable(point)) continue;
      const Point at = place(point);
      body_ += svg::dot(at, svg::series_colour(s),
                        fmt::format("{}, {}: {}, {}", chart.series[s].name, point.label,
                                    format_engineering(point.x, chart.x_unit), format_significant(point.value, 4)));
      body_ += svg::text({at.first + 6, at.second - 5}, point.label, {kSmall, "start", svg::series_colour(s)});
    }
  }
  body_ += base_line(plot);
}

}  // namespace crossloom
