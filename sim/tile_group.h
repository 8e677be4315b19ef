// A tile group as a SystemC module: analog currents pass between its tiles, so their schedule is one thing.
#pragma once

#include <systemc>
#include <vector>

#include "models/activity.h"
#include "sim/bank_unit.h"
#include "sim/calendar_queue.h"
#include "sim/chip_tables.h"
#include "sim/image_recorder.h"
#include "sim/network_outlet.h"
#include "sim/observation.h"
#include "sim/output_stage.h"
#include "sim/ports.h"
#include "sim/tile_part.h"
#include "sim/timed_module.h"

namespace crossloom {

class TileGroup : public TimedModule, public PacketSink, public StepCreditSink {
 public:
  TileGroup(const sc_core::sc_module_name& name, const Timing& timing, const ChipTables& tables, TileGroupId id,
            Activity& activity, Observation& observation, ImageRecorder& recorder);

  sc_core::sc_port<PacketNetwork> network{"network"};
  /// Bound to the tile groups in order, then to the host.
  sc_core::sc_port<StepCreditSink, 0> credit_wires{"credit_wires"};

  void begin_image(std::uint32_t image, Cycle start);
  /// After the image: hands over the final membranes. Returns whether every part has done every step.
  bool end_image();
  /// Between images: counts everything that was done.
  void settle();
  [[nodiscard]] std::string describe() const;

  void deliver(const Message& message, Cycle cycle) override;
  void departed(const Message& message, Cycle start) override;
  void step_credit(std::uint32_t stage, std::uint32_t destination, std::uint32_t step, Cycle cycle,
                   std::uint32_t path_step) override;

 private:
  /// In the order in which those of one cycle are served.
  enum class Kind : std::uint32_t { start, fire, output };
  /// Index of what it is about, below its kind: sorting puts the events of a cycle in order.
  using Event = std::uint32_t;
  static Event event(Kind kind, std::uint32_t index) { return static_cast<std::uint32_t>(kind) << 28 | index; }

  void end_of_elaboration() override;
  void work(Cycle now) override;
  [[nodiscard]] Cycle next_due() const override { return calendar_.next_due(); }
  void push(Cycle when, Event event);
  void serve(Event event, Cycle now);
  void hand_out(std::uint32_t part);
  void release(std::uint32_t stage, Cycle when);
  void start_if_known(std::uint32_t bank);
  void start(std::uint32_t bank, Cycle now);
  void fire(std::uint32_t bank, Cycle now);
  void finish_step(std::uint32_t part, Cycle now, std::uint32_t path_step);
  void output(std::uint32_t stage, Cycle now);
  void count_arrivals();
  void observe_arrival(const Message& message, Cycle cycle);

  const ChipTables& tables_;
  const TileGroupTable& table_;
  Activity& activity_;
  Observation& observation_;
  ImageRecorder& recorder_;
  /// What came to a tile part since it was counted last.
  struct Arrivals {
    std::uint64_t packets = 0, tokens = 0, flits_and_routers = 0, flits_and_links = 0;
  };
  std::vector<TilePart> parts_;
  std::vector<Arrivals> arrivals_;  ///< by tile part
  std::vector<NeuronBankUnit> banks_;
  std::vector<OutputStage> stages_;
  std::vector<std::uint32_t> banks_to_fire_;  ///< by stage, in the step at hand
  DrivenRows driven_;
  std::vector<Cycle> array_free_;              ///< by crossbar
  std::vector<Cycle> output_free_;             ///< by tile: its output unit
  std::vector<StageTrail> trails_;             ///< by stage; filled in observed images, like the next two
  std::vector<Cycle> input_free_, port_free_;  ///< by tile: its input and its output port
  std::vector<StepCreditSink*> credit_sinks_;  ///< by tile group, then the host
  PacketNetwork* packets_ = nullptr;
  CalendarQueue<Event> calendar_;
};

}  // namespace crossloom
