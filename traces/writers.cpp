// One run folder out of one report.
#include "traces/writers.h"

#include <system_error>

#include <fmt/format.h>

#include "base/files.h"
#include "traces/observation_tables.h"

namespace crossloom {

namespace fs = std::filesystem;

namespace {

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && fs::is_directory(folder, error)) return;
  throw UserError(fmt::format("cannot make the folder {}: {}; choose another place with --out", folder.string(),
                              error ? error.message() : "something else has that name"));
}

}  // namespace

void write_report(const RunReport& report, const fs::path& folder) {
  const auto problem = problem_of(report);
  CROSSLOOM_CHECK(!problem, problem.value_or(""));
  make_folder(folder / "tables");
  const std::vector<Table> tables = report_tables(report);
  for (const Table& table : tables) {
    write_file_atomically(folder / "tables" / (table.name() + ".csv"), table.to_csv());
  }
  write_file_atomically(folder / "results.sqlite", sqlite_database(tables, report_metadata(report)));
  write_file_atomically(folder / "summary.json", summary_json(report));
  write_file_atomically(folder / "comparison.txt", comparison_text(report));
  write_file_atomically(folder / "comparison.svg", comparison_svg(report));
  write_file_atomically(folder / "energy.svg", energy_svg(report));
  write_file_atomically(folder / "accuracy_by_steps.svg", accuracy_by_steps_svg(report));
  for (const auto& [name, picture] : observation_pictures(observed_run(report))) {
    write_file_atomically(folder / name, picture);
  }
}

}  // namespace crossloom
