#include "models/spec_reading.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom::spec_reading {

std::uint32_t count(ConfigReader& reader, std::string_view key, std::int64_t low, std::int64_t high) {
  return static_cast<std::uint32_t>(reader.integer(key, {low, high}));
}

std::string non_empty_text(ConfigReader& reader, std::string_view key, const char* what) {
  const bool given = reader.has(key);
  std::string text = reader.text(key);
  if (given && text.find_first_not_of(" \t\n") == std::string::npos) {
    reader.problem(key, fmt::format("must not be empty: give {}", what));
  }
  return text;
}

std::string read_source(ConfigReader& reader) {
  return non_empty_text(reader, "source", "the paper or tool that the numbers come from, or \"recalled: ...\"");
}

Frequency read_clock(ConfigReader& reader) {
  const auto clock = reader.quantity<Frequency>("clock", {Frequency::from_si(1e3), 100_GHz});
  if (!reader.has("clock")) return clock;
  const double period = 1e15 / clock.si();
  const double whole = std::round(period);
  if (std::abs(period - whole) > 1e-9 * whole) {
    reader.problem("clock",
                   fmt::format("the period of {} is not a whole number of femtoseconds; {} is the nearest clock "
                               "with one",
                               format_quantity(clock), format_quantity(Frequency::from_si(1e15 / whole))));
  }
  return clock;
}

WireSpec read_wires(ConfigReader& array, std::string& source) {
  WireSpec wires;
  std::optional<ConfigReader> reader = array.optional_section("wires");
  if (!reader) return wires;
  constexpr Range<Resistance> kSegmentRange = {Resistance(), Resistance::from_si(1e4)};
  constexpr Range<Resistance> kEndRange = {Resistance(), Resistance::from_si(1e6)};
  wires.wordline = reader->quantity<Resistance>("wordline", kSegmentRange);
  wires.bitline = reader->quantity<Resistance>("bitline", kSegmentRange);
  wires.driver = reader->quantity_or<Resistance>("driver", Resistance(), kEndRange);
  wires.sense = reader->quantity_or<Resistance>("sense", Resistance(), kEndRange);
  wires.sides = reader->choice_or<DriverSides>("sides", DriverSides::one,
                                               {{"one", DriverSides::one}, {"both", DriverSides::both}});
  source = read_source(*reader);
  try {
    check_wires(wires);
  } catch (const UserError& error) {
    reader->problem("wordline", error.what());
  }
  return wires;
}

}  // namespace crossloom::spec_reading
