#include "sim/interconnect.h"

namespace crossloom {

Interconnect::Interconnect(const sc_core::sc_module_name& name, const Timing& timing, const ChipTables& tables,
                           Observation& observation, const PlantedFaults& faults)
    : TimedModule(name, timing),
      tables_(tables),
      observation_(observation),
      faults_(faults),
      mesh_(tables.shape, *this) {}

void Interconnect::end_of_elaboration() {
  for (const TileGroupId group : tables_.group_of_endpoint) {
    modules_.push_back(sinks[static_cast<int>(group.value())]);
  }
  modules_.resize(mesh_.endpoints(), sinks[sinks.size() - 1]);
}

void Interconnect::inject(std::uint32_t endpoint, const Message& message, Cycle ready) {
  wake_at(mesh_.inject(endpoint, message, ready));
}

// Cycles follow one another here without the kernel as long as no other module has anything due: what it hands over
// takes effect in a later cycle, and wakes its receiver, which ends this.
void Interconnect::work(Cycle now) {
  agenda().watch();
  while (true) {
    mesh_.advance(now);
    worked_until_ = now;
    const Cycle next = mesh_.next_due();
    if (next == kNever || next >= agenda().soonest()) return;
    now = next;
  }
}

void Interconnect::begin_image() {
  mesh_.reset();
  mesh_.observed = observation_.on();
}

void Interconnect::departed(const Message& message, std::uint32_t endpoint, Cycle start) {
  module_of(endpoint).departed(message, start);
}

void Interconnect::delivered(const Message& message, Cycle cycle) {
  if (faults_.lose_one_packet && message.kind == MessageClass::data && message.step == 1) {
    faults_.lose_one_packet = false;
    return;
  }
  if (faults_.double_one_token && message.kind == MessageClass::token) {
    faults_.double_one_token = false;
    module_of(message.sink).deliver(message, cycle);
  }
  module_of(message.sink).deliver(message, cycle);
}

void Interconnect::forwarded(const Message& message, std::uint32_t router, std::uint32_t port, Cycle start) {
  observation_.busy({UnitKind::router_output, router, port}, start, message);
}

}  // namespace crossloom
