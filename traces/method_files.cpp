// The comparison of methods as tables, JSON and curves.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "traces/figures.h"
#include "traces/method_comparison.h"
#include "traces/svg_chart.h"
#include "traces/table_cells.h"

namespace crossloom {

using namespace table_cells;

namespace {

using Json = nlohmann::ordered_json;

std::vector<double> samples_of(const ComparedMethod& method, const Figure& figure) {
  std::vector<double> samples;
  for (const Headline& figures : method.chosen.figures) samples.push_back(figures.*figure.value);
  return samples;
}

std::vector<Column> array_columns(const MethodComparison& comparison) {
  if (!comparison.bit_serial) {
    return {integer("array_rows", "rows of a crossbar"), integer("array_columns", "columns of a crossbar"),
            text("method", "name of the variant")};
  }
  return {integer("array_rows", "wordlines of a physical array"),
          integer("array_columns", "bit lines of a physical array"), text("method", "name of the variant")};
}

std::vector<Cell> array_cells(const ComparedSize& size, const ComparedMethod& method) {
  return {count_cell(size.array.rows), count_cell(size.array.columns), method.name};
}

Table comparison_table(const MethodComparison& comparison) {
  std::vector<Column> columns = array_columns(comparison);
  for (Column& column : std::vector<Column>{
           text("setting", "setting of the operating point"), text("figure", "name of the figure, with its unit"),
           real("mean", "mean over the seeds"),
           real("half_width_95", "half width of the 95 % interval of the mean (Student's t); empty with one seed"),
           real("ratio_to_first", "mean / mean of the first method at the same array size")}) {
    columns.push_back(std::move(column));
  }
  Table table("method_comparison", std::move(columns));
  for (const ComparedSize& size : comparison.sizes) {
    for (const ComparedMethod& method : size.methods) {
      for (const Figure& figure : compared_figures(comparison.bit_serial)) {
        const Estimate own = estimate(samples_of(method, figure));
        std::vector<Cell> row = array_cells(size, method);
        row.insert(row.end(), {method.operating_point().setting, std::string(figure.name), real_cell(own.mean),
                               own.samples > 1 ? real_cell(own.half_width) : Cell(),
                               real_cell(own.mean / estimate(samples_of(size.methods.front(), figure)).mean)});
        table.add(std::move(row));
      }
    }
  }
  return table;
}

Table points_table(const MethodComparison& comparison) {
  std::vector<Column> columns = array_columns(comparison);
  for (Column& column : std::vector<Column>{
           text("setting", "setting of this point"), integer("operating_point", "1 where this point was chosen"),
           text("seed", "seed of training and transformation"),
           real("validation_accuracy", "accuracy of the real-valued network on the validation images"),
           real("dense_validation_accuracy", "the same of the dense network of this seed"),
           integer("synapses", "live weights"), integer("clusters", "blocks that are no leftovers"),
           integer("unclustered", "live weights in leftover blocks"), integer("crossbars", "logical crossbars"),
           integer("physical_arrays", "arrays of those"), real("utilisation", "live weights / positions"),
           real("area_mm2", "area of the chip")}) {
    columns.push_back(std::move(column));
  }
  Table table("method_points", std::move(columns));
  for (const ComparedSize& size : comparison.sizes) {
    for (const ComparedMethod& method : size.methods) {
      for (std::size_t p = 0; p < method.points.size(); ++p) {
        for (const PointSeed& seed : method.points[p].seeds) {
          std::vector<Cell> row = array_cells(size, method);
          row.insert(row.end(),
                     {method.points[p].setting, count_cell(p == method.chosen.point ? 1 : 0), std::to_string(seed.seed),
                      real_cell(seed.validation_accuracy), real_cell(seed.dense_validation_accuracy),
                      count_cell(seed.synapses), count_cell(seed.clusters), count_cell(seed.unclustered),
                      count_cell(seed.crossbars), count_cell(seed.physical_arrays), real_cell(seed.utilisation),
                      real_cell(seed.area_mm2)});
          table.add(std::move(row));
        }
      }
    }
  }
  return table;
}

Table corner_table(const MethodComparison& comparison) {
  std::vector<Column> columns = array_columns(comparison);
  for (Column& column : std::vector<Column>{
           text("seed", "seed of training and transformation"), integer("chip", "programmed chip of the corner"),
           integer("images", "test images"), integer("correct", "of them, classified correctly by this chip"),
           integer("own_correct", "of them, classified correctly by the chip as it is")}) {
    columns.push_back(std::move(column));
  }
  Table table("method_corner", std::move(columns));
  for (const ComparedSize& size : comparison.sizes) {
    for (const ComparedMethod& method : size.methods) {
      for (std::size_t k = 0; k < method.chosen.corner.size(); ++k) {
        const CornerOutcome& outcome = method.chosen.corner[k];
        for (std::size_t chip = 0; chip < outcome.correct.size(); ++chip) {
          std::vector<Cell> row = array_cells(size, method);
          row.insert(row.end(),
                     {std::to_string(method.operating_point().seeds[k].seed), count_cell(chip),
                      count_cell(outcome.images), count_cell(outcome.correct[chip]), count_cell(outcome.own_correct)});
          table.add(std::move(row));
        }
      }
    }
  }
  return table;
}

Json corner_json(const ComparedMethod& method) {
  const CornerAccuracy corner = corner_accuracy(method.chosen.corner);
  return {{"accuracy", corner.accuracy.mean},
          {"accuracy_half_width_95", corner.accuracy.half_width},
          {"loss", corner.loss.mean},
          {"loss_half_width_95", corner.loss.half_width}};
}

Json method_json(const MethodComparison& comparison, const ComparedMethod& method) {
  const MethodPoint& point = method.operating_point();
  const AccuracyDifference difference = accuracy_difference(method.chosen.outcomes, comparison.largest_loss);
  Json json = {{"name", method.name},
               {"setting", point.setting},
               {"within_limit", method.chosen.within_limit},
               {"validation_loss", point.validation_loss()},
               {"accuracy_difference", difference.mean},
               {"accuracy_difference_half_width_95", difference.half_width},
               {"interval_over", difference.over_seeds ? "seeds" : "images"},
               {"verdict", verdict_name(difference.verdict)},
               {"clusters", point.mean(&PointSeed::clusters)},
               {"unclustered", point.mean(&PointSeed::unclustered) / point.mean(&PointSeed::synapses)}};
  Json intervals = Json::object();
  for (const Figure& figure : compared_figures(comparison.bit_serial)) {
    const Estimate own = estimate(samples_of(method, figure));
    json[figure.name] = std::isfinite(own.mean) ? Json(own.mean) : Json();
    intervals[figure.name] = own.samples > 1 && std::isfinite(own.half_width) ? Json(own.half_width) : Json();
  }
  json["intervals"] = std::move(intervals);
  if (comparison.corner) json["corner"] = corner_json(method);
  return json;
}

std::string size_title(const ComparedSize& size) {
  return fmt::format("Crossbars of {} x {}", size.crossbar.rows, size.crossbar.columns);
}

/// Curves over one list of crossbar counts: a series has values at its own counts only.
LineChart curves_of(const ComparedSize& size, double largest_loss) {
  std::set<double> counts;
  for (const ComparedMethod& method : size.methods) {
    for (const MethodPoint& point : method.points) counts.insert(point.mean(&PointSeed::crossbars));
  }
  LineChart chart;
  chart.title = size_title(size);
  chart.x_axis = "crossbars";
  chart.value_axis = "validation accuracy, %";
  chart.x.assign(counts.begin(), counts.end());
  const double dense = 100.0 * size.methods.front().points.front().mean(&PointSeed::dense_validation_accuracy);
  chart.reference = dense - 100.0 * largest_loss;
  chart.reference_name = "least of an operating point";
  chart.lowest = *chart.reference;
  chart.highest = dense;
  for (const ComparedMethod& method : size.methods) {
    ChartSeries series{method.name, std::vector<double>(chart.x.size(), std::numeric_limits<double>::quiet_NaN()), {}};
    for (const MethodPoint& point : method.points) {
      const auto at = std::lower_bound(chart.x.begin(), chart.x.end(), point.mean(&PointSeed::crossbars));
      const double accuracy = 100.0 * point.mean(&PointSeed::validation_accuracy);
      series.values[static_cast<std::size_t>(at - chart.x.begin())] = accuracy;
      chart.lowest = std::min(chart.lowest, accuracy);
      chart.highest = std::max(chart.highest, accuracy);
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

/// Share of each method's clusters in each tenth, so that methods of few and of many clusters compare.
GroupedBars qualities_of(const ComparedSize& size) {
  GroupedBars chart;
  chart.title = size_title(size);
  chart.value_axis = "share of clusters, %";
  for (std::size_t bin = 0; bin < QualityHistogram().size(); ++bin) {
    chart.groups.push_back(
        fmt::format("{:.1f}-{:.1f}", 0.1 * static_cast<double>(bin), 0.1 * static_cast<double>(bin + 1)));
  }
  for (const ComparedMethod& method : size.methods) {
    const QualityHistogram& counts = method.chosen.qualities;
    const std::uint64_t all = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    ChartSeries series{method.name, {}, {}};
    for (const std::uint64_t count : counts) {
      series.values.push_back(all == 0 ? 0.0 : 100.0 * static_cast<double>(count) / static_cast<double>(all));
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

/// Mean accuracy on the own chip beside that in the corner.
GroupedBars corner_bars(const ComparedSize& size) {
  GroupedBars chart;
  chart.title = size_title(size);
  chart.value_axis = "accuracy, %";
  ChartSeries own{"chip as it is", {}, {}}, corner{"in corner", {}, {}};
  for (const ComparedMethod& method : size.methods) {
    const CornerAccuracy found = corner_accuracy(method.chosen.corner);
    chart.groups.push_back(method.name);
    own.values.push_back(100.0 * (found.accuracy.mean + found.loss.mean));
    corner.values.push_back(100.0 * found.accuracy.mean);
    corner.half_widths.push_back(100.0 * found.accuracy.half_width);
  }
  own.half_widths.assign(own.values.size(), 0.0);
  chart.series = {own, corner};
  return chart;
}

template <class MakeChart>
std::string charts_by_size(const MethodComparison& comparison, const std::string& title, const std::string& what,
                           MakeChart make_chart) {
  constexpr double kWidth = 860.0, kChart = 380.0, kMargin = 20.0;
  const double height = Picture::kHeader + (kChart + kMargin) * static_cast<double>(comparison.sizes.size());
  Picture picture(kWidth, height, title, fmt::format("{}: {}", comparison.experiment, what));
  double top = Picture::kHeader;
  for (const ComparedSize& size : comparison.sizes) {
    picture.draw(make_chart(size), {kMargin, top, kWidth - 2 * kMargin, kChart});
    top += kChart + kMargin;
  }
  return picture.to_svg();
}

}  // namespace

std::vector<Table> method_comparison_tables(const MethodComparison& comparison) {
  std::vector<Table> tables = {comparison_table(comparison), points_table(comparison)};
  if (comparison.corner) tables.push_back(corner_table(comparison));
  return tables;
}

std::string method_comparison_json(const MethodComparison& comparison) {
  Json json = {{"experiment", comparison.experiment},
               {"dataset", comparison.dataset},
               {"chip", comparison.chip},
               {"execution", comparison.bit_serial ? "bit_serial" : "spiking"},
               {"largest_loss", comparison.largest_loss},
               {"simulated_images", comparison.simulated_images}};
  if (!comparison.bit_serial) json["steps"] = comparison.steps;
  if (comparison.corner) {
    json["corner"] = {
        {"name", comparison.corner->name}, {"chips", comparison.corner->chips}, {"images", comparison.corner->images}};
  }
  json["sizes"] = Json::array();
  for (const ComparedSize& size : comparison.sizes) {
    Json one = {{"array_rows", size.array.rows}, {"array_columns", size.array.columns}};
    if (comparison.bit_serial) {
      one["crossbar_rows"] = size.crossbar.rows;
      one["crossbar_columns"] = size.crossbar.columns;
    }
    one["methods"] = Json::array();
    for (const ComparedMethod& method : size.methods) one["methods"].push_back(method_json(comparison, method));
    json["sizes"].push_back(std::move(one));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string method_curves_svg(const MethodComparison& comparison) {
  return charts_by_size(comparison, "Accuracy against crossbars", "mean over seeds",
                        [&](const ComparedSize& size) { return curves_of(size, comparison.largest_loss); });
}

std::string corner_svg(const MethodComparison& comparison) {
  CROSSLOOM_CHECK(comparison.corner.has_value(), "the comparison has a corner");
  return charts_by_size(comparison, fmt::format("Accuracy on chips of {}", comparison.corner->name),
                        "mean over programmed chips and seeds, untimed", corner_bars);
}

std::string cluster_qualities_svg(const MethodComparison& comparison) {
  return charts_by_size(comparison, "Quality of the clusters",
                        "share of a cluster's positions that hold a live weight, at the operating points",
                        qualities_of);
}

}  // namespace crossloom
