// What cells hold instead of their targets: every law of the device, crossbar by crossbar.
#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "models/chip_programmer.h"
#include "models/device/aging.h"
#include "models/device/array_conductances.h"
#include "models/device/stuck_cells.h"

namespace crossloom {

void ChipProgrammer::for_each_crossbar(const std::function<void(CrossbarId)>& task) const {
  ThreadPool pool(std::max<std::size_t>(1, threads_));
  pool.for_each(mapped_.crossbars.size(), [&](std::size_t item, std::size_t) { task(CrossbarId(item)); });
}

void ChipProgrammer::disturb(ProgrammedChip& chip) const {
  if (chip.ideal_ && !spec_.crossbar.write_verify) return;
  std::vector<Writing> writings(chip.crossbars_.size());
  for_each_crossbar([&](CrossbarId id) {
    writings[id.value()] = disturb_crossbar(chip.crossbars_[id], id, chip.key_);
    if (chip.ideal_) chip.crossbars_[id].deviation_ = {};
  });
  account(chip, writings);
}

ChipProgrammer::Writing ChipProgrammer::disturb_crossbar(ProgrammedCrossbar& crossbar, CrossbarId id,
                                                         RandomKey key) const {
  Writing writing;
  writing.arrays.resize(ArrayLayout(spec_.crossbar).arrays());
  const std::size_t cells = cells_in(crossbar);
  crossbar.deviation_.assign(cells, 0.0F);
  std::vector<CellState> states(cells, CellState::unused);
  for (const BlockPart& part : mapped_.crossbars[id].parts) {
    const RandomKey of_copy = part.copy == 0 ? key : key.child("copy").child(std::uint64_t{part.copy});
    disturb_part(crossbar, part, of_copy, states, writing.arrays);
  }
  add_array_faults(crossbar, id, key, states);
  writing.stuck_cells = static_cast<std::uint64_t>(std::count(states.begin(), states.end(), CellState::stuck));
  return writing;
}

void ChipProgrammer::disturb_part(ProgrammedCrossbar& crossbar, const BlockPart& part, RandomKey key,
                                  std::vector<CellState>& states, std::vector<WriteCount>& arrays) const {
  CellProgramming programming(spec_.device, spec_.crossbar, key, part.layer);
  StuckCells stuck_cells(spec_.device, key, part.layer);
  CellAging aging(spec_.device, key, part.layer);
  const ArrayLayout layout = layout_of(crossbar);
  const std::size_t columns = part.columns.size();
  std::vector<double> targets(columns), actual(columns);
  std::vector<std::uint8_t> stuck(columns);
  const auto disturb_row = [&](std::uint32_t i, std::uint32_t slice, std::uint32_t polarity) {
    const std::uint32_t row = part.first_wordline + i;
    for (std::uint32_t j = 0; j < columns; ++j) {
      targets[j] = crossbar.cell_unchecked(row, part.first_column + j, polarity, slice).target.si();
    }
    std::fill(stuck.begin(), stuck.end(), std::uint8_t{0});
    const CellRow cells{part.rows[i], part.columns.data(), columns, (polarity << 16U) | slice};
    programming.write(cells, targets.data(), actual.data(), arrays[layout.array_of(slice, polarity)]);
    stuck_cells.apply(cells, actual.data(), stuck.data());
    aging.apply(cells, targets.data(), stuck.data(), actual.data());
    for (std::uint32_t j = 0; j < columns; ++j) {
      const std::size_t at = crossbar.cell_index(row, part.first_column + j, slice) + polarity;
      crossbar.deviation_[at] = static_cast<float>(actual[j] - targets[j]);
      states[at] = stuck[j] != 0 ? CellState::stuck : CellState::works;
    }
  };
  for (std::uint32_t i = 0; i < part.rows.size(); ++i) {
    for (std::uint32_t slice = 0; slice < crossbar.slices_; ++slice) {
      for (const std::uint32_t polarity : {0U, 1U}) disturb_row(i, slice, polarity);
    }
  }
}

void ChipProgrammer::add_array_faults(ProgrammedCrossbar& crossbar, CrossbarId id, RandomKey key,
                                      std::vector<CellState>& states) const {
  const ArrayLayout layout = layout_of(crossbar);
  const LineOrder at_place{inverse_order(crossbar.lines_.wordlines), inverse_order(crossbar.lines_.columns)};
  for (std::uint32_t array = 0; array < layout.arrays(); ++array) {
    visit_array_faults(spec_.device, key, id.value(), array, layout.rows, layout.bitlines(), [&](FaultyCell faulty) {
      const ArrayLayout::Cell place = layout.cell(array, faulty.bitline);
      const std::uint32_t row = at_place.wordline(faulty.wordline), column = at_place.column(place.column);
      const std::size_t at = crossbar.cell_index(row, column, place.slice) + place.polarity;
      const CellReading cell = crossbar.cell_unchecked(row, column, place.polarity, place.slice);
      auto deviation = static_cast<float>(faulty.conductance_s - cell.target.si());
      // Rounded down, so that no current is left; cell() stops at 0.
      if (faulty.conductance_s == 0.0) deviation = std::nextafter(deviation, -1.0F);
      crossbar.deviation_[at] = deviation;
      if (states[at] == CellState::works) states[at] = CellState::stuck;
    });
  }
}

void ChipProgrammer::account(ProgrammedChip& chip, const std::vector<Writing>& writings) const {
  const DeviceSpec& device = spec_.device;
  const bool verified = spec_.crossbar.write_verify.has_value();
  const double volts = spec_.crossbar.read_voltage.si();
  std::uint64_t writes = 0, busiest = 0;
  double conductance_read = 0.0;
  for (const Writing& writing : writings) {
    chip.report_.stuck_cells += writing.stuck_cells;
    for (const WriteCount& array : writing.arrays) {
      writes += array.attempts;
      busiest = std::max(busiest, array.attempts);
      conductance_read += array.read_conductance_s;
    }
  }
  chip.report_.writes = writes;
  chip.report_.energy = device.write_energy * (static_cast<double>(writes) * device.write_pulses) +
                        Energy::from_si(volts * volts * conductance_read * spec_.crossbar.read_time.si());
  chip.report_.time = device.write_time * (static_cast<double>(busiest) * device.write_pulses);
  if (verified) chip.report_.time = chip.report_.time + spec_.crossbar.read_time * static_cast<double>(busiest);
}

}  // namespace crossloom
