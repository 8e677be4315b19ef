// What the readers of chips and devices share; for them alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/config_reader.h"
#include "models/circuit/array_wiring.h"

namespace crossloom::spec_reading {

std::uint32_t count(ConfigReader& reader, std::string_view key, std::int64_t low, std::int64_t high);
/// Text that says something; `what` is what to give where it does not.
std::string non_empty_text(ConfigReader& reader, std::string_view key, const char* what);
/// The `source` of a section's numbers.
std::string read_source(ConfigReader& reader);
/// The `clock`, whose period must be a whole number of femtoseconds.
Frequency read_clock(ConfigReader& reader);
/// The `wires` section of an array and its source; ideal wires where there is none.
WireSpec read_wires(ConfigReader& array, std::string& source);

}  // namespace crossloom::spec_reading
