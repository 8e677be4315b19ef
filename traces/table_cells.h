// Short forms for declaring columns and filling cells of the report's tables.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "base/table.h"
#include "traces/run_report.h"

namespace crossloom::table_cells {

inline Column integer(std::string name, std::string description) {
  return {std::move(name), ColumnType::integer, std::move(description)};
}
inline Column real(std::string name, std::string description) {
  return {std::move(name), ColumnType::real, std::move(description)};
}
inline Column text(std::string name, std::string description) {
  return {std::move(name), ColumnType::text, std::move(description)};
}
inline Column variant_column() { return text("variant", "name of the variant"); }
/// Text, since a seed may be any 64-bit number and SQLite's integers are signed.
inline Column seed_column() { return text("seed", "seed of training, programming and encoding"); }

inline Cell count_cell(std::uint64_t value) { return static_cast<std::int64_t>(value); }
/// Empty where there is no such number.
inline Cell real_cell(double value) { return std::isfinite(value) ? Cell(value) : Cell(); }
inline Cell seed_cell(const SeedReport& seed) { return std::to_string(seed.seed); }

inline double images_of(const SeedReport& seed) { return static_cast<double>(seed.simulation.images.size()); }
inline double seconds_of(std::uint64_t cycles, const RunReport& report) {
  return static_cast<double>(cycles) / report.clock.si();
}

template <class Visit>
void for_each_seed(const RunReport& report, Visit visit) {
  for (const VariantReport& variant : report.variants) {
    for (const SeedReport& seed : variant.seeds) visit(variant, seed);
  }
}

}  // namespace crossloom::table_cells
