// Cycles of the chip's clock and SystemC time.
#pragma once

#include <cstdint>
#include <systemc>

#include "sim/message.h"

namespace crossloom {

/// Integer cycles times a period of whole femtoseconds; no clock signal toggles. The resolution must be 1 fs.
class Clock {
 public:
  explicit Clock(std::uint64_t period_fs) : period_(period_fs) {}
  [[nodiscard]] sc_core::sc_time time_of(Cycle cycle) const { return sc_core::sc_time::from_value(cycle * period_); }
  [[nodiscard]] Cycle now() const { return sc_core::sc_time_stamp().value() / period_; }
  /// From now until the beginning of a later cycle.
  [[nodiscard]] sc_core::sc_time until(Cycle cycle) const {
    return sc_core::sc_time::from_value(cycle * period_ - sc_core::sc_time_stamp().value());
  }

 private:
  std::uint64_t period_;
};

}  // namespace crossloom
