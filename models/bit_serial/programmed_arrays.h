// The cells of a placed network as they were written: digits where devices are ideal, real numbers where they err.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "models/bit_serial/adc_steps.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/ideal_cells.h"
#include "models/bit_serial/placed_network.h"
#include "models/bit_serial/product_counts.h"
#include "models/bit_serial/real_cells.h"

namespace crossloom {

/// All crossbars of a placed network, of all passes. Copies of a layer whose cells are ideal share their memory. Using
/// it is thread-safe.
class ProgrammedArrays {
 public:
  /// Writes every weight position of every part, and draws what differs from converter to converter. Devices draw by
  /// (effect, layer, input, output, polarity, slice) as in ProgrammedChip::program (models/programmed_chip.h), so that
  /// the same weight gets the same draw at every array size; copies of a layer are other devices. `threads` changes no
  /// byte. Throws Bug where network, placement and chip do not belong together.
  static ProgrammedArrays program(const PlacedNetwork& placed, const FixedPointNetwork& network,
                                  const BitSerialChipSpec& chip, const AdcShifts& shifts, RandomKey key,
                                  std::size_t threads = 1);

  /// Cells hold their digits and converters are staircases: products are those of chip_reference.h.
  [[nodiscard]] bool ideal() const { return ideal_; }
  [[nodiscard]] const BitSerialChipSpec& chip() const { return chip_; }
  [[nodiscard]] std::uint32_t rows(PlacedCrossbarId crossbar, std::uint32_t part) const {
    return part_of(crossbar, part).rows;
  }
  [[nodiscard]] std::uint32_t columns(PlacedCrossbarId crossbar, std::uint32_t part) const {
    return part_of(crossbar, part).columns;
  }
  /// Conversions of a product with this many input slices, as ProductCounts::conversions has them.
  [[nodiscard]] std::uint64_t conversions(PlacedCrossbarId crossbar, std::uint32_t part, std::size_t slices) const;

 private:
  friend class CrossbarProducts;
  struct Part {
    std::uint32_t rows = 0, columns = 0;
    std::shared_ptr<const IdealCells> ideal;  ///< or
    std::shared_ptr<const RealCells> real;
    /// Of each wordline: what its cells, and all that hang on it, dissipate when driven by an input slice of 1.
    std::shared_ptr<const std::vector<double>> unit_zeptojoules;
  };
  [[nodiscard]] const Part& part_of(PlacedCrossbarId crossbar, std::uint32_t part) const {
    return parts_[first_part_[crossbar.value()] + part];
  }
  void hold_ideal(const PlacedNetwork& placed, const FixedPointNetwork& network, const AdcShifts& shifts);
  void write_real(const PlacedNetwork& placed, const FixedPointNetwork& network, const AdcShifts& shifts, RandomKey key,
                  std::size_t threads);
  BitSerialChipSpec chip_;
  bool ideal_ = true;
  std::vector<std::size_t> first_part_;  ///< by crossbar
  std::vector<Part> parts_;
};

}  // namespace crossloom
