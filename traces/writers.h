// Everything that is written of a run: this header brings them all, and writes a RunReport into a folder.
#pragma once

#include <filesystem>

#include "traces/comparison.h"
#include "traces/event_trace.h"
#include "traces/pictures.h"
#include "traces/run_report.h"
#include "traces/run_report_file.h"
#include "traces/sqlite_writer.h"
#include "traces/summary.h"
#include "traces/tables.h"

namespace crossloom {

/// All of it: summary.json, tables/*.csv, results.sqlite (the same tables), comparison.txt, comparison.svg,
/// accuracy_by_steps.svg, energy.svg, and pictures of what was observed. Makes the folder where it is absent; each file
/// is complete or absent. Same report, same bytes. Throws UserError where it cannot be written.
void write_report(const RunReport& report, const std::filesystem::path& folder);

}  // namespace crossloom
