// One memristive cell: its conductance window, and every law by which real cells differ from it. Each law is on or off.
//
// docs/physics.md gives the formulas and where each comes from; configs/devices/*.yaml are presets with their sources.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/config_reader.h"
#include "base/units.h"

namespace crossloom {

/// Standard deviation of a written conductance as a function of the conductance G aimed at.
struct ProgrammingLaw {
  enum class Kind {
    share_of_conductance,  ///< factor * G
    window,                ///< factor * sqrt((G - G_min) (G_max - G)): TxSim (TVLSI 2021), its gamma times its sigma
    polynomial,            ///< sum of coefficients[k] * (G / full_scale)^k, at least 0: fits of measured arrays
  };
  Kind kind = Kind::share_of_conductance;
  double factor = 0.0;
  std::vector<Conductance> coefficients;
  Conductance full_scale;
  double scale = 1.0;  ///< of the whole law; 0 = off
  [[nodiscard]] bool off() const { return scale == 0.0 || (kind != Kind::polynomial && factor == 0.0); }
};

/// Device to device: a factor on the written conductance, drawn once a cell.
struct VariationLaw {
  enum class Kind { normal, lognormal };  ///< 1 + sigma n, at least 0; exp(sigma n), whose median is 1
  Kind kind = Kind::lognormal;
  double sigma = 0.0;
};

enum class StuckSide { minimum, maximum, either };

/// Faults beyond independent cells stuck at the ends of the window.
struct FaultLaws {
  double clustered = 0.0;     ///< share of an array's cells within clusters of stuck cells
  double cluster_size = 4.0;  ///< mean cells a cluster, sizes geometric
  StuckSide clustered_at = StuckSide::either;
  double broken_wordlines = 0.0;  ///< share of an array's wordlines that are open: their cells carry no current
  double broken_bitlines = 0.0;
  std::optional<Range<Conductance>> stuck_low;   ///< stuck-off cells lie there, uniform in log G; absent = at G_min
  std::optional<Range<Conductance>> stuck_high;  ///< stuck-on cells; absent = at G_max
};

/// clip(slope * ln(G / full_scale) + offset, lowest, highest).
struct LogarithmicFit {
  double slope = 0.0;
  double offset = 0.0;
  double lowest = 0.0;
  double highest = 1.0;
};

/// G(t) = G (t / reference_time)^-nu from reference_time on; nu = |mean + deviation * n|, drawn once a cell.
struct DriftLaw {
  Time reference_time;
  Conductance full_scale;
  LogarithmicFit mean;
  LogarithmicFit deviation;
  double scale = 1.0;  ///< of nu; 0 = off
};

/// Spread around the target that grows with time. Fits of the standard deviation at some times, the first one that of
/// programming; between two, the variance is linear in log t.
struct RetentionLaw {
  struct Fit {
    Time time;
    std::vector<Conductance> coefficients;  ///< as ProgrammingLaw::polynomial
  };
  Conductance full_scale;
  std::vector<Fit> fits;  ///< at least two, ascending in time
  double scale = 1.0;     ///< of what is added to programming's own spread; 0 = off
};

/// G(T) = G exp(-E / k (1/T - 1/T_reference)), E linear in G between its values at G_min and G_max.
struct TemperatureLaw {
  Temperature at = Temperature::from_si(300.0);
  Temperature reference = Temperature::from_si(300.0);
  double activation_at_minimum_ev = 0.0;
  double activation_at_maximum_ev = 0.0;
  [[nodiscard]] bool off() const {
    return at == reference || (activation_at_minimum_ev == 0.0 && activation_at_maximum_ev == 0.0);
  }
};

/// What differs from read to read, each cell by itself.
struct ReadNoiseLaws {
  double relative = 0.0;  ///< normal, this share of G
  /// 1/f noise of phase-change cells: sigma / G = min(factor (G / full_scale)^-exponent, largest) *
  /// sqrt(ln((t + read_time) / (2 read_time))), t = time after programming, G as programmed.
  struct StateDependent {
    double factor = 0.0;
    double exponent = 0.0;
    double largest = 1.0;
    Time read_time;
    Conductance full_scale;
  };
  std::optional<StateDependent> state_dependent;
  /// Variance of G: G bandwidth (4 k T + 2 q V) / V^2.
  std::optional<Frequency> thermal_and_shot_bandwidth;
  /// Two states: with `probability` G grows by d G, d = (slope G + offset) / (G - slope G - offset), at most 1.
  struct Telegraph {
    Conductance offset;
    double slope = 0.0;
    double probability = 0.5;
  };
  std::optional<Telegraph> telegraph;
  double scale = 1.0;  ///< of all standard deviations and of the second state's step; 0 = off
  [[nodiscard]] bool any() const {
    const bool state = state_dependent && state_dependent->factor > 0.0;
    const bool steps = telegraph && telegraph->probability > 0.0;
    return scale > 0.0 && (relative > 0.0 || state || thermal_and_shot_bandwidth || steps);
  }
};

/// One memristive cell and how it is written. `source` names where the numbers come from.
struct DeviceSpec {
  std::string name;
  Conductance minimum_conductance;  ///< G_min > 0
  Conductance maximum_conductance;  ///< G_max > G_min
  std::uint32_t levels = 16;        ///< levels of a weight's digit, evenly spaced from G_min to G_max, at least 2
  /// States that a cell can be written to, ascending, where they are not the levels themselves: a level is then written
  /// as the nearest of them. Empty = the levels.
  std::vector<Conductance> level_conductances;
  double programming_error = 0.0;  ///< standard deviation of a written conductance, as a share of G_max - G_min
  std::optional<ProgrammingLaw> programming_law;  ///< instead of programming_error
  std::optional<VariationLaw> variation;
  double stuck_at_minimum = 0.0;  ///< share of cells stuck at G_min
  double stuck_at_maximum = 0.0;  ///< share of cells stuck at G_max
  FaultLaws faults;
  Time time_after_programming;  ///< when it is read
  std::optional<DriftLaw> drift;
  std::optional<RetentionLaw> retention;
  std::optional<TemperatureLaw> temperature;
  ReadNoiseLaws read_noise;
  Energy write_energy;             ///< per pulse
  Time write_time;                 ///< per pulse
  std::uint32_t write_pulses = 1;  ///< pulses to program one cell
  std::string source;

  /// Ideal: cells hold exactly their level, so weights are integers and sums exact. A law whose strength is 0 is off.
  [[nodiscard]] bool ideal() const;
  /// It is read after some time, and its law has strength.
  [[nodiscard]] bool drifts() const;
  [[nodiscard]] bool loses_retention() const;
  /// At which it works; 300 K where no temperature is given.
  [[nodiscard]] Temperature working_temperature() const;
};

/// Reads a device file or a `device:` mapping; problems go to the reader.
DeviceSpec read_device_spec(ConfigReader reader);

/// All laws that decide what a programmed cell holds (read noise is not among them), as text for comparison.
std::string programmed_laws_text(const DeviceSpec& device);

}  // namespace crossloom
