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
  void step_credit(std::uint32_t stage, std::uint32_t destination, std::uint32_t step, Cycle cycle) override;

 private:
  enum class Kind : std::uint32_t { released, output };
  struct Event {
    Kind kind;
    std::uint32_t stage;
  };
  class Outlet : public MessageOutlet {
   public:
    Outlet(Host& host, std::uint32_t endpoint) : host_(host), endpoint_(endpoint) {}
    void send(const Message& message, Cycle ready) override;

   private:
    Host& host_;
    std::uint32_t endpoint_;
  };

  void end_of_elaboration() override;
  void work(Cycle now) override;
  [[nodiscard]] Cycle next_due() const override { return calendar_.next_due(); }
  void push(Cycle when, Event event);
  void encode(const StimulusImage& image);
  void begin_step(std::uint32_t stage);
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
  std::vector<Cycle> port_free_;
  PacketNetwork* packets_ = nullptr;
  CalendarQueue<Event> calendar_;
};

}  // namespace crossloom
