#include "sim/bit_serial/board.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"

namespace crossloom::bit_serial {

Board::Board(const FlowTables& tables, const Pace& pace, CrossbarProducts& products, const PlantedFaults& faults,
             const PassMemory* memory)
    : tables_(tables),
      pace_(pace),
      products_(products),
      faults_(faults),
      activity_(tables.tiles, tables.network->nodes.size()),
      senders_(tables.streams.size()),
      elements_(std::size_t{tables.tiles} * tables.chip->tile.processing_elements),
      adders_(tables.tiles),
      activation_units_(tables.tiles),
      pool_units_(tables.tiles),
      adcs_(elements_.size() * tables.chip->processing_element.adcs),
      crossbar_busy_(tables.placed->crossbars.size(), 0),
      crossbar_cycles_(tables.placed->crossbars.size(), 0),
      converted_(tables.placed->crossbars.size() * std::max(1U, pace.hold_stages), 0),
      groups_of_crossbar_(tables.placed->crossbars.size()),
      memory_(memory) {
  const BitSerialTileSpec& tile = tables.chip->tile;
  const BufferAccess::Rates rates{tile.buffer_port_bits, tile.buffer_ports, tile.bus_bits, tile.buffer_cycles.count()};
  buffers_.assign(tables.tiles, BufferAccess(rates));
  for (std::uint32_t s = 0; s < tables.sends.size(); ++s) {
    for (const SendTable::Target& target : tables.sends[s].targets) senders_[target.stream].push_back(s);
  }
  for (std::uint32_t g = 0; g < tables.part_groups.size(); ++g) {
    elements_[tables.part_groups[g].element].groups.push_back(g);
    for (const PartGroupTable::Part& part : tables.part_groups[g].parts) {
      groups_of_crossbar_[part.crossbar.value()].push_back(g);
    }
  }
  place_in_stream_.resize(tables.part_groups.size() + tables.digital_makers.size());
  for (std::uint32_t s = 0; s < tables.streams.size(); ++s) {
    for (std::uint32_t k = 0; k < tables.streams[s].readers.size(); ++k) {
      place_in_stream_[tables.streams[s].readers[k]].emplace_back(s, k);
    }
  }
}

void Board::begin(const Images& images, Cycle start, bool keep_outputs) {
  CROSSLOOM_CHECK(calendar_.empty(), "the board is still at work");
  images_ = images;
  keep_outputs_ = keep_outputs;
  start_ = start;
  images_done_ = 0;
  images_begun_ = 0;
  current_ = intervals_told_ = 0;
  results_.assign(images.pixels.size(), {});
  const FixedPointNetwork& network = *tables_.network;
  for (BitSerialImage& result : results_) {
    result.outputs.assign(network.nodes[output_of(network).source].shape.size(), 0);
    if (!keep_outputs) continue;
    for (const FixedPointNode& node : network.nodes)
      result.nodes.push_back(std::vector<std::int32_t>(node.shape.size()));
  }
  streams_.clear();
  for (const StreamTable& stream : tables_.streams) streams_.emplace_back(stream);
  groups_.assign(tables_.part_groups.size(), {});
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    groups_[g].inputs.resize(tables_.part_groups[g].rows.size());
    for (auto& sums : groups_[g].sums) sums.resize(tables_.part_groups[g].sums);
    wait(static_cast<std::uint32_t>(g), BitSerialStall::input, start);
  }
  makers_.assign(tables_.makers.size(), {});
  for (std::uint32_t m = 0; m < makers_.size(); ++m) {
    for (std::uint32_t slot = 0; slot < kPositionsUnderWay; ++slot) {
      makers_[m].values[slot].resize(tables_.makers[m].channels.size());
      if (tables_.makers[m].kind == MakerKind::output_slice) reset_sums(m, slot);
    }
  }
  sends_.assign(tables_.sends.size(), {});
  for (std::uint32_t m = 0; m < makers_.size(); ++m) {
    const MakerTable& maker = tables_.makers[m];
    if (maker.kind == MakerKind::host || maker.kind == MakerKind::kept) {
      if (maker.kind == MakerKind::kept) {
        makers_[m].kept = std::min<std::uint64_t>(images.pixels.size(), images.in_flight) * maker.positions;
      }
      for (const std::uint32_t s : maker.sends) push(start, Kind::send, s);
    } else if (maker.kind == MakerKind::output_slice && maker.row_parts == 0) {
      push(start, Kind::activate, m);
    }
  }
}

void Board::work(Cycle now) {
  calendar_.drain(now, [this, now](std::vector<Event>& due) {
    if (due.size() > 1) {
      std::sort(due.begin(), due.end(), [](const Event& a, const Event& b) {
        if (a.kind() != b.kind()) return a.kind() < b.kind();
        return a.index != b.index ? a.index < b.index : a.more < b.more;
      });
    }
    for (const Event& event : due) serve(event, now);
  });
}

void Board::serve(const Event& due, Cycle now) {
  // The turn at or after `base` of which an event knows the lower half.
  const auto of_turn = [&](std::uint64_t base) { return base + (due.more - static_cast<std::uint32_t>(base)); };
  current_ = due.cause();
  switch (due.kind()) {
    case Kind::moved:
      return moved(due.index, of_turn(groups_[due.index].next_sum), now);
    case Kind::added:
      return added(due.index, due.more % kPositionsUnderWay, now);
    case Kind::activate:
      return try_activate(due.index, now);
    case Kind::activated:
      return activated(due.index, now);
    case Kind::read:
      return read(due.index, now);
    case Kind::pooled:
      return pooled(due.index, now);
    case Kind::kept:
      return kept(due.index, now);
    case Kind::received:
      return received(due.index, due.more, now);
    case Kind::written:
      return written(due.index, due.more, now);
    case Kind::loaded:
      return loaded(due.index, now);
    case Kind::read_over:
      return read_over(due.index, now);
    case Kind::summed:
      return summed(due.index, of_turn(groups_[due.index].next_sum), now);
    case Kind::sample:
      return sample(due.index, now);
    case Kind::look:
      try_load(due.index, now);
      return try_drive(due.index, now);
    case Kind::posted:
      sends_[due.index].busy = false;
      return try_send_image(due.index, now);
    case Kind::send:
      return tables_.makers[tables_.sends[due.index].maker].kind == MakerKind::host ? try_send_image(due.index, now)
                                                                                    : try_send(due.index, now);
    case Kind::read_out:
      return read_out(due.index, now);
  }
}

NodeId Board::message_node(std::uint32_t message) const {
  const Message& carried = messages_[message];
  return carried.is_sums ? tables_.part_groups[carried.index].node
                         : tables_.makers[tables_.sends[carried.index].maker].node;
}

BitSerialUse Board::use() const {
  BitSerialUse use;
  use.crossbars = crossbar_cycles_;
  for (std::uint32_t t = 0; t < tables_.tiles; ++t) {
    use.buses.push_back(buffers_[t].bus().busy_cycles());
    use.adders.push_back(adders_[t].busy_cycles());
    use.activation_units.push_back(activation_units_[t].busy_cycles());
    use.pool_units.push_back(pool_units_[t].busy_cycles());
  }
  use.stalls = stalls_;
  return use;
}

std::string Board::describe() const {
  constexpr std::size_t kMostLines = 200;
  std::string text;
  std::size_t lines = 0;
  const auto say = [&](const std::string& line) {
    if (++lines <= kMostLines) text += "  " + line + "\n";
  };
  const std::uint64_t images = images_.pixels.size();
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const PartGroupTable& table = tables_.part_groups[g];
    const std::uint64_t turns = images * tables_.makers[table.outputs.front().maker].turns();
    const GroupState& state = groups_[g];
    if (state.next_sum == turns) continue;
    say(fmt::format("element {}, {}: {} of {} positions loaded, {} driven, {} done{}", table.element,
                    tables_.network->nodes[table.node].spec.name, state.next_load, turns, state.next_drive,
                    state.next_sum,
                    state.waits_for == 0
                        ? std::string()
                        : fmt::format("; waits for {} since cycle {}",
                                      name_of(static_cast<BitSerialStall>(state.waits_for - 1)), state.waits_since)));
  }
  for (std::size_t m = 1; m < makers_.size(); ++m) {
    const MakerTable& table = tables_.makers[m];
    const MakerState& state = makers_[m];
    if (table.kind == MakerKind::host) continue;
    if (state.freed == images * table.turns()) continue;
    say(fmt::format("tile {}, home of {} channels of {}: {} of {} positions begun, {} made, {} kept, {} sent on",
                    table.tile, table.channels.size(), tables_.network->nodes[table.node].spec.name,
                    state.next_activation, images * table.turns(), state.finished, state.kept, state.freed));
  }
  for (std::size_t s = 0; s < streams_.size(); ++s) {
    const StreamTable& table = tables_.streams[s];
    if ((table.keeps ? streams_[s].complete() : streams_[s].freed()) == images * table.positions) continue;
    say(fmt::format("{}, buffer of {}: {} of {} positions complete, {} freed, room for {}",
                    table.tile == tables_.host ? std::string("host") : fmt::format("tile {}", table.tile),
                    tables_.network->nodes[table.node].spec.name, streams_[s].complete(), images * table.positions,
                    streams_[s].freed(), table.depth));
  }
  if (lines > kMostLines) text += fmt::format("  and {} more\n", lines - kMostLines);
  return text;
}

}  // namespace crossloom::bit_serial
