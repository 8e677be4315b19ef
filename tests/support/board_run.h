// A board run without the SystemC kernel: cycles in which anything can happen, one after another.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "models/bit_serial/programmed_arrays.h"
#include "sim/bit_serial/board.h"
#include "sim/bit_serial/network_fabric.h"

namespace crossloom::test {

struct BoardRun {
  std::vector<BitSerialImage> images;
  BitSerialActivity activity;
  BitSerialUse use;
  bool finished = false;
  std::string waiting;  ///< what still waits, if not finished
};

struct BoardOptions {
  std::uint32_t images_in_flight = 1;
  std::optional<NetworkOnChipSpec> network = std::nullopt;
  Cycle latency = 4;
  bool keep_nodes = true;
  bit_serial::PlantedFaults faults = {};
  BitSerialObserver* observer = nullptr;
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
  const FlowTables tables = build_flow_tables(network, placed, chip, options.images_in_flight, credits);
  const Pace pace(chip);
  CrossbarProducts products(arrays);
  Board board(tables, pace, products, options.faults);
  ledger.board = &board;
  std::unique_ptr<Fabric> fabric;
  if (options.network) {
    fabric = std::make_unique<NetworkFabric>(tables, *options.network, board, ledger);
  } else {
    fabric = std::make_unique<FixedLatencyFabric>(tables, FixedLatencyFabric::Rates{options.latency, 32}, board);
  }
  board.connect(*fabric);
  board.observe(options.observer);
  Board::Images images;
  for (const auto& image : pixels) images.pixels.push_back(image.data());
  images.in_flight = options.images_in_flight;
  board.begin(images, 1, options.keep_nodes);
  for (;;) {
    const Cycle now = std::min(board.next_due(), fabric->next_due());
    if (now == kNever) break;
    if (fabric->next_due() == now) fabric->advance(now);
    if (board.next_due() == now) board.work(now);
  }
  BoardRun run;
  run.finished = board.finished();
  if (!run.finished) run.waiting = fabric->describe() + board.describe();
  if (auto* networks = dynamic_cast<NetworkFabric*>(fabric.get())) networks->settle();
  run.activity = board.activity();
  run.use = board.use();
  run.images = board.take_images();
  return run;
}

}  // namespace crossloom::test
