#include "models/bit_serial/array_programming.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "models/bit_serial/array_energy.h"
#include "models/bit_serial/real_kernels.h"
#include "models/bit_serial/weight_digits.h"
#include "models/circuit/array_solver.h"
#include "models/circuit/transfer_products.h"
#include "models/device/aging.h"
#include "models/device/cell_programming.h"
#include "models/device/read_noise.h"
#include "models/device/stuck_cells.h"

namespace crossloom {

ArrayProgramming::ArrayProgramming(const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                                   const AdcShifts& shifts, RandomKey key)
    : network_(network),
      chip_(chip),
      shifts_(shifts),
      key_(key),
      layout_(chip),
      adcs_(chip.adc.errors, chip.adc.bits, key),
      dacs_(chip.dac, key),
      lowest_(chip.device.minimum_conductance.si()),
      step_((chip.device.maximum_conductance.si() - lowest_) / (chip.device.levels - 1.0)) {}

std::vector<WrittenPart> ArrayProgramming::write(PlacedCrossbarId id, const PlacedCrossbar& crossbar) const {
  const std::size_t cells = std::size_t{layout_.rows} * layout_.bit_lines;
  const double unused = chip_.array.selector == Selector::cut_off ? 0.0 : lowest_;
  std::vector<Cells> arrays(layout_.arrays);
  for (Cells& array : arrays) {
    array.conductance.assign(cells, unused);
    if (chip_.device.read_noise.any()) array.variance.assign(cells, 0.0);
  }
  std::vector<std::vector<std::uint64_t>> flipped(crossbar.parts.size());
  for (std::size_t p = 0; p < crossbar.parts.size(); ++p) write_part(crossbar.parts[p], arrays, flipped[p]);
  add_array_faults(id, arrays);
  std::vector<double> delivered;
  if (!chip_.array.wires.ideal()) delivered = add_wires(arrays);
  std::vector<WrittenPart> written;
  for (std::size_t p = 0; p < crossbar.parts.size(); ++p) {
    written.push_back(written_part(id, crossbar, p, arrays, flipped[p], delivered));
  }
  return written;
}

void ArrayProgramming::write_part(const CrossbarPart& part, std::vector<Cells>& arrays,
                                  std::vector<std::uint64_t>& flipped) const {
  const RandomKey key = part.copy == 0 ? key_ : key_.child("copy").child(std::uint64_t{part.copy});
  const std::size_t rows = part.rows.size(), columns = part.columns.size();
  const WeightDigits weight_digits(part, network_.layers[part.layer], chip_, shifts_[part.layer]);
  std::vector<std::vector<std::uint8_t>> digits(columns);
  flipped.resize(columns);
  for (std::size_t j = 0; j < columns; ++j) flipped[j] = weight_digits.of_column(j, digits[j]);
  CellProgramming programming(chip_.device, CrossbarSpec{}, key, part.layer);
  StuckCells stuck_cells(chip_.device, key, part.layer);
  CellAging aging(chip_.device, key, part.layer);
  const ReadNoise noise(chip_.device, chip_.array.read_voltage);
  std::vector<double> targets(columns), actual(columns);
  std::vector<std::uint8_t> stuck(columns);
  WriteCount count;
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t line = 0; line < layout_.lines(); ++line) {
      const std::uint32_t slice = line / layout_.polarities, polarity = line % layout_.polarities;
      for (std::size_t j = 0; j < columns; ++j) targets[j] = lowest_ + step_ * digits[j][line * rows + i];
      std::fill(stuck.begin(), stuck.end(), std::uint8_t{0});
      const CellRow cells{part.rows[i], part.columns.data(), columns, (polarity << 16U) | slice};
      programming.write(cells, targets.data(), actual.data(), count);
      stuck_cells.apply(cells, actual.data(), stuck.data());
      aging.apply(cells, targets.data(), stuck.data(), actual.data());
      Cells& array = arrays[layout_.array_of(slice, polarity)];
      for (std::uint32_t j = 0; j < columns; ++j) {
        const std::size_t at = std::size_t{part.first_wordline + i} * layout_.bit_lines +
                               layout_.bit_line_of(part.first_column + j, slice, polarity);
        array.conductance[at] = actual[j];
        if (array.variance.empty()) continue;
        const ReadStatistics read = noise.of(Conductance::from_si(actual[j]), Conductance::from_si(targets[j]));
        array.conductance[at] += read.mean_shift_s;
        array.variance[at] = read.variance_s2;
      }
    }
  }
}

void ArrayProgramming::add_array_faults(PlacedCrossbarId id, std::vector<Cells>& arrays) const {
  const ReadNoise noise(chip_.device, chip_.array.read_voltage);
  const bool cut_off = chip_.array.selector == Selector::cut_off;
  for (std::uint32_t a = 0; a < arrays.size(); ++a) {
    Cells& array = arrays[a];
    visit_array_faults(chip_.device, key_, id.value(), a, layout_.rows, layout_.bit_lines, [&](FaultyCell faulty) {
      const std::size_t at = std::size_t{faulty.wordline} * layout_.bit_lines + faulty.bitline;
      if (cut_off && array.conductance[at] == 0.0) return;
      array.conductance[at] = faulty.conductance_s;
      if (array.variance.empty()) return;
      const Conductance held = Conductance::from_si(faulty.conductance_s);
      const ReadStatistics read = noise.of(held, held);
      array.conductance[at] += read.mean_shift_s;
      array.variance[at] = faulty.conductance_s > 0.0 ? read.variance_s2 : 0.0;
    });
  }
}

std::vector<double> ArrayProgramming::add_wires(std::vector<Cells>& arrays) const {
  std::vector<double> delivered(std::size_t{layout_.rows} * layout_.rows, 0.0);
  ArraySolver solver(layout_.rows, layout_.bit_lines, chip_.array.wires);
  for (Cells& array : arrays) {
    const ConductanceMatrix cells{layout_.rows, layout_.bit_lines, std::move(array.conductance)};
    solver.solve(cells);
    TransferMatrix transfer = solver.transfer();
    for (std::size_t at = 0; at < delivered.size(); ++at) delivered[at] += transfer.admittance[at];
    if (!array.variance.empty()) array.variance = transfer_variances(cells, transfer, array.variance);
    array.conductance = std::move(transfer.siemens);
  }
  return delivered;
}

WrittenPart ArrayProgramming::written_part(PlacedCrossbarId id, const PlacedCrossbar& crossbar, std::size_t index,
                                           const std::vector<Cells>& arrays, const std::vector<std::uint64_t>& flipped,
                                           const std::vector<double>& delivered) const {
  const CrossbarPart& part = crossbar.parts[index];
  RealCells::Parts parts;
  parts.rows = static_cast<std::uint32_t>(part.rows.size());
  parts.columns = static_cast<std::uint32_t>(part.columns.size());
  parts.key = key_.child("crossbar").child(std::uint64_t{id.value()}).child(index);
  for (std::uint32_t a = 0; a < arrays.size(); ++a) {
    parts.arrays.push_back(array_part(part, arrays[a]));
    if (chip_.dac.ideal()) continue;
    const std::uint32_t array = crossbar.element.value() * layout_.element_arrays + crossbar.first_array + a;
    for (std::uint32_t i = 0; i < parts.rows; ++i) {
      const std::vector<float> levels = dacs_.levels(array, part.first_wordline + i);
      std::vector<float>& all = parts.arrays.back().dac_levels;
      all.insert(all.end(), levels.begin(), levels.end());
    }
  }
  add_conversions(crossbar, part, flipped, parts);
  WrittenPart written;
  if (chip_.array.energy == ArrayEnergy::dissipated && delivered.empty()) {
    written.unit_zeptojoules = std::make_shared<const std::vector<double>>(unit_energies(part, arrays));
  } else if (chip_.array.energy == ArrayEnergy::dissipated) {
    const std::size_t panels = (parts.rows + kPanelLines - 1) / kPanelLines;
    parts.joint_zeptojoules.assign(panels * parts.rows * kPanelLines, 0.0F);
    for (std::size_t i = 0; i < parts.rows; ++i) {
      for (std::size_t k = 0; k < parts.rows; ++k) {
        const double siemens = delivered[(part.first_wordline + i) * layout_.rows + part.first_wordline + k];
        parts.joint_zeptojoules[(k / kPanelLines * parts.rows + i) * kPanelLines + k % kPanelLines] =
            static_cast<float>(unit_zeptojoules(chip_, siemens));
      }
    }
  }
  written.cells = std::make_shared<const RealCells>(std::move(parts), chip_, shifts_[part.layer]);
  return written;
}

RealArrayPart ArrayProgramming::array_part(const CrossbarPart& part, const Cells& cells) const {
  RealArrayPart result;
  const std::size_t rows = part.rows.size();
  result.lines = layout_.width_of(static_cast<std::uint32_t>(part.columns.size()));
  const std::uint32_t first_line = layout_.bit_line_of(part.first_column, 0, 0);
  result.digits.assign(result.panels() * rows * kPanelLines, 0.0F);
  if (!cells.variance.empty()) result.variances.assign(result.digits.size(), 0.0F);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t line = 0; line < result.lines; ++line) {
      const std::size_t from = (part.first_wordline + i) * layout_.bit_lines + first_line + line;
      const std::size_t to = (line / kPanelLines * rows + i) * kPanelLines + line % kPanelLines;
      result.digits[to] = static_cast<float>((cells.conductance[from] - lowest_) / step_);
      if (!cells.variance.empty()) result.variances[to] = static_cast<float>(cells.variance[from] / (step_ * step_));
    }
  }
  return result;
}

ArrayProgramming::Converter ArrayProgramming::converter_of(std::uint32_t adc) const {
  Converter converter{adcs_.of(adc), nullptr};
  std::vector<float> transitions = adcs_.transitions(adc);
  if (!transitions.empty()) converter.transitions = std::make_shared<const std::vector<float>>(std::move(transitions));
  return converter;
}

void ArrayProgramming::add_conversions(const PlacedCrossbar& crossbar, const CrossbarPart& part,
                                       const std::vector<std::uint64_t>& flipped, RealCells::Parts& parts) const {
  const bool by_pair = chip_.array.weight_encoding == WeightEncoding::differential_analog;
  const auto columns = static_cast<std::uint32_t>(part.columns.size());
  const std::size_t padded = parts.arrays.front().panels() * kPanelLines;
  const std::uint32_t first_line = layout_.bit_line_of(part.first_column, 0, 0);
  const auto line_of = [&](std::uint32_t j, std::uint32_t s, std::uint32_t p) {
    return static_cast<std::uint32_t>(layout_.array_of(s, p) * padded +
                                      layout_.bit_line_of(part.first_column + j, s, p) - first_line);
  };
  std::map<std::uint32_t, Converter> known;
  for (std::uint32_t j = 0; j < columns; ++j) {
    for (std::uint32_t s = 0; s < layout_.slices; ++s) {
      for (std::uint32_t p = 0; p < (by_pair ? 1 : layout_.polarities); ++p) {
        RealConversion conversion;
        conversion.line = line_of(j, s, p);
        conversion.negative_line = by_pair ? line_of(j, s, 1) : 0;
        conversion.column = j;
        conversion.slice = s;
        conversion.subtracted = p == 1;
        conversion.flipped = ((flipped[j] >> s) & 1U) != 0;
        const std::uint32_t array = crossbar.first_array + layout_.array_of(s, p);
        const std::uint32_t adc = crossbar.element.value() * layout_.adcs +
                                  layout_.adc_of(array, layout_.bit_line_of(part.first_column + j, s, p));
        const auto found = known.find(adc);
        const Converter& converter =
            found != known.end() ? found->second : known.emplace(adc, converter_of(adc)).first->second;
        conversion.deviation = converter.deviation;
        conversion.transitions = converter.transitions;
        parts.conversions.push_back(conversion);
      }
    }
  }
}

std::vector<double> ArrayProgramming::unit_energies(const CrossbarPart& part, const std::vector<Cells>& arrays) const {
  std::vector<double> energies;
  for (std::size_t i = 0; i < part.rows.size(); ++i) {
    double siemens = 0.0;
    for (const Cells& array : arrays) {
      const double* const row = array.conductance.data() + (part.first_wordline + i) * layout_.bit_lines;
      for (std::size_t line = 0; line < layout_.bit_lines; ++line) siemens += row[line];
    }
    energies.push_back(unit_zeptojoules(chip_, siemens));
  }
  return energies;
}

}  // namespace crossloom
