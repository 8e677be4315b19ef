// What a timed run gives: outcomes, times and activity; and what observers are told while it runs. No SystemC here, so
// that traces can listen without knowing the simulator.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/activity.h"
#include "models/spiking_result.h"

namespace crossloom {

/// Times of one image in chip cycles, counted from its first injected packet (or step) on an empty chip.
struct ImageTiming {
  std::uint64_t latency_cycles = 0;       ///< first input step begun to last output token
  std::optional<std::uint64_t> first_spike_cycles;  ///< until the first output neuron fired, if one did
  struct LayerTiming {
    std::uint64_t first_cycle = 0;        ///< its first step began
    std::uint64_t last_cycle = 0;         ///< its last step was done
  };
  std::vector<LayerTiming> layers;        ///< one a network layer
};

struct TimedImage {
  SpikingOutcome outcome;
  ImageTiming timing;
};

struct SimulationResult {
  std::vector<TimedImage> images;         ///< in the order they were given
  Activity activity;                      ///< summed over all images
  std::uint64_t elapsed_cycles = 0;       ///< sum of the images' latencies (one image in flight)
  std::vector<Raster> rasters;            ///< one an image if asked for, else empty
  SimulationResult& operator+=(const SimulationResult& later);  ///< appends a later share of the same stimulus
};

/// File form (archive kind "simulation_result").
constexpr int kSimulationResultVersion = 2;
Archive to_archive(const SimulationResult& result);
SimulationResult simulation_result_from_archive(const Archive& archive);

/// A unit that serves one thing at a time; one track each in the event trace.
enum class UnitKind { host_port, tile_input, crossbar, neuron_bank, tile_output, router_output };

struct UnitName {
  UnitKind kind;
  std::uint32_t index = 0;   ///< tile, crossbar, bank, or router (row-major site) index
  std::uint32_t port = 0;    ///< router_output: 0 east, 1 west, 2 north, 3 south, 4.. tile ports; host_port: which
};

/// A unit was busy for [start, start + duration) cycles. `flow` joins the busy intervals of one packet, from the sender's
/// output over routers to the receiver's input; absent where none travels.
struct BusyInterval {
  UnitName unit;
  std::uint64_t start_cycle = 0;   ///< since the beginning of the simulation
  std::uint64_t duration_cycles = 0;
  std::uint32_t image = 0;
  std::uint32_t step = 0;
  std::uint32_t layer = 0;
  const char* label = "";          ///< "packet", "token", "drive", "integrate", "compare": string literals
  std::optional<std::uint64_t> flow;
};

/// Told while a simulation runs. No-op by default; must not throw.
class SimulationObserver {
 public:
  virtual ~SimulationObserver() = default;
  virtual void on_busy(const BusyInterval&) {}
  virtual void on_image_begin(std::uint32_t /*image*/, std::uint64_t /*cycle*/) {}
  virtual void on_image_end(std::uint32_t /*image*/, std::uint64_t /*cycle*/) {}
};

}  // namespace crossloom
