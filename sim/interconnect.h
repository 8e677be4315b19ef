// The interconnect as a SystemC module: one process over the plain mesh.
#pragma once

#include <systemc>
#include <vector>

#include "models/activity.h"
#include "sim/chip_tables.h"
#include "sim/mesh.h"
#include "sim/observation.h"
#include "sim/ports.h"
#include "sim/timed_module.h"

namespace crossloom {

class Interconnect : public TimedModule, public PacketNetwork, private MeshListener {
 public:
  Interconnect(const sc_core::sc_module_name& name, const Timing& timing, const ChipTables& tables,
               Observation& observation, const PlantedFaults& faults);

  /// Bound to the tile groups in order, then to the host.
  sc_core::sc_port<PacketSink, 0> sinks{"sinks"};

  void inject(std::uint32_t endpoint, const Message& message, Cycle ready) override;
  /// Between images; throws Bug where anything is still under way or lost.
  void begin_image(Cycle start);
  /// All output ports of all routers.
  void list_units(std::vector<UnitName>& units) const;
  /// Credits of tile, host and output ports and how many messages wait there. From then on they can be told.
  [[nodiscard]] std::vector<LevelStart> levels();
  [[nodiscard]] std::string describe() const { return mesh_.describe(); }
  /// Last cycle that it has worked on; may lie ahead of the kernel's time.
  [[nodiscard]] Cycle worked_until() const { return worked_until_; }

 private:
  void end_of_elaboration() override;
  void work(Cycle now) override;
  [[nodiscard]] Cycle next_due() const override { return mesh_.next_due(); }
  void departed(const Message& message, std::uint32_t endpoint, Cycle start) override;
  void delivered(const Message& message, Cycle cycle) override;
  void forwarded(const Message& message, std::uint32_t router, std::uint32_t port, Cycle start, Cycle asked) override;
  void credits_changed(std::uint32_t queue, MessageClass kind, Cycle cycle, std::int32_t change) override;
  void waiting_changed(std::uint32_t router, std::uint32_t port, Cycle cycle, std::int32_t change) override;
  PacketSink& module_of(std::uint32_t endpoint) { return *modules_[endpoint]; }

  const ChipTables& tables_;
  Observation& observation_;
  PlantedFaults faults_;  ///< those not yet done
  Mesh mesh_;
  Cycle worked_until_ = 0;
  std::vector<PacketSink*> modules_;  ///< by endpoint
  std::vector<Cycle> output_free_;    ///< by router and output port, in observed images
  std::vector<UnitName> feeders_;     ///< by data queue, halved; filled by levels()
  std::vector<UnitName> senders_;     ///< by endpoint; filled by levels()
};

}  // namespace crossloom
