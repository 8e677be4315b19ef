// Scales, axes and legends that the kinds of chart share. Private to traces.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "traces/svg_canvas.h"
#include "traces/svg_chart.h"

namespace crossloom::chart_parts {

inline constexpr double kSmall = 11.0;

/// A straight scale from values to pixels.
struct Scale {
  double from_value, to_value, from_pixel, to_pixel;
  [[nodiscard]] double operator()(double value) const {
    return from_pixel + (value - from_value) / (to_value - from_value) * (to_pixel - from_pixel);
  }
};

struct LegendItem {
  std::string name;
  std::string colour;
  bool dashed = false;
  bool hollow = false;
};

/// What is left of a frame for the marks, after title and legend.
ChartFrame draw_title_and_legend(std::string& out, const std::string& title, const std::vector<LegendItem>& items,
                                 const ChartFrame& frame);
/// Value axis at the left with grid lines; returns its scale and narrows the plot.
Scale draw_value_axis(std::string& out, ChartFrame& plot, const std::string& label, double lowest, double highest);
/// The same for a scale of log10(values), all above 0: a line at each of these, with its text.
Scale draw_logarithmic_value_axis(std::string& out, ChartFrame& plot, const std::string& label,
                                  const std::vector<std::pair<double, std::string>>& ticks);
/// A tick's value with as many decimals as its step needs.
std::string tick_text(double value, double step);
std::string base_line(const ChartFrame& plot);

}  // namespace crossloom::chart_parts
