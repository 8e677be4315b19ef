#include "models/device/layer_physics.h"

#include <algorithm>
#include <cmath>

namespace crossloom {

namespace {

constexpr std::size_t kChunk = 64;

}  // namespace

LayerPhysics::LayerPhysics(const ProgrammedChip& chip, LayerId layer, const NeuronRule& rule, std::uint32_t outputs)
    : rule_(rule),
      nominal_(rule.threshold),
      offset_(chip.neurons().comparator_offset * rule.threshold),
      noise_(chip.neurons().comparator_noise * rule.threshold),
      noisy_(chip.reads_are_noisy()),
      alike_(chip.neurons().ideal()),
      read_noise_(chip.key().child("read_noise").child(std::uint64_t{layer.value()})),
      comparator_noise_(chip.key().child("comparator_noise").child(std::uint64_t{layer.value()})) {
  const double variation = chip.neurons().threshold_variation;
  if (variation == 0.0) return;
  const RandomField field(chip.key().child("threshold_variation").child(std::uint64_t{layer.value()}));
  for (std::uint32_t output = 0; output < outputs; ++output) {
    thresholds_.push_back(nominal_ * (1.0 + variation * field.normal(output, 0, 0)));
  }
}

void LayerPhysics::add_read_noise(std::uint32_t image, std::uint32_t step, const std::uint32_t* outputs,
                                  std::size_t count, const float* variances, double* membranes) const {
  double normals[kChunk];
  for (std::size_t first = 0; first < count; first += kChunk) {
    const std::size_t size = std::min(kChunk, count - first);
    read_noise_.normals(image, outputs + first, size, step, 0, normals);
    for (std::size_t k = 0; k < size; ++k) {
      membranes[first + k] += std::sqrt(static_cast<double>(variances[first + k])) * normals[k];
    }
  }
}

std::size_t LayerPhysics::fire(std::uint32_t image, std::uint32_t step, const std::uint32_t* outputs,
                               const std::uint32_t* labels, std::size_t count, double* membranes,
                               std::vector<std::uint32_t>& fired) const {
  if (alike_) return crossloom::fire(rule_, membranes, labels, count, fired);
  const std::size_t before = fired.size();
  double normals[kChunk] = {};
  for (std::size_t k = 0; k < count; ++k) {
    if (noise_ > 0.0 && k % kChunk == 0) {
      comparator_noise_.normals(image, outputs + k, std::min(kChunk, count - k), step, 0, normals);
    }
    const double own = threshold(outputs[k]);
    if (membranes[k] >= own + offset_ + noise_ * normals[k % kChunk]) {
      fired.push_back(labels[k]);
      membranes[k] = rule_.reset == Reset::by_subtraction ? membranes[k] - own : 0.0;
    }
    if (rule_.floor_at_zero && membranes[k] < 0.0) membranes[k] = 0.0;
  }
  return fired.size() - before;
}

}  // namespace crossloom
