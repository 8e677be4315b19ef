// The pictures of a run folder (SVG).
#pragma once

#include <string>

#include "traces/run_report.h"

namespace crossloom {

/// Synapses, crossbars, area, energy and latency of each variant relative to the first.
std::string comparison_svg(const RunReport& report);
/// Energy of one inference by group, and by component without leakage, for each variant; means over seeds.
std::string energy_svg(const RunReport& report);
/// Accuracy on the chip after 1..T time steps, with the real-valued network's accuracy on the same images as a dashed
/// line; means over seeds, with 95 % intervals where there are several.
std::string accuracy_by_steps_svg(const RunReport& report);

}  // namespace crossloom
