// Aligned columns, cut into blocks where the screen is narrow.
#include "traces/comparison.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "traces/engineering.h"
#include "traces/figures.h"
#include "traces/observed_run.h"
#include "traces/text_table.h"

namespace crossloom {

namespace {

/// Which of its three lines a variant has: figure, interval, relation to the first.
struct RowLines {
  bool interval = false;
  bool relative = false;
};

std::vector<RowLines> row_lines(const RunReport& report) {
  std::vector<RowLines> rows;
  for (std::size_t v = 0; v < report.variants.size(); ++v) rows.push_back({report.variants[v].seeds.size() > 1, v > 0});
  return rows;
}

TextColumn name_column(const RunReport& report, const std::vector<RowLines>& rows) {
  TextColumn column{{"", "variant"}};
  for (std::size_t v = 0; v < rows.size(); ++v) {
    column.cells.push_back(shortened(report.variants[v].name));
    column.cells.resize(column.cells.size() + (rows[v].interval ? 1 : 0) + (rows[v].relative ? 1 : 0));
  }
  return column;
}

TextColumn figure_column(const RunReport& report, const std::vector<RowLines>& rows, const Figure& figure) {
  TextColumn column{{figure.heading[0], figure.heading[1]}};
  for (std::size_t v = 0; v < rows.size(); ++v) {
    const ComparedFigure compared = compare(report, report.variants[v], figure);
    column.cells.push_back(show(figure, compared.estimate.mean));
    if (rows[v].interval) column.cells.push_back(show_half_width(figure, compared.estimate));
    if (rows[v].relative) column.cells.push_back(show_relative(figure, compared));
  }
  return column;
}

/// What the network and chip are, apart from what an inference costs; each as few blocks as fit, all in one if
/// possible.
std::vector<std::vector<TextColumn>> blocks_of(const TextColumn& names, const std::vector<TextColumn>& is,
                                               const std::vector<TextColumn>& costs, std::size_t width) {
  std::vector<TextColumn> all = is;
  all.insert(all.end(), costs.begin(), costs.end());
  if (total_width(names, all) <= width) return {all};
  auto blocks = wrapped(names, is, width);
  for (auto& block : wrapped(names, costs, width)) blocks.push_back(std::move(block));
  return blocks;
}

std::string preface(const RunReport& report, std::size_t width) {
  std::size_t seeds = 0, images = 0;
  for (const VariantReport& variant : report.variants) {
    seeds = std::max(seeds, variant.seeds.size());
    for (const SeedReport& seed : variant.seeds) images = std::max(images, seed.simulation.images.size());
  }
  return wrapped_words(fmt::format("{}: {} on {} at {}, T = {} steps, {} {} on the chip, {} {}", report.experiment,
                                   report.dataset, report.chip, format_engineering(report.clock.si(), "Hz"),
                                   report.steps, format_count(static_cast<double>(images)),
                                   images == 1 ? "image" : "images", seeds, seeds == 1 ? "seed" : "seeds"),
                       width);
}

std::string legend(const std::vector<RowLines>& rows, std::size_t width) {
  std::string text;
  if (rows.size() > 1) text += "x: relative to the first row; pt: percentage points more or less than it. ";
  if (std::any_of(rows.begin(), rows.end(), [](RowLines row) { return row.interval; })) {
    text += "±: half width of the 95 % interval of the mean over seeds. ";
  }
  return wrapped_words(text + "Energy, latency and energy x delay are of one inference; accuracy network: real-valued.",
                       width);
}

}  // namespace

std::string comparison_text(const RunReport& report, std::size_t width) {
  const auto problem = problem_of(report);
  CROSSLOOM_CHECK(!problem, problem.value_or(""));
  const std::vector<RowLines> rows = row_lines(report);
  const TextColumn names = name_column(report, rows);
  std::vector<TextColumn> is, costs;
  bool cost = false;
  for (const Figure& figure : all_figures()) {
    cost = cost || figure.value == &Headline::energy_per_inference_j;
    if (*figure.heading[1] != '\0') (cost ? costs : is).push_back(figure_column(report, rows, figure));
  }
  std::string text = preface(report, width) + '\n';
  for (const auto& block : blocks_of(names, is, costs, width)) text += block_text(names, block) + '\n';
  return text + legend(rows, width) + left_out_text(observed_run(report));
}

}  // namespace crossloom
