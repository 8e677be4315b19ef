#include "models/counter_lines.h"

#include <map>

namespace crossloom {

CounterLines::CounterLines(const NeuronBank& bank, const SpikingLayer& layer) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> counted;
  for (std::uint32_t k = 0; k < bank.windows.size(); ++k) {
    for (const std::uint32_t input : bank.windows[k]) counted[input].push_back(k);
  }
  for (const auto& [input, of_neurons] : counted) {
    inputs.push_back(input);
    first.push_back(static_cast<std::uint32_t>(neurons.size()));
    neurons.insert(neurons.end(), of_neurons.begin(), of_neurons.end());
  }
  first.push_back(static_cast<std::uint32_t>(neurons.size()));
  if (!bank.windows.empty()) weight = layer.weight(bank.windows.front().front(), bank.neurons.front());
}

}  // namespace crossloom
