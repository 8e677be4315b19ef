#include "models/observer.h"

#include <array>
#include <tuple>

namespace crossloom {

const char* unit_kind_name(UnitKind kind) {
  constexpr std::array<const char*, kUnitKinds> kNames = {
      "host_port",  "tile_input", "crossbar",  "neuron_bank", "tile_output", "router_output", "output_unit",
      "host_unit",  "part_group", "converter", "tile_bus",    "buffer_port", "adders",        "activation_units",
      "pool_units", "home",       "sender",    "router_port", "chip_link"};
  return kNames.at(static_cast<std::size_t>(kind));
}

const char* wait_reason_name(WaitReason reason) {
  constexpr std::array<const char*, kWaitReasons> kNames = {
      "input", "step_before",    "buffer",   "credit",          "latency",   "unit",   "done",
      "home",  "input_register", "crossbar", "output_register", "converter", "weights"};
  return kNames.at(static_cast<std::size_t>(reason));
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
