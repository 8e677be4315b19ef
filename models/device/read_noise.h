// Noise of reading: the mean and the variance of one cell's conductance over reads.
#pragma once

#include "models/device/device_spec.h"

namespace crossloom {

/// Over reads. Siemens and siemens squared.
struct ReadStatistics {
  double mean_shift_s = 0.0;
  double variance_s2 = 0.0;
};

/// Two-state noise: conductance that the second state adds, min(1, d) G with d as in ReadNoiseLaws::Telegraph.
Conductance telegraph_step(const ReadNoiseLaws::Telegraph& law, Conductance conductance);

/// All laws of a device at once; they are independent, so variances add. Telegraph noise counts with its mean and its
/// variance: a sum over many cells is close to normal, and its first two moments are exact. `target` is the state the
/// cell was meant to hold.
class ReadNoise {
 public:
  ReadNoise(const DeviceSpec& device, Voltage read_voltage);
  [[nodiscard]] ReadStatistics of(Conductance actual, Conductance target) const;

 private:
  const DeviceSpec& device_;
  double age_factor_ = 0.0;            ///< of the state-dependent law
  double variance_per_siemens_ = 0.0;  ///< of thermal and shot noise
};

}  // namespace crossloom
