// A small hand-made report: two layers, two tiles, four images, five steps, figures that are easy to check by hand.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "traces/run_report.h"

namespace crossloom {

inline ActivityCounts sample_counts(std::uint64_t sent, std::uint64_t saved, std::uint64_t drives) {
  ActivityCounts counts;
  counts.packets_sent = sent;
  counts.packets_saved = saved;
  counts.array_drives = drives;
  counts.count(Action::neuron_fire, 3 * drives);
  return counts;
}

/// Image k of four: labels 0 1 2 3; the chip is right from step k + 1 on, and image 3 never within `right` images.
inline TimedImage sample_image(std::uint32_t k, std::uint32_t right) {
  TimedImage image;
  image.outcome.image = 100 + k;
  image.outcome.predicted = k < right ? k : (k + 1) % 4;
  image.outcome.output_spikes = {k, 1, 2, 5};
  image.outcome.layer_spikes = {40 + k, 20, 4};
  for (std::uint32_t step = 0; step < 5; ++step) {
    image.outcome.predicted_by_step.push_back(k < right && step >= k ? static_cast<std::uint8_t>(k)
                                                                     : static_cast<std::uint8_t>((k + 1) % 4));
  }
  image.timing.latency_cycles = 100 + 10 * k;
  if (k != 3) image.timing.first_spike_cycles = 30 + k;
  image.timing.layers = {{5, 90}, {12, 100 + 10 * k}};
  return image;
}

inline CostBreakdown sample_cost(double scale) {
  const auto energy = [scale](double nanojoules) { return Energy::from_si(nanojoules * scale * 1e-9); };
  CostBreakdown cost;
  cost.energy = {{Component::array, "array_read", LayerId(0), TileId(0), 64, energy(10.0)},
                 {Component::array, "array_read", LayerId(1), TileId(1), 32, energy(6.0)},
                 {Component::wordline_driver, "wordline_drive", LayerId(0), TileId(0), 640, energy(3.0)},
                 {Component::neuron, "neuron_fire", LayerId(1), TileId(1), 96, energy(5.0)},
                 {Component::router, "router_traversal", LayerId(1), TileId(1), 24, energy(4.0)},
                 {Component::input_memory, "input_memory_read", std::nullopt, std::nullopt, 40, energy(2.0)},
                 {Component::neuron, "leakage", std::nullopt, TileId(0), 0, energy(7.0)},
                 {Component::global_control, "leakage", std::nullopt, std::nullopt, 0, energy(3.0)}};
  for (const EnergyEntry& entry : cost.energy) {
    const CostGroup group = component_info(entry.component).group;
    if (entry.action == "leakage")
      cost.leakage += entry.energy;
    else if (group == CostGroup::array)
      cost.array += entry.energy;
    else if (group == CostGroup::periphery)
      cost.periphery += entry.energy;
    else
      cost.network += entry.energy;
  }
  return cost;
}

/// Image 100 in 100 cycles: a crossbar that was busy for 40 of them, a router output for 10, a path of two steps, two
/// windows of 60 cycles.
inline Observations sample_observations() {
  Observations seen;
  seen.images = 1;
  seen.elapsed_cycles = 100;
  seen.mesh_width = 2;
  seen.units = {{{UnitKind::crossbar, 0, 0}, 40, {30, 0, 0, 0, 10, 20, 0}},
                {{UnitKind::router_output, 3, 1}, 10, {80, 0, 0, 5, 0, 0, 5}}};
  seen.kinds_by_image = {{100, UnitKind::crossbar, 1, 100, 40, 40, {30, 0, 0, 0, 10, 20, 0}},
                         {100, UnitKind::router_output, 1, 100, 10, 10, {80, 0, 0, 5, 0, 0, 5}}};
  seen.path_shares = {{100, "integrate", UnitKind::crossbar, 70}, {100, "link", UnitKind::router_output, 30}};
  seen.path_image = 100;
  seen.path = {{{UnitKind::router_output, 3, 1}, "link", 0, 30, 0, 0},
               {{UnitKind::crossbar, 0, 0}, "integrate", 30, 70, 1, 1}};
  seen.windows = {60, 2, {5, 0, 1, 7}, {4'000'000'000, 2'000'000'000}, {4, 2}};
  return seen;
}

/// 40 nJ x scale for four images in 460 cycles at 200 MHz: 10 nJ x scale and 575 ns an image.
inline SeedReport sample_seed(std::uint64_t number, double scale, double accuracy, std::uint32_t right) {
  SeedReport seed;
  seed.seed = number;
  seed.accuracy = accuracy;
  seed.accuracy_on_simulated = 0.75;
  seed.validation_accuracy = accuracy + 0.001;
  seed.chip_accuracy = right / 4.0;
  seed.synapses = static_cast<std::uint64_t>(2'000'000 * scale);
  seed.layer_synapses = {seed.synapses - 1000, 1000};
  seed.utilisation = 0.8;
  seed.area.chip = Area::from_si(4.0e-6 * scale);
  seed.area.arrays = Area::from_si(1.0e-6 * scale);
  seed.area.crossbars = static_cast<std::uint64_t>(600 * scale);
  seed.area.physical_arrays = 2 * seed.area.crossbars;
  seed.area.tiles = 2;
  seed.area.entries = {{Component::array, seed.area.physical_arrays, Area::from_si(1.0e-6 * scale)},
                       {Component::router, 2, Area::from_si(3.0e-6 * scale)}};
  seed.cost = sample_cost(scale);
  seed.programming = {4'000'000, 12, 4'000'000, Energy::from_si(2e-6), Time::from_si(3e-3)};
  for (std::uint32_t k = 0; k < 4; ++k) seed.simulation.images.push_back(sample_image(k, right));
  seed.simulation.elapsed_cycles = 460;
  seed.simulation.activity = Activity(2, 2);
  seed.simulation.activity.at(TileId(0), LayerId(0)) = sample_counts(10, 4, 64);
  seed.simulation.activity.at(TileId(1), LayerId(0)) = sample_counts(1, 0, 2);
  seed.simulation.activity.at(TileId(1), LayerId(1)) = sample_counts(7, 3, 32);
  seed.simulation.activity.chip = sample_counts(40, 9, 0);
  seed.simulation.observations = sample_observations();
  seed.labels = {0, 1, 2, 3};
  seed.traffic_hops = 120.5;
  seed.traffic_hops_in_order = 150.0;
  return seed;
}

/// `seeds` = 1 or 3; the second variant is the first one at a quarter of everything.
inline RunReport sample_report(std::size_t seeds = 3) {
  RunReport report;
  report.experiment = "mnist_mlp";
  report.dataset = "MNIST";
  report.chip = "resparc";
  report.clock = Frequency::from_si(200e6);
  report.steps = 5;
  report.layer_names = {"hidden", "output"};
  report.layer_neurons = {50, 20, 4};
  report.class_names = {"zero", "one", "two", "three"};
  report.variants = {{"original", {}}, {"pruned", {}}};
  const double accuracies[] = {0.984, 0.985, 0.986};
  for (std::size_t s = 0; s < seeds; ++s) {
    report.variants[0].seeds.push_back(sample_seed(s + 1, 1.0, accuracies[s], 4));
    report.variants[1].seeds.push_back(sample_seed(s + 1, 0.25, accuracies[s] - 0.001, s == 0 ? 4U : 3U));
  }
  report.action_costs = {{Component::neuron, "neuron_fire", Energy::from_si(2e-12)},
                         {Component::router, "router_traversal", Energy::from_si(1e-12)}};
  report.constants = {{"neuron.fire", "2.5 pJ", "a paper, \"with\" commas, and quotes"},
                      {"array.area", "20 um2", "recalled"}};
  report.inputs = {{"train-images-idx3-ubyte.gz", std::string(64, 'a')}};
  report.versions = {{"crossloom", "0.1.0"}, {"SystemC", "2.3.4"}};
  report.seed = 42;
  return report;
}

}  // namespace crossloom
