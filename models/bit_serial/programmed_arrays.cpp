#include "models/bit_serial/programmed_arrays.h"

#include <cmath>
#include <map>
#include <tuple>

#include "base/error.h"
#include "models/bit_serial/array_energy.h"

namespace crossloom {

namespace {

/// Parts with the same weights in the same order.
struct SameWeights {
  bool operator()(const CrossbarPart* a, const CrossbarPart* b) const {
    return std::tie(a->layer, a->rows, a->columns) < std::tie(b->layer, b->rows, b->columns);
  }
};

}  // namespace

std::uint64_t ProgrammedArrays::conversions(PlacedCrossbarId crossbar, std::uint32_t part, std::size_t slices) const {
  const WeightEncoding encoding = chip_.array.weight_encoding;
  const std::uint64_t each = encoding == WeightEncoding::differential ? 2 : 1;
  const std::uint64_t unit_bit_line = encoding == WeightEncoding::offset ? 1 : 0;
  return slices * (part_of(crossbar, part).columns * each * chip_.weight_slices() + unit_bit_line);
}

ProgrammedArrays ProgrammedArrays::program(const PlacedNetwork& placed, const FixedPointNetwork& network,
                                           const BitSerialChipSpec& chip, const AdcShifts& shifts) {
  CROSSLOOM_CHECK(network.spec.weight_bits <= chip.weight_bits && network.spec.activation_bits <= chip.activation_bits,
                  "the network has more bits than the chip");
  ProgrammedArrays programmed;
  programmed.chip_ = chip;
  const bool dissipates = chip.array.energy == ArrayEnergy::dissipated;
  std::map<const CrossbarPart*, Part, SameWeights> known;
  for (const PlacedCrossbar& crossbar : placed.crossbars) {
    programmed.first_part_.push_back(programmed.parts_.size());
    for (const CrossbarPart& part : crossbar.parts) {
      CROSSLOOM_CHECK(part.first_wordline + part.rows.size() <= chip.array.rows &&
                          part.first_column + part.columns.size() <= chip.logical_columns(),
                      "a part reaches out of its crossbar");
      Part& held = known[&part];
      if (held.ideal == nullptr) {
        held.rows = static_cast<std::uint32_t>(part.rows.size());
        held.columns = static_cast<std::uint32_t>(part.columns.size());
        held.ideal = std::make_shared<IdealCells>(part, network.layers[part.layer], chip, shifts[part.layer]);
        if (dissipates) {
          held.unit_zeptojoules =
              std::make_shared<const std::vector<std::uint64_t>>(ideal_unit_energies(chip, *held.ideal));
        }
      }
      programmed.parts_.push_back(held);
    }
  }
  return programmed;
}

}  // namespace crossloom
