#include "models/bit_serial/converters.h"

#include <algorithm>
#include <cmath>

namespace crossloom {

namespace {

constexpr float kHalfStep = 0.4999F;

}  // namespace

AdcDeviations::AdcDeviations(const ConverterErrors& errors, std::uint32_t bits, RandomKey key)
    : errors_(errors),
      bits_(bits),
      offset_(key.child("adc").child("offset")),
      gain_(key.child("adc").child("gain")),
      bow_(key.child("adc").child("integral_nonlinearity")),
      width_(key.child("adc").child("differential_nonlinearity")) {}

AdcDeviation AdcDeviations::of(std::uint32_t adc) const {
  AdcDeviation deviation;
  deviation.gain = static_cast<float>(1.0 + errors_.gain * gain_.normal(adc, 0, 0));
  deviation.offset = static_cast<float>(errors_.offset * offset_.normal(adc, 0, 0));
  deviation.bow = static_cast<float>(bow_.uniform(adc, 0, 0) < 0.5 ? -errors_.integral_nonlinearity
                                                                   : errors_.integral_nonlinearity);
  return deviation;
}

std::vector<float> AdcDeviations::transitions(std::uint32_t adc) const {
  if (errors_.differential_nonlinearity == 0.0) return {};
  const std::size_t codes = std::size_t{1} << bits_;
  const double deviation = errors_.differential_nonlinearity / std::sqrt(2.0);
  std::vector<float> result(codes);
  for (std::uint32_t code = 0; code < codes; ++code) {
    const auto off = static_cast<float>(deviation * width_.normal(adc, code, 0));
    result[code] = std::clamp(off, -kHalfStep, kHalfStep);
  }
  return result;
}

DacDeviations::DacDeviations(const DacSpec& dac, RandomKey key)
    : errors_(dac.errors),
      bits_(dac.bits),
      offset_(key.child("dac").child("offset")),
      gain_(key.child("dac").child("gain")),
      bow_(key.child("dac").child("integral_nonlinearity")),
      level_(key.child("dac").child("differential_nonlinearity")) {}

std::vector<float> DacDeviations::levels(std::uint32_t array, std::uint32_t wordline) const {
  const std::uint32_t highest = (1U << bits_) - 1U;
  const double gain = 1.0 + errors_.gain * gain_.normal(array, wordline, 0);
  const double offset = errors_.offset * offset_.normal(array, wordline, 0);
  const double bow =
      bow_.uniform(array, wordline, 0) < 0.5 ? -errors_.integral_nonlinearity : errors_.integral_nonlinearity;
  std::vector<float> result(std::size_t{highest} + 1, 0.0F);
  for (std::uint32_t x = 1; x <= highest; ++x) {
    const double u = static_cast<double>(x) / highest;
    const double own = errors_.differential_nonlinearity / std::sqrt(2.0) * level_.normal(array, wordline, x);
    result[x] = static_cast<float>(std::max(0.0, gain * x + offset + bow * 4.0 * u * (1.0 - u) + own));
  }
  return result;
}

}  // namespace crossloom
