#include "sim/bit_serial/simulation.h"

#include <algorithm>
#include <memory>
#include <systemc>

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "sim/bit_serial/network_fabric.h"
#include "sim/timed_module.h"

namespace crossloom {
namespace {

using bit_serial::Board;
using bit_serial::Fabric;

// The network as one process. What it is handed and what it hands over takes effect in later cycles.
class FabricModule : public TimedModule, public Fabric {
 public:
  FabricModule(const sc_core::sc_module_name& name, const Timing& timing) : TimedModule(name, timing) {}
  void wrap(Fabric& fabric) { fabric_ = &fabric; }

  void send(std::uint32_t message, std::uint32_t fan_out, std::uint64_t bits, Cycle cycle) override {
    fabric_->send(message, fan_out, bits, cycle);
    wake_at(fabric_->next_due());
  }
  [[nodiscard]] Cycle flits(std::uint64_t bits) const override { return fabric_->flits(bits); }
  void advance(Cycle now) override { fabric_->advance(now); }
  [[nodiscard]] Cycle next_due() const override { return fabric_->next_due(); }
  [[nodiscard]] std::string describe() const override { return fabric_->describe(); }
  [[nodiscard]] Cycle worked_until() const { return worked_until_; }

 private:
  // As long as nobody else has anything due, cycles follow one another without the kernel.
  void work(Cycle now) override {
    agenda().watch();
    while (true) {
      fabric_->advance(now);
      worked_until_ = now;
      const Cycle next = fabric_->next_due();
      if (next == kNever || next >= agenda().soonest()) return;
      now = next;
    }
  }
  Fabric* fabric_ = nullptr;
  Cycle worked_until_ = 0;
};

// All tiles and the host as one process: a process a tile would cost more than the events themselves.
class BoardModule : public TimedModule, public bit_serial::FabricSink, public bit_serial::NetworkFabric::Ledger {
 public:
  BoardModule(const sc_core::sc_module_name& name, const Timing& timing) : TimedModule(name, timing) {}
  void wrap(Board& board) { board_ = &board; }

  void begin(const Board::Images& images, Cycle start, bool keep_nodes) {
    board_->begin(images, start, keep_nodes);
    wake_at(start);
  }
  void arrived(std::uint32_t message, std::uint32_t tile, Cycle cycle) override {
    board_->arrived(message, tile, cycle);
    wake_at(cycle + 1);
  }
  BitSerialCounts& counts_of(std::uint32_t message, std::uint32_t tile) override {
    return board_->counts_of(message, tile);
  }
  BitSerialCounts& chip_counts() override { return board_->activity().chip; }
  [[nodiscard]] Cycle worked_until() const { return worked_until_; }

 private:
  void work(Cycle now) override {
    agenda().watch();
    while (true) {
      board_->work(now);
      worked_until_ = now;
      const Cycle next = board_->next_due();
      if (next == kNever || next >= agenda().soonest()) return;
      now = next;
    }
  }
  [[nodiscard]] Cycle next_due() const override { return board_->next_due(); }
  Board* board_ = nullptr;
  Cycle worked_until_ = 0;
};

void prepare_systemc() {
  CROSSLOOM_CHECK(sc_core::sc_get_status() == sc_core::SC_ELABORATION,
                  "SystemC elaborates once a process: simulate in a process of its own");
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  sc_core::sc_set_time_resolution(1, sc_core::SC_FS);
}

// Mean distance of the ends of images, the first one's fill and the last one's drain left out.
double steady_interval(const std::vector<BitSerialImage>& images) {
  if (images.size() < 2) return 0.0;
  return static_cast<double>(images.back().end_cycle - images.front().end_cycle) /
         static_cast<double>(images.size() - 1);
}

}  // namespace

BitSerialResult simulate_bit_serial(const FixedPointNetwork& network, const PlacedNetwork& placed,
                                    const ProgrammedArrays& arrays, const std::vector<BitSerialStimulus>& stimulus,
                                    const BitSerialSimulationOptions& options,
                                    const bit_serial::PlantedFaults& faults) {
  const BitSerialChipSpec& chip = arrays.chip();
  bit_serial::CreditCycles credits;
  if (options.fixed_latency) {
    credits = [cycles = Cycle{*options.fixed_latency} + 1](std::uint32_t, std::uint32_t) { return cycles; };
  } else {
    credits = bit_serial::credit_cycles_on(placed, chip, chip.interconnect);
  }
  const bit_serial::FlowTables tables =
      bit_serial::build_flow_tables(network, placed, chip, options.images_in_flight, credits);
  const bit_serial::Pace pace(chip);
  CrossbarProducts products(arrays);
  prepare_systemc();
  const Clock clock(chip.period_fs());
  ProcessGuard guard;
  Agenda agenda;
  const Timing timing{clock, guard, agenda};
  BoardModule board_module("board", timing);
  FabricModule fabric_module("network", timing);
  Board board(tables, pace, products, faults);
  std::unique_ptr<Fabric> fabric;
  bit_serial::NetworkFabric* networks = nullptr;
  if (!options.fixed_latency) {
    auto made = std::make_unique<bit_serial::NetworkFabric>(tables, chip.interconnect, board_module, board_module);
    networks = made.get();
    fabric = std::move(made);
  } else {
    fabric = std::make_unique<bit_serial::FixedLatencyFabric>(
        tables, bit_serial::FixedLatencyFabric::Rates{*options.fixed_latency, 32}, board_module);
  }
  board_module.wrap(board);
  fabric_module.wrap(*fabric);
  board.connect(fabric_module);
  board.observe(options.observer);
  BitSerialResult result;
  Cycle start = 1;
  double intervals = 0.0;
  std::size_t streams = 0;
  const std::size_t length = std::max(1U, options.stream_length);
  for (std::size_t first = 0; first < stimulus.size(); first += length) {
    throw_if_interrupted();
    Board::Images images;
    images.first_key = stimulus[first].image;
    images.in_flight = options.images_in_flight;
    for (std::size_t k = first; k < std::min(first + length, stimulus.size()); ++k) {
      images.pixels.push_back(stimulus[k].pixels);
    }
    board_module.begin(images, start, options.keep_nodes);
    sc_core::sc_start();  // returns when nothing is left to happen: quiescence, or deadlock
    guard.rethrow();
    if (!board.finished()) {
      throw Bug(fmt::format("deadlock: nothing can happen after cycle {}, but not all images are done:\n{}{}",
                            board_module.worked_until(), fabric->describe(), board.describe()));
    }
    std::vector<BitSerialImage> done = board.take_images();
    result.elapsed_cycles += done.back().end_cycle;
    intervals += steady_interval(done);
    ++streams;
    std::move(done.begin(), done.end(), std::back_inserter(result.images));
    start = std::max({board_module.worked_until(), fabric_module.worked_until(), clock.now()}) + 1;
    if (options.progress != nullptr) options.progress->update("simulate", result.images.size(), stimulus.size(), "");
  }
  if (streams > 0) result.cycles_per_image = intervals / static_cast<double>(streams);
  if (networks != nullptr) result.flits = networks->settle();
  result.activity = board.activity();
  result.use = board.use();
  return result;
}

}  // namespace crossloom
