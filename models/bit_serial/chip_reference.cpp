#include "models/bit_serial/chip_reference.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"

namespace crossloom {
namespace {

/// One slice of every input of a row part.
struct InputSlice {
  std::vector<std::int32_t> values;
  std::int64_t sum = 0;    ///< of the values
  std::int64_t worth = 1;  ///< of one unit: a power of two, negative for the sign bit
};

/// What a row part is driven with.
struct RowPart {
  std::vector<InputSlice> slices;
  std::int64_t inputs_added = 0;
};

InputSlice slice_of(const std::vector<std::int32_t>& inputs, std::uint32_t first, std::uint32_t width,
                    std::int64_t worth) {
  InputSlice slice;
  slice.worth = worth;
  for (const std::int32_t input : inputs) {
    slice.values.push_back((input >> first) & ((1 << width) - 1));
    slice.sum += slice.values.back();
  }
  return slice;
}

RowPart row_part_of(const std::vector<std::int32_t>& inputs, const BitSerialChipSpec& chip, bool is_signed) {
  const std::uint32_t bits = chip.activation_bits, step = chip.dac.bits;
  const std::uint32_t magnitude = is_signed ? bits - 1 : bits;
  RowPart part;
  for (const std::int32_t input : inputs) part.inputs_added += input;
  for (std::uint32_t first = 0; first < magnitude; first += step) {
    part.slices.push_back(slice_of(inputs, first, std::min(step, magnitude - first), std::int64_t{1} << first));
  }
  if (is_signed) part.slices.push_back(slice_of(inputs, bits - 1, 1, -(std::int64_t{1} << (bits - 1))));
  return part;
}

std::int64_t sum_of_products(const std::vector<std::int32_t>& a, const std::vector<std::int32_t>& b) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::int64_t{a[i]} * b[i];
  return sum;
}

std::int64_t sum_of(const std::vector<std::int32_t>& values) {
  return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

/// The weights of one column in a row part, and what its bit lines give.
class Column {
 public:
  Column(const BitSerialChipSpec& chip, const std::vector<std::uint32_t>& shifts, ConversionCounts& counts)
      : chip_(chip), codes_(chip), shifts_(shifts), counts_(counts) {}

  std::int64_t product(const std::vector<std::int32_t>& weights, const RowPart& part) const {
    std::int64_t y = 0;
    for (std::uint32_t s = 0; s < chip_.weight_slices(); ++s) {
      const std::int64_t worth = std::int64_t{1} << (s * chip_.cell_bits());
      y += worth * (is_offset() ? offset_slice(weights, part, s) : difference_slice(weights, part, s));
    }
    return is_offset() ? y - (std::int64_t{1} << (chip_.weight_bits - 1)) * part.inputs_added : y;
  }

 private:
  [[nodiscard]] bool is_offset() const { return chip_.array.weight_encoding == WeightEncoding::offset; }
  [[nodiscard]] std::int32_t largest_digit() const { return (1 << chip_.cell_bits()) - 1; }
  [[nodiscard]] std::int32_t digit(std::int32_t magnitude, std::uint32_t s) const {
    return (magnitude >> (s * chip_.cell_bits())) & largest_digit();
  }

  /// What the ADC makes of q, in units of q.
  [[nodiscard]] std::int64_t converted(std::int64_t q, std::uint32_t s) const {
    const double step = std::ldexp(1.0, static_cast<int>(shifts_[s]));
    const auto code = static_cast<std::int64_t>(std::nearbyint(static_cast<double>(q) / step));
    ++counts_.conversions;
    if (code < codes_.lowest || code > codes_.highest) ++counts_.clipped;
    return std::clamp(code, codes_.lowest, codes_.highest) * static_cast<std::int64_t>(step);
  }

  [[nodiscard]] std::int64_t difference_slice(const std::vector<std::int32_t>& weights, const RowPart& part,
                                              std::uint32_t s) const {
    std::vector<std::int32_t> positive, negative;
    for (const std::int32_t weight : weights) {
      positive.push_back(digit(std::max(weight, 0), s));
      negative.push_back(digit(std::max(-weight, 0), s));
    }
    std::int64_t y = 0;
    for (const InputSlice& slice : part.slices) {
      const std::int64_t plus = sum_of_products(slice.values, positive);
      const std::int64_t minus = sum_of_products(slice.values, negative);
      const bool one_conversion = chip_.array.weight_encoding == WeightEncoding::differential_analog;
      y += slice.worth * (one_conversion ? converted(plus - minus, s) : converted(plus, s) - converted(minus, s));
    }
    return y;
  }

  [[nodiscard]] std::int64_t offset_slice(const std::vector<std::int32_t>& weights, const RowPart& part,
                                          std::uint32_t s) const {
    std::vector<std::int32_t> held;
    for (const std::int32_t weight : weights) held.push_back(digit(weight + (1 << (chip_.weight_bits - 1)), s));
    const std::int64_t all_on = ((std::int64_t{1} << chip_.dac.bits) - 1) * sum_of(held);
    const bool flipped = chip_.array.flip_encoding && all_on > codes_.highest * (std::int64_t{1} << shifts_[s]);
    if (flipped) {
      for (std::int32_t& value : held) value = largest_digit() - value;
    }
    std::int64_t y = 0;
    for (const InputSlice& slice : part.slices) {
      const std::int64_t read = converted(sum_of_products(slice.values, held), s);
      y += slice.worth * (flipped ? largest_digit() * slice.sum - read : read);
    }
    return y;
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
      std::map<std::size_t, RowPart> part_of_group;
      for (const std::uint32_t j : block.columns) {
        const std::size_t group = j / (layer.columns / layer.groups);
        std::vector<std::int32_t> weights, values;
        bool any_live = false;
        for (std::size_t k = first; k < last; ++k) {
          const std::uint32_t i = block.rows[k];
          weights.push_back(layer.weight(i, j));
          values.push_back(inputs[group * layer.rows + i]);
          any_live = any_live || layer.live.empty() || layer.live[std::size_t{i} * layer.columns + j] != 0;
        }
        if (!any_live) continue;
        auto found = part_of_group.find(group);
        if (found == part_of_group.end()) {
          found = part_of_group.emplace(group, row_part_of(values, chip, is_signed)).first;
        }
        sums[j] += column.product(weights, found->second);
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
