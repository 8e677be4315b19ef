// Where the rows and columns of each crossbar lie in its physical arrays: near the drivers, and away from faults.
//
// A public header of mapping: line orders belong to one programmed chip, since faults do, and are decided when its
// faults are known and before it is written.
#pragma once

#include <cstddef>

#include "base/random.h"
#include "mapping/mapper.h"
#include "models/chip_spec.h"
#include "models/line_order.h"
#include "models/mapped_network.h"
#include "models/spiking_network.h"

namespace crossloom {

/// `spec.line_order: near_drivers`: columns by the conductance that their weights add to G_min, the largest nearest to
/// the wordlines' drivers; rows likewise, the largest nearest to the sense ends (the last wordline).
///
/// `spec.fault_aware`: rows, columns or both are moved away from the faults of the arrays (visit_array_faults with the
/// chip's device key, as if they had been measured). The cost of a line in a place is the sum over its weights of
/// (weight meant - weight there)^2; rows and columns are matched in turn, each at least cost for the other's places
/// (line_matching.h), until neither helps; ties go to the place nearest to that of `line_order`. Faults that are keyed
/// by weight (stuck_at_minimum, stuck_at_maximum) move with their weight and cannot be avoided.
///
/// Empty where both are off, or nothing moves. `threads` changes nothing.
LineAssignment assign_lines(const MappedNetwork& mapped, const SpikingNetwork& network, const ChipSpec& chip,
                            const MappingSpec& spec, RandomKey key, std::size_t threads = 1);

}  // namespace crossloom
