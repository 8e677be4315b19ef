// The comparison that is printed at the end of a run.
#pragma once

#include <cstddef>
#include <string>

#include "traces/run_report.h"

namespace crossloom {

/// One row a variant, each figure also relative to the first row, with half widths of 95 % intervals where there are
/// several seeds. Lines have at most `width` columns: the table is cut into blocks where it does not fit, and only a
/// single column too wide for `width` exceeds it. UTF-8 (the sign ±), '\n' line ends.
std::string comparison_text(const RunReport& report, std::size_t width = 120);

}  // namespace crossloom
