// Chips with device laws switched on, for tests that go through all of them.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "models/chip_spec.h"

namespace crossloom::test {

struct DeviceCorner {
  const char* name;
  std::function<void(ChipSpec&)> apply;
};

/// How the name of a test shows it.
inline void PrintTo(const DeviceCorner& corner, std::ostream* out) { *out << corner.name; }

inline ReadNoiseLaws all_read_noise(Conductance full_scale) {
  ReadNoiseLaws laws;
  laws.relative = 0.05;
  laws.state_dependent = ReadNoiseLaws::StateDependent{0.0088, 0.65, 0.2, Time::from_si(250e-9), full_scale};
  laws.thermal_and_shot_bandwidth = 10_MHz;
  laws.telegraph = ReadNoiseLaws::Telegraph{Conductance::from_si(1.662e-7), 0.0015, 0.5};
  return laws;
}

/// Each law by itself, strong enough to be seen, and all of them together last.
inline std::vector<DeviceCorner> device_corners() {
  std::vector<DeviceCorner> corners = {
      {"level_table",
       [](ChipSpec& chip) {
         const Conductance low = chip.device.minimum_conductance, window = chip.device.maximum_conductance - low;
         chip.device.level_conductances = {low, low + window * 0.3, low + window * 0.75, low + window};
       }},
      {"programming_law",
       [](ChipSpec& chip) {
         chip.device.programming_law.emplace();
         chip.device.programming_law->factor = 0.1;
       }},
      {"write_verify",
       [](ChipSpec& chip) {
         chip.device.programming_error = 0.1;
         chip.crossbar.write_verify = WriteVerify{4, 0.02};
       }},
      {"variation",
       [](ChipSpec& chip) {
         chip.device.variation = VariationLaw{VariationLaw::Kind::lognormal, 0.2};
       }},
      {"stuck_cells",
       [](ChipSpec& chip) {
         chip.device.stuck_at_minimum = 0.05;
         chip.device.stuck_at_maximum = 0.05;
         chip.device.faults.stuck_high =
             Range<Conductance>{chip.device.maximum_conductance * 2.0, chip.device.maximum_conductance * 4.0};
       }},
      {"clusters",
       [](ChipSpec& chip) {
         chip.device.faults.clustered = 0.1;
         chip.device.faults.cluster_size = 5.0;
       }},
      {"broken_lines",
       [](ChipSpec& chip) {
         chip.device.faults.broken_wordlines = 0.1;
         chip.device.faults.broken_bitlines = 0.1;
       }},
      {"drift",
       [](ChipSpec& chip) {
         chip.device.time_after_programming = Time::from_si(86400.0);
         chip.device.drift = DriftLaw{Time::from_si(20.0),
                                      chip.device.maximum_conductance,
                                      {-0.0155, 0.0244, 0.049, 0.1},
                                      {-0.0125, -0.0059, 0.008, 0.045}};
       }},
      {"retention",
       [](ChipSpec& chip) {
         const Conductance window = chip.device.maximum_conductance - chip.device.minimum_conductance;
         chip.device.time_after_programming = Time::from_si(3600.0);
         chip.device.retention.emplace();
         chip.device.retention->full_scale = chip.device.maximum_conductance;
         chip.device.retention->fits = {{Time::from_si(1.0), {window * 0.01}},
                                        {Time::from_si(86400.0), {window * 0.1}}};
       }},
      {"temperature",
       [](ChipSpec& chip) {
         chip.device.temperature = TemperatureLaw{Temperature::from_si(350.0), Temperature::from_si(300.0), 0.1, 0.02};
       }},
      {"read_noise",
       [](ChipSpec& chip) {
         chip.device.time_after_programming = Time::from_si(86400.0);
         chip.device.read_noise = all_read_noise(chip.device.maximum_conductance);
       }},
      {"driver_variation", [](ChipSpec& chip) { chip.crossbar.driver_variation = 0.1; }},
      {"wires",
       [](ChipSpec& chip) {
         chip.crossbar.wires.wordline = Resistance::from_si(20.0);
         chip.crossbar.wires.bitline = Resistance::from_si(30.0);
         chip.crossbar.wires.driver = Resistance::from_si(200.0);
         chip.crossbar.wires.sense = Resistance::from_si(100.0);
       }},
      {"neurons",
       [](ChipSpec& chip) {
         chip.neurons = {0.1, 0.05, 0.1, "a test"};
       }},
      {"column_gain",
       [](ChipSpec& chip) {
         chip.device.temperature = TemperatureLaw{Temperature::from_si(350.0), Temperature::from_si(300.0), 0.1, 0.02};
         chip.crossbar.calibration = Calibration::column_gain;
       }},
  };
  const std::vector<DeviceCorner> single = corners;
  corners.push_back({"all", [single](ChipSpec& chip) {
                       for (const DeviceCorner& corner : single) corner.apply(chip);
                     }});
  return corners;
}

}  // namespace crossloom::test
