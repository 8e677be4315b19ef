#include "traces/svg_axes.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {

std::vector<double> axis_ticks(double lowest, double highest, int count) {
  CROSSLOOM_CHECK(highest > lowest && count > 0, "an axis has a length");
  const double rough = (highest - lowest) / count;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10.0 * power;
  for (const double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough * (1.0 - 1e-9)) step = factor * power;
  }
  std::vector<double> ticks;
  // A hair of tolerance, so that 0.3 / 0.1 is 3 steps and not 4.
  const auto first = static_cast<long>(std::floor(lowest / step + 1e-9));
  const auto last = static_cast<long>(std::ceil(highest / step - 1e-9));
  for (long i = first; i <= last; ++i) ticks.push_back(static_cast<double>(i) * step);
  return ticks;
}

std::vector<double> logarithmic_ticks(double lowest, double highest) {
  CROSSLOOM_CHECK(lowest > 0.0 && highest >= lowest, "a logarithmic axis begins above 0");
  std::vector<double> ticks;
  for (int power = static_cast<int>(std::floor(std::log10(lowest))) - 1;; ++power) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      // A hair of tolerance, so that 1e-6 is its own tick.
      const double tick = factor * std::pow(10.0, power);
      if (tick <= lowest * (1.0 + 1e-9)) ticks.clear();
      ticks.push_back(tick);
      if (ticks.size() > 1 && tick >= highest * (1.0 - 1e-9)) return ticks;
    }
  }
}

namespace chart_parts {
namespace {

constexpr double kLegendLine = 18.0;
constexpr double kSwatch = 12.0;

/// Draws under the title, wraps, and gives the height taken.
double draw_legend(std::string& out, const std::vector<LegendItem>& items, const ChartFrame& frame, double top) {
  double x = frame.x, y = top;
  for (const LegendItem& item : items) {
    const std::string name = svg::fitted(item.name, kSmall, frame.width - 2 * kSwatch);
    const double width = kSwatch + 6 + svg::text_width(name, kSmall) + 12;
    if (x > frame.x && x + width > frame.x + frame.width) {
      x = frame.x;
      y += kLegendLine;
    }
    if (item.dashed)
      out += svg::line({x - 4, y + kSwatch / 2}, {x + kSwatch + 2, y + kSwatch / 2}, item.colour, 2.0, true);
    else
      out += svg::rectangle({x, y}, kSwatch, kSwatch, item.colour);
    if (item.hollow) out += svg::rectangle({x + 3, y + 3}, kSwatch - 6, kSwatch - 6, "#ffffff");
    out += svg::text({x + kSwatch + 6, y + 10}, name, {kSmall});
    x += width;
  }
  return items.empty() ? 0.0 : y + kLegendLine - top;
}

/// From the first mark at the bottom to the last one at the top.
Scale draw_marks(std::string& out, ChartFrame& plot, const std::string& label,
                 const std::vector<std::pair<double, std::string>>& marks) {
  constexpr double kAxisRoom = 58.0, kBelow = 44.0;
  plot = {plot.x + kAxisRoom, plot.y, plot.width - kAxisRoom, plot.height - kBelow};
  const Scale scale{marks.front().first, marks.back().first, plot.y + plot.height, plot.y};
  for (const auto& [value, text] : marks) {
    const double y = scale(value);
    out += svg::line({plot.x, y}, {plot.x + plot.width, y}, svg::kGrid, 1.0);
    out += svg::text({plot.x - 6, y + 4}, text, {kSmall, "end", svg::kFaint});
  }
  out +=
      svg::text({plot.x - kAxisRoom + 12, plot.y + plot.height / 2}, label, {12.0, "middle", svg::kInk, false, true});
  return scale;
}

}  // namespace

std::string tick_text(double value, double step) {
  const bool spread = step > 0.0 && std::isfinite(step);  // where all values are the same there is no step
  const int decimals = spread ? std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9))) : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

ChartFrame draw_title_and_legend(std::string& out, const std::string& title, const std::vector<LegendItem>& items,
                                 const ChartFrame& frame) {
  out += svg::text({frame.x, frame.y + 14}, title, {13.0, "start", svg::kInk, true});
  const double legend = draw_legend(out, items, frame, frame.y + 26);
  const double top = frame.y + 26 + legend + 16;
  return {frame.x, top, frame.width, frame.y + frame.height - top};
}

Scale draw_value_axis(std::string& out, ChartFrame& plot, const std::string& label, double lowest, double highest) {
  const std::vector<double> ticks = axis_ticks(lowest, highest > lowest ? highest : lowest + 1.0, 5);
  std::vector<std::pair<double, std::string>> marks;
  marks.reserve(ticks.size());
  for (const double tick : ticks) marks.emplace_back(tick, tick_text(tick, ticks[1] - ticks[0]));
  return draw_marks(out, plot, label, marks);
}

Scale draw_logarithmic_value_axis(std::string& out, ChartFrame& plot, const std::string& label,
                                  const std::vector<std::pair<double, std::string>>& ticks) {
  std::vector<std::pair<double, std::string>> marks;
  marks.reserve(ticks.size());
  for (const auto& [value, text] : ticks) marks.emplace_back(std::log10(value), text);
  return draw_marks(out, plot, label, marks);
}

std::string base_line(const ChartFrame& plot) {
  return svg::line({plot.x, plot.y + plot.height}, {plot.x + plot.width, plot.y + plot.height}, svg::kInk, 1.2);
}

}  // namespace chart_parts
}  // namespace crossloom
