// How cells are written and what is derived from them; shared by programming and reloading. Private to models.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/device/array_conductances.h"
#include "models/device/cell_programming.h"
#include "models/programmed_chip.h"

namespace crossloom {

/// Turns targets and deviations into everything a crossbar needs, for freshly programmed and for reloaded chips alike.
class ChipProgrammer {
 public:
  explicit ChipProgrammer(const MappedNetwork& mapped, const ChipSpec& spec, std::size_t threads = 1)
      : mapped_(mapped), spec_(spec), levels_(spec.device), threads_(threads) {}

  /// All cells at G_min, report filled as for cells that are written once.
  ProgrammedChip blank() const;
  void set_lines(ProgrammedChip& chip, const LineAssignment& lines) const;
  void write_targets(ProgrammedChip& chip, const SpikingNetwork& network) const;
  /// What the cells hold instead of their targets when they are read, and what writing them took.
  void disturb(ProgrammedChip& chip) const;
  /// Effective weights, their noise and energies from weights and deviations.
  void derive(ProgrammedChip& chip) const;

  /// Target weights without padding, row by row.
  static std::vector<std::int16_t> weights_of(const ProgrammedCrossbar& crossbar);
  static std::size_t weights_in(const ProgrammedCrossbar& crossbar) {
    return std::size_t{crossbar.rows_} * crossbar.columns_;
  }
  static std::size_t cells_in(const ProgrammedCrossbar& crossbar) {
    return std::size_t{crossbar.rows_} * crossbar.cell_columns_ * crossbar.slices_ * 2;
  }
  /// Where the lines of all crossbars lie, wordlines then columns, one crossbar after another; empty = all in order.
  static std::vector<std::uint16_t> lines_of(const ProgrammedChip& chip);
  /// Throws UserError where they do not fit the chip.
  void set_lines(ProgrammedChip& chip, const std::vector<std::uint16_t>& lines) const;
  static void set_weights(ProgrammedCrossbar& crossbar, const std::int16_t* weights);
  /// What a saved chip and the chip it is loaded for must agree on.
  static nlohmann::json fingerprint(const ChipSpec& chip, const MappedNetwork& mapped);

 private:
  /// Of this crossbar, spare columns included.
  [[nodiscard]] ArrayLayout layout_of(const ProgrammedCrossbar& crossbar) const {
    ArrayLayout layout(spec_.crossbar);
    layout.rows = crossbar.rows_;
    layout.columns = crossbar.cell_columns_;
    return layout;
  }
  /// What writing one crossbar took, by physical array.
  struct Writing {
    std::vector<WriteCount> arrays;
    std::uint64_t stuck_cells = 0;
  };
  /// What a cell is, by cell_index.
  enum class CellState : std::uint8_t { unused, works, stuck };
  void for_each_crossbar(const std::function<void(CrossbarId)>& task) const;
  Writing disturb_crossbar(ProgrammedCrossbar& crossbar, CrossbarId id, RandomKey key) const;
  void disturb_part(ProgrammedCrossbar& crossbar, const BlockPart& part, RandomKey key, std::vector<CellState>& states,
                    std::vector<WriteCount>& arrays) const;
  void add_array_faults(ProgrammedCrossbar& crossbar, CrossbarId id, RandomKey key,
                        std::vector<CellState>& states) const;
  void account(ProgrammedChip& chip, const std::vector<Writing>& writings) const;
  void derive_real(ProgrammedCrossbar& crossbar, CrossbarId id, RandomKey key) const;
  /// Cells become transfer conductances, and the energies those at the drivers. `factors`: of the drivers' voltages,
  /// [array][wordline].
  void add_wires(ProgrammedCrossbar& crossbar, const MappedCrossbar& placed,
                 const std::vector<std::vector<double>>& factors, std::vector<PhysicalArray>& arrays) const;
  void calibrate_columns(ProgrammedCrossbar& crossbar, const MappedCrossbar& placed,
                         std::vector<double>& weights) const;
  void derive_cell_energy(ProgrammedCrossbar& crossbar, const MappedCrossbar& placed,
                          const std::vector<std::vector<double>>& factors,
                          const std::vector<PhysicalArray>& arrays) const;
  void derive_row_energy(
      ProgrammedCrossbar& crossbar, const MappedCrossbar& placed,
      const std::function<Zeptojoules(std::uint32_t row, std::uint32_t first, std::uint32_t last)>& energy_of) const;
  Zeptojoules ideal_row_energy(const ProgrammedCrossbar& crossbar, std::uint32_t row, std::uint32_t first,
                               std::uint32_t last) const;
  [[nodiscard]] Zeptojoules read_energy(double conductance_s) const;

  const MappedNetwork& mapped_;
  const ChipSpec& spec_;
  CellLevels levels_;
  std::size_t threads_;
};

}  // namespace crossloom
