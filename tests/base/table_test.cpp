// Tests of tables and CSV.
#include "base/table.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include "base/error.h"

namespace crossloom {
namespace {

Table parts_table() {
  return Table(
      "parts",
      {{"part", ColumnType::text, ""}, {"count", ColumnType::integer, ""}, {"energy_j", ColumnType::real, ""}});
}

/// A cell of CSV as another program reads it: nothing for an empty cell that is not quoted.
using CsvCell = std::optional<std::string>;

/// RFC 4180, written independently of the writer: quotes are undone, line ends inside quotes kept.
std::vector<std::vector<CsvCell>> read_csv(const std::string& csv) {
  std::vector<std::vector<CsvCell>> rows;
  std::vector<CsvCell> row;
  std::size_t i = 0;
  while (i < csv.size()) {
    CsvCell cell;
    if (csv[i] == '"') {
      cell = "";
      for (++i; csv[i] != '"' || csv[i + 1] == '"'; ++i) {
        *cell += csv[i];
        if (csv[i] == '"') ++i;
      }
      ++i;
    } else {
      const std::size_t end = csv.find_first_of(",\n", i);
      if (end > i) cell = csv.substr(i, end - i);
      i = end;
    }
    row.push_back(cell);
    if (csv[i++] == ',') {
      if (csv[i] == '\n') {
        row.push_back(std::nullopt);
        ++i;
      } else {
        continue;
      }
    }
    rows.push_back(std::move(row));
    row.clear();
  }
  return rows;
}

TEST(Table, WritesAHeaderAndARowALine) {
  Table table = parts_table();
  table.add({std::string("adc"), std::int64_t{12}, 2.5e-12});
  table.add({std::string("router"), std::int64_t{-3}, 0.1});
  EXPECT_EQ(table.to_csv(), "part,count,energy_j\nadc,12,2.5e-12\nrouter,-3,0.1\n");
}

TEST(Table, QuotesCommasQuotesAndLineEnds) {
  Table table("notes", {{"note", ColumnType::text, ""}});
  table.add({std::string("a,b")});
  table.add({std::string("say \"hi\"")});
  table.add({std::string("two\nlines\r")});
  EXPECT_EQ(table.to_csv(), "note\n\"a,b\"\n\"say \"\"hi\"\"\"\n\"two\nlines\r\"\n");
}

TEST(Table, TellsAnEmptyTextFromAnEmptyCell) {
  Table table = parts_table();
  table.add({std::string(), std::monostate{}, std::monostate{}});
  table.add({std::monostate{}, std::int64_t{1}, std::monostate{}});
  EXPECT_EQ(table.to_csv(), "part,count,energy_j\n\"\",,\n,1,\n");
}

TEST(Table, RefusesRowsThatDoNotMatchItsColumns) {
  Table table = parts_table();
  EXPECT_THROW(table.add({std::string("adc"), std::int64_t{1}}), Bug);
  EXPECT_THROW(table.add({std::string("adc"), 1.0, 1.0}), Bug);
  EXPECT_THROW(table.add({std::string("adc"), std::int64_t{1}, std::int64_t{1}}), Bug);
  EXPECT_THROW(table.add({std::int64_t{1}, std::int64_t{1}, 1.0}), Bug);
  EXPECT_TRUE(table.rows().empty());
}

TEST(Table, RefusesNumbersThatAreNotFinite) {
  Table table = parts_table();
  EXPECT_THROW(table.add({std::string("adc"), std::int64_t{1}, std::nan("")}), Bug);
  EXPECT_THROW(table.add({std::string("adc"), std::int64_t{1}, std::numeric_limits<double>::infinity()}), Bug);
  EXPECT_THROW(static_cast<void>(format_real(-std::numeric_limits<double>::infinity())), Bug);
}

TEST(Table, ReadsBackFromCsvCellByCell) {
  EXPECT_TRUE(rc::check([](const std::vector<std::tuple<std::string, std::int64_t, double, bool>>& rows) {
    Table table = parts_table();
    std::vector<std::vector<CsvCell>> expected = {{"part", "count", "energy_j"}};
    for (const auto& [text, integer, real, empty] : rows) {
      table.add({text, empty ? Cell{} : Cell{integer}, empty ? Cell{} : Cell{real}});
      expected.push_back({text, empty ? CsvCell{} : std::to_string(integer), empty ? CsvCell{} : format_real(real)});
    }
    RC_ASSERT(read_csv(table.to_csv()) == expected);
  }));
}

TEST(FormatReal, IsTheShortestTextThatReadsBack) {
  EXPECT_EQ(format_real(0.1), "0.1");
  EXPECT_EQ(format_real(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(format_real(100000.0), "1e+05");
  EXPECT_EQ(format_real(5e-324), "5e-324");
  EXPECT_EQ(format_real(-0.0), "-0");
  EXPECT_TRUE(rc::check([](double value) {
    const std::string text = format_real(value);
    double back = 0.0;
    std::from_chars(text.data(), text.data() + text.size(), back);
    RC_ASSERT(back == value);
  }));
}

}  // namespace
}  // namespace crossloom
