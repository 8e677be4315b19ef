// Aligned columns, cut into blocks where the screen is narrow.
#include "traces/comparison.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "traces/engineering.h"
#include "traces/figures.h"

namespace crossloom {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLongestName = 24;

/// Code points, which is what a terminal counts for all the text we print.
std::size_t shown_width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded_left(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, shown_width(text)), ' ') + text;
}

std::string padded_right(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, shown_width(text)), ' ');
}

std::string shortened(const std::string& name) {
  if (shown_width(name) <= kLongestName) return name;
  std::string text;
  std::size_t shown = 0;
  for (const char c : name) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U && ++shown > kLongestName - 2) break;
    text += c;
  }
  return text + "..";
}

struct TextColumn {
  std::vector<std::string> cells;  ///< as many as lines, the two lines of headings first
  [[nodiscard]] std::size_t width() const {
    std::size_t widest = 0;
    for (const std::string& cell : cells) widest = std::max(widest, shown_width(cell));
    return widest;
  }
};

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

std::size_t total_width(const TextColumn& names, const std::vector<TextColumn>& columns) {
  std::size_t width = names.width();
  for (const TextColumn& column : columns) width += kGap + column.width();
  return width;
}

std::string block_text(const TextColumn& names, const std::vector<TextColumn>& columns) {
  std::string text;
  for (std::size_t line = 0; line < names.cells.size(); ++line) {
    std::string row = padded_right(names.cells[line], names.width());
    for (const TextColumn& column : columns) {
      row += std::string(kGap, ' ') + padded_left(column.cells[line], column.width());
    }
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + '\n';
    if (line == 1) text += std::string(total_width(names, columns), '-') + '\n';
  }
  return text;
}

/// As few blocks as fit, filled from the left.
std::vector<std::vector<TextColumn>> wrapped(const TextColumn& names, const std::vector<TextColumn>& columns,
                                             std::size_t width) {
  std::vector<std::vector<TextColumn>> blocks;
  for (const TextColumn& column : columns) {
    if (!blocks.empty()) {
      blocks.back().push_back(column);
      if (total_width(names, blocks.back()) <= width) continue;
      blocks.back().pop_back();
    }
    blocks.push_back({column});
  }
  return blocks;
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

/// Breaks between words, so that long names do not push the line over the width.
std::string wrapped_words(const std::string& text, std::size_t width) {
  std::string result, line;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!line.empty() && shown_width(line) + 1 + shown_width(word) > width) {
      result += line + '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    begin = end + 1;
  }
  return result + line + '\n';
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
  return text + legend(rows, width);
}

}  // namespace crossloom
