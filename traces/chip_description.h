// What a chip is, from its YAML alone: hierarchy, area and power by component, what it could do at most, one product's
// time and energy, and writing all of its cells. As text for people and as JSON.
#pragma once

#include <string>

#include "models/bit_serial/bit_serial_chip.h"
#include "models/chip_spec.h"

namespace crossloom {

std::string chip_text(const BitSerialChipSpec& chip);
/// Keys: chip, hierarchy, components (list of component, level, count, area_mm2, peak_power_w, leakage_w), area_mm2,
/// peak_power_w, leakage_w, peak (operations_per_s, gops_per_mm2, gops_per_w), product (multiply_accumulates,
/// latency_s, interval_s, energy_j), programming (cells, time_s, energy_j), published.
std::string chip_json(const BitSerialChipSpec& chip);

/// A spiking chip with `tiles: auto` is described by one tile group.
std::string chip_text(const ChipSpec& chip);
/// Keys: chip, hierarchy, components (component, count, area_mm2, leakage_w), area_mm2, leakage_w, peak
/// (synaptic_operations_per_s, gops_per_mm2), programming.
std::string chip_json(const ChipSpec& chip);

}  // namespace crossloom
