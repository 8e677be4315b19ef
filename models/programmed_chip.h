// The cells as written: target and actual conductance of every cell, and what a crossbar computes with them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/archive.h"
#include "base/random.h"
#include "models/chip_spec.h"
#include "models/mapped_network.h"
#include "models/spiking_network.h"

namespace crossloom {

/// Data-dependent energy in whole zeptojoules (1e-21 J): integers add up to the same sum in any order.
using Zeptojoules = std::uint64_t;

struct CellReading {
  Conductance target;
  Conductance actual;
};

/// One logical crossbar, rows x columns weights, each weight_slices cells of each polarity.
class ProgrammedCrossbar {
 public:
  ProgrammedCrossbar(std::uint32_t rows, std::uint32_t columns, std::uint32_t slices);
  [[nodiscard]] std::uint32_t rows() const { return rows_; }
  [[nodiscard]] std::uint32_t columns() const { return columns_; }

  /// polarity 0 = positive, 1 = negative. Not on the hot path.
  [[nodiscard]] CellReading cell(std::uint32_t row, std::uint32_t column, std::uint32_t polarity, std::uint32_t slice) const;

  /// Ideal devices: adds the weights of each driven row to sums[0..columns), in units of one level.
  void integrate(const std::uint16_t* driven_rows, std::size_t driven, std::int32_t* sums) const;
  /// Any devices: the same in double, rows in the order given.
  void integrate(const std::uint16_t* driven_rows, std::size_t driven, double* sums) const;
  /// Energy of one drive of these rows for read_time: sum over rows of V^2 (G+ + G-) t.
  [[nodiscard]] Zeptojoules drive_energy(const std::uint16_t* driven_rows, std::size_t driven) const;

 private:
  friend class ProgrammedChip;
  friend class ChipProgrammer;
  std::uint32_t rows_, columns_, slices_;
  std::vector<float> target_, actual_;        ///< siemens, [row][column][slice][polarity]
  std::vector<std::int16_t> levels_;          ///< integer weights, rows padded to a whole number of 32 columns
  std::vector<double> effective_;             ///< real weights in units of one level; empty for ideal devices
  std::vector<Zeptojoules> row_energy_;
};

struct ProgrammingReport {
  std::uint64_t cells = 0;       ///< cells written (both polarities, all slices, live rows and columns of block parts)
  std::uint64_t stuck_cells = 0;
  Energy energy;                 ///< cells x pulses x write energy
  Time time;                     ///< arrays one beside the other, cells of an array one after another
};

class ProgrammedChip {
 public:
  /// Writes every weight. Device draws are keyed by (effect, layer, input, output, polarity, slice), so the same weight
  /// gets the same draw at every tile size. Cells that hold no weight stay at G_min (stuck-at draws aside: none there).
  static ProgrammedChip program(const MappedNetwork& mapped, const SpikingNetwork& network, const ChipSpec& chip,
                                RandomKey key);
  [[nodiscard]] bool ideal() const { return ideal_; }
  [[nodiscard]] const ProgrammedCrossbar& crossbar(CrossbarId id) const { return crossbars_[id]; }
  [[nodiscard]] std::size_t size() const { return crossbars_.size(); }
  [[nodiscard]] const ProgrammingReport& report() const { return report_; }
  [[nodiscard]] std::uint32_t weight_slices() const { return weight_slices_; }

  /// File form (archive kind "programmed_chip"): targets and actual conductances; what is derived is derived again.
  [[nodiscard]] Archive to_archive() const;
  static ProgrammedChip from_archive(const Archive& archive, const MappedNetwork& mapped, const ChipSpec& chip);

 private:
  friend class ChipProgrammer;
  bool ideal_ = true;
  std::uint32_t weight_slices_ = 1;
  IdVector<CrossbarId, ProgrammedCrossbar> crossbars_;
  ProgrammingReport report_;
};

}  // namespace crossloom
