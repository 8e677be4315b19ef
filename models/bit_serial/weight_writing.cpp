#include "models/bit_serial/weight_writing.h"

#include <algorithm>

#include "models/bit_serial/dataflow.h"
#include "models/interconnect/topology.h"

namespace crossloom {
namespace {

using Cycle = std::uint64_t;
using A = BitSerialAction;

// Where a row of weights goes.
struct Row {
  std::uint32_t crossbar = 0, columns = 0;
  NodeId node;
};

struct WrittenCrossbar {
  std::uint32_t number = 0, tile = 0, element = 0;
  Cycle register_free = 0;  ///< when the row that waits for its turn begins to be written
  Cycle written = 0;        ///< when the last row so far is
  Cycle alone = 0;          ///< the same if rows came without delay
};

class Writing {
 public:
  Writing(const PlacedNetwork& placed, const FixedPointNetwork& network, const BitSerialChipSpec& chip,
          const RowListener& listener)
      : placed_(placed),
        network_(network),
        chip_(chip),
        listener_(listener),
        topology_(chip.interconnect),
        port_(port_node(chip)) {
    result_.activity = BitSerialActivity(placed.tiles, network.nodes.size());
    const std::uint32_t chips =
        placed.chips.empty() ? 1 : 1 + *std::max_element(placed.chips.begin(), placed.chips.end());
    ports_free_.assign(chips, 0);
    buses_free_.assign(placed.tiles, 0);
    // Crossbars of an element that are written at the same time.
    const std::uint32_t arrays = chip.writing.arrays_at_once.value_or(chip.processing_element.arrays);
    slots_ = std::max(1U, arrays / chip.arrays_per_crossbar());
    slots_free_.resize(std::size_t{placed.tiles} * chip.tile.processing_elements * slots_, 0);
    slots_alone_.resize(slots_free_.size(), 0);
  }

  WeightWriting write(std::uint32_t pass) {
    std::vector<std::vector<Row>> rows;  // by their place in a crossbar
    const IdVector<LayerId, NodeId> nodes = layer_nodes(network_);
    for (std::uint32_t x = 0; x < placed_.crossbars.size(); ++x) {
      const PlacedCrossbar& crossbar = placed_.crossbars[PlacedCrossbarId(x)];
      if (crossbar.pass != pass) continue;
      WrittenCrossbar state;
      state.number = x;
      state.element = crossbar.element.value();
      state.tile = state.element / chip_.tile.processing_elements;
      std::size_t place = 0;
      for (const CrossbarPart& part : crossbar.parts) {
        for (std::size_t i = 0; i < part.rows.size(); ++i, ++place) {
          if (rows.size() <= place) rows.emplace_back();
          rows[place].push_back({static_cast<std::uint32_t>(crossbars_.size()),
                                 static_cast<std::uint32_t>(part.columns.size()), nodes[part.layer]});
        }
      }
      crossbars_.push_back(state);
    }
    for (const std::vector<Row>& at_place : rows) {
      for (const Row& row : at_place) bring_and_write(row);
    }
    for (const WrittenCrossbar& crossbar : crossbars_) {
      result_.cycles = std::max(result_.cycles, Cycles(crossbar.written));
      result_.array_cycles = std::max(result_.array_cycles, Cycles(crossbar.alone));
    }
    return std::move(result_);
  }

 private:
  void bring_and_write(const Row& row) {
    WrittenCrossbar& crossbar = crossbars_[row.crossbar];
    BitSerialCounts counts;
    const Cycle here = bring(row, crossbar, counts);
    const std::uint64_t in_array = std::uint64_t{row.columns} * chip_.bit_lines_per_weight();
    const std::uint64_t cells = std::uint64_t{row.columns} * chip_.weight_slices() * chip_.polarities();
    const Cycle duration = std::max<Cycle>(1, chip_.cycles_for(row_write_time(in_array, chip_)).count());
    crossbar.register_free = take_slot(slots_free_, crossbar.element, std::max(here, crossbar.written), duration);
    crossbar.written = crossbar.register_free + duration;
    crossbar.alone = take_slot(slots_alone_, crossbar.element, crossbar.alone, duration) + duration;
    result_.cells += cells;
    result_.pulses += cells * chip_.device.write_pulses;
    counts.count(A::cell_write, cells * chip_.device.write_pulses);
    result_.activity.at(PlacedTileId(crossbar.tile), row.node) += counts;
    if (listener_) listener_({crossbar.number, row.node, crossbar.register_free, crossbar.written, counts});
  }

  // When the row is at its crossbar.
  Cycle bring(const Row& row, const WrittenCrossbar& crossbar, BitSerialCounts& counts) {
    const std::uint64_t bits = std::uint64_t{row.columns} * chip_.weight_bits;
    const std::uint64_t flits = chip_.interconnect.packet_flits(bits);
    const std::uint32_t on_chip = placed_.chips[crossbar.tile];
    const bool described = chip_.interconnect.nodes() >= chip_.tiles;
    const std::uint64_t routers = described ? topology_.routers_between(port_, placed_.sites[crossbar.tile]) : 1;
    const Cycle travel = 1 + chip_.interconnect.zero_load_cycles(routers, flits);
    const Cycle on_bus = (bits + chip_.tile.bus_bits - 1) / chip_.tile.bus_bits;
    // No earlier than that the crossbar can take it.
    const Cycle soonest = crossbar.register_free > travel + on_bus ? crossbar.register_free - travel - on_bus : 0;
    Cycle at_port = soonest;
    if (chip_.chip_link) {
      const Time on_wire = Time::from_si(static_cast<double>(bits) / chip_.chip_link->bits_per_second);
      const Cycle latency = chip_.cycles_for(chip_.chip_link->latency).count();
      const Cycle begin = std::max(link_free_, soonest > latency ? soonest - latency : 0);
      link_free_ = begin + std::max<Cycle>(1, chip_.cycles_for(on_wire).count());
      at_port = link_free_ + latency;
      counts.count(A::chip_link_transfer, bits);
    }
    at_port = std::max(at_port, ports_free_[on_chip]);
    ports_free_[on_chip] = at_port + flits;
    counts.count(A::router_traversal, routers * flits);
    counts.count(A::link_traversal, (routers - 1) * flits);
    counts.count(A::bus_transfer, bits);
    Cycle& bus = buses_free_[crossbar.tile];
    bus = std::max(bus, at_port + travel) + on_bus;
    return bus;
  }

  // When the first of the element's slots that is free takes what comes at `now`.
  Cycle take_slot(std::vector<Cycle>& free, std::uint32_t element, Cycle now, Cycle duration) const {
    const auto first = free.begin() + static_cast<std::ptrdiff_t>(std::size_t{element} * slots_);
    const auto slot = std::min_element(first, first + slots_);
    const Cycle begin = std::max(now, *slot);
    *slot = begin + duration;
    return begin;
  }

  const PlacedNetwork& placed_;
  const FixedPointNetwork& network_;
  const BitSerialChipSpec& chip_;
  const RowListener& listener_;
  const Topology topology_;
  const std::uint32_t port_;
  std::uint32_t slots_ = 1;
  std::vector<WrittenCrossbar> crossbars_;
  std::vector<Cycle> ports_free_;                ///< by chip
  std::vector<Cycle> buses_free_;                ///< by tile
  std::vector<Cycle> slots_free_, slots_alone_;  ///< [element * slots + k]
  Cycle link_free_ = 0;
  WeightWriting result_;
};

}  // namespace

Time row_write_time(std::uint64_t cells, const BitSerialChipSpec& chip) {
  const std::uint64_t at_once = chip.writing.cells_at_once;
  return chip.device.write_time * static_cast<double>((cells + at_once - 1) / at_once * chip.device.write_pulses);
}

WeightWriting write_weights(const PlacedNetwork& placed, const FixedPointNetwork& network,
                            const BitSerialChipSpec& chip, std::uint32_t pass, const RowListener& listener) {
  return Writing(placed, network, chip, listener).write(pass);
}

std::vector<WeightWriting> write_all_passes(const PlacedNetwork& placed, const FixedPointNetwork& network,
                                            const BitSerialChipSpec& chip) {
  std::vector<WeightWriting> passes;
  for (std::uint32_t pass = 0; pass < placed.passes; ++pass)
    passes.push_back(write_weights(placed, network, chip, pass));
  return passes;
}

}  // namespace crossloom
