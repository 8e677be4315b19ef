// Built in memory and handed over as bytes, so that the file is written by the same atomic path as every other.
#include "traces/sqlite_writer.h"

#include <memory>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/error.h"
#include "traces/tables.h"

namespace crossloom {

namespace {

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  void operator()(unsigned char* bytes) const { sqlite3_free(bytes); }
};

class Database {
 public:
  Database() {
    sqlite3* database = nullptr;
    const int result = sqlite3_open_v2(":memory:", &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    database_.reset(database);
    check(result, "open");
  }
  void execute(const std::string& sql) {
    check(sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr), sql);
  }
  void check(int result, const std::string& what) const {
    if (result == SQLITE_OK || result == SQLITE_DONE) return;
    throw Bug(fmt::format("SQLite: {}: {}", what, sqlite3_errmsg(database_.get())));
  }
  [[nodiscard]] sqlite3* get() const { return database_.get(); }
  [[nodiscard]] std::string bytes() const {
    sqlite3_int64 size = 0;
    const std::unique_ptr<unsigned char, Close> bytes(sqlite3_serialize(database_.get(), "main", &size, 0));
    CROSSLOOM_CHECK(bytes != nullptr, "SQLite did not hand over the database");
    return std::string(reinterpret_cast<const char*>(bytes.get()), static_cast<std::size_t>(size));
  }

 private:
  std::unique_ptr<sqlite3, Close> database_;
};

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + '"';
}

const char* type_name(ColumnType type) {
  switch (type) {
    case ColumnType::integer:
      return "INTEGER";
    case ColumnType::real:
      return "REAL";
    case ColumnType::text:
      return "TEXT";
  }
  throw Bug("a column has no type");
}

class Insertion {
 public:
  Insertion(Database& database, const Table& table) : database_(database) {
    std::string places;
    for (std::size_t i = 0; i < table.columns().size(); ++i) places += i == 0 ? "?" : ", ?";
    const std::string sql = fmt::format("INSERT INTO {} VALUES ({})", quoted(table.name()), places);
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v2(database.get(), sql.c_str(), -1, &statement, nullptr);
    statement_.reset(statement);
    database.check(result, sql);
  }
  void add(const std::vector<Cell>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) bind(static_cast<int>(i) + 1, row[i]);
    database_.check(sqlite3_step(statement_.get()), "insert");
    database_.check(sqlite3_reset(statement_.get()), "reset");
  }

 private:
  void bind(int place, const Cell& cell) {
    int result = SQLITE_OK;
    if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
      result = sqlite3_bind_int64(statement_.get(), place, *integer);
    } else if (const auto* real = std::get_if<double>(&cell)) {
      result = sqlite3_bind_double(statement_.get(), place, *real);
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
      // The row outlives the step, so that SQLite need not copy.
      result = sqlite3_bind_text64(statement_.get(), place, text->data(), text->size(), nullptr, SQLITE_UTF8);
    } else {
      result = sqlite3_bind_null(statement_.get(), place);
    }
    database_.check(result, "bind");
  }
  Database& database_;
  std::unique_ptr<sqlite3_stmt, Close> statement_;
};

void write_table(Database& database, const Table& table) {
  std::string columns;
  for (const Column& column : table.columns()) {
    columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", quoted(column.name), type_name(column.type));
  }
  database.execute(fmt::format("CREATE TABLE {} ({}) STRICT", quoted(table.name()), columns));
  Insertion insertion(database, table);
  for (const std::vector<Cell>& row : table.rows()) insertion.add(row);
}

Table metadata_table(const std::vector<std::pair<std::string, std::string>>& metadata) {
  Table table("metadata", {{"key", ColumnType::text, ""}, {"value", ColumnType::text, ""}});
  for (const auto& [key, value] : metadata) table.add({key, value});
  return table;
}

Table table_descriptions(const std::vector<Table>& tables) {
  Table table("table_descriptions", {{"table_name", ColumnType::text, ""}, {"description", ColumnType::text, ""}});
  for (const Table& described : tables) table.add({described.name(), table_description(described.name())});
  return table;
}

Table column_descriptions(const std::vector<Table>& tables) {
  Table table("column_descriptions", {{"table_name", ColumnType::text, ""},
                                      {"position", ColumnType::integer, ""},
                                      {"column_name", ColumnType::text, ""},
                                      {"description", ColumnType::text, ""}});
  for (const Table& described : tables) {
    std::int64_t position = 0;
    for (const Column& column : described.columns()) {
      table.add({described.name(), position++, column.name, column.description});
    }
  }
  return table;
}

}  // namespace

std::string sqlite_database(const std::vector<Table>& tables,
                            const std::vector<std::pair<std::string, std::string>>& metadata) {
  Database database;
  // secure_delete clears freed space, so that no byte depends on what a page held before.
  database.execute("PRAGMA page_size = 4096; PRAGMA encoding = 'UTF-8'; PRAGMA secure_delete = ON; BEGIN");
  database.execute(fmt::format("PRAGMA user_version = {}", kTablesSchemaVersion));
  write_table(database, metadata_table(metadata));
  write_table(database, table_descriptions(tables));
  write_table(database, column_descriptions(tables));
  for (const Table& table : tables) write_table(database, table);
  database.execute("COMMIT");
  return database.bytes();
}

}  // namespace crossloom
