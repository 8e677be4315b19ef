#include "mapping/line_assignment.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "mapping/line_matching.h"
#include "models/device/array_conductances.h"
#include "models/device/stuck_cells.h"
#include "models/programmed_chip.h"

namespace crossloom {

namespace {

/// Places that a line chooses among; more change little and cost time.
constexpr std::size_t kCandidates = 32;
/// Rows and columns in turn, so often at most.
constexpr int kRounds = 4;
/// Errors are compared in steps of 1/1024 of a squared level, before distances.
constexpr double kErrorSteps = 1024.0;
constexpr std::int64_t kDistances = 8192;  ///< more than any array has lines
constexpr double kLargestError = 1e10;     ///< so that sums stay within 64 bits

using Order = std::vector<std::uint16_t>;

/// A crossbar's weights, and which of its positions belong to a part.
struct Weights {
  std::uint32_t rows = 0, columns = 0;  ///< spare columns included
  std::vector<std::int16_t> levels;     ///< [row][column]
  std::vector<bool> used;
  [[nodiscard]] std::size_t at(std::uint32_t row, std::uint32_t column) const {
    return std::size_t{row} * columns + column;
  }
};

Weights weights_of(const MappedCrossbar& placed, const MappedNetwork& mapped, const SpikingNetwork& network,
                   std::uint32_t spare_columns) {
  const ArraySize size = mapped.size_of(placed);
  Weights weights{size.rows, size.columns + spare_columns, {}, {}};
  weights.levels.assign(std::size_t{weights.rows} * weights.columns, 0);
  weights.used.assign(weights.levels.size(), false);
  for (const BlockPart& part : placed.parts) {
    const SpikingLayer& layer = network.layers[part.layer];
    for (std::uint32_t i = 0; i < part.rows.size(); ++i) {
      const std::optional<HeldRow> held = held_row(mapped, part, i);
      for (std::uint32_t j = 0; j < part.columns.size(); ++j) {
        const std::size_t at = weights.at(part.first_wordline + i, part.first_column + j);
        weights.used[at] = true;
        if (held) weights.levels[at] = layer.weight(held->input, (*held->outputs)[j]);
      }
    }
  }
  return weights;
}

Order in_order(std::size_t count) {
  Order order(count);
  std::iota(order.begin(), order.end(), std::uint16_t{0});
  return order;
}

/// Gives the line with the largest sum the first of `places`.
Order by_sum(const std::vector<std::uint64_t>& sums, const Order& places) {
  Order lines = in_order(sums.size());
  std::stable_sort(lines.begin(), lines.end(), [&](std::uint16_t a, std::uint16_t b) { return sums[a] > sums[b]; });
  Order order(sums.size());
  for (std::size_t k = 0; k < lines.size(); ++k) order[lines[k]] = places[k];
  return order;
}

LineOrder near_drivers(const Weights& weights, std::uint32_t levels, DriverSides sides) {
  std::vector<std::uint64_t> of_row(weights.rows, 0), of_column(weights.columns, 0);
  for (std::uint32_t row = 0; row < weights.rows; ++row) {
    for (std::uint32_t column = 0; column < weights.columns; ++column) {
      auto magnitude = static_cast<std::uint32_t>(std::abs(weights.levels[weights.at(row, column)]));
      for (; magnitude != 0; magnitude /= levels) {
        of_row[row] += magnitude % levels;
        of_column[column] += magnitude % levels;
      }
    }
  }
  Order sensed = in_order(weights.rows), driven = in_order(weights.columns);
  std::reverse(sensed.begin(), sensed.end());
  if (sides == DriverSides::both) {
    const auto from_end = [&](std::uint16_t column) {
      return std::min<std::size_t>(column, driven.size() - 1 - column);
    };
    std::stable_sort(driven.begin(), driven.end(),
                     [&](std::uint16_t a, std::uint16_t b) { return from_end(a) < from_end(b); });
  }
  return {by_sum(of_row, sensed), by_sum(of_column, driven)};
}

/// A weight position of the physical arrays at which at least one cell is faulty.
struct FaultyPlace {
  std::uint32_t wordline = 0, column = 0;
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> cells = {};  ///< (slice, polarity): siemens
};

std::vector<FaultyPlace> faults_of(const ChipSpec& chip, RandomKey key, std::uint32_t crossbar,
                                   const Weights& weights) {
  ArrayLayout layout(chip.crossbar);
  layout.rows = weights.rows;
  layout.columns = weights.columns;
  std::map<std::pair<std::uint32_t, std::uint32_t>, FaultyPlace> places;
  for (std::uint32_t array = 0; array < layout.arrays(); ++array) {
    visit_array_faults(chip.device, key, crossbar, array, layout.rows, layout.bitlines(), [&](FaultyCell faulty) {
      const ArrayLayout::Cell cell = layout.cell(array, faulty.bitline);
      FaultyPlace& place = places[{faulty.wordline, cell.column}];
      place.wordline = faulty.wordline;
      place.column = cell.column;
      place.cells[{cell.slice, cell.polarity}] = faulty.conductance_s;
    });
  }
  std::vector<FaultyPlace> list;
  list.reserve(places.size());
  for (auto& [at, place] : places) list.push_back(std::move(place));
  return list;
}

/// Moves the lines of one crossbar.
class FaultAware {
 public:
  FaultAware(const ChipSpec& chip, const Weights& weights, std::vector<FaultyPlace> faults, LineOrder preferred)
      : levels_(chip.device),
        weights_(weights),
        faults_(std::move(faults)),
        preferred_(std::move(preferred)),
        order_(preferred_) {}

  LineOrder order(FaultAwareness moves) {
    const bool rows = moves != FaultAwareness::columns, columns = moves != FaultAwareness::rows;
    for (int round = 0; round < kRounds; ++round) {
      const LineOrder before = order_;
      if (rows) order_.wordlines = match_lines(costs(true), order_.wordlines, kCandidates);
      if (columns) order_.columns = match_lines(costs(false), order_.columns, kCandidates);
      if (order_ == before || !(rows && columns)) break;
    }
    return order_;
  }

 private:
  /// (weight meant - weight there)^2, in steps.
  [[nodiscard]] std::int64_t error(std::int16_t weight, const FaultyPlace& place) const {
    double missed = 0.0;
    for (const auto& [cell, conductance] : place.cells) {
      const auto& [slice, polarity] = cell;
      auto magnitude = static_cast<std::uint32_t>(std::max(0, polarity == 0 ? int{weight} : -int{weight}));
      double worth = 1.0;
      for (std::uint32_t s = 0; s < slice; ++s, magnitude /= levels_.count) worth *= levels_.count;
      const double target = levels_.minimum.si() + levels_.step.si() * (magnitude % levels_.count);
      missed += (polarity == 0 ? worth : -worth) * (conductance - target) / levels_.step.si();
    }
    return std::llround(kErrorSteps * std::min(kLargestError, missed * missed));
  }

  /// Of rows on wordlines where the columns lie as they do, or the other way round.
  [[nodiscard]] LineCosts costs(bool of_rows) const {
    const std::uint32_t lines = of_rows ? weights_.rows : weights_.columns;
    const Order other = inverse_order(of_rows ? order_.columns : order_.wordlines);
    const Order& preferred = of_rows ? preferred_.wordlines : preferred_.columns;
    LineCosts costs(lines, std::vector<std::int64_t>(lines));
    for (const FaultyPlace& place : faults_) {
      const std::uint32_t at = of_rows ? place.wordline : place.column;
      const std::uint32_t crossing = other[of_rows ? place.column : place.wordline];
      for (std::uint32_t line = 0; line < lines; ++line) {
        const std::size_t position = of_rows ? weights_.at(line, crossing) : weights_.at(crossing, line);
        if (weights_.used[position]) costs[line][at] += error(weights_.levels[position], place);
      }
    }
    for (std::uint32_t line = 0; line < lines; ++line) {
      for (std::uint32_t place = 0; place < lines; ++place) {
        const std::int64_t distance = std::abs(std::int64_t{place} - std::int64_t{preferred[line]});
        costs[line][place] = costs[line][place] * kDistances + distance;
      }
    }
    return costs;
  }

  CellLevels levels_;
  const Weights& weights_;
  std::vector<FaultyPlace> faults_;
  LineOrder preferred_, order_;
};

}  // namespace

LineAssignment assign_lines(const MappedNetwork& mapped, const SpikingNetwork& network, const ChipSpec& chip,
                            const MappingSpec& spec, RandomKey key, std::size_t threads) {
  if (spec.line_order == LinePlacement::in_order && spec.fault_aware == FaultAwareness::none) return {};
  LineAssignment assignment(mapped.crossbars.size());
  ThreadPool pool(std::max<std::size_t>(1, threads));
  pool.for_each(mapped.crossbars.size(), [&](std::size_t item, std::size_t) {
    const CrossbarId id(item);
    const Weights weights = weights_of(mapped.crossbars[id], mapped, network, chip.crossbar.spare_columns);
    LineOrder& order = assignment[id];
    if (spec.line_order == LinePlacement::near_drivers) {
      order = near_drivers(weights, chip.device.levels, chip.crossbar.wires.sides);
    }
    if (spec.fault_aware == FaultAwareness::none) return;
    std::vector<FaultyPlace> faults = faults_of(chip, key, id.value(), weights);
    if (faults.empty()) return;
    if (order == LineOrder()) order = {in_order(weights.rows), in_order(weights.columns)};
    order = FaultAware(chip, weights, std::move(faults), std::move(order)).order(spec.fault_aware);
  });
  return assignment;
}

}  // namespace crossloom
