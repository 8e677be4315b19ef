// A layer's blocks cut into row parts of crossbar size, and which of them share a crossbar. Private to mapping.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "mapping/row_cut.h"
#include "models/array_size.h"
#include "models/network.h"
#include "models/spiking_network.h"

namespace crossloom {

/// Neurons that integrate together and the rows of each of their row parts. Each row holds a live weight of the
/// columns.
struct PackedBank {
  LayerId layer;
  std::vector<std::uint32_t> columns;  ///< ascending, at most the stripe width
  std::vector<std::vector<std::uint32_t>>
      row_parts;  ///< each ascending, at most the crossbar's rows; ascending first rows
  /// Columns of each row part, those with a live weight in it at least; all of the bank's where there is no entry or an
  /// empty one.
  std::vector<std::vector<std::uint32_t>> part_columns = {};
  /// What is left when as many whole arrays as possible are filled, if it can share an array at all.
  Tail tail = {};
  /// Of one position of a convolution: which kernel it uses, and for each row part which of the kernel's it uses and on
  /// which of its rows (all where empty).
  struct KernelPart {
    std::uint32_t part = 0;
    std::vector<std::uint32_t> lines;
  };
  std::optional<std::uint32_t> kernel = std::nullopt;  ///< in PackedNetwork::kernels
  std::vector<KernelPart> kernel_parts = {};

  [[nodiscard]] const std::vector<std::uint32_t>& columns_of(std::size_t part) const {
    return part < part_columns.size() && !part_columns[part].empty() ? part_columns[part] : columns;
  }
};

/// What packing knows of a chip.
struct PackingRoom {
  ArraySize array;
  std::uint32_t stripe_width = 64;  ///< most columns of a bank, at most the array's
  std::uint32_t reach = 64;         ///< arrays among which the row parts of one neuron may be spread
};

/// A cut of a layer's columns into stripes and what it takes.
struct StripeCut {
  using Classes = std::vector<std::vector<std::vector<std::uint32_t>>>;
  Classes classes;                               ///< stripes whose row cuts should coincide
  std::vector<std::vector<std::uint32_t>> rows;  ///< live ones of each stripe, stripes numbered through all classes
  std::vector<Tail> tails;                       ///< of each stripe
  std::size_t arrays = 0;                        ///< with sharing
};

enum class StripeWay {
  in_order,  ///< ways 1 to 3
  searched,  ///< way 4 where it takes fewer arrays, else the same
  grid,      ///< the plain grid's stripes, all cut at the same rows even where that takes more row parts
};

/// The ways of cutting a layer's columns into stripes; of the first three, and of the variants of the fourth, the one
/// with the fewest arrays (the first of equals), small tails sharing arrays:
///   1. columns that are live in the same blocks form a class; each class is cut into stripes of their own;
///   2. all live columns in order;
///   3. the plain grid's own stripes (columns 0..w-1, w..2w-1, ...), less the columns without a live weight;
///   4. stripes along the blocks' column sets, and stripes of like columns (column_stripes.h), as they are and improved
///      by moves and swaps.
class LayerCuts {
 public:
  /// `layer` must outlive it.
  LayerCuts(const SpikingLayer& layer, LayerId id, const PackingRoom& room);
  /// True for `in_order`, and for a way that may give other banks than that.
  [[nodiscard]] bool worth_trying(StripeWay way) const;
  /// Covers every live weight of the layer exactly once. A stripe's live rows are packed into ceil(live rows / rows of
  /// an array) parts. Way 3 with compacted rows never needs more arrays than the plain grid has non-empty cells, so
  /// neither does the result. Where it costs no part, the cuts between parts fall at the same rows in all stripes of a
  /// class, so that arrays of one tile share packets; `grid` always cuts so, into no more parts than the plain grid has
  /// cells with a live weight. Rows are cut in the order of `input_order`, the others after
  /// them: where the inputs that come from one bank follow each other there, a row part needs packets from few banks.
  [[nodiscard]] std::vector<PackedBank> banks(StripeWay way, const std::vector<std::uint32_t>& input_order) const;

 private:
  const SpikingLayer* layer_;
  LayerId id_;
  std::uint32_t crossbar_rows_;
  StripeCut in_order_;
  StripeCut grid_;  ///< without tails
  std::optional<StripeCut> searched_;
};

/// The banks of the cut with the fewest arrays.
std::vector<PackedBank> pack_layer(const SpikingLayer& layer, LayerId id, const PackingRoom& room,
                                   const std::vector<std::uint32_t>& input_order = {});

struct PackedPart {
  std::uint32_t bank, part;
};
/// One copy of a stripe of a kernel's matrix (kernel_packing.h): a crossbar for each row part.
struct PackedKernel {
  LayerId layer;
  std::uint32_t copy = 0;
  std::vector<std::uint32_t> columns;                 ///< of the kernel's matrix
  std::vector<std::vector<std::uint32_t>> row_parts;  ///< rows of the kernel's matrix
  std::vector<std::vector<PackedPart>> arrays;        ///< by row part: the row parts of banks that use it
};
struct PackedNetwork {
  std::vector<PackedBank> banks;
  std::vector<std::vector<PackedPart>> shared;  ///< row parts of two or more banks that share one crossbar
  std::vector<PackedKernel> kernels = {};
  /// Crossbars, shared ones and those of kernels counted once.
  [[nodiscard]] std::size_t arrays() const;
};

enum class Sharing { within_layers, across_layers };
/// Lets tails share arrays (block_sharing.h) as far as all row parts of their banks fit one analog reach together.
/// Banks whose tail does are cut again: whole arrays, then the tail.
PackedNetwork share_tails(std::vector<PackedBank> banks, const PackingRoom& room, Sharing sharing);

}  // namespace crossloom
