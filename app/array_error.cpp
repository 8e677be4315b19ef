#include "app/array_error.h"

#include <algorithm>

namespace crossloom {

namespace {

std::uint64_t weights_in(const MappedCrossbar& crossbar) {
  std::uint64_t weights = 0;
  for (const BlockPart& part : crossbar.parts) weights += std::uint64_t{part.rows.size()} * part.columns.size();
  return weights;
}

}  // namespace

ArrayError fullest_array_error(const ProgrammedChip& chip, const MappedNetwork& mapped, const SpikingNetwork& network,
                               std::uint32_t spare_columns) {
  const auto& crossbars = mapped.crossbars.raw();
  const auto fullest = std::max_element(crossbars.begin(), crossbars.end(),
                                        [](const auto& a, const auto& b) { return weights_in(a) < weights_in(b); });
  const CrossbarId id(static_cast<std::size_t>(fullest - crossbars.begin()));
  const ProgrammedCrossbar& crossbar = chip.crossbar(id);
  ArrayError error;
  error.layer = network.layers[fullest->parts.front().layer].name;
  error.crossbar = id.value();
  error.rows = crossbar.rows();
  error.columns = crossbar.columns() + spare_columns;
  error.levels.assign(std::size_t{error.rows} * error.columns, 0.0);
  for (const BlockPart& part : fullest->parts) {
    for (std::uint32_t i = 0; i < part.rows.size(); ++i) {
      const auto row = static_cast<std::uint16_t>(part.first_wordline + i);
      std::vector<double> sums(crossbar.columns(), 0.0);
      crossbar.integrate(&row, 1, sums.data());
      for (std::uint32_t j = 0; j < part.columns.size(); ++j) {
        const std::uint32_t column = part.first_column + j;
        const std::size_t wordline = crossbar.lines().wordline(row);
        error.levels[wordline * error.columns + crossbar.lines().column(column)] =
            sums[column] - crossbar.target_weight(row, column);
      }
    }
  }
  return error;
}

}  // namespace crossloom
