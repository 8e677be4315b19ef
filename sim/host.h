// The host as a SystemC module: encodes an image, injects its spikes step by step, collects the reports of the last
// layer.
#pragma once

#include <systemc>
#include <vector>

#include "models/activity.h"
#include "models/encoding.h"
#include "sim/calendar_queue.h"
#include "sim/chip_tables.h"
#include "sim/image_recorder.h"
#include "sim/network_outlet.h"
#include "sim/observation.h"
#include "sim/output_stage.h"
#include "sim/ports.h"
#include "sim/timed_module.h"

namespace crossloom {

class Host : public TimedModule, public PacketSink, public StepCreditSink {
 public:
  Host(const sc_core::sc_module_name& name, const Timing& timing, const ChipTables& tables, const SpikeEncoder& encoder,
       Activity& activity, Observation& observation, ImageRecorder& recorder);

  sc_core::sc_port<PacketNetwork> network{"network"};

  /// Injection begins at `start`.
  void begin_image(const StimulusImage& image, Cycle start);
  /// Whether everything was sent and every report of every step has come.
  [[nodiscard]] bool done() const;
  [[nodiscard]] std::string describe() const;

  void deliver(const Message& message, Cycle cycle) override;
  void departed(const Message& message, Cycle start) override;
  void step_credit(std::uint32_t stage, std::uint32_t destination, std::uint32_t step, Cycle cycle,
                   std::uint32_t path_step) override;

 private:
  enum class Kind : std::uint32_t { released, output };
  struct Event {
    Kind kind;
    std::uint32_t stage;
  };
  void end_of_elaboration() override;
  void work(Cycle now) override;
  [[nodiscard]] Cycle next_due() const override { return calendar_.next_due(); }
  void push(Cycle when, Event event);
  void encode(const StimulusImage& image);
  void begin_step(std::uint32_t stage, Cycle now);
  void observe_report(const Message& message, Cycle cycle);
  void output(std::uint32_t stage, Cycle now);

  const ChipTables& tables_;
  const SpikeEncoder& encoder_;
  Activity& activity_;
  Observation& observation_;
  ImageRecorder& recorder_;
  std::vector<OutputStage> stages_;      ///< one a host port
  std::vector<std::uint64_t> patterns_;  ///< [step * patterns + pattern], of the whole image
  std::vector<std::uint32_t> spikes_;
  std::vector<std::uint32_t> reports_;  ///< by reporting stage: steps done
  std::vector<Cycle> unit_free_;        ///< by stage: what reads and tests
  std::vector<StageTrail> trails_;      ///< by stage; filled in observed images, like the next
  std::vector<Cycle> port_free_;        ///< by stage
  std::size_t control_stage_ = 0;  ///< with whose steps global control acts; their number where none sends anything
  PacketNetwork* packets_ = nullptr;
  CalendarQueue<Event> calendar_;
};

}  // namespace crossloom
