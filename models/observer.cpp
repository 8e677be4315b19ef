#include "models/observer.h"

#include <tuple>

namespace crossloom {

const char* unit_kind_name(UnitKind kind) {
  switch (kind) {
    case UnitKind::host_port:
      return "host_port";
    case UnitKind::tile_input:
      return "tile_input";
    case UnitKind::crossbar:
      return "crossbar";
    case UnitKind::neuron_bank:
      return "neuron_bank";
    case UnitKind::tile_output:
      return "tile_output";
    case UnitKind::router_output:
      return "router_output";
    case UnitKind::output_unit:
      return "output_unit";
    case UnitKind::host_unit:
      return "host_unit";
  }
  return "unit";
}

const char* wait_reason_name(WaitReason reason) {
  switch (reason) {
    case WaitReason::input:
      return "input";
    case WaitReason::step_before:
      return "step_before";
    case WaitReason::buffer:
      return "buffer";
    case WaitReason::credit:
      return "credit";
    case WaitReason::latency:
      return "latency";
    case WaitReason::unit:
      return "unit";
    case WaitReason::done:
      return "done";
  }
  return "reason";
}

bool operator<(const UnitName& a, const UnitName& b) {
  return std::tie(a.kind, a.index, a.port) < std::tie(b.kind, b.index, b.port);
}

ImageSelection ImageSelection::counted_from(std::uint32_t begin) const {
  const std::uint64_t steps = begin <= first ? 0 : (std::uint64_t{begin} - first + every - 1) / every;
  const std::uint64_t next = first + steps * every;
  if (next > last) return {1, 0, every};
  return {static_cast<std::uint32_t>(next - begin), last - begin, every};
}

bool ImageSelection::meets(std::uint32_t begin, std::uint32_t end) const {
  const ImageSelection rest = counted_from(begin);
  return rest.first <= rest.last && std::uint64_t{begin} + rest.first < end;
}

}  // namespace crossloom
