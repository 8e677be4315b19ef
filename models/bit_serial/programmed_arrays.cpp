#include "models/bit_serial/programmed_arrays.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/error.h"
#include "base/parallel.h"
#include "models/bit_serial/array_energy.h"
#include "models/bit_serial/array_programming.h"

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
                                           const BitSerialChipSpec& chip, const AdcShifts& shifts, RandomKey key,
                                           std::size_t threads) {
  CROSSLOOM_CHECK(network.spec.weight_bits <= chip.weight_bits && network.spec.activation_bits <= chip.activation_bits,
                  "the network has more bits than the chip");
  CROSSLOOM_CHECK(shifts.size() == network.layers.size(), "ADC steps of another network");
  ProgrammedArrays programmed;
  programmed.chip_ = chip;
  programmed.ideal_ = chip.device.ideal() && chip.array.wires.ideal() && chip.adc.errors.ideal() && chip.dac.ideal();
  for (const PlacedCrossbar& crossbar : placed.crossbars) {
    programmed.first_part_.push_back(programmed.parts_.size());
    for (const CrossbarPart& part : crossbar.parts) {
      CROSSLOOM_CHECK(part.first_wordline + part.rows.size() <= chip.array.rows &&
                          part.first_column + part.columns.size() <= chip.logical_columns(),
                      "a part reaches out of its crossbar");
      Part held;
      held.rows = static_cast<std::uint32_t>(part.rows.size());
      held.columns = static_cast<std::uint32_t>(part.columns.size());
      programmed.parts_.push_back(held);
    }
  }
  if (programmed.ideal_) {
    programmed.hold_ideal(placed, network, shifts);
  } else {
    programmed.write_real(placed, network, shifts, key, threads);
  }
  return programmed;
}

void ProgrammedArrays::hold_ideal(const PlacedNetwork& placed, const FixedPointNetwork& network,
                                  const AdcShifts& shifts) {
  std::map<const CrossbarPart*, std::size_t, SameWeights> known;
  std::size_t at = 0;
  for (const PlacedCrossbar& crossbar : placed.crossbars) {
    for (const CrossbarPart& part : crossbar.parts) {
      const auto [first, is_new] = known.emplace(&part, at);
      Part& held = parts_[at++];
      if (!is_new) {
        held = parts_[first->second];
        continue;
      }
      held.ideal = std::make_shared<const IdealCells>(part, network.layers[part.layer], chip_, shifts[part.layer]);
      if (chip_.array.energy != ArrayEnergy::dissipated) continue;
      held.unit_zeptojoules = std::make_shared<const std::vector<double>>(ideal_unit_energies(chip_, *held.ideal));
    }
  }
}

void ProgrammedArrays::write_real(const PlacedNetwork& placed, const FixedPointNetwork& network,
                                  const AdcShifts& shifts, RandomKey key, std::size_t threads) {
  const ArrayProgramming programming(network, chip_, shifts, key);
  ThreadPool pool(std::max<std::size_t>(1, threads));
  pool.for_each(placed.crossbars.size(), [&](std::size_t crossbar, std::size_t /*worker*/) {
    const PlacedCrossbarId id(crossbar);
    std::vector<WrittenPart> written = programming.write(id, placed.crossbars[id]);
    for (std::size_t p = 0; p < written.size(); ++p) {
      Part& held = parts_[first_part_[crossbar] + p];
      held.real = std::move(written[p].cells);
      held.unit_zeptojoules = std::move(written[p].unit_zeptojoules);
    }
  });
}

}  // namespace crossloom
