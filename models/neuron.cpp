#include "models/neuron.h"

#include <algorithm>
#include <cstring>

namespace crossloom {
namespace {

constexpr std::size_t kChunk = 64;

/// `add_rows` adds the driven rows to a buffer as wide as the crossbar.
template <class Membrane, class AddRows>
void integrate_shifted(const ProgrammedCrossbar& crossbar, const BlockPart& part, const AddRows& add_rows,
                       Membrane* membranes, std::vector<Membrane>& scratch) {
  if (part.first_column == 0 && part.places.empty()) {
    add_rows(membranes);
    return;
  }
  scratch.assign(crossbar.columns(), Membrane{0});
  add_rows(scratch.data());
  const Membrane* const sums = scratch.data() + part.first_column;
  if (part.places.empty()) {
    for (std::size_t k = 0; k < part.columns.size(); ++k) membranes[k] += sums[k];
  } else {
    for (std::size_t k = 0; k < part.columns.size(); ++k) membranes[part.places[k]] += sums[k];
  }
}

// Compares, resets and floors without a branch, so that it vectorises; flags[k] = 1 where neuron k fired.
template <class Membrane>
void compare_and_reset(const NeuronRule& rule, Membrane* membranes, std::size_t count, std::uint8_t* flags) {
  const auto threshold = static_cast<Membrane>(rule.threshold);
  for (std::size_t k = 0; k < count; ++k) flags[k] = membranes[k] >= threshold ? 1 : 0;
  if (rule.reset == Reset::by_subtraction) {
    for (std::size_t k = 0; k < count; ++k) membranes[k] -= membranes[k] >= threshold ? threshold : Membrane{0};
  } else {
    for (std::size_t k = 0; k < count; ++k) membranes[k] = membranes[k] >= threshold ? Membrane{0} : membranes[k];
  }
  if (rule.floor_at_zero) {
    for (std::size_t k = 0; k < count; ++k) membranes[k] = membranes[k] < Membrane{0} ? Membrane{0} : membranes[k];
  }
}

template <class Membrane>
std::size_t fire_all(const NeuronRule& rule, Membrane* membranes, const std::uint32_t* neurons, std::size_t count,
                     std::vector<std::uint32_t>& fired) {
  const std::size_t before = fired.size();
  for (std::size_t begin = 0; begin < count; begin += kChunk) {
    const std::size_t size = std::min(kChunk, count - begin);
    alignas(kChunk) std::uint8_t flags[kChunk] = {};
    compare_and_reset(rule, membranes + begin, size, flags);
    for (std::size_t word = 0; word < kChunk; word += sizeof(std::uint64_t)) {
      std::uint64_t any = 0;
      std::memcpy(&any, flags + word, sizeof any);
      if (any == 0) continue;
      for (std::size_t k = word; k < word + sizeof any; ++k) {
        if (flags[k] != 0) fired.push_back(neurons[begin + k]);
      }
    }
  }
  return fired.size() - before;
}

}  // namespace

NeuronRule neuron_rule(const SpikingNetwork& network, LayerId layer) {
  return {network.layers[layer].threshold, network.spec.reset, network.spec.membrane_floor_at_zero};
}

void integrate_row_part(const ProgrammedCrossbar& crossbar, const BlockPart& part, const std::uint16_t* driven_rows,
                        std::size_t driven, std::int32_t* membranes, std::vector<std::int32_t>& scratch) {
  const auto add_rows = [&](auto* sums) { crossbar.integrate(driven_rows, driven, sums); };
  integrate_shifted(crossbar, part, add_rows, membranes, scratch);
}

void integrate_row_part(const ProgrammedCrossbar& crossbar, const BlockPart& part, const std::uint16_t* driven_rows,
                        std::size_t driven, double* membranes, std::vector<double>& scratch) {
  const auto add_rows = [&](auto* sums) { crossbar.integrate(driven_rows, driven, sums); };
  integrate_shifted(crossbar, part, add_rows, membranes, scratch);
}

void integrate_row_part_variances(const ProgrammedCrossbar& crossbar, const BlockPart& part,
                                  const std::uint16_t* driven_rows, std::size_t driven, float* variances,
                                  std::vector<float>& scratch) {
  const auto add_rows = [&](float* sums) { crossbar.integrate_variances(driven_rows, driven, sums); };
  integrate_shifted(crossbar, part, add_rows, variances, scratch);
}

std::size_t fire(const NeuronRule& rule, std::int32_t* membranes, const std::uint32_t* neurons, std::size_t count,
                 std::vector<std::uint32_t>& fired) {
  return fire_all(rule, membranes, neurons, count, fired);
}

std::size_t fire(const NeuronRule& rule, double* membranes, const std::uint32_t* neurons, std::size_t count,
                 std::vector<std::uint32_t>& fired) {
  return fire_all(rule, membranes, neurons, count, fired);
}

}  // namespace crossloom
