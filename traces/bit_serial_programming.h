// What writing the weights took, as a table and as text of a report.
#pragma once

#include <string>

#include "base/table.h"
#include "traces/bit_serial_report.h"

namespace crossloom {

/// A row a pass.
Table bit_serial_programming_table(const BitSerialReport& report);
/// Of the first variant's first seed: a line, or with reloads a block with a row a pass.
std::string bit_serial_programming_text(const BitSerialReport& report);
/// What the run takes of the writes that the cell written most often stands.
double endurance_share(const BitSerialSeedReport& seed, double endurance);

}  // namespace crossloom
