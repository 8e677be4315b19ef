// Every table of a run: columns with units in their names, one list for CSV, SQLite and the documentation.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/table.h"
#include "traces/run_report.h"

namespace crossloom {

/// Raised whenever a table or a column changes its name or meaning; additions do not raise it.
inline constexpr int kTablesSchemaVersion = 1;

/// comparison, summary, layers, energy, energy_groups, area, latency, layer_latency, spikes, packets, programming,
/// accuracy_by_steps, constants, inputs, versions. Docs: docs/traces.md. Where a figure does not exist (no interval
/// with one seed, TOPS/W of a chip without costs) the cell is empty.
std::vector<Table> report_tables(const RunReport& report);

/// What a row of the table is. Throws Bug for a table that report_tables does not give.
std::string table_description(const std::string& name);

/// Facts about the whole run that stand in no table: schema_version, experiment, dataset, chip, clock_hz, steps, seed.
std::vector<std::pair<std::string, std::string>> report_metadata(const RunReport& report);

/// "array", "periphery" or "network".
const char* group_name(CostGroup group);
/// Name of the group that an entry of the energy table belongs to: array, periphery, network or leakage.
const char* energy_group(const EnergyEntry& entry);

// One function a table with much arithmetic of its own (cost_tables.cpp).
Table energy_table(const RunReport& report);
Table energy_groups_table(const RunReport& report);
Table area_table(const RunReport& report);
Table programming_table(const RunReport& report);
Table packets_table(const RunReport& report);

}  // namespace crossloom
