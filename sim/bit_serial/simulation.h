// The timed run of a bit-serial chip: SystemC around the board and its network. SystemC elaborates once per process, so
// simulate_bit_serial() can be called once in the life of a process.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/progress.h"
#include "models/bit_serial/bit_serial_result.h"
#include "models/bit_serial/placed_network.h"
#include "models/bit_serial/programmed_arrays.h"
#include "sim/bit_serial/board.h"

namespace crossloom {

struct BitSerialStimulus {
  std::uint32_t image = 0;               ///< index in its data set; keys what differs from read to read
  const std::uint8_t* pixels = nullptr;  ///< as many bytes as the network has inputs, outliving the call
};

struct BitSerialSimulationOptions {
  /// The stimulus is cut into streams of so many images; each begins on an empty chip. The images of one follow each
  /// other in the data set.
  std::uint32_t stream_length = 1;
  std::uint32_t images_in_flight = 1;  ///< of a stream: begun and not yet done
  bool keep_nodes = false;             ///< BitSerialImage::nodes
  /// Instead of the chip's network one that never gets crowded: every message takes so many cycles and one a flit of 32
  /// bits.
  std::optional<std::uint32_t> fixed_latency = std::nullopt;
  /// Each is told of the streams with one of its images (sim/bit_serial/chip_observation.h). Changes no cycle and no
  /// value.
  std::vector<Watch> observers = {};
  ProgressSink* progress = nullptr;
};

/// All references must outlive the call and belong together. Throws DoesNotFit where a tile's buffer is too small, Bug
/// on deadlock with a dump of everything that waits, Interrupted on Ctrl-C between streams and passes.
BitSerialResult simulate_bit_serial(const FixedPointNetwork& network, const PlacedNetwork& placed,
                                    const ProgrammedArrays& arrays, const std::vector<BitSerialStimulus>& stimulus,
                                    const BitSerialSimulationOptions& options = {},
                                    const bit_serial::PlantedFaults& faults = {});

}  // namespace crossloom
