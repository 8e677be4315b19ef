// The device's YAML: every key with its range, and what must hold between keys.
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include "models/device/device_spec.h"
#include "models/spec_reading.h"

namespace crossloom {

namespace {

using spec_reading::non_empty_text;

constexpr Range<Conductance> kConductanceRange = {Conductance::from_si(1e-10), Conductance::from_si(1e-2)};
constexpr Range<Energy> kEnergyRange = {Energy::from_si(0.0), Energy::from_si(1e-6)};
// A device's life is shorter: thirty years.
constexpr Time kLongestTime = Time::from_si(1e9);
constexpr Range<Time> kAgeRange = {Time::from_si(0.0), kLongestTime};
constexpr Range<Temperature> kTemperatureRange = {Temperature::from_si(100.0), Temperature::from_si(600.0)};
constexpr RealRange kShare = {0.0, 1.0};
constexpr RealRange kScale = {0.0, 100.0};
constexpr std::size_t kMostCoefficients = 9;

/// A list such as [0.26 uS, -1.1 uS].
std::vector<Conductance> conductances(ConfigReader& reader, std::string_view key) {
  std::vector<Conductance> values;
  for (const std::string& text : reader.texts(key)) {
    try {
      values.push_back(parse_quantity<Conductance>(text));
      if (!std::isfinite(values.back().si())) reader.problem(key, fmt::format("\"{}\" is not finite", text));
    } catch (const std::invalid_argument& error) {
      reader.problem(key, error.what());
    }
  }
  return values;
}

std::vector<Conductance> coefficients(ConfigReader& reader) {
  std::vector<Conductance> values = conductances(reader, "coefficients");
  if (reader.has("coefficients") && (values.empty() || values.size() > kMostCoefficients)) {
    reader.problem("coefficients",
                   fmt::format("expected 1 to {} conductances, the first one that of the power 0", kMostCoefficients));
  }
  return values;
}

std::vector<Conductance> read_level_conductances(ConfigReader& reader, const DeviceSpec& device) {
  if (!reader.has("level_conductances")) return {};
  std::vector<Conductance> states = conductances(reader, "level_conductances");
  if (states.size() < 2) reader.problem("level_conductances", "expected at least 2 conductances");
  if (!std::is_sorted(states.begin(), states.end())) {
    reader.problem("level_conductances", "must ascend: give the states from the lowest to the highest");
  }
  for (const Conductance state : states) {
    if (state < device.minimum_conductance || state > device.maximum_conductance) {
      reader.problem(
          "level_conductances",
          fmt::format("{} lies outside the window from {} to {}", format_quantity(state),
                      format_quantity(device.minimum_conductance), format_quantity(device.maximum_conductance)));
    }
  }
  return states;
}

std::optional<ProgrammingLaw> read_programming_law(ConfigReader& device) {
  std::optional<ConfigReader> reader = device.optional_section("programming_law");
  if (!reader) return std::nullopt;
  using Kind = ProgrammingLaw::Kind;
  ProgrammingLaw law;
  law.kind = reader->choice<Kind>("law", {{"share_of_conductance", Kind::share_of_conductance},
                                          {"window", Kind::window},
                                          {"polynomial", Kind::polynomial}});
  if (law.kind == Kind::polynomial) {
    law.coefficients = coefficients(*reader);
    law.full_scale = reader->quantity<Conductance>("full_scale", kConductanceRange);
  } else {
    law.factor = reader->real("factor", {0.0, 10.0});
  }
  law.scale = reader->real_or("scale", 1.0, kScale);
  return law;
}

std::optional<VariationLaw> read_variation(ConfigReader& device) {
  std::optional<ConfigReader> reader = device.optional_section("variation");
  if (!reader) return std::nullopt;
  VariationLaw law;
  law.kind = reader->choice<VariationLaw::Kind>(
      "law", {{"normal", VariationLaw::Kind::normal}, {"lognormal", VariationLaw::Kind::lognormal}});
  law.sigma = reader->real("sigma", {0.0, 3.0});
  return law;
}

std::optional<Range<Conductance>> read_stuck_range(ConfigReader& reader, std::string_view key) {
  if (!reader.has(key)) return std::nullopt;
  const std::vector<Conductance> ends = conductances(reader, key);
  const auto inside = [](Conductance end) { return end >= kConductanceRange.low && end <= kConductanceRange.high; };
  if (ends.size() != 2 || !inside(ends[0]) || !inside(ends[1]) || ends[0] > ends[1]) {
    reader.problem(key, fmt::format("expected two ascending conductances from {} to {}",
                                    format_quantity(kConductanceRange.low), format_quantity(kConductanceRange.high)));
    return std::nullopt;
  }
  return Range<Conductance>{ends[0], ends[1]};
}

FaultLaws read_faults(ConfigReader& device) {
  FaultLaws faults;
  std::optional<ConfigReader> reader = device.optional_section("faults");
  if (!reader) return faults;
  // A cluster is drawn where its centre is; beyond this share clusters overlap so much that the law loses its meaning.
  faults.clustered = reader->real_or("clustered", 0.0, {0.0, 0.9});
  faults.cluster_size = reader->real_or("cluster_size", faults.cluster_size, {1.0, 1000.0});
  faults.clustered_at = reader->choice_or<StuckSide>(
      "clustered_at", StuckSide::either,
      {{"minimum", StuckSide::minimum}, {"maximum", StuckSide::maximum}, {"either", StuckSide::either}});
  faults.broken_wordlines = reader->real_or("broken_wordlines", 0.0, kShare);
  faults.broken_bitlines = reader->real_or("broken_bitlines", 0.0, kShare);
  faults.stuck_low = read_stuck_range(*reader, "stuck_low");
  faults.stuck_high = read_stuck_range(*reader, "stuck_high");
  return faults;
}

LogarithmicFit read_fit(ConfigReader reader) {
  LogarithmicFit fit;
  fit.slope = reader.real_or("slope", 0.0, {-10.0, 10.0});
  fit.offset = reader.real("offset", {-10.0, 10.0});
  fit.lowest = reader.real_or("lowest", 0.0, {0.0, 10.0});
  fit.highest = reader.real_or("highest", 1.0, {0.0, 10.0});
  if (fit.lowest > fit.highest) {
    reader.problem("highest", fmt::format("must not be less than lowest ({}), got {}", fit.lowest, fit.highest));
  }
  return fit;
}

std::optional<DriftLaw> read_drift(ConfigReader& device) {
  std::optional<ConfigReader> reader = device.optional_section("drift");
  if (!reader) return std::nullopt;
  DriftLaw law;
  law.reference_time = reader->quantity<Time>("reference_time", {Time::from_si(1e-9), kLongestTime});
  law.full_scale = reader->quantity<Conductance>("full_scale", kConductanceRange);
  law.mean = read_fit(reader->section("mean"));
  law.deviation = read_fit(reader->section("deviation"));
  law.scale = reader->real_or("scale", 1.0, kScale);
  return law;
}

std::optional<RetentionLaw> read_retention(ConfigReader& device, Time time) {
  std::optional<ConfigReader> reader = device.optional_section("retention");
  if (!reader) return std::nullopt;
  RetentionLaw law;
  law.full_scale = reader->quantity<Conductance>("full_scale", kConductanceRange);
  for (ConfigReader fit : reader->sections("fits")) {
    const Time at = fit.quantity<Time>("time", {Time::from_si(1e-9), kLongestTime});
    law.fits.push_back({at, coefficients(fit)});
  }
  law.scale = reader->real_or("scale", 1.0, kScale);
  const bool ascending = std::adjacent_find(law.fits.begin(), law.fits.end(), [](const auto& a, const auto& b) {
                           return a.time >= b.time;
                         }) == law.fits.end();
  if (law.fits.size() < 2 || !ascending) {
    reader->problem("fits", "expected at least two fits, ascending in time, the first one that of programming");
  } else if (device.has("time_after_programming") && (time < law.fits.front().time || time > law.fits.back().time)) {
    device.problem("time_after_programming",
                   fmt::format("retention is known from {} to {}, got {}", format_quantity(law.fits.front().time),
                               format_quantity(law.fits.back().time), format_quantity(time)));
  }
  return law;
}

std::optional<TemperatureLaw> read_temperature(ConfigReader& device) {
  std::optional<ConfigReader> reader = device.optional_section("temperature");
  if (!reader) return std::nullopt;
  TemperatureLaw law;
  law.at = reader->quantity<Temperature>("at", kTemperatureRange);
  law.reference = reader->quantity_or<Temperature>("reference", law.reference, kTemperatureRange);
  law.activation_at_minimum_ev = reader->real_or("activation_at_minimum_ev", 0.0, {-1.0, 1.0});
  law.activation_at_maximum_ev = reader->real_or("activation_at_maximum_ev", 0.0, {-1.0, 1.0});
  return law;
}

std::optional<ReadNoiseLaws::StateDependent> read_state_dependent(ConfigReader& noise) {
  std::optional<ConfigReader> reader = noise.optional_section("state_dependent");
  if (!reader) return std::nullopt;
  ReadNoiseLaws::StateDependent law;
  law.factor = reader->real("factor", {0.0, 10.0});
  law.exponent = reader->real("exponent", {0.0, 4.0});
  law.largest = reader->real("largest", {0.0, 10.0});
  law.read_time = reader->quantity<Time>("read_time", {1_ps, Time::from_si(1.0)});
  law.full_scale = reader->quantity<Conductance>("full_scale", kConductanceRange);
  return law;
}

ReadNoiseLaws read_read_noise(ConfigReader& device) {
  ReadNoiseLaws laws;
  std::optional<ConfigReader> reader = device.optional_section("read_noise");
  if (!reader) return laws;
  laws.relative = reader->real_or("relative", 0.0, kShare);
  laws.state_dependent = read_state_dependent(*reader);
  if (auto thermal = reader->optional_section("thermal_and_shot")) {
    laws.thermal_and_shot_bandwidth =
        thermal->quantity<Frequency>("bandwidth", {Frequency::from_si(1.0), Frequency::from_si(1e12)});
  }
  if (auto telegraph = reader->optional_section("telegraph")) {
    ReadNoiseLaws::Telegraph law;
    law.offset = telegraph->quantity<Conductance>("offset", {Conductance::from_si(0.0), Conductance::from_si(1e-2)});
    law.slope = telegraph->real("slope", {0.0, 0.5});
    law.probability = telegraph->real("probability", kShare);
    laws.telegraph = law;
  }
  laws.scale = reader->real_or("scale", 1.0, kScale);
  return laws;
}

/// The age is asked for where a law depends on it.
Time read_age(ConfigReader& reader) {
  const bool needed = reader.has("drift") || reader.has("retention");
  if (needed) return reader.quantity<Time>("time_after_programming", kAgeRange);
  return reader.has("time_after_programming") ? reader.quantity<Time>("time_after_programming", kAgeRange) : Time();
}

void check_device(ConfigReader& reader, const DeviceSpec& device) {
  const bool both = reader.has("minimum_conductance") && reader.has("maximum_conductance");
  if (both && !(device.minimum_conductance < device.maximum_conductance)) {
    reader.problem("maximum_conductance", fmt::format("must be larger than minimum_conductance ({}), got {}",
                                                      format_quantity(device.minimum_conductance),
                                                      format_quantity(device.maximum_conductance)));
  }
  if (device.stuck_at_minimum + device.stuck_at_maximum > 1.0) {
    reader.problem("stuck_at_maximum",
                   fmt::format("stuck_at_minimum ({}) and stuck_at_maximum ({}) are shares of the same "
                               "cells and may add up to 1 at most",
                               device.stuck_at_minimum, device.stuck_at_maximum));
  }
  if (device.programming_law && device.programming_error > 0.0) {
    reader.problem("programming_law", "stands instead of programming_error: set programming_error to 0 or remove one");
  }
  if (device.read_noise.state_dependent && !reader.has("time_after_programming")) {
    reader.problem("time_after_programming", "is needed by read_noise.state_dependent");
  }
}

}  // namespace

DeviceSpec read_device_spec(ConfigReader reader) {
  DeviceSpec device;
  device.name = non_empty_text(reader, "name", "the device a name");
  device.minimum_conductance = reader.quantity<Conductance>("minimum_conductance", kConductanceRange);
  device.maximum_conductance = reader.quantity<Conductance>("maximum_conductance", kConductanceRange);
  device.levels = static_cast<std::uint32_t>(reader.integer("levels", {2, 32768}));
  device.level_conductances = read_level_conductances(reader, device);
  device.programming_error = reader.real_or("programming_error", 0.0, kShare);
  device.programming_law = read_programming_law(reader);
  device.variation = read_variation(reader);
  device.stuck_at_minimum = reader.real_or("stuck_at_minimum", 0.0, kShare);
  device.stuck_at_maximum = reader.real_or("stuck_at_maximum", 0.0, kShare);
  device.faults = read_faults(reader);
  device.time_after_programming = read_age(reader);
  device.drift = read_drift(reader);
  device.retention = read_retention(reader, device.time_after_programming);
  device.temperature = read_temperature(reader);
  device.read_noise = read_read_noise(reader);
  device.write_energy = reader.quantity<Energy>("write_energy", kEnergyRange);
  device.write_time = reader.quantity<Time>("write_time", {Time::from_si(0.0), Time::from_si(1.0)});
  device.write_pulses = static_cast<std::uint32_t>(reader.integer("write_pulses", {1, 1'000'000}));
  device.source =
      non_empty_text(reader, "source", "the paper or tool that the numbers come from, or \"recalled: ...\"");
  check_device(reader, device);
  return device;
}

}  // namespace crossloom
