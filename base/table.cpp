// Checking rows and writing CSV.
#include "base/table.h"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {

namespace {

bool fits(const Cell& cell, ColumnType type) {
  if (std::holds_alternative<std::monostate>(cell)) return true;
  switch (type) {
    case ColumnType::integer:
      return std::holds_alternative<std::int64_t>(cell);
    case ColumnType::real:
      return std::holds_alternative<double>(cell);
    case ColumnType::text:
      return std::holds_alternative<std::string>(cell);
  }
  return false;
}

/// Quoted where RFC 4180 asks for it, and where quotes tell an empty text from an empty cell.
std::string csv_text(const std::string& text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_cell(const Cell& cell) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&cell)) return format_real(*real);
  if (const auto* text = std::get_if<std::string>(&cell)) return csv_text(*text);
  return "";
}

}  // namespace

void Table::add(std::vector<Cell> row) {
  CROSSLOOM_CHECK(row.size() == columns_.size(),
                  fmt::format("a row of {} cells for the {} columns of table {}", row.size(), columns_.size(), name_));
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string& column = columns_[i].name;
    CROSSLOOM_CHECK(fits(row[i], columns_[i].type), fmt::format("wrong type of cell in {}.{}", name_, column));
    const auto* real = std::get_if<double>(&row[i]);
    CROSSLOOM_CHECK(real == nullptr || std::isfinite(*real),
                    fmt::format("not a finite number in {}.{}", name_, column));
  }
  rows_.push_back(std::move(row));
}

std::string Table::to_csv() const {
  std::string csv;
  for (std::size_t i = 0; i < columns_.size(); ++i) csv += (i == 0 ? "" : ",") + csv_text(columns_[i].name);
  csv += '\n';
  for (const std::vector<Cell>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) csv += ',';
      csv += csv_cell(row[i]);
    }
    csv += '\n';
  }
  return csv;
}

std::string format_real(double value) {
  CROSSLOOM_CHECK(std::isfinite(value), "a number to be written is not finite");
  std::array<char, 64> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), result.ptr);
}

}  // namespace crossloom
