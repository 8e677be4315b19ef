#include "models/device/stuck_cells.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace crossloom {

namespace {

// Clusters of more than so many mean sizes are cut: e^-8 of the cells that clusters would have.
constexpr double kLargestCluster = 8.0;

struct Offset {
  std::int32_t wordline = 0, bitline = 0;
};

/// The places around a centre by distance, ties in reading order.
std::vector<Offset> nearest_places(std::size_t count) {
  std::int32_t radius = 1;
  while (std::size_t{3} * static_cast<std::size_t>(radius) * static_cast<std::size_t>(radius) < count) ++radius;
  std::vector<Offset> places;
  for (std::int32_t i = -radius; i <= radius; ++i) {
    for (std::int32_t j = -radius; j <= radius; ++j) places.push_back({i, j});
  }
  const auto squared = [](Offset o) { return o.wordline * o.wordline + o.bitline * o.bitline; };
  std::stable_sort(places.begin(), places.end(), [&](Offset a, Offset b) { return squared(a) < squared(b); });
  places.resize(std::min(places.size(), count));
  return places;
}

class ClusterField {
 public:
  ClusterField(const DeviceSpec& device, RandomStream stream, std::uint32_t wordlines, std::uint32_t bitlines)
      : device_(device),
        stream_(stream),
        wordlines_(wordlines),
        bitlines_(bitlines),
        places_(nearest_places(static_cast<std::size_t>(kLargestCluster * device.faults.cluster_size) + 1)) {
    for (const Offset place : places_) {
      margin_ = std::max<std::int64_t>({margin_, std::abs(place.wordline), std::abs(place.bitline)});
    }
  }

  void visit(const std::function<void(const FaultyCell&)>& visit) {
    const double centres_a_place = -std::log1p(-device_.faults.clustered) / device_.faults.cluster_size;
    const std::uint64_t width = static_cast<std::uint64_t>(bitlines_ + 2 * margin_);
    const std::uint64_t places = width * static_cast<std::uint64_t>(wordlines_ + 2 * margin_);
    double at = 0.0;
    while (true) {
      at -= std::log1p(-stream_.uniform()) / centres_a_place;
      if (at >= static_cast<double>(places)) return;
      const auto place = static_cast<std::uint64_t>(at);
      grow(static_cast<std::int64_t>(place / width) - margin_, static_cast<std::int64_t>(place % width) - margin_,
           visit);
    }
  }

 private:
  /// Geometric from 1 on.
  std::uint64_t size() {
    const double u = stream_.uniform(), mean = device_.faults.cluster_size;
    return mean <= 1.0 ? 1 : 1 + static_cast<std::uint64_t>(std::log1p(-u) / std::log1p(-1.0 / mean));
  }

  void grow(std::int64_t wordline, std::int64_t bitline, const std::function<void(const FaultyCell&)>& visit) {
    const std::uint64_t cells = size();
    const double side = stream_.uniform();
    const bool low = device_.faults.clustered_at == StuckSide::minimum ||
                     (device_.faults.clustered_at == StuckSide::either && side < 0.5);
    const double conductance = (low ? device_.minimum_conductance : device_.maximum_conductance).si();
    for (std::size_t k = 0; k < std::min<std::uint64_t>(cells, places_.size()); ++k) {
      const std::int64_t i = wordline + places_[k].wordline, j = bitline + places_[k].bitline;
      if (i < 0 || j < 0 || i >= wordlines_ || j >= bitlines_) continue;
      visit({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), conductance});
    }
  }

  const DeviceSpec& device_;
  RandomStream stream_;
  std::int64_t wordlines_, bitlines_;
  std::vector<Offset> places_;
  std::int64_t margin_ = 0;
};

double log_uniform(const Range<Conductance>& range, double u) {
  return range.low.si() * std::pow(range.high / range.low, u);
}

}  // namespace

StuckCells::StuckCells(const DeviceSpec& device, RandomKey key, LayerId layer)
    : device_(device),
      stuck_(key.child("stuck").child(std::uint64_t{layer.value()})),
      conductance_(key.child("stuck_conductance").child(std::uint64_t{layer.value()})) {}

void StuckCells::apply(const CellRow& row, double* conductances, std::uint8_t* stuck) {
  const double low = device_.stuck_at_minimum, either = low + device_.stuck_at_maximum;
  if (either == 0.0) return;
  draws_.resize(row.count);
  stuck_.uniforms(row.input, row.outputs, row.count, row.cell, 0, draws_.data());
  for (std::size_t k = 0; k < row.count; ++k) {
    if (draws_[k] >= either) continue;
    stuck[k] = 1;
    const bool is_low = draws_[k] < low;
    const std::optional<Range<Conductance>>& range = is_low ? device_.faults.stuck_low : device_.faults.stuck_high;
    conductances[k] = range ? log_uniform(*range, conductance_.uniform(row.input, row.outputs[k], row.cell))
                            : (is_low ? device_.minimum_conductance : device_.maximum_conductance).si();
  }
}

void visit_array_faults(const DeviceSpec& device, RandomKey key, std::uint32_t crossbar, std::uint32_t array,
                        std::uint32_t wordlines, std::uint32_t bitlines,
                        const std::function<void(const FaultyCell&)>& visit) {
  const FaultLaws& faults = device.faults;
  if (faults.clustered > 0.0) {
    const RandomKey own = key.child("clustered_faults").child(std::uint64_t{crossbar}).child(std::uint64_t{array});
    ClusterField(device, RandomStream(own), wordlines, bitlines).visit(visit);
  }
  const RandomField broken_wordlines(key.child("broken_wordlines")), broken_bitlines(key.child("broken_bitlines"));
  for (std::uint32_t i = 0; faults.broken_wordlines > 0.0 && i < wordlines; ++i) {
    if (broken_wordlines.uniform(crossbar, array, i) >= faults.broken_wordlines) continue;
    for (std::uint32_t j = 0; j < bitlines; ++j) visit({i, j, 0.0});
  }
  for (std::uint32_t j = 0; faults.broken_bitlines > 0.0 && j < bitlines; ++j) {
    if (broken_bitlines.uniform(crossbar, array, j) >= faults.broken_bitlines) continue;
    for (std::uint32_t i = 0; i < wordlines; ++i) visit({i, j, 0.0});
  }
}

}  // namespace crossloom
