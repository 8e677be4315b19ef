// What was observed while images ran, as tables and pictures: use of units, critical paths, energy over time.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/table.h"
#include "traces/observed_run.h"

namespace crossloom {

/// Whether any seed was observed; without, there are neither tables nor pictures.
bool observed(const RunReport& report);
/// utilisation, utilisation_by_image, critical_path_shares, critical_path, energy_over_time.
std::vector<Table> observation_tables(const ObservedRun& run);

/// File name (SVG) and content: utilisation.svg (kinds of units), mesh_VARIANT.svg (routers), energy_over_time.svg; of
/// each variant's first seed.
std::vector<std::pair<std::string, std::string>> observation_pictures(const ObservedRun& run);

}  // namespace crossloom
