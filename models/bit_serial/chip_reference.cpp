#include "models/bit_serial/chip_reference.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace crossloom {
namespace {

/// One slice of every input of a row part.
struct InputSlice {
  std::vector<std::int64_t> values;
  std::int64_t worth = 1;  ///< of one unit: a power of two, negative for the sign bit
};

std::vector<InputSlice> slices_of(const std::vector<std::int64_t>& inputs, const BitSerialChipSpec& chip,
                                  bool is_signed) {
  const std::uint32_t bits = chip.activation_bits, step = chip.dac.bits;
  const std::uint32_t magnitude = is_signed ? bits - 1 : bits;
  std::vector<InputSlice> slices;
  for (std::uint32_t first = 0; first < magnitude; first += step) {
    InputSlice slice;
    slice.worth = std::int64_t{1} << first;
    const std::uint32_t width = std::min(step, magnitude - first);
    for (const std::int64_t input : inputs) slice.values.push_back((input >> first) & ((1 << width) - 1));
    slices.push_back(slice);
  }
  if (!is_signed) return slices;
  InputSlice sign;
  sign.worth = -(std::int64_t{1} << (bits - 1));
  for (const std::int64_t input : inputs) sign.values.push_back(input < 0 ? 1 : 0);
  slices.push_back(sign);
  return slices;
}

std::int64_t sum_of_products(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// The weights of one column in a row part, and what its bit lines give.
class Column {
 public:
  Column(const BitSerialChipSpec& chip, const std::vector<std::uint32_t>& shifts, ConversionCounts& counts)
      : chip_(chip), codes_(chip), shifts_(shifts), counts_(counts) {}

  std::int64_t product(const std::vector<std::int64_t>& weights, const std::vector<std::int64_t>& inputs,
                       bool is_signed) const {
    const std::vector<InputSlice> slices = slices_of(inputs, chip_, is_signed);
    std::int64_t y = 0;
    for (std::uint32_t s = 0; s < chip_.weight_slices(); ++s) {
      for (const InputSlice& slice : slices) {
        y += slice.worth * (std::int64_t{1} << (s * chip_.cell_bits())) * weight_slice(weights, slice, s);
      }
    }
    if (chip_.array.weight_encoding != WeightEncoding::offset) return y;
    std::int64_t inputs_added = 0;
    for (const std::int64_t input : inputs) inputs_added += input;
    return y - (std::int64_t{1} << (chip_.weight_bits - 1)) * inputs_added;
  }

 private:
  [[nodiscard]] std::int64_t largest_digit() const { return (std::int64_t{1} << chip_.cell_bits()) - 1; }

  [[nodiscard]] std::vector<std::int64_t> digits(const std::vector<std::int64_t>& magnitudes, std::uint32_t s) const {
    std::vector<std::int64_t> result;
    for (const std::int64_t value : magnitudes) result.push_back((value >> (s * chip_.cell_bits())) & largest_digit());
    return result;
  }

  /// What the ADC makes of q, in units of q.
  [[nodiscard]] std::int64_t converted(std::int64_t q, std::uint32_t s) const {
    const double step = std::ldexp(1.0, static_cast<int>(shifts_[s]));
    const auto code = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(q) / step));
    ++counts_.conversions;
    if (code < codes_.lowest || code > codes_.highest) ++counts_.clipped;
    return std::clamp(code, codes_.lowest, codes_.highest) * static_cast<std::int64_t>(step);
  }

  [[nodiscard]] std::int64_t weight_slice(const std::vector<std::int64_t>& weights, const InputSlice& slice,
                                          std::uint32_t s) const {
    if (chip_.array.weight_encoding == WeightEncoding::offset) return offset_slice(weights, slice, s);
    std::vector<std::int64_t> positive, negative;
    for (const std::int64_t weight : weights) {
      positive.push_back(std::max<std::int64_t>(weight, 0));
      negative.push_back(std::max<std::int64_t>(-weight, 0));
    }
    const std::int64_t plus = sum_of_products(slice.values, digits(positive, s));
    const std::int64_t minus = sum_of_products(slice.values, digits(negative, s));
    if (chip_.array.weight_encoding == WeightEncoding::differential_analog) return converted(plus - minus, s);
    return converted(plus, s) - converted(minus, s);
  }

  [[nodiscard]] std::int64_t offset_slice(const std::vector<std::int64_t>& weights, const InputSlice& slice,
                                          std::uint32_t s) const {
    std::vector<std::int64_t> stored;
    for (const std::int64_t weight : weights) {
      stored.push_back(weight + (std::int64_t{1} << (chip_.weight_bits - 1)));
    }
    std::vector<std::int64_t> held = digits(stored, s);
    std::int64_t all_on = 0, slice_sum = 0;
    for (const std::int64_t digit : held) all_on += ((std::int64_t{1} << chip_.dac.bits) - 1) * digit;
    for (const std::int64_t value : slice.values) slice_sum += value;
    const bool flipped = chip_.array.flip_encoding && all_on > codes_.highest * (std::int64_t{1} << shifts_[s]);
    if (!flipped) return converted(sum_of_products(slice.values, held), s);
    for (std::int64_t& digit : held) digit = largest_digit() - digit;
    return largest_digit() * slice_sum - converted(sum_of_products(slice.values, held), s);
  }

  const BitSerialChipSpec& chip_;
  AdcCodes codes_;
  const std::vector<std::uint32_t>& shifts_;
  ConversionCounts& counts_;
};

}  // namespace

void chip_reference_product(const FixedPointLayer& layer, const BitSerialChipSpec& chip,
                            const std::vector<std::uint32_t>& slice_shifts, const std::vector<std::int32_t>& inputs,
                            bool is_signed, std::int64_t* sums, ConversionCounts& counts) {
  CROSSLOOM_CHECK(slice_shifts.size() == chip.weight_slices(), "one ADC step a weight slice");
  const Column column(chip, slice_shifts, counts);
  for (const Block& block : layer.blocks) {
    for (std::size_t first = 0; first < block.rows.size(); first += chip.array.rows) {
      const std::size_t last = std::min<std::size_t>(first + chip.array.rows, block.rows.size());
      for (const std::uint32_t j : block.columns) {
        const std::size_t group = j / (layer.columns / layer.groups);
        std::vector<std::int64_t> weights, values;
        bool any_live = false;
        for (std::size_t k = first; k < last; ++k) {
          const std::uint32_t i = block.rows[k];
          weights.push_back(layer.weight(i, j));
          values.push_back(inputs[group * layer.rows + i]);
          any_live = any_live || layer.live.empty() || layer.live[std::size_t{i} * layer.columns + j] != 0;
        }
        if (any_live) sums[j] += column.product(weights, values, is_signed);
      }
    }
  }
}

FixedPointOutputs chip_reference(const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                                 const AdcShifts& shifts, const std::vector<std::uint8_t>& pixels,
                                 IdVector<LayerId, ConversionCounts>* counts) {
  CROSSLOOM_CHECK(network.spec.weight_bits <= chip.weight_bits && network.spec.activation_bits <= chip.activation_bits,
                  "the network has more bits than the chip");
  IdVector<LayerId, ConversionCounts> unused(network.layers.size());
  IdVector<LayerId, ConversionCounts>& counted = counts != nullptr ? *counts : unused;
  return run_fixed_point(
      network, pixels, [&](LayerId layer, const std::vector<std::int32_t>& inputs, bool is_signed, std::int64_t* sums) {
        chip_reference_product(network.layers[layer], chip, shifts[layer], inputs, is_signed, sums, counted[layer]);
      });
}

}  // namespace crossloom
