// The network on the chip: block parts in crossbars, crossbars in tiles, neurons in home tiles, tiles at mesh sites,
// and which packets travel.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/archive.h"
#include "base/id.h"
#include "models/array_size.h"
#include "models/network.h"

namespace crossloom {

struct CrossbarTag;
struct TileTag;
struct TileGroupTag;
struct NeuronBankTag;
using CrossbarId = Id<CrossbarTag>;
using TileId = Id<TileTag>;
using TileGroupId = Id<TileGroupTag>;
using NeuronBankId = Id<NeuronBankTag>;

/// One use of a part that holds a piece of a kernel (SharedKernel): the inputs and the neurons of one position. Column
/// k of the part belongs to neuron k of the bank.
struct KernelPosition {
  NeuronBankId bank;
  std::vector<std::uint32_t> rows;  ///< inputs of the layer that the window covers here, ascending
  /// Which of the part's rows holds rows[k], ascending; empty = rows[k] is at the part's row k.
  std::vector<std::uint32_t> lines = {};
};

/// A rectangle of one layer's matrix placed at wordlines [first_wordline, +rows) and columns [first_column, +columns)
/// of a crossbar. Parts of one crossbar share neither wordlines nor columns. A part with positions holds a rectangle of
/// a kernel's matrix instead, and is used by one neuron bank after another.
struct BlockPart {
  LayerId layer;
  std::uint32_t first_wordline = 0;
  std::uint32_t first_column = 0;
  std::vector<std::uint32_t> rows;     ///< inputs of the layer, ascending; wordline first_wordline + k holds rows[k]
  std::vector<std::uint32_t> columns;  ///< outputs of the layer, ascending; neurons of the bank, not always all of them
  NeuronBankId bank;                   ///< with positions: that of the first
  /// Where the columns are among the bank's neurons, ascending; empty = the first one at 0, the next at 1 and so on.
  std::vector<std::uint32_t> places = {};
  /// Positions that share the cells, in the order in which they are served; rows and columns then are those of the
  /// kernel's matrix.
  std::vector<KernelPosition> positions = {};
  std::uint32_t copy = 0;  ///< which of the kernel's copies this is; copies are different devices

  /// How many neuron banks it adds to, and what use number `use` of it drives and where.
  [[nodiscard]] std::uint32_t uses() const {
    return positions.empty() ? 1U : static_cast<std::uint32_t>(positions.size());
  }
  [[nodiscard]] const std::vector<std::uint32_t>& rows_of(std::uint32_t use) const {
    return positions.empty() ? rows : positions[use].rows;
  }
  [[nodiscard]] std::uint32_t wordline(std::uint32_t use, std::size_t k) const {
    const bool in_order = positions.empty() || positions[use].lines.empty();
    return first_wordline + (in_order ? static_cast<std::uint32_t>(k) : positions[use].lines[k]);
  }
  [[nodiscard]] NeuronBankId bank_of(std::uint32_t use) const { return positions.empty() ? bank : positions[use].bank; }
};

/// BlockPart::places for these columns of a bank with these neurons; empty, too, where a column is none of them, which
/// mapped_network_faults reports.
std::vector<std::uint32_t> places_among(const std::vector<std::uint32_t>& neurons,
                                        const std::vector<std::uint32_t>& columns);

/// One logical crossbar.
struct MappedCrossbar {
  TileId tile;
  std::vector<BlockPart> parts;
  /// Its own size where it is not the chip's (mapping.array_by_layer).
  std::optional<ArraySize> size = std::nullopt;
};

/// Neurons that integrate together: the outputs of one layer whose row parts are the same list of block parts. Row part
/// k of the bank is added in slot k (ascending), the threshold compared after the last.
struct NeuronBank {
  LayerId layer;
  TileId home;                         ///< where its neuron circuits are
  std::vector<std::uint32_t> neurons;  ///< outputs of the layer, ascending
  struct RowPart {
    CrossbarId crossbar;
    std::uint32_t part = 0;      ///< index into MappedCrossbar::parts
    std::uint32_t position = 0;  ///< index into BlockPart::positions; 0 where there are none
  };
  std::vector<RowPart> row_parts;  ///< in ascending order of their first row
  /// Of a mean pool in digital counters: the inputs that each neuron counts, ascending, as many for each. Such a bank
  /// has no row parts; its counters are in the home tile.
  std::vector<std::vector<std::uint32_t>> windows = {};
};

struct MeshSite {
  std::uint32_t x = 0, y = 0;
  friend bool operator==(MeshSite a, MeshSite b) { return a.x == b.x && a.y == b.y; }
};

struct MappedTile {
  TileGroupId group;
  MeshSite site;                 ///< of its router; tiles_per_router tiles may share one
  std::uint32_t local_port = 0;  ///< which of the router's tile ports
  std::vector<CrossbarId> crossbars;
  std::vector<NeuronBankId> banks;  ///< whose home this is
};

/// Up to packet_bits inputs of one layer that travel together from one source to one destination tile. Bit k of the
/// packet is input rows[k]. The bias row, driven every step, travels in no packet, nor do rows whose neuron has no bank
/// (it never fires). The source is the tile that holds those neurons of the layer before, or the host.
struct PacketGroup {
  std::optional<TileId> source;  ///< absent = host
  TileId destination;
  LayerId layer;                    ///< whose inputs these are
  std::vector<std::uint32_t> rows;  ///< ascending
};

struct MappedNetwork {
  IdVector<CrossbarId, MappedCrossbar> crossbars;
  IdVector<NeuronBankId, NeuronBank> banks;
  IdVector<TileId, MappedTile> tiles;  ///< tiles in use; a chip of fixed size may have more, empty ones
  std::uint32_t tile_groups = 0;
  std::uint32_t mesh_width = 0, mesh_height = 0;
  std::vector<PacketGroup> packet_groups;  ///< sorted by (layer, source, destination, first row)
  /// Of the chip's crossbars; none is larger.
  std::uint32_t input_rows_per_crossbar = 0, columns_per_crossbar = 0;

  [[nodiscard]] ArraySize size_of(const MappedCrossbar& crossbar) const {
    return crossbar.size.value_or(ArraySize{input_rows_per_crossbar, columns_per_crossbar});
  }
  /// Weights held / sum over crossbars of rows x columns. A kernel's weight counts once a copy, however many positions
  /// use it (live_weights() in mapping_summary.h).
  [[nodiscard]] double utilisation(std::uint64_t weights) const;
  /// Home tile of each neuron of a layer; absent where the neuron has no bank (no live weight).
  [[nodiscard]] std::vector<std::optional<TileId>> homes(LayerId layer, std::uint32_t outputs) const;
};

/// Outputs of the layer to which one use of a part adds, in the order of its columns.
const std::vector<std::uint32_t>& outputs_of(const MappedNetwork& mapped, const BlockPart& part, std::uint32_t use);

/// Which row of its layer's matrix wordline first_wordline + k holds, for the outputs of the part's columns: of a
/// kernel, as the first position has it whose window covers that row. None where no position does.
struct HeldRow {
  std::uint32_t input = 0;
  const std::vector<std::uint32_t>* outputs = nullptr;
};
std::optional<HeldRow> held_row(const MappedNetwork& mapped, const BlockPart& part, std::size_t k);

/// Reasons why the indices in it do not fit together (ids out of range, a crossbar that its tile does not list, a part
/// that its bank does not list, parts or sites out of bounds); empty = fine. Says nothing about a network or a chip.
std::vector<std::string> mapped_network_faults(const MappedNetwork& mapped);

/// Routers that an x-then-y packet passes, both ends included.
std::vector<MeshSite> dimension_order_route(MeshSite from, MeshSite to);

struct MeshSize {
  std::uint32_t width = 0, height = 0;
};
/// The mesh of a chip of this many tiles, tiles_per_router at a router: the fewest sites among near-square shapes (at
/// most twice as wide as high), then the squarest. At least 1 x 1.
MeshSize mesh_for(std::uint32_t tiles, std::uint32_t tiles_per_router);

/// Host ports sit on routers of column 0: port p at row p * height / ports, where ports = min(host_ports, height).
MeshSite host_port_site(std::uint32_t port, std::uint32_t mesh_height, std::uint32_t host_ports);
/// The port that serves destinations in this row: the nearest one, ties to the lower.
std::uint32_t host_port_of(std::uint32_t row, std::uint32_t mesh_height, std::uint32_t host_ports);

/// File form (archive kind "mapped_network").
constexpr int kMappedNetworkVersion = 3;
Archive to_archive(const MappedNetwork& mapped);
MappedNetwork mapped_network_from_archive(const Archive& archive);

}  // namespace crossloom
