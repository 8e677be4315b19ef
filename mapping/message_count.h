// How many packets and step-done tokens the inputs of a tile's arrays take. Private to mapping.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "mapping/pack.h"
#include "models/spiking_network.h"

namespace crossloom {

/// What one step sends if every packet travels. Ordered by packets, then tokens.
struct Messages {
  std::uint64_t packets = 0;
  std::uint64_t tokens = 0;  ///< pairs of source and destination tile
  friend bool operator<(Messages a, Messages b) {
    return std::tie(a.packets, a.tokens) < std::tie(b.packets, b.tokens);
  }
  friend Messages operator+(Messages a, Messages b) { return {a.packets + b.packets, a.tokens + b.tokens}; }
};

/// Up to 64 inputs that have one source; bit k of `rows` is the k-th of them.
struct InputWord {
  std::uint32_t word;
  std::uint64_t rows;
};
/// What an array needs: ascending words. Bias rows and rows whose neuron has no bank are not in it, as they travel in
/// no packet.
using ArrayInputs = std::vector<InputWord>;

/// Counts by bitmaps. Not thread-safe: counting uses scratch space of the object.
class MessageCounter {
 public:
  /// home_of[b] numbers the home of bank b: banks of one layer with the same number share a home tile. Homes of
  /// different layers must have different numbers.
  MessageCounter(const std::vector<PackedBank>& banks, const SpikingNetwork& network,
                 const std::vector<std::uint32_t>& home_of, std::uint32_t packet_bits);
  [[nodiscard]] ArrayInputs inputs(LayerId layer, const std::vector<std::uint32_t>& rows) const;
  /// The sources of an array, ascending.
  [[nodiscard]] std::vector<std::uint32_t> sources(const ArrayInputs& inputs) const;
  /// Packets and tokens to a tile with these arrays; null pointers are empty slots.
  [[nodiscard]] Messages to_tile(const std::vector<const ArrayInputs*>& arrays);

 private:
  std::uint32_t packet_bits_;
  std::vector<std::vector<std::uint32_t>> position_;  // [layer][row]: 64 x word + bit
  std::vector<std::uint32_t> source_of_word_;
  std::vector<std::uint64_t> rows_of_word_;     // scratch, all 0 between calls
  std::vector<std::uint32_t> rows_of_source_;   // scratch, all 0 between calls
  std::vector<std::uint32_t> words_, sources_;  // scratch: those that are not 0
};

}  // namespace crossloom
