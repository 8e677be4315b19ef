// The cells as written: target and actual conductance of every cell, and what a crossbar computes with them.
//
// A cell of level d holds G_min + d * step, step = (G_max - G_min) / (levels - 1). A positive weight of w levels puts
// the digits of w in base `levels` into its positive cells, slice s worth levels^s, and leaves the negative ones at
// G_min; a negative weight the other way round. The column current difference then is (G+ - G-) = w * step summed over
// slices. See docs/physics.md.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/archive.h"
#include "base/random.h"
#include "models/aligned_vector.h"
#include "models/chip_spec.h"
#include "models/line_order.h"
#include "models/mapped_network.h"
#include "models/spiking_network.h"

namespace crossloom {

/// Data-dependent energy in whole zeptojoules (1e-21 J): integers add up to the same sum in any order. The energy of
/// one driven row is rounded to the nearest zeptojoule, once, when the chip is programmed (a cell at G_min takes some
/// 6,000).
using Zeptojoules = std::uint64_t;

struct CellReading {
  Conductance target;
  Conductance actual;
  [[nodiscard]] Conductance error() const { return actual - target; }
};

/// The levels a cell can hold.
struct CellLevels {
  Conductance minimum;
  Conductance step;
  std::uint32_t count = 2;
  explicit CellLevels(const DeviceSpec& device)
      : minimum(device.minimum_conductance),
        step((device.maximum_conductance - device.minimum_conductance) / (device.levels - 1.0)),
        count(device.levels) {}
  CellLevels() = default;
};

/// One logical crossbar, rows x columns weights, each weight_slices cells of each polarity. Reading is thread-safe.
class ProgrammedCrossbar {
 public:
  /// All cells at G_min. Cells of spare columns are columns [columns, columns + spare_columns); they hold no weight.
  ProgrammedCrossbar(std::uint32_t rows, std::uint32_t columns, std::uint32_t slices,
                     const CellLevels& cell_levels = {}, std::uint32_t spare_columns = 0);
  [[nodiscard]] std::uint32_t rows() const { return rows_; }
  [[nodiscard]] std::uint32_t columns() const { return columns_; }
  /// Where its rows and columns lie in the physical arrays.
  [[nodiscard]] const LineOrder& lines() const { return lines_; }

  /// polarity 0 = positive, 1 = negative. Not on the hot path. Throws Bug outside the crossbar.
  [[nodiscard]] CellReading cell(std::uint32_t row, std::uint32_t column, std::uint32_t polarity,
                                 std::uint32_t slice) const;
  /// The same without the checks.
  [[nodiscard]] CellReading cell_unchecked(std::uint32_t row, std::uint32_t column, std::uint32_t polarity,
                                           std::uint32_t slice) const;
  /// The weight the cells were meant to hold, in levels.
  [[nodiscard]] std::int32_t target_weight(std::uint32_t row, std::uint32_t column) const;

  /// Ideal devices: adds the weights of each driven row to sums[0..columns), in units of one level. Nothing beyond
  /// columns is touched. For devices that are not ideal these are the target weights.
  void integrate(const std::uint16_t* driven_rows, std::size_t driven, std::int32_t* sums) const;
  /// Any devices: the same in double, rows in the order given. Actual weights are kept in 32 bits, as deviations are.
  void integrate(const std::uint16_t* driven_rows, std::size_t driven, double* sums) const;
  /// Noisy reads: adds the variance of each driven row's weights to variances[0..columns), in levels squared, rows in
  /// the order given. The chip's reads are noisy.
  void integrate_variances(const std::uint16_t* driven_rows, std::size_t driven, float* variances) const;
  /// A hint that these rows will be integrated soon.
  void prefetch(const std::uint16_t* driven_rows, std::size_t driven) const {
    if (effective_.empty()) {
      prefetch_rows(levels_, driven_rows, driven);
      return;
    }
    prefetch_rows(effective_, driven_rows, driven);
    if (!variance_.empty()) prefetch_rows(variance_, driven_rows, driven);
  }
  /// Energy of one drive of these rows for read_time: sum over rows of V^2 (G+ + G-) t, all slices, all columns of the
  /// crossbar (with a selector that cuts off: those of the row's block part only). With wires: sum of V I t at the
  /// drivers of all wordlines.
  [[nodiscard]] Zeptojoules drive_energy(const std::uint16_t* driven_rows, std::size_t driven) const {
    Zeptojoules energy = interaction_energy(driven_rows, driven);
    for (std::size_t k = 0; k < driven; ++k) energy += row_energy_[driven_rows[k]];
    return energy;
  }
  /// What driving these rows together takes beyond driving each by itself: with wires, less, since they raise each
  /// other's bit lines (as a number modulo 2^64 that makes sums come out right). 0 without wires.
  [[nodiscard]] Zeptojoules interaction_energy(const std::uint16_t* driven_rows, std::size_t driven) const {
    Zeptojoules energy = 0;
    if (interaction_.empty()) return energy;
    for (std::size_t k = 1; k < driven; ++k) {
      const Zeptojoules* const with = interaction_.data() + std::size_t{driven_rows[k]} * rows_;
      for (std::size_t i = 0; i < k; ++i) energy += with[driven_rows[i]];
    }
    return energy;
  }

 private:
  friend class ProgrammedChip;
  friend class ChipProgrammer;
  template <class Weight>
  void prefetch_rows(const AlignedVector<Weight>& weights, const std::uint16_t* driven_rows, std::size_t driven) const {
    for (std::size_t k = 0; k < driven; ++k) {
      const Weight* const row = weights.data() + driven_rows[k] * stride_;
      for (std::size_t j = 0; j < columns_; j += kCacheLine / sizeof(Weight)) __builtin_prefetch(row + j);
    }
  }
  [[nodiscard]] std::size_t cell_index(std::uint32_t row, std::uint32_t column, std::uint32_t slice) const {
    return ((std::size_t{row} * cell_columns_ + column) * slices_ + slice) * 2;
  }
  std::uint32_t rows_, columns_, slices_;
  std::uint32_t cell_columns_;  ///< spare ones included
  std::size_t stride_;          ///< cell_columns_ padded to whole cache lines of weights
  LineOrder lines_;
  CellLevels cell_levels_;
  std::int32_t largest_weight_ = 1;     ///< of levels_ in size, at least 1
  AlignedVector<std::int16_t> levels_;  ///< target weights, [row][stride]
  std::vector<float> deviation_;        ///< actual - target in siemens, [row][column][slice][polarity]; empty if ideal
  AlignedVector<float> effective_;      ///< actual weights in units of one level, [row][stride]; empty if ideal
  AlignedVector<float> variance_;       ///< of the weights over reads, in levels squared; empty without read noise
  std::vector<Zeptojoules> row_energy_;
  /// Twice V_i Y_ik V_k t, [row][row], modulo 2^64; empty without wires.
  std::vector<Zeptojoules> interaction_;
};

/// Of the file form.
constexpr int kProgrammedChipVersion = 3;

struct ProgrammingReport {
  std::uint64_t cells = 0;        ///< cells written (both polarities, all slices, every weight position of block parts)
  std::uint64_t stuck_cells = 0;  ///< of these: stuck or on a broken line
  std::uint64_t writes = 0;       ///< each of write_pulses pulses; more than cells where write-verify writes again
  Energy energy;                  ///< writes x pulses x write energy, and the reads of write-verify
  Time time;                      ///< arrays one beside the other, cells of an array one after another
};

class ProgrammedChip {
 public:
  /// Writes every weight position of every block part, also those that are not live (as weight 0). Device draws are
  /// keyed by (effect, layer, input, output, polarity, slice), so the same weight gets the same draw at every tile
  /// size. Cells outside block parts stay at G_min, without error or fault, except for faults of whole arrays (clusters
  /// and broken lines, keyed by array). The laws, in this order: programming with the device's own factor and
  /// write-verify (device/cell_programming.h), stuck cells (device/stuck_cells.h), aging (device/aging.h), faults of
  /// arrays. What is derived: read noise (device/read_noise.h), the arrays' effective weights
  /// (device/array_conductances.h), drivers' voltages, column gains (device/column_gain.h). `lines` says where the rows
  /// and columns of each crossbar lie (in order where it is empty). `threads` changes no byte.
  /// Throws Bug where the mapping and the network or chip do not belong together (run legality first).
  static ProgrammedChip program(const MappedNetwork& mapped, const SpikingNetwork& network, const ChipSpec& chip,
                                RandomKey key, std::size_t threads = 1, const LineAssignment& lines = {});
  [[nodiscard]] bool ideal() const { return ideal_; }
  /// Weights differ from read to read (device/layer_physics.h).
  [[nodiscard]] bool reads_are_noisy() const { return reads_are_noisy_; }
  /// How its neurons differ, and the key of what is drawn while it runs.
  [[nodiscard]] const NeuronSpec& neurons() const { return neurons_; }
  [[nodiscard]] RandomKey key() const { return key_; }
  [[nodiscard]] const ProgrammedCrossbar& crossbar(CrossbarId id) const { return crossbars_[id]; }
  [[nodiscard]] std::size_t size() const { return crossbars_.size(); }
  [[nodiscard]] const ProgrammingReport& report() const { return report_; }
  [[nodiscard]] std::uint32_t weight_slices() const { return weight_slices_; }

  /// File form (archive kind "programmed_chip", version 3): target weights, line orders where they are not all in
  /// order, the deviation of every cell where devices are not ideal, and the key of what is drawn in a run; what is
  /// derived is derived again, to the same bytes.
  [[nodiscard]] Archive to_archive() const;
  /// Throws UserError where the file is damaged or was programmed for another mapping, crossbar or device.
  static ProgrammedChip from_archive(const Archive& archive, const MappedNetwork& mapped, const ChipSpec& chip);

 private:
  friend class ChipProgrammer;
  bool ideal_ = true;
  bool reads_are_noisy_ = false;
  NeuronSpec neurons_;
  RandomKey key_{0};
  std::uint32_t weight_slices_ = 1;
  std::string fingerprint_;  ///< of mapping, crossbar and device, as JSON
  IdVector<CrossbarId, ProgrammedCrossbar> crossbars_;
  ProgrammingReport report_;
};

/// One cell that holds a part of a weight, by what it belongs to and where it is.
struct ProgrammedCell {
  CrossbarId crossbar;
  std::uint32_t row = 0, column = 0;  ///< in the crossbar
  LayerId layer;
  /// Of the layer, where the bias row is the last input; of the kernel's matrix where positions share the cell.
  std::uint32_t input = 0, output = 0;
  std::uint32_t polarity = 0;  ///< 0 = positive, 1 = negative
  std::uint32_t slice = 0;
  CellReading reading;
};

/// Calls `visit` for each written cell of a crossbar, by part, row, column, polarity, slice.
void visit_cells(const ProgrammedChip& chip, const MappedNetwork& mapped, CrossbarId crossbar,
                 const std::function<void(const ProgrammedCell&)>& visit);
/// All cells of the weight from `input` to `output` of the layer; empty where no block part holds it.
std::vector<ProgrammedCell> cells_of_weight(const ProgrammedChip& chip, const MappedNetwork& mapped, LayerId layer,
                                            std::uint32_t input, std::uint32_t output);

}  // namespace crossloom
