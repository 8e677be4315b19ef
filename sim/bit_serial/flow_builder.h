// Builds FlowTables. Private to sim/bit_serial.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sim/bit_serial/flow_tables.h"

namespace crossloom::bit_serial {

class FlowBuilder {
 public:
  FlowBuilder(const FixedPointNetwork& network, const PlacedNetwork& placed, const BitSerialChipSpec& chip,
              const StreamOfImages& images, const CreditCycles& credit_cycles, std::uint32_t pass);
  FlowTables build();

 private:
  /// Maker and channel there, by layer, copy and column.
  using ColumnPlaces = IdVector<LayerId, std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>>>;

  // Readers and makers (flow_part_groups.cpp, flow_makers.cpp). A value's slot is its channel until channels are sorted.
  std::uint32_t progress_of(NodeId consumer, std::size_t input);
  std::uint32_t stream_of(std::uint32_t tile, NodeId node, const std::vector<std::uint32_t>& channels);
  void sort_channels();
  [[nodiscard]] std::uint32_t slot_of(std::uint32_t stream, std::uint32_t channel) const;
  void group_parts();
  PartGroupTable new_group(const PlacedCrossbar& crossbar, const CrossbarPart& part);
  void add_part(PartGroupTable& group, PlacedCrossbarId crossbar, std::uint32_t index);
  void resolve_slots();
  void make_host();
  void make_kept();
  void make_output_makers();
  void connect(std::uint32_t group, const ColumnPlaces& places);
  void make_digital_makers();
  // Streams and messages (flow_sends.cpp).
  void mark_wanted();
  void mark_windows(StreamTable& stream, NodeId reader, std::uint32_t copy, std::uint32_t copies) const;
  void make_sends();
  void send_to(std::uint32_t maker, const std::vector<std::uint32_t>& streams);
  void count_fragment(StreamTable& stream, const MakerTable& maker) const;
  [[nodiscard]] bool wants_any(const StreamTable& stream, const MakerTable& maker) const;
  std::uint32_t fan_out_of(std::uint32_t source, std::vector<std::uint32_t> destinations);
  void choose_depths();

  const FixedPointNetwork& network_;
  const PlacedNetwork& placed_;
  const BitSerialChipSpec& chip_;
  Pace pace_;
  StreamOfImages images_;
  std::uint32_t pass_;
  const CreditCycles& credit_cycles_;
  IdVector<LayerId, NodeId> layer_nodes_;
  std::map<std::pair<std::uint32_t, std::size_t>, std::uint32_t> progress_;   ///< (consumer, input)
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> streams_;  ///< (tile, node)
  std::map<std::pair<std::uint32_t, std::vector<std::uint32_t>>, std::uint32_t> fan_outs_;
  FlowTables tables_;
};

}  // namespace crossloom::bit_serial
