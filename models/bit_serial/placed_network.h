// A fixed-point network on a bit-serial chip: block parts in crossbars, crossbars in processing elements, sums and
// digital nodes at home tiles.
//
// Where the weights do not fit, they are there in passes, one after another: each pass holds some columns of some
// layers, reads what it needs and makes its channels for all images of a stream; what later passes read of them waits
// (KeptSlice).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/archive.h"
#include "base/id.h"
#include "models/bit_serial/fixed_point_network.h"

namespace crossloom {

struct PlacedCrossbarTag;
struct ProcessingElementTag;
struct PlacedTileTag;
using PlacedCrossbarId = Id<PlacedCrossbarTag>;
/// Elements of all tiles of all chips, tile by tile: element e is in tile e / processing_elements (of a tile).
using ProcessingElementId = Id<ProcessingElementTag>;
/// Tiles of all chips, chip by chip.
using PlacedTileId = Id<PlacedTileTag>;

/// A rectangle of one layer's matrix at wordlines [first_wordline, + rows) and logical columns [first_column, +
/// columns) of a crossbar. A block's rows are cut into row parts of at most crossbar.rows from its first row on, in
/// ascending order (row part k holds its rows [k R, (k + 1) R)); what an ADC clips depends on which rows it sees
/// together, so that rule is part of what the chip computes (chip_reference.h follows it by itself). A column is in a
/// row part only if it has a live weight there: otherwise it is not read and nothing is added to it. The columns that
/// remain are cut by group of a convolution (a row is another channel in each) and then into at most logical_columns,
/// which changes nothing that is computed.
struct CrossbarPart {
  LayerId layer;
  std::uint32_t copy = 0;   ///< of the layer's weights, 0 .. copies - 1
  std::uint32_t block = 0;  ///< index into FixedPointLayer::blocks
  std::uint32_t first_wordline = 0, first_column = 0;
  std::vector<std::uint32_t> rows;     ///< of the layer's matrix, ascending
  std::vector<std::uint32_t> columns;  ///< ascending
};

/// One logical crossbar: all weight slices (and polarities) of rows x columns weights. Its physical arrays stand side
/// by side in one processing element. Parts share neither wordlines nor columns, and are read one at a time.
struct PlacedCrossbar {
  ProcessingElementId element;
  std::uint32_t first_array = 0;  ///< of the element's physical arrays
  std::uint32_t pass = 0;         ///< with reloads: in which pass it holds these weights
  std::vector<CrossbarPart> parts;
};

/// Columns of one copy of a layer whose sums are added up in one tile, activated there, and sent on from there. Row
/// parts are added in this order; integer sums do not depend on it.
struct OutputSlice {
  LayerId layer;
  std::uint32_t copy = 0;
  std::vector<std::uint32_t> columns;  ///< ascending
  PlacedTileId home;
  struct RowPart {
    PlacedCrossbarId crossbar;
    std::uint32_t part = 0;  ///< index into PlacedCrossbar::parts
  };
  std::vector<RowPart> row_parts;  ///< every part of the copy that holds one of the columns, by crossbar and part
  std::uint32_t pass = 0;          ///< in which all of them are there
};

/// Channels of a node without weights (pool, add, activation, concat) that one tile computes and keeps. Inputs need
/// none: they come from the host. flatten and softmax are views of their input and have no slices.
struct DigitalSlice {
  NodeId node;
  std::uint32_t first_channel = 0, channels = 0;
  PlacedTileId home;
  std::uint32_t pass = 0;
};

/// With reloads: channels of a node that are made in one pass and read in later ones, and where they wait.
struct KeptSlice {
  NodeId node;
  std::uint32_t first_channel = 0, channels = 0;
  std::uint32_t made = 0, last_read = 0;  ///< passes, made < last_read
  /// A tile's buffer; none: memory beyond the chip's link.
  std::optional<PlacedTileId> tile;
};

struct PlacedNetwork {
  IdVector<PlacedCrossbarId, PlacedCrossbar> crossbars;
  std::vector<OutputSlice> output_slices;    ///< by layer, copy, first column
  std::vector<DigitalSlice> digital_slices;  ///< by node, first channel
  std::vector<KeptSlice> kept_slices;        ///< by node, pass, first channel
  IdVector<LayerId, std::uint32_t> copies;   ///< of each layer's weights, at least 1
  std::uint32_t tiles = 0;                   ///< in use, of all chips
  std::uint32_t passes = 1;                  ///< 1 = all weights are there at once
  std::vector<std::uint32_t> sites;          ///< endpoint of the chip's network, by tile; unique within a chip
  std::vector<std::uint32_t> chips;          ///< which chip, by tile

  /// Copy that computes a position (raster number y x width + x of the layer's output plane): positions are dealt in
  /// turn, so that one copy is the folded convolution, `width` copies the semi-folded one (a copy a column of the
  /// plane) and as many as positions the unfolded one.
  [[nodiscard]] std::uint32_t copy_of(LayerId layer, std::uint32_t position) const { return position % copies[layer]; }
};

/// Reasons why the indices in it do not fit together or a live weight is not held exactly once a copy; empty = fine.
/// Says nothing about a chip.
std::vector<std::string> placed_network_faults(const PlacedNetwork& placed, const FixedPointNetwork& network);

/// File form (archive kind "placed_network").
inline constexpr int kPlacedNetworkVersion = 2;
Archive to_archive(const PlacedNetwork& placed);
PlacedNetwork placed_network_from_archive(const Archive& archive);

}  // namespace crossloom
