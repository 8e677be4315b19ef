#include "models/bit_serial/real_cells.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/bit_serial/real_kernels.h"
#include "models/circuit/transfer_products.h"

namespace crossloom {

std::size_t RealArrayPart::panels() const { return (lines + kPanelLines - 1) / kPanelLines; }

RealCells::RealCells(Parts parts, const BitSerialChipSpec& chip, const std::vector<std::uint32_t>& shifts)
    : parts_(std::move(parts)),
      codes_(chip),
      encoding_(chip.array.weight_encoding),
      cell_bits_(chip.cell_bits()),
      weight_bits_(chip.weight_bits),
      dac_bits_(chip.dac.bits),
      adc_variance_(static_cast<float>(chip.adc.errors.noise * chip.adc.errors.noise)),
      dac_noise_(chip.dac.errors.noise),
      unsettled_(static_cast<float>(chip.unsettled_share())),
      by_pair_(chip.array.weight_encoding == WeightEncoding::differential_analog),
      noisy_(chip.device.read_noise.any() || chip.adc.errors.noise > 0.0),
      plain_inputs_(chip.dac.bits == 1 && chip.dac.ideal()),
      converters_ideal_(chip.adc.errors.ideal()),
      shifts_(shifts),
      read_noise_(parts_.key.child("read_noise")),
      dac_field_(parts_.key.child("dac_noise")) {
  for (const RealArrayPart& array : parts_.arrays) all_lines_ += array.panels() * kPanelLines;
  for (const RealConversion& conversion : parts_.conversions) {
    inverse_step_.push_back(std::ldexp(1.0F, -static_cast<int>(shifts_[conversion.slice])));
    gain_.push_back(conversion.deviation.gain);
    offset_.push_back(conversion.deviation.offset);
    bow_.push_back(conversion.deviation.bow);
    transitions_ = transitions_ || conversion.transitions != nullptr;
  }
}

void RealCells::product(const std::int32_t* inputs, const InputPlanes& planes, ReadMoment moment, RealScratch& scratch,
                        std::int64_t* sums, ProductCounts& counts) const {
  list_driven(inputs, planes, scratch);
  sum_arrays(planes, moment, scratch);
  if (!parts_.joint_zeptojoules.empty()) add_joint_energy(planes, scratch, counts);
  const std::size_t conversions = parts_.conversions.size(), slices = planes.slices().size();
  scratch.values.resize(conversions);
  scratch.noise.resize(conversions);
  scratch.codes.resize(conversions);
  scratch.normals.resize(conversions + 4);
  scratch.totals.assign(conversions, 0);
  for (std::size_t t = 0; t < slices; ++t) {
    const bool driven = scratch.ends[t] > (t > 0 ? scratch.ends[t - 1] : 0);
    // A bit line without current gives code 0 to an ADC that does not err.
    if (driven || !converters_ideal_) convert(t, planes, moment, scratch, counts);
  }
  std::fill_n(sums, parts_.columns,
              encoding_ == WeightEncoding::offset ? -(std::int64_t{1} << (weight_bits_ - 1)) * planes.input_sum() : 0);
  const std::int64_t largest_digit = (std::int64_t{1} << cell_bits_) - 1;
  for (std::size_t k = 0; k < conversions; ++k) {
    const RealConversion& conversion = parts_.conversions[k];
    std::int64_t value = scratch.totals[k] * (std::int64_t{1} << shifts_[conversion.slice]);
    if (conversion.subtracted) value = -value;
    if (conversion.flipped) value = largest_digit * planes.input_sum() - value;
    sums[conversion.column] += value * (std::int64_t{1} << (conversion.slice * cell_bits_));
  }
}

void RealCells::list_driven(const std::int32_t* inputs, const InputPlanes& planes, RealScratch& scratch) const {
  scratch.ends.clear();
  if (dac_bits_ == 1 && unsettled_ == 0.0F) {
    list_set_bits(planes, scratch);
    return;
  }
  scratch.rows.clear();
  scratch.factors.clear();
  for (std::size_t t = 0; t < planes.slices().size(); ++t) {
    if (unsettled_ == 0.0F && planes.slice_driven(t) == 0) {
      scratch.ends.push_back(scratch.rows.size());
      continue;
    }
    const std::int32_t sent_before = (1 << planes.slices()[t].first_bit) - 1;
    for (std::uint32_t i = 0; i < parts_.rows; ++i) {
      const std::uint32_t x = planes.slice_of(inputs[i], t);
      const bool still_falling = unsettled_ > 0.0F && (inputs[i] & sent_before) != 0;
      if (x == 0 && !still_falling) continue;
      scratch.rows.push_back(static_cast<std::uint16_t>(i));
      scratch.factors.push_back(static_cast<float>(x));
    }
    scratch.ends.push_back(scratch.rows.size());
  }
}

void RealCells::list_set_bits(const InputPlanes& planes, RealScratch& scratch) const {
  const std::vector<InputSliceBits>& slices = planes.slices();
  if (scratch.rows.size() < slices.size() * parts_.rows) scratch.rows.resize(slices.size() * parts_.rows);
  std::size_t count = 0;
  for (const InputSliceBits& slice : slices) {
    const std::uint64_t* const plane = planes.plane(slice.first_bit);
    for (std::size_t w = 0; w < planes.words(); ++w) {
      for (std::uint64_t bits = plane[w]; bits != 0; bits &= bits - 1) {
        scratch.rows[count++] = static_cast<std::uint16_t>(64 * w + static_cast<unsigned>(__builtin_ctzll(bits)));
      }
    }
    scratch.ends.push_back(count);
  }
  scratch.factors.assign(count, 1.0F);
}

void RealCells::dac_factors(std::size_t array, const InputPlanes& planes, ReadMoment moment,
                            RealScratch& scratch) const {
  const std::vector<float>& levels = parts_.arrays[array].dac_levels;
  const std::size_t values = std::size_t{1} << dac_bits_;
  scratch.before.assign(parts_.rows, 0.0F);  // grounded between products
  std::size_t begin = 0;
  for (std::size_t t = 0; t < planes.slices().size(); ++t) {
    const std::size_t count = scratch.ends[t] - begin;
    if (dac_noise_ > 0.0 && count > 0) {
      scratch.normals.resize(std::max(scratch.normals.size(), count));
      scratch.wordlines.assign(scratch.rows.begin() + static_cast<std::ptrdiff_t>(begin),
                               scratch.rows.begin() + static_cast<std::ptrdiff_t>(scratch.ends[t]));
      const auto drive = static_cast<std::uint32_t>(moment.position * planes.slices().size() + t);
      dac_field_.normals(moment.image, scratch.wordlines.data(), count, drive, static_cast<std::uint32_t>(array),
                         scratch.normals.data());
    }
    for (std::size_t k = 0; k < count; ++k) {
      const auto x = static_cast<std::size_t>(scratch.factors[begin + k]);
      float level = levels[scratch.rows[begin + k] * values + x];
      float& before = scratch.before[scratch.rows[begin + k]];
      level += unsettled_ * (before - level);
      before = level;
      if (dac_noise_ > 0.0) level += static_cast<float>(dac_noise_ * scratch.normals[k]);
      scratch.driven[begin + k] = level;
    }
    begin = scratch.ends[t];
  }
}

void RealCells::sum_arrays(const InputPlanes& planes, ReadMoment moment, RealScratch& scratch) const {
  const std::size_t slices = planes.slices().size();
  scratch.sums.resize(slices * all_lines_);
  scratch.variances.resize(slices * all_lines_);
  if (!plain_inputs_) scratch.driven = scratch.factors;
  scratch.squares.resize(scratch.driven.size());
  std::size_t first_line = 0;
  for (std::size_t a = 0; a < parts_.arrays.size(); ++a) {
    const RealArrayPart& array = parts_.arrays[a];
    if (!array.dac_levels.empty()) dac_factors(a, planes, moment, scratch);
    for (std::size_t k = 0; k < scratch.driven.size(); ++k) scratch.squares[k] = scratch.driven[k] * scratch.driven[k];
    sum_array(array, first_line, slices, scratch);
    first_line += array.panels() * kPanelLines;
  }
}

// A panel's cells stay in the nearest cache for all slices.
void RealCells::sum_array(const RealArrayPart& array, std::size_t first_line, std::size_t slices,
                          RealScratch& scratch) const {
  const auto sum = [&](const float* cells, std::size_t begin, std::size_t end, const std::vector<float>& factors,
                       float* sums) {
    const std::uint16_t* const rows = scratch.rows.data() + begin;
    if (plain_inputs_) {
      sum_rows(cells, rows, end - begin, sums);
    } else {
      sum_scaled_rows(cells, rows, factors.data() + begin, end - begin, sums);
    }
  };
  for (std::size_t panel = 0; panel < array.panels(); ++panel) {
    const std::size_t cells = panel * parts_.rows * kPanelLines;
    std::size_t begin = 0;
    for (std::size_t t = 0; t < slices; ++t) {
      const std::size_t end = scratch.ends[t], at = t * all_lines_ + first_line + panel * kPanelLines;
      sum(array.digits.data() + cells, begin, end, scratch.driven, scratch.sums.data() + at);
      if (!array.variances.empty()) {
        sum(array.variances.data() + cells, begin, end, scratch.squares, scratch.variances.data() + at);
      }
      begin = end;
    }
  }
}

void RealCells::convert(std::size_t slice, const InputPlanes& planes, ReadMoment moment, RealScratch& scratch,
                        ProductCounts& counts) const {
  const std::size_t conversions = parts_.conversions.size();
  const float* const sums = scratch.sums.data() + slice * all_lines_;
  const float* const variances = scratch.variances.data() + slice * all_lines_;
  const bool cells_noisy = !parts_.arrays.front().variances.empty();
  for (std::size_t k = 0; k < conversions; ++k) {
    const RealConversion& conversion = parts_.conversions[k];
    scratch.values[k] = by_pair_ ? sums[conversion.line] - sums[conversion.negative_line] : sums[conversion.line];
    if (!noisy_) continue;
    float variance = cells_noisy ? variances[conversion.line] : 0.0F;
    if (by_pair_ && cells_noisy) variance += variances[conversion.negative_line];
    scratch.noise[k] = variance;
  }
  const ConverterRow row{inverse_step_.data(), gain_.data(), offset_.data(), bow_.data()};
  const auto lowest = static_cast<float>(codes_.lowest), highest = static_cast<float>(codes_.highest);
  apply_converters(row, lowest, highest, conversions, scratch.values.data());
  if (noisy_) {
    const std::uint64_t read = (std::uint64_t{moment.image} << 32U) |
                               static_cast<std::uint32_t>(moment.position * planes.slices().size() + slice);
    draw_normals(read_noise_, read, conversions, scratch.normals.data());
    add_noise(row, scratch.noise.data(), adc_variance_, scratch.normals.data(), conversions, scratch.values.data());
  }
  counts.clipped += round_codes(scratch.values.data(), lowest, highest, conversions, scratch.codes.data());
  if (transitions_) shift_transitions(scratch);
  const InputSliceBits& bits = planes.slices()[slice];
  const std::int64_t worth = std::int64_t{1} << bits.first_bit;
  add_codes(scratch.codes.data(), bits.is_sign ? -worth : worth, conversions, scratch.totals.data());
}

// A transition is at most half a step off, so a value between two ideal ones is at most one code away.
void RealCells::shift_transitions(RealScratch& scratch) const {
  for (std::size_t k = 0; k < parts_.conversions.size(); ++k) {
    if (parts_.conversions[k].transitions == nullptr) continue;
    const std::vector<float>& off = *parts_.conversions[k].transitions;
    std::int32_t& code = scratch.codes[k];
    const auto at = static_cast<std::size_t>(code - codes_.lowest);
    const float above = scratch.values[k] - static_cast<float>(code);  // of the ideal code's middle
    if (code > codes_.lowest && above < -0.5F + off[at]) {
      --code;
    } else if (code < codes_.highest && above >= 0.5F + off[at + 1]) {
      ++code;
    }
  }
}

void RealCells::add_joint_energy(const InputPlanes& planes, RealScratch& scratch, ProductCounts& counts) const {
  const std::size_t panels = (parts_.rows + kPanelLines - 1) / kPanelLines;
  AlignedVector<float>& taken = scratch.values;
  taken.resize(panels * kPanelLines);
  std::size_t begin = 0;
  for (std::size_t t = 0; t < planes.slices().size(); ++t) {
    const std::size_t count = scratch.ends[t] - begin;
    for (std::size_t panel = 0; panel < panels; ++panel) {
      sum_scaled_rows(parts_.joint_zeptojoules.data() + panel * parts_.rows * kPanelLines, scratch.rows.data() + begin,
                      scratch.factors.data() + begin, count, taken.data() + panel * kPanelLines);
    }
    double energy = 0.0;
    for (std::size_t k = begin; k < scratch.ends[t]; ++k) {
      energy += static_cast<double>(scratch.factors[k]) * static_cast<double>(taken[scratch.rows[k]]);
    }
    counts.array_zeptojoules += static_cast<std::uint64_t>(std::llround(std::max(0.0, energy)));
    begin = scratch.ends[t];
  }
}

}  // namespace crossloom
