// A board run without the SystemC kernel: cycles in which anything can happen, one after another.
#pragma once

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "models/bit_serial/chip_reference.h"
#include "models/bit_serial/dataflow.h"
#include "models/bit_serial/programmed_arrays.h"
#include "sim/bit_serial/board.h"
#include "sim/bit_serial/chip_observation.h"
#include "sim/bit_serial/network_fabric.h"
#include "sim/bit_serial/pass_sequence.h"

namespace crossloom::test {

struct BoardRun {
  std::vector<BitSerialImage> images;
  BitSerialActivity activity;
  BitSerialUse use;
  bool finished = false;
  std::string waiting;       ///< what still waits, if not finished
  std::vector<Cycle> began;  ///< by pass, from the first cycle 1 on
  std::vector<std::uint64_t> write_cycles, run_cycles;
};

struct BoardOptions {
  std::uint32_t images_in_flight = 1;
  std::optional<NetworkOnChipSpec> network = std::nullopt;
  Cycle latency = 4;
  bool keep_nodes = true;
  bit_serial::PlantedFaults faults = {};
  BitSerialObserver* observer = nullptr;
  std::vector<Watch> watches = {};
};

inline BoardRun run_board(const FixedPointNetwork& network, const PlacedNetwork& placed, const ProgrammedArrays& arrays,
                          const std::vector<std::vector<std::uint8_t>>& pixels, const BoardOptions& options = {}) {
  using namespace bit_serial;
  struct Ledger : NetworkFabric::Ledger {
    Board* board = nullptr;
    BitSerialCounts& counts_of(std::uint32_t message, std::uint32_t tile) override {
      return board->counts_of(message, tile);
    }
    BitSerialCounts& chip_counts() override { return board->activity().chip; }
  } ledger;
  const BitSerialChipSpec& chip = arrays.chip();
  const CreditCycles credits =
      options.network ? credit_cycles_on(placed, chip, *options.network)
                      : [latency = options.latency](std::uint32_t, std::uint32_t) -> Cycle { return latency + 1; };
  CrossbarProducts products(arrays);
  const auto length = static_cast<std::uint32_t>(pixels.size());
  PassSequence sequence(network, placed, chip, {length, options.images_in_flight}, credits, products, options.faults);
  Board::Images images;
  for (const auto& image : pixels) images.pixels.push_back(image.data());
  images.in_flight = options.images_in_flight;
  BoardRun run;
  Cycle rest = 1;
  sequence.begin_stream(rest);
  std::optional<ChipObservation> observation;
  if (!options.watches.empty()) {
    observation.emplace(options.watches, sequence, options.network);
    std::vector<std::uint32_t> numbers(pixels.size());
    std::iota(numbers.begin(), numbers.end(), 0);
    observation->begin_stream(0, numbers, rest);
  }
  for (std::uint32_t pass = 0; pass < sequence.passes(); ++pass) {
    Board& board = sequence.board(pass);
    ledger.board = &board;
    std::unique_ptr<Fabric> fabric;
    if (options.network) {
      fabric = std::make_unique<NetworkFabric>(sequence.tables(pass), *options.network, board, ledger);
    } else {
      fabric = std::make_unique<FixedLatencyFabric>(sequence.tables(pass),
                                                    FixedLatencyFabric::Rates{options.latency, 32}, board);
    }
    board.connect(*fabric);
    run.began.push_back(sequence.begin_pass(pass, rest));
    if (observation) observation->begin_pass(pass, run.began.back());
    BitSerialObserver* const observer = observation ? observation->observer() : options.observer;
    board.observe(observer);
    if (auto* networks = dynamic_cast<NetworkFabric*>(fabric.get())) networks->observe(observer);
    board.begin(images, run.began.back(), options.keep_nodes);
    for (;;) {
      const Cycle now = std::min(board.next_due(), fabric->next_due());
      if (now == kNever) break;
      rest = now + 1;
      if (fabric->next_due() == now) fabric->advance(now);
      if (board.next_due() == now) board.work(now);
    }
    run.finished = board.finished();
    if (auto* networks = dynamic_cast<NetworkFabric*>(fabric.get())) networks->settle();
    if (!run.finished) {
      run.waiting = fabric->describe() + board.describe();
      return run;
    }
    sequence.finish_pass(pass);
    if (observation) observation->end_pass();
  }
  if (observation) observation->end_stream();
  run.activity = sequence.activity();
  run.use = sequence.use();
  run.write_cycles = sequence.write_cycles();
  run.run_cycles = sequence.run_cycles();
  run.images = sequence.take_images();
  return run;
}

/// The first value that differs from the `chip` reference's, "" if none does.
inline std::string difference_from_reference(const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                                             const BoardRun& run,
                                             const std::vector<std::vector<std::uint8_t>>& images) {
  if (!run.finished) return "deadlock:\n" + run.waiting;
  const AdcShifts shifts = fixed_adc_shifts(network, chip);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const FixedPointOutputs expected = chip_reference(network, chip, shifts, images[i]);
    for (std::size_t n = 0; n < network.nodes.size(); ++n) {
      if (is_view(network.nodes[NodeId(n)].spec.kind)) continue;
      if (run.images[i].nodes[NodeId(n)] != expected[NodeId(n)]) {
        return "image " + std::to_string(i) + ", node " + network.nodes[NodeId(n)].spec.name;
      }
    }
    if (run.images[i].outputs != expected.raw().back()) return "outputs of image " + std::to_string(i);
    if (run.images[i].predicted != class_of(expected)) return "class of image " + std::to_string(i);
  }
  return "";
}

}  // namespace crossloom::test
