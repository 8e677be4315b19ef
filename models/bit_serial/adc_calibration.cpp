#include "models/bit_serial/adc_calibration.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/parallel.h"
#include "models/bit_serial/bit_kernels.h"
#include "models/bit_serial/exact_reference.h"
#include "models/bit_serial/input_planes.h"
#include "models/bit_serial/weight_digits.h"

namespace crossloom {

namespace {

constexpr std::size_t kMostShifts = 24;  // sums have at most 8 + 8 bits and those of the rows
constexpr std::size_t kMostBits = 16;

/// Of one layer and weight slice: conversions, and how many saturate at each shift.
struct Saturation {
  std::uint64_t sums = 0;
  std::uint64_t saturated[kMostShifts] = {};
  void operator+=(const Saturation& other) {
    sums += other.sums;
    for (std::size_t k = 0; k < kMostShifts; ++k) saturated[k] += other.saturated[k];
  }
};
using LayerSaturations = IdVector<LayerId, std::vector<Saturation>>;

/// Columns of one group in one row part, as bit planes without any flip.
struct Part {
  std::uint32_t group = 0;
  CrossbarPart weights;               ///< rows and columns
  std::vector<std::uint64_t> planes;  ///< [column][line][cell bit][word]
  std::vector<std::int64_t> all_on;   ///< [column][line]: the sum with all inputs at their largest
};

class RangeCalibration {
 public:
  RangeCalibration(const FixedPointNetwork& network, const BitSerialChipSpec& chip)
      : network_(network), chip_(chip), codes_(chip), layout_(chip), parts_(network.layers.size()) {
    BitSerialChipSpec plain = chip;
    plain.array.flip_encoding = false;
    const std::vector<std::uint32_t> shifts(layout_.slices, 0);
    for (std::size_t l = 0; l < network.layers.size(); ++l) cut(LayerId(l), plain, shifts);
  }

  void add_image(const std::vector<std::uint8_t>& pixels, LayerSaturations& counts) const {
    InputPlanes planes(chip_);
    std::vector<std::int32_t> values;
    run_fixed_point(network_, pixels,
                    [&](LayerId id, const std::vector<std::int32_t>& inputs, bool is_signed, std::int64_t* sums) {
                      const FixedPointLayer& layer = network_.layers[id];
                      for (const Part& part : parts_[id]) {
                        values.clear();
                        for (const std::uint32_t i : part.weights.rows) {
                          values.push_back(inputs[std::size_t{part.group} * layer.rows + i]);
                        }
                        planes.set(values.data(), values.size(), is_signed);
                        add_products(layer, part, values, sums);
                        add_sums(part, planes, counts[id]);
                      }
                    });
  }

 private:
  void cut(LayerId id, const BitSerialChipSpec& plain, const std::vector<std::uint32_t>& shifts) {
    const FixedPointLayer& layer = network_.layers[id];
    for (const Block& block : layer.blocks) {
      for (std::size_t first = 0; first < block.rows.size(); first += chip_.array.rows) {
        const std::size_t last = std::min<std::size_t>(block.rows.size(), first + chip_.array.rows);
        const std::vector<std::uint32_t> rows(block.rows.begin() + static_cast<std::ptrdiff_t>(first),
                                              block.rows.begin() + static_cast<std::ptrdiff_t>(last));
        std::map<std::uint32_t, std::vector<std::uint32_t>> by_group;
        for (const std::uint32_t j : block.columns) {
          const bool live = layer.live.empty() || std::any_of(rows.begin(), rows.end(), [&](std::uint32_t i) {
                              return layer.live[std::size_t{i} * layer.columns + j] != 0;
                            });
          if (live) by_group[j / (layer.columns / layer.groups)].push_back(j);
        }
        for (const auto& of_group : by_group) {
          Part part;
          part.group = of_group.first;
          part.weights.rows = std::vector<std::uint32_t>(rows);
          part.weights.columns = std::vector<std::uint32_t>(of_group.second);
          hold(layer, plain, shifts, part);
          parts_[id].push_back(std::move(part));
        }
      }
    }
  }

  void hold(const FixedPointLayer& layer, const BitSerialChipSpec& plain, const std::vector<std::uint32_t>& shifts,
            Part& part) const {
    const WeightDigits weight_digits(part.weights, layer, plain, shifts);
    const std::size_t rows = part.weights.rows.size(), words = (rows + 63) / 64, cell_bits = chip_.cell_bits();
    std::vector<std::uint8_t> digits;
    for (std::size_t j = 0; j < part.weights.columns.size(); ++j) {
      weight_digits.of_column(j, digits);
      for (std::size_t line = 0; line < layout_.lines(); ++line) {
        const std::size_t at = part.planes.size();
        part.planes.resize(at + cell_bits * words, 0);
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < rows; ++i) {
          const std::uint32_t digit = digits[line * rows + i];
          sum += digit;
          for (std::size_t c = 0; c < cell_bits; ++c) {
            part.planes[at + c * words + i / 64] |= std::uint64_t{(digit >> c) & 1U} << (i % 64);
          }
        }
        part.all_on.push_back(sum * ((std::int64_t{1} << chip_.dac.bits) - 1));
      }
    }
  }

  static void add_products(const FixedPointLayer& layer, const Part& part, const std::vector<std::int32_t>& values,
                           std::int64_t* sums) {
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (values[k] == 0) continue;
      for (const std::uint32_t j : part.weights.columns)
        sums[j] += std::int64_t{values[k]} * layer.weight(part.weights.rows[k], j);
    }
  }

  void add_sums(const Part& part, const InputPlanes& planes, std::vector<Saturation>& counts) const {
    const std::size_t words = planes.words(), cell_bits = chip_.cell_bits();
    const bool by_pair = chip_.array.weight_encoding == WeightEncoding::differential_analog;
    const std::vector<InputSliceBits>& slices = planes.slices();
    const std::size_t bits = slices.back().first_bit + slices.back().bits;
    std::int32_t ones[kMostBits], negative_ones[kMostBits] = {};
    for (std::size_t column = 0; column < part.weights.columns.size(); ++column) {
      for (std::size_t line = 0; line < layout_.lines(); line += by_pair ? 2 : 1) {
        const std::size_t at = column * layout_.lines() + line;
        count_bits(planes.plane(0), bits, part.planes.data() + at * cell_bits * words, cell_bits, words, ones);
        if (by_pair) {
          count_bits(planes.plane(0), bits, part.planes.data() + (at + 1) * cell_bits * words, cell_bits, words,
                     negative_ones);
        }
        for (std::size_t t = 0; t < slices.size(); ++t) {
          if (planes.slice_driven(t) == 0) continue;
          std::int64_t q = 0;
          for (std::uint32_t b = 0; b < slices[t].bits; ++b) {
            q += std::int64_t{ones[slices[t].first_bit + b] - negative_ones[slices[t].first_bit + b]} << b;
          }
          add_sum(q, planes.slice_sum(t) * ((std::int64_t{1} << cell_bits) - 1), part.all_on[at],
                  counts[line / layout_.polarities]);
        }
      }
    }
  }

  /// q: what a bit line carries as encoded; `largest`: what it would carry with the largest digits.
  void add_sum(std::int64_t q, std::int64_t largest, std::int64_t all_on, Saturation& count) const {
    ++count.sums;
    for (std::size_t shift = 0; shift < kMostShifts && largest > codes_.highest << shift; ++shift) {
      const bool flipped = chip_.array.flip_encoding && all_on > codes_.highest << shift;
      const std::int64_t carried = flipped ? largest - q : q;
      // Half a step above the highest code rounds to even, which is beyond it: highest codes are odd.
      const std::int64_t half = shift == 0 ? 0 : std::int64_t{1} << (shift - 1);
      const bool above = shift == 0 ? carried > codes_.highest : carried >= (codes_.highest << shift) + half;
      const bool below = carried < codes_.lowest * (std::int64_t{1} << shift) - half;
      count.saturated[shift] += above || below ? 1U : 0U;
    }
  }

  const FixedPointNetwork& network_;
  const BitSerialChipSpec& chip_;
  AdcCodes codes_;
  BitLineLayout layout_;
  IdVector<LayerId, std::vector<Part>> parts_;
};

}  // namespace

AdcShifts calibrate_adc_shifts(const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                               const std::vector<std::vector<std::uint8_t>>& images, std::size_t threads) {
  CROSSLOOM_CHECK(!images.empty(), "calibration needs images");
  const RangeCalibration calibration(network, chip);
  ThreadPool pool(std::max<std::size_t>(1, threads));
  const LayerSaturations none(network.layers.size(), std::vector<Saturation>(chip.weight_slices()));
  std::vector<LayerSaturations> by_worker(pool.threads(), none);
  pool.for_each(images.size(), [&](std::size_t image, std::size_t worker) {
    calibration.add_image(images[image], by_worker[worker]);
  });
  AdcShifts shifts(network.layers.size(), std::vector<std::uint32_t>(chip.weight_slices(), 0));
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    for (std::size_t s = 0; s < chip.weight_slices(); ++s) {
      Saturation all;
      for (const LayerSaturations& of_worker : by_worker) all += of_worker[LayerId(l)][s];
      const double most = (1.0 - chip.adc.calibration_percentile / 100.0) * static_cast<double>(all.sums);
      std::uint32_t& shift = shifts[LayerId(l)][s];
      while (shift + 1 < kMostShifts && static_cast<double>(all.saturated[shift]) > most) ++shift;
    }
  }
  return shifts;
}

}  // namespace crossloom
