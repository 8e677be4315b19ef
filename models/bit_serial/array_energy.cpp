#include "models/bit_serial/array_energy.h"

#include "models/bit_serial/bit_slices.h"

namespace crossloom {

double unit_zeptojoules(const BitSerialChipSpec& chip, double conductance_s) {
  constexpr double kZeptojoulesPerJoule = 1e21;
  const double volts = chip.array.read_voltage.si() / ((1U << chip.dac.bits) - 1U);
  return volts * volts * conductance_s * chip.array.read_time.si() * kZeptojoulesPerJoule;
}

std::vector<double> ideal_unit_energies(const BitSerialChipSpec& chip, const IdealCells& cells) {
  const BitLineLayout layout(chip);
  const double lowest = chip.device.minimum_conductance.si();
  const double step = (chip.device.maximum_conductance.si() - lowest) / (chip.device.levels - 1.0);
  const std::uint64_t taking = chip.array.selector == Selector::cut_off
                                   ? std::uint64_t{cells.columns()} * layout.lines()
                                   : std::uint64_t{layout.arrays} * layout.bit_lines;
  std::vector<double> energies;
  for (std::size_t i = 0; i < cells.rows(); ++i) {
    const double conductance = static_cast<double>(taking) * lowest + static_cast<double>(cells.level_sum(i)) * step;
    energies.push_back(unit_zeptojoules(chip, conductance));
  }
  return energies;
}

}  // namespace crossloom
