// The real-valued network: what it looks like (NetworkSpec), and its trained weights with masks and blocks (Network).
//
// Every weighted layer lowers to one matrix: rows = inputs (fan-in), columns = outputs. A bias is not part of the matrix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/archive.h"
#include "base/config_reader.h"
#include "base/id.h"

namespace crossloom {

struct LayerTag;
/// Position of a weighted layer, from the input on.
using LayerId = Id<LayerTag>;

enum class Activation { none, relu };

struct DenseLayerSpec {
  std::string name;          ///< unique within the network; names the layer in reports
  std::uint32_t outputs = 0;
  bool bias = false;
  Activation activation = Activation::relu;
  double dropout = 0.0;      ///< share of this layer's outputs dropped while training, 0 <= dropout < 1
};

struct ImageShape {
  std::uint32_t width = 0, height = 0, channels = 0;
  [[nodiscard]] std::uint32_t size() const { return width * height * channels; }
};

struct NetworkSpec {
  std::string name;
  ImageShape input;
  IdVector<LayerId, DenseLayerSpec> layers;
  [[nodiscard]] std::uint32_t inputs_of(LayerId layer) const;
};

/// Reads the `network:` mapping (see configs/networks/mnist_mlp.yaml); problems go to the reader.
NetworkSpec read_network_spec(ConfigReader reader);

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
};

struct Layer {
  Matrix weights;
  std::vector<float> bias;          ///< one an output, or empty
  std::vector<std::uint8_t> live;   ///< one a weight, 1 = live; empty = all live. Weights that are not live are 0.
  std::vector<Block> blocks;        ///< empty until a transformation (also `none`) has run

  [[nodiscard]] bool is_live(std::uint32_t i, std::uint32_t j) const {
    return live.empty() || live[std::size_t{i} * weights.columns + j] != 0;
  }
};

struct Network {
  NetworkSpec spec;
  IdVector<LayerId, Layer> layers;

  /// Live weights of all layers, biases not included.
  [[nodiscard]] std::uint64_t synapses() const;
  [[nodiscard]] std::uint64_t synapses(LayerId layer) const;
};

/// A network of zeros with all weights live and no blocks.
Network make_network(const NetworkSpec& spec);

/// Checks shapes, finite values, zero weights where not live, and (where there are blocks) that they cover every live
/// weight exactly once. Returns the reasons why not; empty = fine.
std::vector<std::string> network_faults(const Network& network);

/// File form (archive kind "network"). load throws UserError on any damage or inconsistency.
Archive to_archive(const Network& network);
Network network_from_archive(const Archive& archive);
void save_network(const Network& network, const std::filesystem::path& file);
Network load_network(const std::filesystem::path& file);

/// Plain real-valued forward pass, one image of spec.input.size() values in 0..1; returns the outputs of every layer
/// after its activation (dropout off). Straight loops in a fixed order: the reference for the trainer, not fast.
std::vector<std::vector<float>> forward(const Network& network, const std::vector<float>& image);

}  // namespace crossloom
