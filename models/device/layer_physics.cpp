#include "models/device/layer_physics.h"

#include <cmath>

namespace crossloom {

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
  for (std::size_t k = 0; k < count; ++k) {
    if (variances[k] == 0.0F) continue;
    membranes[k] += std::sqrt(static_cast<double>(variances[k])) * read_noise_.normal(image, outputs[k], step);
  }
}

std::size_t LayerPhysics::fire(std::uint32_t image, std::uint32_t step, const std::uint32_t* outputs,
                               const std::uint32_t* labels, std::size_t count, double* membranes,
                               std::vector<std::uint32_t>& fired) const {
  if (alike_) return crossloom::fire(rule_, membranes, labels, count, fired);
  const std::size_t before = fired.size();
  for (std::size_t k = 0; k < count; ++k) {
    const double own = threshold(outputs[k]);
    double compared = own + offset_;
    if (noise_ > 0.0) compared += noise_ * comparator_noise_.normal(image, outputs[k], step);
    if (membranes[k] >= compared) {
      fired.push_back(labels[k]);
      membranes[k] = rule_.reset == Reset::by_subtraction ? membranes[k] - own : 0.0;
    }
    if (rule_.floor_at_zero && membranes[k] < 0.0) membranes[k] = 0.0;
  }
  return fired.size() - before;
}

}  // namespace crossloom
