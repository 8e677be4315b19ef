// The whole chip in SystemC: elaboration, one image after another, and the watchdog.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/chip_tables.h"
#include "sim/clock.h"
#include "sim/guard.h"
#include "sim/host.h"
#include "sim/image_recorder.h"
#include "sim/interconnect.h"
#include "sim/observation.h"
#include "sim/tile_group.h"

namespace crossloom {

/// Modules and what they share. Elaborated when the first image runs.
class Chip {
 public:
  Chip(const ChipTables& tables, const SpikeEncoder& encoder, const SimulationOptions& options,
       const PlantedFaults& faults);

  /// Runs one image to quiescence. Throws what a process threw, or Bug with a dump where the image did not end.
  /// `position`: of the image in the stimulus.
  TimedImage run(const StimulusImage& image, std::uint32_t position);
  /// Of the image that ran last.
  Raster take_raster() { return recorder_.take_raster(); }
  /// Of all images so far.
  [[nodiscard]] const Activity& activity();

 private:
  void check_finished();
  [[nodiscard]] std::vector<UnitName> units(const ChipTables& tables) const;

  Clock clock_;
  ProcessGuard guard_;
  Agenda agenda_;
  Activity activity_;
  Observation observation_;
  ImageRecorder recorder_;
  Interconnect interconnect_;
  Host host_;
  std::vector<std::unique_ptr<TileGroup>> groups_;
  Cycle next_start_ = 1;
};

}  // namespace crossloom
