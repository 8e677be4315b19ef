// What a chip's parts are called and counted per, and times in cycles of its clock.
#include "models/chip_spec.h"

#include <cmath>

#include "base/error.h"

namespace crossloom {

namespace {

constexpr double kFemtosecondsPerSecond = 1e15;
constexpr std::int32_t kLargestStoredWeight = 32767;

constexpr std::array<ComponentInfo, kComponents> kComponentInfo = {{
    {"array", "cell", CostGroup::array},
    {"wordline_driver", "wordline of a physical array", CostGroup::periphery},
    {"neuron", "neuron circuit", CostGroup::periphery},
    {"analog_transfer", "tile", CostGroup::periphery},
    {"input_buffer", "tile", CostGroup::periphery},
    {"output_buffer", "tile", CostGroup::periphery},
    {"target_buffer", "tile", CostGroup::periphery},
    {"zero_check", "tile", CostGroup::periphery},
    {"control", "tile", CostGroup::periphery},
    {"router", "router", CostGroup::network},
    {"link", "link, one direction", CostGroup::network},
    {"synchronisation", "tile", CostGroup::network},
    {"input_memory", "chip", CostGroup::periphery},
    {"global_control", "chip", CostGroup::periphery},
    {"pool_counter", "counter", CostGroup::periphery},
}};

constexpr std::array<ActionInfo, kActions> kActionInfo = {{
    {"drive", Component::wordline_driver, "driven wordline of a physical array and drive"},
    {"integrate", Component::neuron, "column and slot"},
    {"compare", Component::neuron, "neuron and step"},
    {"fire", Component::neuron, "spike"},
    {"transfer", Component::analog_transfer, "column and slot whose array is in another tile"},
    {"write", Component::input_buffer, "packet received"},
    {"read", Component::input_buffer, "packet read out to wordlines"},
    {"write", Component::output_buffer, "packet sent"},
    {"look_up", Component::target_buffer, "packet sent"},
    {"test", Component::zero_check, "packet tested, sent or saved"},
    {"step", Component::control, "tile, layer and step"},
    {"traverse", Component::router, "flit and router"},
    {"traverse", Component::link, "flit and link"},
    {"token", Component::synchronisation, "step-done token sent or step credit returned"},
    {"read", Component::input_memory, "input packet tested"},
    {"step", Component::global_control, "image and step"},
    {"add", Component::pool_counter, "spike counted or sent"},
}};

}  // namespace

const ComponentInfo& component_info(Component component) {
  return kComponentInfo.at(static_cast<std::size_t>(component));
}

const ActionInfo& action_info(Action action) { return kActionInfo.at(static_cast<std::size_t>(action)); }

std::vector<Component> all_components() {
  std::vector<Component> components;
  for (std::size_t i = 0; i < kComponents; ++i) components.push_back(static_cast<Component>(i));
  return components;
}

std::vector<Action> all_actions() {
  std::vector<Action> actions;
  for (std::size_t i = 0; i < kActions; ++i) actions.push_back(static_cast<Action>(i));
  return actions;
}

std::optional<std::int32_t> weight_level_limit(std::uint32_t levels, std::uint32_t slices) {
  std::int64_t states = 1;
  for (std::uint32_t slice = 0; slice < slices; ++slice) {
    states *= levels;
    if (states - 1 > kLargestStoredWeight) return std::nullopt;
  }
  return static_cast<std::int32_t>(states - 1);
}

std::uint64_t ChipSpec::period_fs() const {
  CROSSLOOM_CHECK(clock.si() > 0.0, "a chip needs a clock");
  return static_cast<std::uint64_t>(std::llround(kFemtosecondsPerSecond / clock.si()));
}

Cycles ChipSpec::cycles_for(Time time) const {
  CROSSLOOM_CHECK(time.si() >= 0.0 && time.si() < 9000.0, "a time between 0 s and 9000 s fits the femtosecond counter");
  const auto femtoseconds = static_cast<std::uint64_t>(std::llround(time.si() * kFemtosecondsPerSecond));
  const std::uint64_t period = period_fs();
  return Cycles((femtoseconds + period - 1) / period);
}

Time ChipSpec::time_of(Cycles cycles) const {
  return Time::from_si(static_cast<double>(cycles.count()) * static_cast<double>(period_fs()) / kFemtosecondsPerSecond);
}

}  // namespace crossloom
