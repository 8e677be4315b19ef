#include "models/spiking_result.h"

#include "base/error.h"

namespace crossloom {

std::uint32_t predicted_class(const std::vector<std::uint32_t>& output_spikes, const std::vector<double>& membranes) {
  CROSSLOOM_CHECK(!output_spikes.empty() && output_spikes.size() == membranes.size(), "one membrane an output");
  std::size_t best = 0;
  for (std::size_t k = 1; k < output_spikes.size(); ++k) {
    const bool more = output_spikes[k] > output_spikes[best];
    const bool tie_won = output_spikes[k] == output_spikes[best] && membranes[k] > membranes[best];
    if (more || tie_won) best = k;
  }
  return static_cast<std::uint32_t>(best);
}

OutcomeRecorder::OutcomeRecorder(std::uint32_t image, std::size_t layers, std::size_t outputs) {
  CROSSLOOM_CHECK(outputs >= 1 && outputs <= 256, "a class is kept in one byte");
  outcome_.image = image;
  outcome_.output_spikes.assign(outputs, 0);
  outcome_.layer_spikes.assign(layers + 1, 0);
}

void OutcomeRecorder::end_step(const std::vector<std::uint32_t>& fired_outputs, const std::vector<double>& membranes) {
  for (const std::uint32_t output : fired_outputs) ++outcome_.output_spikes[output];
  outcome_.predicted = predicted_class(outcome_.output_spikes, membranes);
  outcome_.predicted_by_step.push_back(static_cast<std::uint8_t>(outcome_.predicted));
}

}  // namespace crossloom
