// Which positions a tile wants, by which messages they come, and how many it holds.
#include <algorithm>
#include <tuple>

#include <fmt/core.h>

#include "base/error.h"
#include "sim/bit_serial/flow_builder.h"

namespace crossloom::bit_serial {

// Positions of the stream that lie in a window of the reader's positions.
void FlowBuilder::mark_windows(StreamTable& stream, NodeId reader, std::uint32_t copy, std::uint32_t copies) const {
  const FixedPointNode& node = network_.nodes[reader];
  const ImageShape& plane = network_.nodes[stream.node].shape;
  const WindowSpec& window = node.spec.window;
  for (std::uint32_t p = copy; p < positions_of(node.shape); p += copies) {
    const std::int64_t top = std::int64_t{p / node.shape.width} * window.stride - window.padding;
    const std::int64_t left = std::int64_t{p % node.shape.width} * window.stride - window.padding;
    for (std::int64_t y = std::max<std::int64_t>(0, top); y < std::min<std::int64_t>(top + window.size, plane.height);
         ++y) {
      for (std::int64_t x = std::max<std::int64_t>(0, left);
           x < std::min<std::int64_t>(left + window.size, plane.width); ++x) {
        stream.wanted[static_cast<std::size_t>(y) * plane.width + static_cast<std::size_t>(x)] = 1;
      }
    }
  }
}

void FlowBuilder::mark_wanted() {
  for (StreamTable& stream : tables_.streams) {
    if (stream.tile == tables_.host || stream.keeps) continue;
    std::vector<std::pair<NodeId, std::uint32_t>> windows;  // (reader's node, copy)
    bool all = false;
    for (const std::uint32_t reader : stream.readers) {
      if (reader >= tables_.part_groups.size()) {
        all = true;
        continue;
      }
      const PartGroupTable& group = tables_.part_groups[reader];
      const WindowSpec& window = network_.nodes[group.node].spec.window;
      const bool whole = group.at_once || (placed_.copies[group.layer] == 1 && window.stride <= window.size);
      all = all || whole;
      if (!whole) windows.emplace_back(group.node, group.copy);
    }
    if (all) continue;
    std::sort(windows.begin(), windows.end());
    windows.erase(std::unique(windows.begin(), windows.end()), windows.end());
    stream.wanted.assign(stream.positions, 0);
    for (const auto& [node, copy] : windows) {
      mark_windows(stream, node, copy, placed_.copies[*network_.nodes[node].spec.layer]);
    }
  }
}

bool FlowBuilder::wants_any(const StreamTable& stream, const MakerTable& maker) const {
  if (stream.wanted.empty()) return true;
  for (std::uint32_t p = maker.copy; p < maker.positions; p += maker.copies) {
    if (stream.wanted[p] != 0) return true;
  }
  return false;
}

std::uint32_t FlowBuilder::fan_out_of(std::uint32_t source, std::vector<std::uint32_t> destinations) {
  const auto [found, is_new] =
      fan_outs_.try_emplace(std::make_pair(source, destinations), static_cast<std::uint32_t>(tables_.fan_outs.size()));
  if (is_new) tables_.fan_outs.push_back({source, std::move(destinations)});
  return found->second;
}

// One more message brings each position of the maker's copy; what is kept has been made by all copies.
void FlowBuilder::count_fragment(StreamTable& stream, const MakerTable& maker) const {
  std::vector<std::uint16_t>& fragments = stream.fragments;
  if (fragments.size() < maker.copies) {
    const std::uint16_t of_all = fragments.empty() ? std::uint16_t{0} : fragments.front();
    fragments.resize(maker.copies, of_all);
  }
  if (maker.copies > 1) {
    ++fragments[maker.copy];
  } else {
    for (std::uint16_t& count : fragments) ++count;
  }
}

// Streams that want the same channels get one message; the tile's own needs none.
void FlowBuilder::send_to(std::uint32_t index, const std::vector<std::uint32_t>& streams) {
  MakerTable& maker = tables_.makers[index];
  // What is kept goes by itself: its tile may also read it.
  std::map<std::tuple<bool, bool, std::vector<std::uint32_t>>, std::vector<SendTable::Target>> by_picks;
  for (const std::uint32_t s : streams) {
    StreamTable& stream = tables_.streams[s];
    std::vector<std::uint32_t> picks;
    SendTable::Target target;
    target.stream = s;
    for (std::uint32_t k = 0; k < maker.channels.size(); ++k) {
      const auto found = std::lower_bound(stream.channels.begin(), stream.channels.end(), maker.channels[k]);
      if (found == stream.channels.end() || *found != maker.channels[k]) continue;
      picks.push_back(k);
      target.slots.push_back(static_cast<std::uint32_t>(found - stream.channels.begin()));
    }
    if (picks.empty() || !wants_any(stream, maker)) continue;
    const bool is_local = stream.tile == maker.tile;
    target.credit_cycles = is_local ? 0 : credit_cycles_(stream.tile, maker.tile);
    count_fragment(stream, maker);
    by_picks[{is_local, stream.keeps, std::move(picks)}].push_back(std::move(target));
  }
  for (auto& [key, targets] : by_picks) {
    std::sort(targets.begin(), targets.end(), [this](const SendTable::Target& a, const SendTable::Target& b) {
      return tables_.streams[a.stream].tile < tables_.streams[b.stream].tile;
    });
    SendTable send;
    send.maker = index;
    send.is_local = std::get<0>(key);
    send.picks = std::get<2>(key);
    send.bits = static_cast<std::uint32_t>(send.picks.size()) * network_.nodes[maker.node].format.bits;
    std::vector<std::uint32_t> destinations;
    for (const SendTable::Target& target : targets) destinations.push_back(tables_.streams[target.stream].tile);
    if (!send.is_local) send.fan_out = fan_out_of(maker.tile, destinations);
    send.targets = std::move(targets);
    maker.sends.push_back(static_cast<std::uint32_t>(tables_.sends.size()));
    tables_.sends.push_back(std::move(send));
  }
}

void FlowBuilder::make_sends() {
  std::vector<std::vector<std::uint32_t>> streams_of_node(network_.nodes.size());
  for (std::uint32_t s = 0; s < tables_.streams.size(); ++s) {
    streams_of_node[tables_.streams[s].node.value()].push_back(s);
  }
  for (std::uint32_t m = 0; m < tables_.makers.size(); ++m) {
    send_to(m, streams_of_node[tables_.makers[m].node.value()]);
  }
}

// Every stream gets the depth without which nodes would wait for each other; what is left of a tile's buffer lets them
// run ahead, at most by an image.
void FlowBuilder::choose_depths() {
  const IdVector<NodeId, std::vector<std::uint32_t>> least = least_depths(network_);
  std::vector<std::uint64_t> taken(tables_.tiles, 0);
  for (const MakerTable& maker : tables_.makers) {
    if (maker.kind != MakerKind::host) taken[maker.tile] += std::uint64_t{kPositionsUnderWay} * maker.write_bits;
  }
  for (const KeptSlice& slice : placed_.kept_slices) {
    if (!slice.tile || slice.made > pass_ || slice.last_read < pass_) continue;
    const FixedPointNode& node = network_.nodes[slice.node];
    taken[slice.tile->value()] +=
        std::uint64_t{positions_of(node.shape)} * images_.length * slice.channels * node.format.bits;
  }
  std::vector<std::vector<std::uint32_t>> streams_of_tile(tables_.tiles);
  for (std::uint32_t s = 0; s < tables_.streams.size(); ++s) {
    StreamTable& stream = tables_.streams[s];
    if (stream.keeps) continue;
    if (stream.tile == tables_.host) {
      stream.depth = stream.positions * images_.in_flight;
      continue;
    }
    for (const std::uint32_t reader : stream.readers) {
      if (reader < tables_.part_groups.size()) {
        stream.depth = std::max(stream.depth, least[tables_.part_groups[reader].node].front());
        continue;
      }
      const MakerTable& maker =
          tables_.makers[tables_.digital_makers[reader - static_cast<std::uint32_t>(tables_.part_groups.size())]];
      for (std::size_t k = 0; k < maker.inputs.size(); ++k) {
        if (maker.inputs[k].stream == s)
          stream.depth = std::max(stream.depth, least[maker.node][maker.input_numbers[k]]);
      }
    }
    streams_of_tile[stream.tile].push_back(s);
  }
  constexpr std::uint64_t kShares = 1024;
  for (std::uint32_t t = 0; t < tables_.tiles; ++t) {
    const auto bits_with = [&](std::uint64_t share) {
      std::uint64_t bits = taken[t];
      for (const std::uint32_t s : streams_of_tile[t]) {
        const StreamTable& stream = tables_.streams[s];
        const std::uint64_t more = (stream.positions * share + kShares - 1) / kShares;
        bits += (stream.depth + more) * stream.channels.size() * stream.value_bits;
      }
      return bits;
    };
    if (bits_with(0) > chip_.tile.buffer_bits) {
      throw DoesNotFit(fmt::format(
          "the buffer of tile {} has {} bits, but needs {} for the windows and outputs of what lies there: a chip with "
          "buffer_bits: {} would do, or fewer layers a tile",
          t, chip_.tile.buffer_bits, bits_with(0), bits_with(0)));
    }
    std::uint64_t low = 0, high = kShares;
    while (low < high) {
      const std::uint64_t middle = (low + high + 1) / 2;
      if (bits_with(middle) <= chip_.tile.buffer_bits) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    for (const std::uint32_t s : streams_of_tile[t]) {
      StreamTable& stream = tables_.streams[s];
      stream.depth += static_cast<std::uint32_t>((stream.positions * low + kShares - 1) / kShares);
    }
  }
}

}  // namespace crossloom::bit_serial
