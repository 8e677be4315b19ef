// Tables as a SQLite database.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/table.h"

namespace crossloom {

/// The bytes of a database file with one STRICT table for each given one, plus metadata (key, value), and
/// table_descriptions and column_descriptions of the given tables. Written in one transaction with a fixed page size,
/// without dates: same tables, same bytes with the same SQLite library. `PRAGMA user_version` is the schema version.
std::string sqlite_database(const std::vector<Table>& tables,
                            const std::vector<std::pair<std::string, std::string>>& metadata);

}  // namespace crossloom
