#include "models/device/read_noise.h"

#include <algorithm>
#include <cmath>

namespace crossloom {

namespace {

constexpr double kBoltzmann = 1.380649e-23;            // J/K, exact in the SI of 2019
constexpr double kElementaryCharge = 1.602176634e-19;  // C, exact in the SI of 2019
constexpr double kSmallestState = 1e-7;

}  // namespace

Conductance telegraph_step(const ReadNoiseLaws::Telegraph& law, Conductance conductance) {
  const double g = conductance.si();
  const double step = law.slope * g + law.offset.si();
  // From here on the fit would more than double the conductance, and at G = step it has a pole.
  if (g <= 2.0 * step) return conductance;
  return Conductance::from_si(g * step / (g - step));
}

ReadNoise::ReadNoise(const DeviceSpec& device, Voltage read_voltage) : device_(device) {
  const ReadNoiseLaws& laws = device.read_noise;
  if (laws.state_dependent) {
    const double read_time = laws.state_dependent->read_time.si();
    const double ratio = (device.time_after_programming.si() + read_time) / (2.0 * read_time);
    age_factor_ = std::sqrt(std::max(0.0, std::log(ratio)));
  }
  if (laws.thermal_and_shot_bandwidth) {
    const double volts = read_voltage.si();
    variance_per_siemens_ = laws.thermal_and_shot_bandwidth->si() *
                            (4.0 * kBoltzmann * device.working_temperature().si() + 2.0 * kElementaryCharge * volts) /
                            (volts * volts);
  }
}

ReadStatistics ReadNoise::of(Conductance actual, Conductance target) const {
  const ReadNoiseLaws& laws = device_.read_noise;
  const double g = actual.si();
  double relative_variance = laws.relative * laws.relative;
  if (laws.state_dependent) {
    const double state = std::max(target / laws.state_dependent->full_scale, kSmallestState);
    const double share = std::min(laws.state_dependent->factor * std::pow(state, -laws.state_dependent->exponent),
                                  laws.state_dependent->largest) *
                         age_factor_;
    relative_variance += share * share;
  }
  ReadStatistics statistics;
  statistics.variance_s2 = laws.scale * laws.scale * (relative_variance * g * g + variance_per_siemens_ * g);
  if (laws.telegraph) {
    const double step = laws.scale * telegraph_step(*laws.telegraph, actual).si(), p = laws.telegraph->probability;
    statistics.mean_shift_s = p * step;
    statistics.variance_s2 += p * (1.0 - p) * step * step;
  }
  return statistics;
}

}  // namespace crossloom
