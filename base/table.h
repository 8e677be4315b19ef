// Tables with declared columns; CSV is written here, other forms by whoever reads the cells.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace crossloom {

/// An empty cell is std::monostate (CSV: nothing; JSON: null; SQLite: NULL).
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;

enum class ColumnType { integer, real, text };

/// A column's name carries its unit (energy_j, latency_s, area_mm2); the description goes to docs and metadata.
struct Column {
  std::string name;
  ColumnType type;
  std::string description;
};

class Table {
 public:
  Table(std::string name, std::vector<Column> columns) : name_(std::move(name)), columns_(std::move(columns)) {}
  /// Throws Bug where the number or the types of the cells do not match the columns.
  void add(std::vector<Cell> row);
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  [[nodiscard]] const std::vector<std::vector<Cell>>& rows() const { return rows_; }
  /// RFC 4180, '\n' line ends, doubles in the shortest form that reads back to the same value.
  [[nodiscard]] std::string to_csv() const;

 private:
  std::string name_;
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

/// Shortest text that reads back to the same double, the same on every machine.
std::string format_real(double value);

}  // namespace crossloom
