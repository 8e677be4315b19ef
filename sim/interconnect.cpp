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

namespace {
constexpr const char* kCredits[kMessageClasses] = {"data_credits", "token_credits"};
constexpr const char* kWaiting = "waiting_messages";
}  // namespace

std::vector<LevelStart> Interconnect::levels() {
  std::vector<LevelStart> levels;
  std::vector<UnitName> outputs;
  list_units(outputs);
  const auto feed = [&](std::uint32_t queue, UnitName unit) {
    if (feeders_.size() <= queue / kMessageClasses) {
      feeders_.resize(queue / kMessageClasses + 1, UnitName{UnitKind::router_output, kNoIndex, 0});
    }
    feeders_[queue / kMessageClasses] = unit;
    for (const char* name : kCredits)
      levels.push_back({unit, name, static_cast<std::int32_t>(tables_.shape.buffer_flits)});
  };
  for (const UnitName& unit : outputs) {
    levels.push_back({unit, kWaiting, 0});
    if (mesh_.queue_behind(unit.index, unit.port) != kNoIndex) feed(mesh_.queue_behind(unit.index, unit.port), unit);
  }
  senders_.assign(mesh_.endpoints(), UnitName{UnitKind::tile_output, kNoIndex, 0});
  for (std::uint32_t tile = 0; tile < tables_.tile_endpoints.size(); ++tile) {
    senders_[tables_.tile_endpoints[tile]] = {UnitKind::tile_output, tile, 0};
  }
  for (std::uint32_t port = 0; port < tables_.host.stages.size(); ++port) {
    senders_[tables_.host.stages[port].endpoint] = {UnitKind::host_port, port, port};
  }
  for (std::uint32_t endpoint = 0; endpoint < senders_.size(); ++endpoint) {
    if (senders_[endpoint].index == kNoIndex) continue;
    levels.push_back({senders_[endpoint], kWaiting, 0});
    feed(mesh_.queue_of(endpoint), senders_[endpoint]);
  }
  return levels;
}

void Interconnect::credits_changed(std::uint32_t queue, MessageClass kind, Cycle cycle, std::int32_t change) {
  observation_.level_change(feeders_[queue / kMessageClasses], kCredits[static_cast<std::size_t>(kind)], cycle, change);
}

void Interconnect::waiting_changed(std::uint32_t router, std::uint32_t port, Cycle cycle, std::int32_t change) {
  observation_.level_change({UnitKind::router_output, router, port}, kWaiting, cycle, change);
}

void Interconnect::inject(std::uint32_t endpoint, const Message& message, Cycle ready) {
  if (mesh_.levels_observed) observation_.level_change(senders_[endpoint], kWaiting, ready, 1);
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

void Interconnect::begin_image(Cycle start) {
  mesh_.reset();
  mesh_.observed = observation_.on();
  mesh_.levels_observed = observation_.levels();
  if (mesh_.observed)
    output_free_.assign(std::size_t{mesh_.ports()} * tables_.shape.width * tables_.shape.height, start);
}

void Interconnect::list_units(std::vector<UnitName>& units) const {
  for (std::uint32_t router = 0; router < tables_.shape.width * tables_.shape.height; ++router) {
    for (std::uint32_t port = 0; port < mesh_.ports(); ++port) {
      if (mesh_.has_output(router, port)) units.push_back({UnitKind::router_output, router, port});
    }
  }
}

void Interconnect::departed(const Message& message, std::uint32_t endpoint, Cycle start) {
  if (mesh_.levels_observed) observation_.level_change(senders_[endpoint], kWaiting, start, -1);
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

void Interconnect::forwarded(const Message& message, std::uint32_t router, std::uint32_t port, Cycle start,
                             Cycle asked) {
  const UnitName unit{UnitKind::router_output, router, port};
  Cycle& free = output_free_[std::size_t{router} * mesh_.ports() + port];
  Waiting(observation_, unit, free).until(std::min(asked, start), WaitReason::input).until(start, WaitReason::credit);
  observation_.busy(unit, start, message);
  free = start + message.flits;
  if (!observation_.path()) return;
  Observation::Way& way = observation_.way(message);
  const auto follow = [&](Cycle to, const char* label) {
    way.path_step = observation_.path_step(way.path_step, unit, way.end, to, message.step, message.layer, label);
    way.end = to;
  };
  follow(std::min(way.end + tables_.shape.router_cycles, start), "router");
  follow(start, "waiting");
  const bool ejects = mesh_.ejects(port);
  follow(start + (ejects ? message.flits : tables_.shape.link_cycles), "link");
}

}  // namespace crossloom
