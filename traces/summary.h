// summary.json: the headline figures for programs.
#pragma once

#include <string>

#include "traces/run_report.h"

namespace crossloom {

/// summary.json: schema_version, experiment, dataset, chip, clock_hz, steps, seed, `variants`, inputs, versions. Each
/// variant has name, the means of all figures (accuracy, chip_accuracy, synapses, crossbars, physical_arrays,
/// utilisation, area_mm2, array_area_mm2, energy_per_inference_j, latency_per_inference_s, throughput_per_s, power_w,
/// tops_per_w, energy_delay_product_js), `intervals` (half widths at 95 %, null with one seed), `relative` (ratios to
/// the first variant), `difference` (paired by seed, for the accuracies), energy_groups_j (per inference) and `seeds`.
/// What does not exist is null.
std::string summary_json(const RunReport& report);

}  // namespace crossloom
