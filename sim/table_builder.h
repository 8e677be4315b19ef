// Fills the tables of the timed units from the mapped network: first the units, then what travels between them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "models/counter_lines.h"
#include "sim/chip_tables.h"

namespace crossloom {

/// For one use: build() fills all that does not follow from the chip alone. Throws Bug where the mapped network is
/// inconsistent.
class TableBuilder {
 public:
  explicit TableBuilder(ChipTables& tables) : tables_(tables), mapped_(tables.mapped) {}

  void build(const PlantedFaults& faults);

 private:
  using TileAndLayer = std::pair<std::uint32_t, std::uint32_t>;

  // The units and where they stand (chip_tables.cpp).
  void add_tiles();
  void add_stages();
  void add_parts();
  void add_counters();
  std::uint32_t tile_part_of(TileId tile, LayerId layer);
  void add_row_part(CrossbarId id, std::uint32_t part, std::uint32_t use, std::uint32_t tile_part);
  void add_banks();
  // What travels between them (traffic_tables.cpp).
  void add_packet_groups();
  void add_reports();
  void swap_rows(std::uint32_t crossbar);
  void swap_positions();
  void add_incoming(TileGroupTable& group, const PacketGroup& packets, TileId tile);
  OutputStageTable& stage_of(const PacketGroup& packets, std::uint32_t& index);
  void spread_bits(const PacketGroup& packets, std::uint32_t pattern);
  std::uint32_t destination_of(OutputStageTable& stage, std::uint32_t stage_index, const PacketGroup& packets);
  void flatten_bits();

  [[nodiscard]] std::uint32_t host_port_for(TileId tile) const {
    return host_port_of(mapped_.tiles[tile].site.y, tables_.shape.height, tables_.chip.interconnect.host_ports);
  }
  TileGroupTable& group_of(TileId tile) { return tables_.groups[mapped_.tiles[tile].group]; }

  struct Neuron {
    std::vector<PatternBit> bits;
  };
  ChipTables& tables_;
  const MappedNetwork& mapped_;
  std::map<TileAndLayer, std::uint32_t> stages_, parts_;
  std::map<std::array<std::uint32_t, 3>, std::uint32_t> row_parts_;  ///< (crossbar, part, use)
  struct Counters {
    CounterLines lines;
    std::uint32_t row_part = 0;
  };
  std::map<std::uint32_t, Counters> counters_;  ///< by bank
  std::map<TileAndLayer, std::map<std::vector<std::uint32_t>, std::uint32_t>> patterns_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> host_patterns_;
  std::vector<std::vector<Neuron>> neurons_;  ///< [layer][output]
  std::vector<Neuron> inputs_;
};

}  // namespace crossloom
