#include "base/number_table.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/npy_file.h"
#include "base/text_lines.h"

namespace crossloom {

namespace {

NumberTable table_of(const NpyArray& array, const std::string& origin) {
  NumberTable table;
  table.values.reserve(array.rows * array.columns);
  for (std::uint64_t i = 0; i < array.rows; ++i) {
    for (std::uint64_t j = 0; j < array.columns; ++j) {
      table.values.push_back(array.at(i, j));
      if (std::isfinite(table.values.back())) continue;
      throw UserError(fmt::format("{}: the value of row {}, column {} (from 0) is not finite", origin, i, j));
    }
  }
  const bool vector = array.dimensions == 1;
  table.rows = vector ? 1 : array.rows;
  table.columns = vector ? array.rows : array.columns;
  return table;
}

}  // namespace

void visit_csv_numbers(std::string_view text, const std::string& origin,
                       const std::function<void(std::uint64_t, std::uint64_t, double)>& visit) {
  TextLines lines(text, origin);
  std::uint64_t rows = 0, columns = 0;
  bool ended = false;
  while (const auto line = lines.next()) {
    if (trimmed(*line).empty()) {
      ended = true;
      continue;
    }
    if (ended) lines.fail("there is an empty line before this row");
    if (rows >= kMostLines) lines.fail(fmt::format("there are more than {} rows", kMostLines));
    std::uint64_t column = 0;
    std::string_view rest = *line;
    for (bool more = true; more; ++column) {
      const std::size_t comma = rest.find(',');
      more = comma != std::string_view::npos;
      if (column >= kMostLines) lines.fail(fmt::format("there are more than {} columns", kMostLines));
      visit(rows, column, number_of(trimmed(rest.substr(0, comma)), lines));
      if (more) rest.remove_prefix(comma + 1);
    }
    if (rows == 0) columns = column;
    if (column != columns) lines.fail(fmt::format("this row has {} values where the first has {}", column, columns));
    ++rows;
  }
  if (rows == 0) throw UserError(fmt::format("{}: there is no row of numbers in it", origin));
}

NumberTable read_number_table(const std::filesystem::path& file) {
  const std::string ending = file.extension().string(), origin = file.string();
  if (ending != ".npy" && ending != ".csv") {
    throw UserError(fmt::format("{}: numbers are read from .npy (NumPy) and .csv files", origin));
  }
  const std::string bytes = read_file(file);
  if (ending == ".npy") return table_of(parse_npy_array(bytes, origin), origin);
  NumberTable table;
  visit_csv_numbers(bytes, origin, [&](std::uint64_t row, std::uint64_t column, double value) {
    table.rows = row + 1;
    if (row == 0) table.columns = column + 1;
    table.values.push_back(value);
  });
  return table;
}

}  // namespace crossloom
