#include "sim/simulation.h"

#include <systemc>

#include "base/error.h"
#include "base/interrupt.h"
#include "sim/chip.h"
#include "sim/chip_tables.h"

namespace crossloom {

namespace {

void require_first_call() {
  CROSSLOOM_CHECK(sc_core::sc_get_status() == sc_core::SC_ELABORATION,
                  "SystemC elaborates once a process: simulate in a process of its own");
}

void prepare_systemc() {
  // Notes of the kernel (such as that sc_stop was called) must not reach the program's output.
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
}

}  // namespace

SimulationResult simulate(const MappedNetwork& mapped, const SpikingNetwork& network, const ProgrammedChip& programmed,
                          const ChipSpec& chip, const SpikeEncoder& encoder, const std::vector<StimulusImage>& stimulus,
                          const SimulationOptions& options, const PlantedFaults& faults) {
  require_first_call();
  const ChipTables tables = build_chip_tables(mapped, network, programmed, chip, faults);
  prepare_systemc();
  Chip model(tables, encoder, options, faults);
  SimulationResult result;
  for (std::size_t k = 0; k < stimulus.size(); ++k) {
    throw_if_interrupted();
    result.images.push_back(model.run(stimulus[k], static_cast<std::uint32_t>(k)));
    result.elapsed_cycles += result.images.back().timing.latency_cycles;
    if (options.keep_rasters) result.rasters.push_back(model.take_raster());
    if (options.progress != nullptr) options.progress->update("simulate", k + 1, stimulus.size(), "");
  }
  result.activity = model.activity();
  return result;
}

}  // namespace crossloom
