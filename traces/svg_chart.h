// A small chart writer: bars and curves as SVG, for people who do not all see colours alike.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace crossloom {

/// One colour of a chart. Values that are not finite are left out; half widths are drawn where they are given and > 0.
struct ChartSeries {
  std::string name;
  std::vector<double> values;
  std::vector<double> half_widths;
};

/// Groups side by side, in each one bar a series. Values are not negative.
struct GroupedBars {
  std::string title, value_axis;
  std::vector<std::string> groups;
  std::vector<ChartSeries> series;
  std::optional<double> reference;  ///< a dashed line across
};

/// One bar for each name, its parts on top of each other, in other colours than the first series of the other charts.
/// Values are not negative.
struct StackedBars {
  std::string title, value_axis;
  std::vector<std::string> bars;
  std::vector<ChartSeries> parts;
  std::vector<std::string> totals;  ///< written above the bars
};

/// Groups below each other, in each one bar a series, its text after it. Values are not negative.
struct HorizontalBars {
  std::string title, value_axis;
  std::vector<std::string> groups;
  std::vector<ChartSeries> series;
};

/// Curves over the same x, and for each series a dashed level in its colour where there is one. Once the colours are
/// used up, curves are dotted and their marks hollow.
struct LineChart {
  std::string title, x_axis, value_axis;
  std::vector<double> x;  ///< ascending; not used with x_names
  std::vector<ChartSeries> series;
  std::vector<std::optional<double>> levels;  ///< none, or one a series
  std::string level_name;                     ///< added to the series' name in the legend
  double lowest = 0.0, highest = 1.0;         ///< of the value axis
  std::vector<std::string> x_names = {};      ///< none = a scale of numbers; else one a value, all equally far apart
  bool bands = false;                         ///< half widths as bands around the curves, not as bars
  std::optional<double> reference = {};       ///< a dashed line across
  std::string reference_name = {};            ///< of that line in the legend; empty = not there
  bool whole_x = false;                       ///< x counts something: the scale has whole numbers
};

/// One mark of a scatter chart, with its label beside it.
struct ScatterPoint {
  double x = 0.0, value = 0.0;
  std::string label;
};
struct ScatterSeries {
  std::string name;
  std::vector<ScatterPoint> points;  ///< those that are not finite are left out
};

/// Marks over x on a logarithmic scale (x > 0), and a dashed staircase along `front` from left to right. Values are
/// percentages; equal ratios of what is missing to 100 are equally far apart, so that 98 and 99 are as well told apart
/// as 50 and 75 (less than 0.1 missing is drawn as 0.1).
struct ScatterChart {
  std::string title, x_axis, value_axis, x_unit, front_name;
  std::vector<ScatterSeries> series;
  std::vector<ScatterPoint> front;
};

/// Where a chart lies in its picture, title, axis labels and legend included; pixels.
struct ChartFrame {
  double x = 0.0, y = 0.0, width = 0.0, height = 0.0;
};

/// A picture on a white ground that charts are drawn into. All text is escaped.
class Picture {
 public:
  Picture(double width, double height, const std::string& title, const std::string& subtitle);
  void draw(const GroupedBars& chart, ChartFrame frame);
  void draw(const StackedBars& chart, ChartFrame frame);
  void draw(const HorizontalBars& chart, ChartFrame frame);
  void draw(const LineChart& chart, ChartFrame frame);
  void draw(const ScatterChart& chart, ChartFrame frame);
  /// Height that title and subtitle take.
  static constexpr double kHeader = 60.0;
  [[nodiscard]] std::string to_svg() const;

 private:
  double width_, height_;
  std::string body_;
};

/// 1, 2 and 5 x powers of ten from at most `lowest` > 0 to at least `highest`.
std::vector<double> logarithmic_ticks(double lowest, double highest);
/// Round numbers (1, 2 or 5 x a power of ten apart) that cover [lowest, highest] with about `count` steps.
std::vector<double> axis_ticks(double lowest, double highest, int count);

}  // namespace crossloom
