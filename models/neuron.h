// Integrate-and-fire neurons: the kernels that the functional and the timed run share.
//
// A bank's membranes lie in one buffer of as many values as a crossbar has columns: value k belongs to the bank's
// neuron k, the values beyond the bank's neurons are scratch. Within a step each row part is integrated in its slot,
// straight onto the membranes (the neuron's one capacitor), ascending; then fire() compares, resets and applies the
// floor. Membranes are int32 on ideal devices (convert() has checked that they cannot overflow) and double otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/mapped_network.h"
#include "models/programmed_chip.h"
#include "models/spiking_network.h"

namespace crossloom {

/// What decides whether and how a neuron of one layer fires.
struct NeuronRule {
  std::int32_t threshold = 1;  ///< fires at membrane >= threshold; in units of one level, at least 1
  Reset reset = Reset::by_subtraction;
  bool floor_at_zero = false;  ///< after compare and reset, a membrane below 0 becomes 0
};
NeuronRule neuron_rule(const SpikingNetwork& network, LayerId layer);

/// Adds the currents of one driven block part to the bank's membranes. `driven_rows` are wordlines of the crossbar, all
/// of them the part's. `scratch` holds crossbar.columns() values and is used where the part starts at another column
/// than 0 or holds some of the bank's neurons only.
void integrate_row_part(const ProgrammedCrossbar& crossbar, const BlockPart& part, const std::uint16_t* driven_rows,
                        std::size_t driven, std::int32_t* membranes, std::vector<std::int32_t>& scratch);
void integrate_row_part(const ProgrammedCrossbar& crossbar, const BlockPart& part, const std::uint16_t* driven_rows,
                        std::size_t driven, double* membranes, std::vector<double>& scratch);

/// The variances of the same read, where the chip's reads are noisy, added to the bank's buffer of variances.
void integrate_row_part_variances(const ProgrammedCrossbar& crossbar, const BlockPart& part,
                                  const std::uint16_t* driven_rows, std::size_t driven, float* variances,
                                  std::vector<float>& scratch);

/// Ends a step of `count` neurons: at most one spike each, reset, floor. Appends neurons[k] for each neuron k that
/// fired, ascending in k, and returns how many did.
std::size_t fire(const NeuronRule& rule, std::int32_t* membranes, const std::uint32_t* neurons, std::size_t count,
                 std::vector<std::uint32_t>& fired);
std::size_t fire(const NeuronRule& rule, double* membranes, const std::uint32_t* neurons, std::size_t count,
                 std::vector<std::uint32_t>& fired);

}  // namespace crossloom
