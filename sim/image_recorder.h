// Gathers what one image gives: spikes, membranes, times.
#pragma once

#include <cstdint>
#include <vector>

#include "models/simulation_result.h"
#include "models/spiking_result.h"
#include "sim/bank_unit.h"
#include "sim/chip_tables.h"
#include "sim/message.h"

namespace crossloom {

class ImageRecorder {
 public:
  ImageRecorder(const ChipTables& tables, bool keep_rasters);

  void begin_image(std::uint32_t image, Cycle start);
  void input_step(std::uint32_t step, const std::vector<std::uint32_t>& spikes);
  /// A tile part of the layer began its first step.
  void layer_began(std::uint32_t layer, Cycle cycle) { began_[layer] = std::min(began_[layer], cycle); }
  /// A bank has just fired `step` at `now`.
  void bank_fired(const NeuronBankUnit& bank, std::uint32_t step, const std::vector<std::uint32_t>& fired, Cycle now);
  /// The host knows at `cycle` that one output home tile is done with a step.
  void output_reported(Cycle cycle) { last_report_ = std::max(last_report_, cycle); }
  /// After the last step: the final membranes of a bank, for the raster.
  void end_bank(const NeuronBankUnit& bank);

  [[nodiscard]] Cycle end() const { return last_report_; }
  /// The image's result, its times counted from its start.
  TimedImage finish();
  /// Once an image, after finish().
  Raster take_raster();

 private:
  const ChipTables& tables_;
  bool keep_rasters_;
  std::uint32_t image_ = 0;
  Cycle start_ = 0, last_report_ = 0, first_output_spike_ = kNever;
  std::vector<std::uint64_t> layer_spikes_;               ///< input first
  std::vector<Cycle> began_, ended_;                      ///< by layer
  std::vector<std::vector<std::uint32_t>> output_fired_;  ///< by step
  std::vector<std::vector<double>> output_membranes_;     ///< by step
  Raster raster_;
};

}  // namespace crossloom
