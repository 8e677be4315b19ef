// Writing the targets, and what writing takes.
#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "models/chip_programmer.h"

namespace crossloom {

ProgrammedChip ChipProgrammer::blank() const {
  ProgrammedChip chip;
  chip.ideal_ = spec_.ideal();
  chip.reads_are_noisy_ = spec_.device.read_noise.any();
  chip.neurons_ = spec_.neurons;
  chip.weight_slices_ = spec_.crossbar.weight_slices;
  chip.fingerprint_ = fingerprint(spec_, mapped_).dump();
  const CrossbarSpec& array = spec_.crossbar;
  std::uint64_t most_weights = 0;
  for (const MappedCrossbar& placed : mapped_.crossbars) {
    const ArraySize size = placed.size.value_or(ArraySize{array.rows, array.columns});
    chip.crossbars_.push_back(
        ProgrammedCrossbar(size.rows, size.columns, array.weight_slices, levels_, array.spare_columns));
    std::uint64_t weights = 0;
    for (const BlockPart& part : placed.parts) {
      CROSSLOOM_CHECK(part.first_wordline + part.rows.size() <= size.rows &&
                          part.first_column + part.columns.size() <= size.columns,
                      "a block part reaches out of its crossbar");
      weights += std::uint64_t{part.rows.size()} * part.columns.size();
    }
    most_weights = std::max(most_weights, weights);
    chip.report_.cells += weights * 2 * array.weight_slices;
  }
  // A physical array holds both polarities of one slice, or one polarity with paired arrays.
  const std::uint64_t most_cells = most_weights * (array.signed_scheme == SignedScheme::paired_arrays ? 1U : 2U);
  const DeviceSpec& device = spec_.device;
  chip.report_.writes = chip.report_.cells;
  chip.report_.energy = device.write_energy * (static_cast<double>(chip.report_.cells) * device.write_pulses);
  chip.report_.time = device.write_time * (static_cast<double>(most_cells) * device.write_pulses);
  return chip;
}

void ChipProgrammer::set_lines(ProgrammedChip& chip, const LineAssignment& lines) const {
  if (lines.empty()) return;
  CROSSLOOM_CHECK(lines.size() == chip.crossbars_.size(), "a line order for each crossbar");
  for (CrossbarId id; id.value() < lines.size(); id = CrossbarId(id.value() + 1U)) {
    ProgrammedCrossbar& crossbar = chip.crossbars_[id];
    CROSSLOOM_CHECK(
        is_order(lines[id].wordlines, crossbar.rows_) && is_order(lines[id].columns, crossbar.cell_columns_),
        "a line order is a permutation of the crossbar's lines");
    crossbar.lines_ = lines[id];
  }
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
        const std::optional<HeldRow> held = held_row(mapped_, part, i);
        for (std::size_t j = 0; held && j < part.columns.size(); ++j) {
          const std::int16_t weight = layer.weights.at(std::size_t{held->input} * layer.outputs + (*held->outputs)[j]);
          CROSSLOOM_CHECK(std::abs(weight) <= *limit, "a weight larger than the cells can hold");
          row[j] = weight;
        }
      }
    }
  }
}

ProgrammedChip ProgrammedChip::program(const MappedNetwork& mapped, const SpikingNetwork& network, const ChipSpec& chip,
                                       RandomKey key, std::size_t threads, const LineAssignment& lines) {
  const ChipProgrammer programmer(mapped, chip, threads);
  ProgrammedChip programmed = programmer.blank();
  programmed.key_ = key;
  programmer.set_lines(programmed, lines);
  programmer.write_targets(programmed, network);
  programmer.disturb(programmed);
  programmer.derive(programmed);
  return programmed;
}

}  // namespace crossloom
