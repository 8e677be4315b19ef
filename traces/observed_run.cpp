#include "traces/observed_run.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "traces/tables.h"

namespace crossloom {
namespace {

constexpr double kZeptojoulesPerJoule = 1e21;

constexpr ObservationWords kSpikingWords = {
    "index of the image in its data set",
    "host_unit, host_port, tile_input, crossbar, neuron_bank, output_unit, tile_output or router_output",
    "which: number of the tile, crossbar, neuron bank, router or port",
    "of a router: 0 east, 1 west, 2 north, 3 south (and the link behind it), from 4 on its tiles, then the host",
    "drive, integrate, compare, send (tests and leaving), token, credit, router, link, or waiting for a unit that "
    "serves "
    "others",
    "for which the unit was at work",
    "time step of the network",
    "dynamic energy that it took in the window, all observed images together, J",
    "array, periphery or network",
    "image"};

constexpr ObservationWords kBitSerialWords = {
    "index of the image in its data set; where it stands for a stream of images, of the first one",
    "host_port, crossbar, converter, part_group, tile_bus, buffer_port, adders, activation_units, pool_units, home, "
    "sender, router_port or chip_link",
    "which: number of the crossbar (of a converter that crossbars share: of the converter), of a part_group's "
    "processing "
    "element, of the tile, router or chip",
    "which of the element's part groups, or of the tile's buffer ports, homes or senders; of a router: 0 east, 1 west, "
    "2 "
    "south, 3 north (and the link behind it), from 4 on its tiles",
    "load, drive, convert, finish, move, add, activate, read, pool, keep, read_out, write, send, network, chip_link, "
    "credit, reload, or waiting for a unit that serves others",
    "node for which the unit was at work",
    "position of the node's plane",
    "energy that it took in the window, all observed images together, J",
    "array, adc, dac, buffer, bus, digital, network or leakage",
    "stream of images"};

std::vector<ComponentOverTime> energy_over_time(const SeedReport& seed, const RunReport& report) {
  const ActionWindows& windows = seed.simulation.observations.windows;
  std::vector<ComponentOverTime> all;
  if (report.action_costs.size() != windows.actions) return all;
  for (const Component component : all_components()) {
    const ComponentInfo& info = component_info(component);
    ComponentOverTime one{info.name, group_name(info.group), std::vector<double>(windows.windows(), 0.0)};
    double total = 0.0;
    for (std::size_t w = 0; w < windows.windows(); ++w) {
      if (component == Component::array) {
        one.joules[w] = static_cast<double>(windows.array_zeptojoules[w]) / kZeptojoulesPerJoule;
      }
      for (std::size_t action = 0; action < windows.actions; ++action) {
        const ActionCost& cost = report.action_costs[action];
        if (cost.component != component) continue;
        one.joules[w] += (cost.energy * static_cast<double>(windows.counts[w * windows.actions + action])).si();
      }
      total += one.joules[w];
    }
    if (total > 0.0) all.push_back(std::move(one));
  }
  return all;
}

const char* group_of(BitSerialComponent component) {
  switch (component) {
    case BitSerialComponent::array:
      return "array";
    case BitSerialComponent::adc:
      return "adc";
    case BitSerialComponent::dac:
    case BitSerialComponent::sample_and_hold:
      return "dac";
    case BitSerialComponent::tile_buffer:
      return "buffer";
    case BitSerialComponent::tile_bus:
      return "bus";
    case BitSerialComponent::router:
    case BitSerialComponent::link:
    case BitSerialComponent::chip_link:
      return "network";
    default:
      return "digital";
  }
}

/// With leakage, so that all windows of all images together are the energy of the run.
std::vector<ComponentOverTime> energy_over_time(const BitSerialSeedReport& seed, const BitSerialChipSpec& chip) {
  const ActionWindows& windows = seed.result.observations.windows;
  std::map<BitSerialComponent, std::vector<double>> joules;
  for (std::size_t w = 0; w < windows.windows(); ++w) {
    BitSerialCounts counts;
    for (std::size_t action = 0; action < windows.actions; ++action) {
      counts.actions.at(action) = windows.counts[w * windows.actions + action];
    }
    counts.array_zeptojoules = windows.array_zeptojoules[w];
    for (const BitSerialEnergyEntry& entry : dynamic_energy(counts, chip)) {
      joules[entry.component].resize(windows.windows(), 0.0);
      joules[entry.component][w] += entry.energy.si();
    }
  }
  std::vector<ComponentOverTime> all;
  for (auto& [component, of_windows] : joules) {
    all.push_back({bit_serial_component_info(component).name, group_of(component), std::move(of_windows)});
  }
  if (seed.cost.leakage == Energy()) return all;
  ComponentOverTime leakage{"leakage", "leakage", std::vector<double>(windows.windows(), 0.0)};
  const double a_cycle = seed.cost.leakage.si() / static_cast<double>(seed.result.elapsed_cycles);
  for (std::size_t w = 0; w < windows.elapsed_cycles.size(); ++w) {
    leakage.joules[w] = a_cycle * static_cast<double>(windows.elapsed_cycles[w]);
  }
  all.push_back(std::move(leakage));
  return all;
}

}  // namespace

ObservedRun observed_run(const RunReport& report) {
  ObservedRun run;
  run.experiment = report.experiment;
  run.chip = report.chip;
  run.clock = report.clock;
  run.layer_names = report.layer_names;
  run.reasons = {WaitReason::input,   WaitReason::step_before, WaitReason::buffer, WaitReason::credit,
                 WaitReason::latency, WaitReason::unit,        WaitReason::done};
  run.words = kSpikingWords;
  for (const VariantReport& variant : report.variants) {
    for (const SeedReport& seed : variant.seeds) {
      const Observations& seen = seed.simulation.observations;
      if (seen.empty()) continue;
      run.seeds.push_back(
          {variant.name, seed.seed, &seed == &variant.seeds.front(), &seen, energy_over_time(seed, report)});
    }
  }
  return run;
}

ObservedRun observed_run(const BitSerialReport& report) {
  ObservedRun run;
  run.experiment = report.experiment;
  run.chip = report.chip.name;
  run.clock = report.chip.clock;
  run.layer_names = report.node_names;
  run.reasons = {WaitReason::input,     WaitReason::home,     WaitReason::input_register,
                 WaitReason::unit,      WaitReason::crossbar, WaitReason::output_register,
                 WaitReason::converter, WaitReason::buffer,   WaitReason::credit,
                 WaitReason::weights,   WaitReason::done};
  run.words = kBitSerialWords;
  for (const BitSerialVariantReport& variant : report.variants) {
    for (const BitSerialSeedReport& seed : variant.seeds) {
      const Observations& seen = seed.result.observations;
      if (seen.empty()) continue;
      run.seeds.push_back(
          {variant.name, seed.seed, &seed == &variant.seeds.front(), &seen, energy_over_time(seed, report.chip)});
    }
  }
  return run;
}

std::string left_out_text(const ObservedRun& run) {
  std::string text;
  for (const ObservedSeed& seed : run.seeds) {
    if (seed.seen->paths_left_out == 0) continue;
    text += fmt::format(
        "No critical path of {} observed image{} of {}, seed {}: too many steps to keep; observe fewer "
        "at a time.\n",
        seed.seen->paths_left_out, seed.seen->paths_left_out == 1 ? "" : "s", seed.variant, seed.seed);
  }
  return text;
}

}  // namespace crossloom
