// The database holds what the tables hold, cell for cell.
#include "traces/sqlite_writer.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <fstream>
#include <memory>

#include "tests/support/temporary_folder.h"
#include "tests/traces/sample_report.h"
#include "traces/tables.h"

namespace crossloom {
namespace {

class OpenDatabase {
 public:
  explicit OpenDatabase(const std::string& bytes) {
    const auto file = folder_.write("results.sqlite", bytes);
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    database_.reset(database);
  }
  std::vector<std::vector<Cell>> query(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database_.get(), sql.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database_.get());
    std::vector<std::vector<Cell>> rows;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      auto& row = rows.emplace_back();
      for (int i = 0; i < sqlite3_column_count(statement); ++i) row.push_back(cell(statement, i));
    }
    sqlite3_finalize(statement);
    return rows;
  }

 private:
  static Cell cell(sqlite3_stmt* statement, int i) {
    switch (sqlite3_column_type(statement, i)) {
      case SQLITE_INTEGER:
        return static_cast<std::int64_t>(sqlite3_column_int64(statement, i));
      case SQLITE_FLOAT:
        return sqlite3_column_double(statement, i);
      case SQLITE_TEXT:
        return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, i)));
      default:
        return {};
    }
  }
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };
  TemporaryFolder folder_;
  std::unique_ptr<sqlite3, Close> database_;
};

std::string sample_database(const RunReport& report) {
  return sqlite_database(report_tables(report), report_metadata(report));
}

TEST(SqliteDatabase, HoldsEveryCellOfEveryTable) {
  const RunReport report = sample_report();
  OpenDatabase database(sample_database(report));
  for (const Table& table : report_tables(report)) {
    EXPECT_EQ(database.query("SELECT * FROM \"" + table.name() + "\" ORDER BY rowid"), table.rows()) << table.name();
  }
}

TEST(SqliteDatabase, IsSoundAndStrict) {
  OpenDatabase database(sample_database(sample_report()));
  EXPECT_EQ(database.query("PRAGMA integrity_check")[0][0], Cell("ok"));
  EXPECT_EQ(
      database.query("SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE "
                     "'sqlite_%'")[0][0],
      Cell(std::int64_t{0}));
  EXPECT_EQ(database.query("PRAGMA user_version")[0][0], Cell(std::int64_t{kTablesSchemaVersion}));
}

TEST(SqliteDatabase, DescribesItself) {
  const RunReport report = sample_report();
  OpenDatabase database(sample_database(report));
  EXPECT_EQ(database.query("SELECT value FROM metadata WHERE key = 'schema_version'")[0][0],
            Cell(std::to_string(kTablesSchemaVersion)));
  std::size_t columns = 0;
  for (const Table& table : report_tables(report)) columns += table.columns().size();
  EXPECT_EQ(database.query("SELECT count(*) FROM column_descriptions WHERE description <> ''")[0][0],
            Cell(static_cast<std::int64_t>(columns)));
}

TEST(SqliteDatabase, AnswersTheQuestionsOfTheDocumentation) {
  OpenDatabase database(sample_database(sample_report()));
  const auto rows = database.query(
      "SELECT \"group\", sum(energy_per_inference_j) FROM energy WHERE variant = 'original' AND seed = 1 GROUP BY "
      "\"group\"");
  ASSERT_EQ(rows.size(), 4U);
  double sum = 0.0;
  for (const auto& row : rows) sum += std::get<double>(row[1]);
  EXPECT_NEAR(sum, 10e-9, 1e-20);
}

TEST(SqliteDatabase, IsTheSameBytesEachTime) {
  EXPECT_EQ(sample_database(sample_report()), sample_database(sample_report()));
}

TEST(SqliteDatabase, HoldsMoreThanFitsOnAPage) {
  RunReport report = sample_report(1);
  for (int i = 0; i < 5000; ++i)
    report.constants.push_back({"constant " + std::to_string(i), "1 pJ", std::string(40, 's')});
  const std::string bytes = sample_database(report);
  EXPECT_EQ(bytes, sample_database(report));
  OpenDatabase database(bytes);
  EXPECT_EQ(database.query("SELECT count(*) FROM constants")[0][0], Cell(std::int64_t{5002}));
  EXPECT_EQ(database.query("PRAGMA integrity_check")[0][0], Cell("ok"));
}

}  // namespace
}  // namespace crossloom
