// The printed comparison of methods.
#include <fmt/format.h>

#include "traces/engineering.h"
#include "traces/figures.h"
#include "traces/method_comparison.h"
#include "traces/text_table.h"

namespace crossloom {
namespace {

constexpr std::size_t kWidth = 120;

Estimate estimate_of(const ComparedMethod& method, double Headline::*value) {
  std::vector<double> samples;
  for (const Headline& figures : method.chosen.figures) samples.push_back(figures.*value);
  return estimate(samples);
}

std::string percent(double share, int decimals) { return fmt::format("{:.{}f} %", 100.0 * share, decimals); }

/// The lines of one row: the method itself, then one a reference.
using Lines = std::vector<std::string>;

Lines relative(const ComparedSize& size, const std::vector<std::size_t>& references, const ComparedMethod& method,
               double Headline::*value, const std::string& own) {
  Lines lines = {own};
  const double mean = estimate_of(method, value).mean;
  for (const std::size_t reference : references) {
    const double other = estimate_of(size.methods[reference], value).mean;
    lines.push_back(other > 0.0 ? "x" + format_significant(mean / other) : "-");
  }
  return lines;
}

std::string difference_text(const ComparedMethod& method, double largest_loss) {
  const AccuracyDifference difference = accuracy_difference(method.chosen.outcomes, largest_loss);
  return fmt::format("{:+.2f} ±{:.2f}", 100.0 * difference.mean, 100.0 * difference.half_width);
}

class SizeTable {
 public:
  SizeTable(const MethodComparison& comparison, const ComparedSize& size) : comparison_(comparison), size_(size) {
    names_.cells = {"", "method"};
    for (const ComparedMethod& method : size.methods) {
      names_.cells.push_back(shortened(method.name));
      for (const std::size_t reference : comparison.relative_to) {
        names_.cells.push_back("  to " + shortened(size.methods[reference].name));
      }
    }
  }

  template <class Text>
  void add(const char* above, const char* below, Text text) {
    TextColumn column{{above, below}};
    for (const ComparedMethod& method : size_.methods) {
      column.cells.push_back(text(method));
      column.cells.resize(column.cells.size() + comparison_.relative_to.size());
    }
    columns_.push_back(std::move(column));
  }

  void add_figure(const char* above, const char* below, double Headline::*value, std::string (*show)(double)) {
    TextColumn column{{above, below}};
    for (const ComparedMethod& method : size_.methods) {
      const std::string own = show(estimate_of(method, value).mean);
      for (std::string& line : relative(size_, comparison_.relative_to, method, value, own)) {
        column.cells.push_back(std::move(line));
      }
    }
    columns_.push_back(std::move(column));
  }

  [[nodiscard]] std::string text() const {
    std::string result;
    for (const auto& block : wrapped(names_, columns_, kWidth)) result += block_text(names_, block) + '\n';
    return result;
  }

 private:
  const MethodComparison& comparison_;
  const ComparedSize& size_;
  TextColumn names_;
  std::vector<TextColumn> columns_;
};

std::string failures_text(const ComparedSize& size) {
  std::string text;
  for (const ComparedMethod& method : size.methods) {
    for (const FailedPoint& point : method.failed) {
      text += wrapped_words(fmt::format("{}, {}: no result, {}.", method.name, point.setting, point.reason), kWidth);
    }
  }
  return text.empty() ? text : text + '\n';
}

std::string size_text(const MethodComparison& comparison, const ComparedSize& size) {
  SizeTable table(comparison, size);
  table.add("operating", "point", [](const ComparedMethod& m) {
    return (m.operating_point().setting.empty() ? "as written" : m.operating_point().setting) +
           (m.chosen.within_limit ? "" : " (!)");
  });
  table.add("test", "accuracy",
            [](const ComparedMethod& m) { return percent(estimate_of(m, &Headline::accuracy).mean, 2); });
  table.add("points to", "first", [&](const ComparedMethod& m) { return difference_text(m, comparison.largest_loss); });
  table.add("", "verdict", [&](const ComparedMethod& m) {
    return std::string(verdict_name(accuracy_difference(m.chosen.outcomes, comparison.largest_loss).verdict));
  });
  table.add("accuracy", "on chip",
            [](const ComparedMethod& m) { return percent(estimate_of(m, &Headline::chip_accuracy).mean, 2); });
  if (comparison.corner) {
    table.add("accuracy", "in corner", [](const ComparedMethod& m) {
      const Estimate accuracy = corner_accuracy(m.chosen.corner).accuracy;
      return fmt::format("{} ±{:.2f}", percent(accuracy.mean, 2), 100.0 * accuracy.half_width);
    });
    table.add("points lost", "in corner", [](const ComparedMethod& m) {
      const Estimate loss = corner_accuracy(m.chosen.corner).loss;
      return fmt::format("{:.2f} ±{:.2f}", 100.0 * loss.mean, 100.0 * loss.half_width);
    });
  }
  table.add_figure("", "synapses", &Headline::synapses, format_count);
  table.add("", "clusters",
            [](const ComparedMethod& m) { return format_count(m.operating_point().mean(&PointSeed::clusters)); });
  table.add("un-", "clustered", [](const ComparedMethod& m) {
    const MethodPoint& point = m.operating_point();
    return percent(point.mean(&PointSeed::unclustered) / point.mean(&PointSeed::synapses), 1);
  });
  table.add("utili-", "sation",
            [](const ComparedMethod& m) { return percent(estimate_of(m, &Headline::utilisation).mean, 1); });
  table.add_figure("", "crossbars", &Headline::crossbars, format_count);
  if (comparison.bit_serial) {
    table.add_figure("physical", "arrays", &Headline::physical_arrays, format_count);
  }
  table.add_figure("area", "mm2", &Headline::area_mm2, [](double value) { return format_significant(value); });
  if (comparison.bit_serial) {
    table.add_figure("arrays", "mm2", &Headline::array_area_mm2,
                     [](double value) { return format_significant(value); });
  }
  table.add_figure("", "energy", &Headline::energy_per_inference_j,
                   [](double value) { return format_engineering(value, "J"); });
  table.add_figure("", "latency", &Headline::latency_per_inference_s,
                   [](double value) { return format_engineering(value, "s"); });
  std::string head = fmt::format("Crossbars of {} x {} weights", size.crossbar.rows, size.crossbar.columns);
  if (comparison.bit_serial) head += fmt::format(" in arrays of {} x {} cells", size.array.rows, size.array.columns);
  return head + "\n\n" + table.text();
}

std::string corner_text(const ComparedCorner& corner, bool several_seeds) {
  return fmt::format(
      "In corner: {} programmed chips of {}{}, the first {} test images, untimed, with the half width "
      "of the 95 % interval over chips; points lost: against the chip as it is, on the same images.",
      corner.chips, corner.name, several_seeds ? " a seed" : "", format_count(static_cast<double>(corner.images)));
}

}  // namespace

std::string method_comparison_text(const MethodComparison& comparison) {
  const std::size_t seeds = comparison.sizes.front().methods.front().chosen.figures.size();
  std::string text = wrapped_words(
      fmt::format("{}: {} on {}{}, {} {}, {} images on the chip each", comparison.experiment, comparison.dataset,
                  comparison.chip, comparison.bit_serial ? "" : fmt::format(", T = {} steps", comparison.steps), seeds,
                  seeds == 1 ? "seed" : "seeds", format_count(static_cast<double>(comparison.simulated_images))),
      kWidth);
  text += '\n';
  for (const ComparedSize& size : comparison.sizes) text += size_text(comparison, size) + failures_text(size);
  const bool over_seeds = seeds >= 3;
  text += wrapped_words(
      fmt::format("Operating point: fewest crossbars whose mean validation accuracy lies at most {:.2f} points below "
                  "the dense network's; (!): no setting does, the one that loses least is shown. Points to first: "
                  "difference of test accuracy, paired, with the half width of its 95 % interval over {}. Verdict: "
                  "equal where the whole interval lies above -{:.2f} points, worse where it lies below. x: relative "
                  "to. Energy and latency are of one inference.",
                  100.0 * comparison.largest_loss, over_seeds ? "seeds" : "test images (too few seeds)",
                  100.0 * comparison.largest_loss),
      kWidth);
  if (comparison.bit_serial) {
    text += wrapped_words(
        "Synapses: live weights, a kernel's once. Area: the tiles in use with routers and shared parts in proportion; "
        "arrays: those in use with DACs, sample-and-holds and ADCs. Latency: from an image's first value sent to its "
        "last output.",
        kWidth);
  }
  if (comparison.corner) text += wrapped_words(corner_text(*comparison.corner, seeds > 1), kWidth);
  return text;
}

}  // namespace crossloom
