// The headline figures as a list, so that comparison, tables, summary and pictures all speak of the same ones.
#pragma once

#include <string>
#include <vector>

#include "traces/run_report.h"

namespace crossloom {

enum class FigureForm {
  accuracy,  ///< 0..1, shown in percent; compared by its difference in percentage points, paired by seed
  share,     ///< 0..1, shown in percent
  count,
  significant,  ///< three significant digits, unit in the heading
  engineering,  ///< with SI prefix
};

struct Figure {
  const char* name;  ///< as in summary.json and the tables, with its unit
  const char* unit;  ///< SI unit for `engineering`, else what the number counts
  FigureForm form;
  double Headline::*value;
  const char* heading[2];  ///< two lines above the column of the printed comparison; empty: not printed there
  const char* description;
};

/// In the order in which they are shown.
const std::vector<Figure>& all_figures();
/// Those by which methods are compared: all figures, or those of a bit-serial chip.
const std::vector<Figure>& compared_figures(bool bit_serial);

struct ComparedFigure {
  Estimate estimate;
  double ratio = 1.0;  ///< mean / mean of the first variant; not finite where that is 0
  /// Value minus the first variant's, seed by seed, over the seeds that both have; absent where they share none.
  std::optional<Estimate> difference;
};
ComparedFigure compare(const RunReport& report, const VariantReport& variant, const Figure& figure);

/// "98.52 %", "627", "12.3 uJ".
std::string show(const Figure& figure, double value);
/// Half width of an interval, as many decimals and the same prefix as its mean: "±0.08".
std::string show_half_width(const Figure& figure, const Estimate& estimate);
/// "x0.149", or "-0.11 pt" for accuracies.
std::string show_relative(const Figure& figure, const ComparedFigure& compared);

}  // namespace crossloom
