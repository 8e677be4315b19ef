#include "sim/bit_serial/simulation.h"

#include <algorithm>
#include <memory>
#include <systemc>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "base/interrupt.h"
#include "sim/bit_serial/chip_observation.h"
#include "sim/bit_serial/network_fabric.h"
#include "sim/bit_serial/pass_sequence.h"
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
  void arrived(std::uint32_t message, std::uint32_t tile, Cycle cycle, Cycle alone) override {
    board_->arrived(message, tile, cycle, alone);
    wake_at(cycle + 1);
  }
  void crossed(std::uint32_t message, const ChipCrossing& crossing) override { board_->crossed(message, crossing); }
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

std::unique_ptr<Fabric> make_fabric(const bit_serial::FlowTables& tables, const BitSerialSimulationOptions& options,
                                    BoardModule& board) {
  if (!options.fixed_latency) {
    return std::make_unique<bit_serial::NetworkFabric>(tables, tables.chip->interconnect, board, board);
  }
  return std::make_unique<bit_serial::FixedLatencyFabric>(
      tables, bit_serial::FixedLatencyFabric::Rates{*options.fixed_latency, 32}, board);
}

void observe(Board& board, Fabric& fabric, BitSerialObserver* observer) {
  board.observe(observer);
  if (auto* network = dynamic_cast<bit_serial::NetworkFabric*>(&fabric)) network->observe(observer);
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
  CrossbarProducts products(arrays);
  const std::uint32_t length = std::max(1U, options.stream_length);
  bit_serial::PassSequence sequence(network, placed, chip, {length, options.images_in_flight}, credits, products,
                                    faults);
  prepare_systemc();
  const Clock clock(chip.period_fs());
  ProcessGuard guard;
  Agenda agenda;
  const Timing timing{clock, guard, agenda};
  BoardModule board_module("board", timing);
  FabricModule fabric_module("network", timing);
  std::vector<std::unique_ptr<Fabric>> fabrics;  // by pass
  for (std::uint32_t pass = 0; pass < sequence.passes(); ++pass) {
    fabrics.push_back(make_fabric(sequence.tables(pass), options, board_module));
    sequence.board(pass).connect(fabric_module);
  }
  std::optional<bit_serial::ChipObservation> observation;
  if (!options.observers.empty()) {
    observation.emplace(options.observers, sequence,
                        options.fixed_latency ? std::nullopt : std::make_optional(chip.interconnect));
  }
  BitSerialResult result;
  Cycle soonest = 1;
  double intervals = 0.0;
  std::size_t streams = 0;
  for (std::size_t first = 0; first < stimulus.size(); first += length) {
    Board::Images images;
    images.first_key = stimulus[first].image;
    images.in_flight = options.images_in_flight;
    std::vector<std::uint32_t> numbers;
    for (std::size_t k = first; k < std::min<std::size_t>(first + length, stimulus.size()); ++k) {
      images.pixels.push_back(stimulus[k].pixels);
      numbers.push_back(stimulus[k].image);
    }
    sequence.begin_stream(soonest);
    if (observation) observation->begin_stream(static_cast<std::uint32_t>(first), numbers, soonest);
    for (std::uint32_t pass = 0; pass < sequence.passes(); ++pass) {
      throw_if_interrupted();
      Board& board = sequence.board(pass);
      board_module.wrap(board);
      fabric_module.wrap(*fabrics[pass]);
      const Cycle begun = sequence.begin_pass(pass, soonest);
      if (observation) {
        observation->begin_pass(pass, begun);
        observe(board, *fabrics[pass], observation->observer());
      }
      board_module.begin(images, begun, options.keep_nodes);
      sc_core::sc_start();  // returns when nothing is left to happen: quiescence, or deadlock
      guard.rethrow();
      if (!board.finished()) {
        throw Bug(fmt::format("deadlock: nothing can happen after cycle {}, but not all images are done:\n{}{}",
                              board_module.worked_until(), fabrics[pass]->describe(), board.describe()));
      }
      sequence.finish_pass(pass);
      if (observation) observation->end_pass();
      soonest = std::max({board_module.worked_until(), fabric_module.worked_until(), clock.now()}) + 1;
    }
    if (observation) observation->end_stream();
    std::vector<BitSerialImage> done = sequence.take_images();
    result.elapsed_cycles += done.back().end_cycle;
    intervals += sequence.passes() == 1 ? steady_interval(done) : static_cast<double>(done.back().end_cycle);
    ++streams;
    std::move(done.begin(), done.end(), std::back_inserter(result.images));
    if (options.progress != nullptr) options.progress->update("simulate", result.images.size(), stimulus.size(), "");
  }
  const std::size_t shares = sequence.passes() == 1 ? streams : stimulus.size();
  if (shares > 0) result.cycles_per_image = intervals / static_cast<double>(shares);
  for (std::uint32_t pass = 0; pass < sequence.passes(); ++pass) {
    board_module.wrap(sequence.board(pass));  // what settles is counted there
    if (!options.fixed_latency) result.flits += static_cast<bit_serial::NetworkFabric&>(*fabrics[pass]).settle();
  }
  result.activity = sequence.activity();
  result.use = sequence.use();
  if (sequence.passes() > 1) {
    result.write_cycles = sequence.write_cycles();
    result.run_cycles = sequence.run_cycles();
  }
  return result;
}

}  // namespace crossloom
