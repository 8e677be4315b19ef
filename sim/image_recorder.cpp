#include "sim/image_recorder.h"

#include <algorithm>
#include <utility>

namespace crossloom {

ImageRecorder::ImageRecorder(const ChipTables& tables, bool keep_rasters)
    : tables_(tables), keep_rasters_(keep_rasters), output_fired_(tables.steps), output_membranes_(tables.steps) {}

void ImageRecorder::begin_image(std::uint32_t image, Cycle start) {
  const std::size_t layers = tables_.network.layers.size();
  const std::size_t outputs = tables_.network.layers.raw().back().outputs;
  image_ = image;
  start_ = last_report_ = start;
  first_output_spike_ = kNever;
  layer_spikes_.assign(layers + 1, 0);
  began_.assign(layers, kNever);
  ended_.assign(layers, start);
  for (std::vector<std::uint32_t>& fired : output_fired_) fired.clear();
  for (std::vector<double>& membranes : output_membranes_) membranes.assign(outputs, 0.0);
  if (!keep_rasters_) return;
  raster_ = {};
  raster_.spikes.assign(layers + 1, std::vector<std::vector<std::uint32_t>>(tables_.steps));
  for (const SpikingLayer& layer : tables_.network.layers) raster_.final_membranes.emplace_back(layer.outputs, 0.0);
}

void ImageRecorder::input_step(std::uint32_t step, const std::vector<std::uint32_t>& spikes) {
  layer_spikes_[0] += spikes.size();
  if (keep_rasters_) raster_.spikes[0][step] = spikes;
}

void ImageRecorder::bank_fired(const NeuronBankUnit& bank, std::uint32_t step, const std::vector<std::uint32_t>& fired,
                               Cycle now) {
  const BankTable& table = bank.table();
  const std::uint32_t layer = table.layer;
  layer_spikes_[layer + 1] += fired.size();
  ended_[layer] = std::max(ended_[layer], now);
  if (keep_rasters_) {
    for (const std::uint32_t k : fired) raster_.spikes[layer + 1][step].push_back(table.neurons[k]);
  }
  if (layer + 1 != tables_.network.layers.size()) return;
  if (!fired.empty()) first_output_spike_ = std::min(first_output_spike_, now);
  for (const std::uint32_t k : fired) output_fired_[step].push_back(table.neurons[k]);
  for (std::uint32_t k = 0; k < table.neurons.size(); ++k) {
    output_membranes_[step][table.neurons[k]] = bank.membrane(k);
  }
}

void ImageRecorder::end_bank(const NeuronBankUnit& bank) {
  if (!keep_rasters_) return;
  const BankTable& table = bank.table();
  for (std::uint32_t k = 0; k < table.neurons.size(); ++k) {
    raster_.final_membranes[table.layer][table.neurons[k]] = bank.membrane(k);
  }
}

TimedImage ImageRecorder::finish() {
  TimedImage result;
  OutcomeRecorder outcome(image_, tables_.network.layers.size(), tables_.network.layers.raw().back().outputs);
  for (std::size_t layer = 0; layer < layer_spikes_.size(); ++layer) outcome.add_spikes(layer, layer_spikes_[layer]);
  for (std::uint32_t step = 0; step < tables_.steps; ++step) {
    std::sort(output_fired_[step].begin(), output_fired_[step].end());
    outcome.end_step(output_fired_[step], output_membranes_[step]);
  }
  result.outcome = outcome.outcome();
  result.timing.latency_cycles = last_report_ - start_;
  if (first_output_spike_ != kNever) result.timing.first_spike_cycles = first_output_spike_ - start_;
  for (std::size_t layer = 0; layer < began_.size(); ++layer) {
    const Cycle began = began_[layer] == kNever ? start_ : began_[layer];
    result.timing.layers.push_back({began - start_, ended_[layer] - start_});
  }
  return result;
}

Raster ImageRecorder::take_raster() {
  for (std::vector<std::vector<std::uint32_t>>& layer : raster_.spikes) {
    for (std::vector<std::uint32_t>& step : layer) std::sort(step.begin(), step.end());
  }
  return std::exchange(raster_, {});
}

}  // namespace crossloom
