// Writing the cells: levels, faults and errors, and what follows from them.
#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "models/chip_programmer.h"

namespace crossloom {

namespace {

constexpr double kZeptojoulesPerJoule = 1e21;

/// Draws of one layer's cells; a cell is (input, output, polarity << 16 | slice).
class CellDraws {
 public:
  CellDraws(const DeviceSpec& device, RandomKey key, LayerId layer)
      : device_(device),
        stuck_(key.child("stuck").child(std::uint64_t{layer.value()})),
        error_(key.child("programming_error").child(std::uint64_t{layer.value()})) {}

  /// The conductance a cell is stuck at, if it is.
  [[nodiscard]] std::optional<Conductance> stuck(std::uint32_t input, std::uint32_t output, std::uint32_t cell) const {
    if (device_.stuck_at_minimum == 0.0 && device_.stuck_at_maximum == 0.0) return std::nullopt;
    const double u = stuck_.uniform(input, output, cell);
    if (u < device_.stuck_at_minimum) return device_.minimum_conductance;
    if (u < device_.stuck_at_minimum + device_.stuck_at_maximum) return device_.maximum_conductance;
    return std::nullopt;
  }
  [[nodiscard]] Conductance written(Conductance target, std::uint32_t input, std::uint32_t output,
                                    std::uint32_t cell) const {
    if (device_.programming_error == 0.0) return target;
    const Conductance window = device_.maximum_conductance - device_.minimum_conductance;
    const Conductance actual = target + window * (device_.programming_error * error_.normal(input, output, cell));
    return std::clamp(actual, device_.minimum_conductance, device_.maximum_conductance);
  }

 private:
  const DeviceSpec& device_;
  RandomField stuck_, error_;
};

}  // namespace

ProgrammedChip ChipProgrammer::blank() const {
  ProgrammedChip chip;
  chip.ideal_ = spec_.device.ideal();
  chip.weight_slices_ = spec_.crossbar.weight_slices;
  chip.fingerprint_ = fingerprint(spec_, mapped_).dump();
  const CrossbarSpec& array = spec_.crossbar;
  std::uint64_t most_weights = 0;
  for (const MappedCrossbar& placed : mapped_.crossbars) {
    chip.crossbars_.push_back(ProgrammedCrossbar(array.rows, array.columns, array.weight_slices, levels_));
    std::uint64_t weights = 0;
    for (const BlockPart& part : placed.parts) {
      CROSSLOOM_CHECK(part.first_wordline + part.rows.size() <= array.rows &&
                          part.first_column + part.columns.size() <= array.columns,
                      "a block part reaches out of its crossbar");
      weights += std::uint64_t{part.rows.size()} * part.columns.size();
    }
    most_weights = std::max(most_weights, weights);
    chip.report_.cells += weights * 2 * array.weight_slices;
  }
  // A physical array holds both polarities of one slice, or one polarity with paired arrays.
  const std::uint64_t most_cells = most_weights * (array.signed_scheme == SignedScheme::paired_arrays ? 1U : 2U);
  const DeviceSpec& device = spec_.device;
  chip.report_.energy = device.write_energy * (static_cast<double>(chip.report_.cells) * device.write_pulses);
  chip.report_.time = device.write_time * (static_cast<double>(most_cells) * device.write_pulses);
  return chip;
}

void ChipProgrammer::write_targets(ProgrammedChip& chip, const SpikingNetwork& network) const {
  const std::optional<std::int32_t> limit = weight_level_limit(spec_.device.levels, spec_.crossbar.weight_slices);
  CROSSLOOM_CHECK(limit.has_value(), "weights of this device and crossbar do not fit 16 bits");
  for (CrossbarId id; id.value() < chip.crossbars_.size(); id = CrossbarId(id.value() + 1U)) {
    ProgrammedCrossbar& crossbar = chip.crossbars_[id];
    for (const BlockPart& part : mapped_.crossbars[id].parts) {
      const SpikingLayer& layer = network.layers.at(part.layer);
      for (std::size_t i = 0; i < part.rows.size(); ++i) {
        std::int16_t* row = crossbar.levels_.data() + (part.first_wordline + i) * crossbar.stride_ + part.first_column;
        for (std::size_t j = 0; j < part.columns.size(); ++j) {
          const std::int16_t weight = layer.weights.at(std::size_t{part.rows[i]} * layer.outputs + part.columns[j]);
          CROSSLOOM_CHECK(std::abs(weight) <= *limit, "a weight larger than the cells can hold");
          row[j] = weight;
        }
      }
    }
  }
}

void ChipProgrammer::disturb(ProgrammedChip& chip, RandomKey key) const {
  if (chip.ideal_) return;
  for (CrossbarId id; id.value() < chip.crossbars_.size(); id = CrossbarId(id.value() + 1U)) {
    ProgrammedCrossbar& crossbar = chip.crossbars_[id];
    crossbar.deviation_.assign(std::size_t{crossbar.rows_} * crossbar.columns_ * crossbar.slices_ * 2, 0.0F);
    for (const BlockPart& part : mapped_.crossbars[id].parts)
      disturb_part(crossbar, part, key, chip.report_.stuck_cells);
  }
}

void ChipProgrammer::disturb_part(ProgrammedCrossbar& crossbar, const BlockPart& part, RandomKey key,
                                  std::uint64_t& stuck_cells) const {
  const CellDraws draws(spec_.device, key, part.layer);
  const auto disturb_cell = [&](std::uint32_t i, std::uint32_t j, std::uint32_t polarity, std::uint32_t slice) {
    const std::uint32_t row = part.first_wordline + i, column = part.first_column + j;
    const std::uint32_t input = part.rows[i], output = part.columns[j], cell = (polarity << 16U) | slice;
    const Conductance target = crossbar.cell(row, column, polarity, slice).target;
    const std::optional<Conductance> stuck = draws.stuck(input, output, cell);
    if (stuck) ++stuck_cells;
    const Conductance actual = stuck ? *stuck : draws.written(target, input, output, cell);
    crossbar.deviation_[crossbar.cell_index(row, column, slice) + polarity] =
        static_cast<float>((actual - target).si());
  };
  const auto rows = static_cast<std::uint32_t>(part.rows.size()),
             columns = static_cast<std::uint32_t>(part.columns.size());
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) {
      for (std::uint32_t slice = 0; slice < crossbar.slices_; ++slice) {
        disturb_cell(i, j, 0, slice);
        disturb_cell(i, j, 1, slice);
      }
    }
  }
}

void ChipProgrammer::derive(ProgrammedChip& chip) const {
  for (CrossbarId id; id.value() < chip.crossbars_.size(); id = CrossbarId(id.value() + 1U)) {
    ProgrammedCrossbar& crossbar = chip.crossbars_[id];
    crossbar.largest_weight_ = 1;
    for (const std::int16_t weight : crossbar.levels_) {
      crossbar.largest_weight_ = std::max<std::int32_t>(crossbar.largest_weight_, std::abs(weight));
    }
    if (!chip.ideal_) derive_effective(crossbar);
    derive_row_energy(crossbar, mapped_.crossbars[id]);
  }
}

void ChipProgrammer::derive_effective(ProgrammedCrossbar& crossbar) const {
  crossbar.effective_.assign(crossbar.rows_ * crossbar.stride_, 0.0);
  for (std::uint32_t row = 0; row < crossbar.rows_; ++row) {
    for (std::uint32_t column = 0; column < crossbar.columns_; ++column) {
      double deviation = 0.0, slice_weight = 1.0;
      for (std::uint32_t slice = 0; slice < crossbar.slices_; ++slice, slice_weight *= levels_.count) {
        const float* pair = crossbar.deviation_.data() + crossbar.cell_index(row, column, slice);
        deviation += slice_weight * (static_cast<double>(pair[0]) - static_cast<double>(pair[1]));
      }
      const std::size_t at = row * crossbar.stride_ + column;
      crossbar.effective_[at] = crossbar.levels_[at] + deviation / levels_.step.si();
    }
  }
}

Zeptojoules ChipProgrammer::row_energy(const ProgrammedCrossbar& crossbar, std::uint32_t row, std::uint32_t first,
                                       std::uint32_t last) const {
  // Whole levels are added as integers and deviations as doubles in a fixed order.
  std::uint64_t level_sum = 0;
  double deviation = 0.0;
  for (std::uint32_t column = first; column < last; ++column) {
    auto magnitude = static_cast<std::uint32_t>(std::abs(crossbar.levels_[row * crossbar.stride_ + column]));
    for (; magnitude != 0; magnitude /= levels_.count) level_sum += magnitude % levels_.count;
    if (crossbar.deviation_.empty()) continue;
    const float* cells = crossbar.deviation_.data() + crossbar.cell_index(row, column, 0);
    for (std::uint32_t c = 0; c < 2 * crossbar.slices_; ++c) deviation += static_cast<double>(cells[c]);
  }
  const std::uint64_t cells = std::uint64_t{last - first} * 2 * crossbar.slices_;
  const double conductance = static_cast<double>(cells) * levels_.minimum.si() +
                             static_cast<double>(level_sum) * levels_.step.si() + deviation;
  const double voltage = spec_.crossbar.read_voltage.si();
  const double joules = voltage * voltage * conductance * spec_.crossbar.read_time.si();
  return static_cast<Zeptojoules>(std::llround(joules * kZeptojoulesPerJoule));
}

void ChipProgrammer::derive_row_energy(ProgrammedCrossbar& crossbar, const MappedCrossbar& placed) const {
  if (spec_.crossbar.selector == Selector::none) {
    for (std::uint32_t row = 0; row < crossbar.rows_; ++row) {
      crossbar.row_energy_[row] = row_energy(crossbar, row, 0, crossbar.columns_);
    }
    return;
  }
  crossbar.row_energy_.assign(crossbar.rows_, 0);
  for (const BlockPart& part : placed.parts) {
    const std::uint32_t last_column = part.first_column + static_cast<std::uint32_t>(part.columns.size());
    for (std::uint32_t k = 0; k < part.rows.size(); ++k) {
      const std::uint32_t row = part.first_wordline + k;
      crossbar.row_energy_[row] = row_energy(crossbar, row, part.first_column, last_column);
    }
  }
}

ProgrammedChip ProgrammedChip::program(const MappedNetwork& mapped, const SpikingNetwork& network, const ChipSpec& chip,
                                       RandomKey key) {
  const ChipProgrammer programmer(mapped, chip);
  ProgrammedChip programmed = programmer.blank();
  programmer.write_targets(programmed, network);
  programmer.disturb(programmed, key);
  programmer.derive(programmed);
  return programmed;
}

}  // namespace crossloom
