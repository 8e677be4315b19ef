// The file form of a RunReport, from which a run folder can be written again.
#pragma once

#include <filesystem>

#include "traces/run_report.h"

namespace crossloom {

/// Archive kind "run_report". Rasters are left out. Atomic; throws UserError where the file cannot be written.
void save_run_report(const RunReport& report, const std::filesystem::path& file);
/// Throws UserError where the file is absent, damaged, of another version, or holds what no run can have written.
RunReport load_run_report(const std::filesystem::path& file);

}  // namespace crossloom
