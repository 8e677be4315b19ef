// The real-valued network: what it looks like (NetworkSpec), and its trained weights with masks and blocks (Network).
//
// Every weighted layer lowers to one matrix: rows = inputs (fan-in), columns = outputs. A bias is not part of the
// matrix. A convolution's columns are its output channels and its rows the values under one window: row (c k + y) k + x
// is input channel c at row y, column x of the k x k window. With groups, c counts within the group of the column: the
// matrices of the groups stand side by side, so that one row is another input channel in each group.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/archive.h"
#include "base/id.h"
#include "models/network_spec.h"

namespace crossloom {

/// rows x columns values, row-major: value(i, j) is the weight from input i to output j.
struct Matrix {
  std::uint32_t rows = 0, columns = 0;
  std::vector<float> values;
  Matrix() = default;
  Matrix(std::uint32_t row_count, std::uint32_t column_count)
      : rows(row_count), columns(column_count), values(std::size_t{row_count} * column_count, 0.0F) {}
  [[nodiscard]] float& at(std::uint32_t i, std::uint32_t j) { return values[std::size_t{i} * columns + j]; }
  [[nodiscard]] float at(std::uint32_t i, std::uint32_t j) const { return values[std::size_t{i} * columns + j]; }
};

/// A set of rows times a set of columns of one layer's matrix, both ascending. A layer's blocks cover each live weight
/// exactly once; a block may hold weights that are not live.
struct Block {
  std::vector<std::uint32_t> rows;
  std::vector<std::uint32_t> columns;
  bool leftover = false;  ///< covers what no cluster of a clustering took; changes no result, only what reports count
};

/// One kernel at every position of a window: what an unfolded layer's matrix repeats. Its kernel matrix has row
/// (c k + y) k + x for place (x, y) of the window on input channel c, a row for the bias after them, and a column for
/// each output channel; a weight between channels of different groups is not live.
struct SharedKernel {
  WindowSpec window;
  ImageShape input, output;
  std::vector<Block> blocks = {};  ///< of the kernel matrix; none where no transformation made any
  bool mean_pool = false;          ///< all weights are equal and every channel has a window of its own
  [[nodiscard]] std::uint32_t rows() const { return input.channels * window.size * window.size; }
  [[nodiscard]] std::uint32_t positions() const { return output.width * output.height; }
};

struct Layer {
  Matrix weights;
  std::vector<float> bias;         ///< one an output, or empty
  std::vector<std::uint8_t> live;  ///< one a weight, 1 = live; empty = all live. Weights that are not live are 0.
  std::vector<Block> blocks;       ///< empty until a transformation (also `none`) has run
  /// Of a layer that unfold() made (models/unfolding.h) from a window that is the same at every position; in no file.
  std::optional<SharedKernel> kernel = std::nullopt;

  [[nodiscard]] bool is_live(std::uint32_t i, std::uint32_t j) const {
    return live.empty() || live[std::size_t{i} * weights.columns + j] != 0;
  }
};

/// What a batch_norm node has learned, one value a channel.
struct BatchNorm {
  std::vector<float> scale, shift;    ///< trained
  std::vector<float> mean, variance;  ///< running averages over batches (the variance unbiased), used at inference
};

struct Network {
  NetworkSpec spec;
  IdVector<LayerId, Layer> layers;
  std::vector<BatchNorm> batch_norms = {};  ///< one a batch_norm node, in the order of the nodes

  /// Live weights of all layers, biases not included.
  [[nodiscard]] std::uint64_t synapses() const;
  [[nodiscard]] std::uint64_t synapses(LayerId layer) const;
};

/// A network of zeros with all weights live and no blocks; batch norms that change nothing (scale and variance 1).
Network make_network(const NetworkSpec& spec);

/// Checks shapes, finite values, zero weights where not live, and (where there are blocks) that they cover every live
/// weight exactly once. Returns the reasons why not; empty = fine.
std::vector<std::string> network_faults(const Network& network);

/// File form (archive kind "network"). load throws UserError on any damage or inconsistency.
Archive to_archive(const Network& network);
Network network_from_archive(const Archive& archive);
void save_network(const Network& network, const std::filesystem::path& file);
Network load_network(const std::filesystem::path& file);

/// Plain real-valued forward pass, one image of spec.input.size() values in 0..1 (plane after plane); returns the
/// outputs of every node but the input, after its activation (dropout off, batch norms with their running averages) and
/// rounded to its format, where it has one: of
/// a plain chain, those of every layer. Straight loops in a fixed order: the reference for the trainer, not fast.
std::vector<std::vector<float>> forward(const Network& network, const std::vector<float>& image);

/// The same function without batch_norm nodes: each is taken into the weights and bias of the layer before it, and so
/// is an activation node that alone follows a layer without one. Masks and blocks stay. Throws UserError, with the node
/// and the reason, where a batch_norm does not directly follow a layer without activation and dropout that only it
/// reads.
Network fold_batch_norm(const Network& network);

/// Which output of an earlier layer a row of a matrix carries.
struct RowSource {
  LayerId layer;
  std::uint32_t column = 0;
};
/// How the units (columns) of layers reach the rows of later ones through nodes that turn an all-zero channel into
/// zeros: pools, activations, flatten, concat. Rows that carry anything else (the image, a batch_norm, a sum) have
/// none.
struct UnitLinks {
  IdVector<LayerId, std::vector<std::optional<RowSource>>> rows;  ///< by layer and row
  /// Whether the layer's outputs reach nothing but such rows, so that a unit whose rows are all dead is dead (1), or
  /// not (0), as for the output.
  IdVector<LayerId, std::uint8_t> only_rows;
};
UnitLinks unit_links(const NetworkSpec& spec);

}  // namespace crossloom
