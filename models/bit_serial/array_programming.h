// Writing one crossbar whose devices, wires or converters err. Private to models/bit_serial.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/random.h"
#include "models/bit_serial/converters.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"
#include "models/bit_serial/real_cells.h"

namespace crossloom {

/// What a part of a programmed crossbar is.
struct WrittenPart {
  std::shared_ptr<const RealCells> cells;
  std::shared_ptr<const std::vector<double>> unit_zeptojoules;  ///< null with constant energy or with wires
};

/// Writes crossbars one by one; thread-safe. Laws of the device in the order of ProgrammedChip::program
/// (models/programmed_chip.h) and with the same keys: (effect, layer, input, output, polarity, slice), copies after the
/// first under a child of their own, faults of whole arrays by crossbar and array.
class ArrayProgramming {
 public:
  /// All must outlive it.
  ArrayProgramming(const FixedPointNetwork& network, const BitSerialChipSpec& chip, const AdcShifts& shifts,
                   RandomKey key);
  [[nodiscard]] std::vector<WrittenPart> write(PlacedCrossbarId id, const PlacedCrossbar& crossbar) const;

 private:
  /// One physical array, [wordline][bit line].
  struct Cells {
    std::vector<double> conductance, variance;
  };
  void write_part(const CrossbarPart& part, std::vector<Cells>& arrays, std::vector<std::uint64_t>& flipped) const;
  void add_array_faults(PlacedCrossbarId id, std::vector<Cells>& arrays) const;
  /// Cells become transfer conductances; returns what drivers deliver, [wordline][wordline], all arrays together.
  std::vector<double> add_wires(std::vector<Cells>& arrays) const;
  [[nodiscard]] WrittenPart written_part(PlacedCrossbarId id, const PlacedCrossbar& crossbar, std::size_t index,
                                         const std::vector<Cells>& arrays, const std::vector<std::uint64_t>& flipped,
                                         const std::vector<double>& delivered) const;
  [[nodiscard]] RealArrayPart array_part(const CrossbarPart& part, const Cells& cells) const;
  struct Converter {
    AdcDeviation deviation;
    std::shared_ptr<const std::vector<float>> transitions;
  };
  [[nodiscard]] Converter converter_of(std::uint32_t adc) const;
  void add_conversions(const PlacedCrossbar& crossbar, const CrossbarPart& part,
                       const std::vector<std::uint64_t>& flipped, RealCells::Parts& parts) const;
  [[nodiscard]] std::vector<double> unit_energies(const CrossbarPart& part, const std::vector<Cells>& arrays) const;

  const FixedPointNetwork& network_;
  const BitSerialChipSpec& chip_;
  const AdcShifts& shifts_;
  RandomKey key_;
  BitLineLayout layout_;
  AdcDeviations adcs_;
  DacDeviations dacs_;
  double lowest_, step_;  ///< siemens
};

}  // namespace crossloom
