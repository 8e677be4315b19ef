// What single converters are like: draws of ConverterErrors by converter. docs/physics.md has the laws.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "models/bit_serial/bit_serial_chip.h"

namespace crossloom {

/// What one ADC makes of a sum of v steps before it rounds: gain v + offset + bow 4 u (1 - u), u = where v lies between
/// the lowest (0) and the highest code (1), held there.
struct AdcDeviation {
  float gain = 1.0F, offset = 0.0F;
  float bow = 0.0F;  ///< the amplitude, up or down
};

/// Converters are numbered: ADC a of element e is e x adcs + a. Draws are keyed by (key, "adc", effect, number), so
/// they do not depend on what is mapped where.
class AdcDeviations {
 public:
  AdcDeviations(const ConverterErrors& errors, std::uint32_t bits, RandomKey key);
  [[nodiscard]] AdcDeviation of(std::uint32_t adc) const;
  /// What the transition below each code is off, in steps, at most half a step either way (so that they stay in order):
  /// 2^bits values; the first is unused. Empty without differential nonlinearity. A flash converter's comparators err
  /// like that, each by itself, with 1 / sqrt(2) of the deviation of a code's width.
  [[nodiscard]] std::vector<float> transitions(std::uint32_t adc) const;

 private:
  ConverterErrors errors_;
  std::uint32_t bits_;
  RandomField offset_, gain_, bow_, width_;
};

/// What one DAC puts on its wordline for a slice of each value, in units of an ideal slice of 1: levels[x] = gain x +
/// offset + bow 4 u (1 - u) + own error of the level, u = x / (2^bits - 1). A slice of 0 grounds the wordline:
/// levels[0] = 0. DACs are numbered by physical array (element x arrays + array) and wordline.
class DacDeviations {
 public:
  DacDeviations(const DacSpec& dac, RandomKey key);
  [[nodiscard]] std::vector<float> levels(std::uint32_t array, std::uint32_t wordline) const;

 private:
  ConverterErrors errors_;
  std::uint32_t bits_;
  RandomField offset_, gain_, bow_, level_;
};

}  // namespace crossloom
