#include "training/clustering/matrix_file.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "base/files.h"
#include "base/number_table.h"
#include "base/text_lines.h"

namespace crossloom {
namespace {

using Entries = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

BinaryMatrix from_entries(Entries entries, std::uint32_t rows, std::uint32_t columns) {
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  BinaryMatrix matrix;
  matrix.rows = rows;
  matrix.columns = columns;
  matrix.row_begin.assign(std::size_t{rows} + 1, 0);
  matrix.column_of.reserve(entries.size());
  for (const auto& [row, column] : entries) {
    ++matrix.row_begin[row + 1];
    matrix.column_of.push_back(column);
  }
  for (std::uint32_t i = 0; i < rows; ++i) matrix.row_begin[i + 1] += matrix.row_begin[i];
  return matrix;
}

struct MatrixMarketHeader {
  bool coordinate = false, pattern = false, symmetric = false, skew = false;
};

std::string lower(std::string_view word) {
  std::string copy(word);
  for (char& c : copy) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return copy;
}

MatrixMarketHeader header_of(TextLines& lines) {
  std::string_view line = lines.next().value_or("");
  if (lower(next_word(line)) != "%%matrixmarket") {
    lines.fail("a Matrix Market file begins with '%%MatrixMarket matrix coordinate real general' or the like");
  }
  const std::string object = lower(next_word(line)), format = lower(next_word(line)), field = lower(next_word(line)),
                    symmetry = lower(next_word(line));
  if (object != "matrix") lines.fail(fmt::format("expected 'matrix', found '{}'", shown(object)));
  if (format != "coordinate" && format != "array") {
    lines.fail(fmt::format("the format must be coordinate or array; it is '{}'", shown(format)));
  }
  if (field != "pattern" && field != "real" && field != "integer") {
    lines.fail(fmt::format("the values must be pattern, real or integer; they are '{}'", shown(field)));
  }
  if (symmetry != "general" && symmetry != "symmetric" && symmetry != "skew-symmetric") {
    lines.fail(fmt::format("the symmetry must be general, symmetric or skew-symmetric; it is '{}'", shown(symmetry)));
  }
  if (format == "array" && field == "pattern") lines.fail("an array cannot be a pattern: its values are missing");
  return {format == "coordinate", field == "pattern", symmetry != "general", symmetry == "skew-symmetric"};
}

/// The next line that is no comment and not empty.
std::string_view content_line(TextLines& lines, const char* missing) {
  while (const auto line = lines.next()) {
    const std::string_view content = trimmed(*line);
    if (!content.empty() && content.front() != '%') return content;
  }
  lines.fail(fmt::format("the file ends before {}", missing));
}

void refuse_more_words(std::string_view line, const TextLines& lines) {
  const std::string_view word = next_word(line);
  if (!word.empty()) lines.fail(fmt::format("'{}' is one value too many", shown(word)));
}

void refuse_more_lines(TextLines& lines) {
  while (const auto line = lines.next()) {
    if (!trimmed(*line).empty()) lines.fail("there are more entries than the size line says");
  }
}

Entries coordinates(TextLines& lines, const MatrixMarketHeader& header, std::uint64_t rows, std::uint64_t columns,
                    std::uint64_t count) {
  // An entry takes four bytes at least, so a size line cannot make us reserve more than the file could fill.
  if (count > lines.remaining() / 4 + 1) lines.fail(fmt::format("the file is too short for {} entries", count));
  Entries entries;
  entries.reserve(header.symmetric ? 2 * count : count);
  for (std::uint64_t k = 0; k < count; ++k) {
    std::string_view line = content_line(lines, "all entries have been given");
    const std::uint64_t row = count_of(next_word(line), rows, "the row", lines);
    const std::uint64_t column = count_of(next_word(line), columns, "the column", lines);
    const bool live = header.pattern || number_of(next_word(line), lines) != 0.0;
    refuse_more_words(line, lines);
    if (row == 0 || column == 0) lines.fail("rows and columns count from 1");
    if (header.symmetric && column > row) lines.fail("a symmetric matrix gives its lower triangle only");
    if (!live) continue;
    entries.emplace_back(row - 1, column - 1);
    if (header.symmetric) entries.emplace_back(column - 1, row - 1);
  }
  return entries;
}

/// Column by column; of a symmetric matrix from the diagonal down, of a skew-symmetric one from below it.
Entries dense_values(TextLines& lines, const MatrixMarketHeader& header, std::uint64_t rows, std::uint64_t columns) {
  Entries entries;
  for (std::uint64_t j = 0; j < columns; ++j) {
    for (std::uint64_t i = header.symmetric ? j + (header.skew ? 1 : 0) : 0; i < rows; ++i) {
      std::string_view line = content_line(lines, "all values have been given");
      const bool live = number_of(next_word(line), lines) != 0.0;
      refuse_more_words(line, lines);
      if (!live) continue;
      entries.emplace_back(i, j);
      if (header.symmetric) entries.emplace_back(j, i);
    }
  }
  return entries;
}

}  // namespace

BinaryMatrix parse_matrix_market(std::string_view text, const std::string& origin) {
  TextLines lines(text, origin);
  const MatrixMarketHeader header = header_of(lines);
  std::string_view sizes = content_line(lines, "its size line");
  const std::uint64_t rows = count_of(next_word(sizes), kMostLines, "the number of rows", lines);
  const std::uint64_t columns = count_of(next_word(sizes), kMostLines, "the number of columns", lines);
  if (rows == 0 || columns == 0) lines.fail("a matrix needs at least one row and one column");
  if (header.symmetric && rows != columns) lines.fail("a symmetric matrix has as many rows as columns");
  std::uint64_t count = 0;
  if (header.coordinate) count = count_of(next_word(sizes), rows * columns, "the number of entries", lines);
  refuse_more_words(sizes, lines);
  Entries entries =
      header.coordinate ? coordinates(lines, header, rows, columns, count) : dense_values(lines, header, rows, columns);
  refuse_more_lines(lines);
  return from_entries(std::move(entries), static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(columns));
}

BinaryMatrix parse_matrix_csv(std::string_view text, const std::string& origin) {
  BinaryMatrix matrix;
  visit_csv_numbers(text, origin, [&](std::uint64_t, std::uint64_t column, double value) {
    if (column == 0) matrix.row_begin.push_back(matrix.column_of.size());
    if (value != 0.0) matrix.column_of.push_back(static_cast<std::uint32_t>(column));
    matrix.columns = std::max(matrix.columns, static_cast<std::uint32_t>(column + 1));
  });
  matrix.rows = static_cast<std::uint32_t>(matrix.row_begin.size());
  matrix.row_begin.push_back(matrix.column_of.size());
  return matrix;
}

BinaryMatrix read_matrix_file(const std::filesystem::path& file) {
  const std::string ending = lower(file.extension().string());
  if (ending != ".mtx" && ending != ".npy" && ending != ".csv") {
    throw UserError(
        fmt::format("{}: matrices are read from .mtx (Matrix Market), .npy (NumPy) and .csv files", file.string()));
  }
  const std::string bytes = read_file(file);
  if (ending == ".mtx") return parse_matrix_market(bytes, file.string());
  return ending == ".npy" ? parse_npy(bytes, file.string()) : parse_matrix_csv(bytes, file.string());
}

}  // namespace crossloom
