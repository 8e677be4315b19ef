#include "mapping/bit_serial/element_filling.h"

#include <fmt/core.h>

#include "base/error.h"
#include "models/bit_serial/dataflow.h"

namespace crossloom {

ElementFiller::ElementFiller(const FixedPointNetwork& network, const BitSerialChipSpec& chip)
    : network_(network), chip_(chip), nodes_(layer_nodes(network)), budget_(network, chip) {}

void ElementFiller::align() {
  const std::uint32_t each = chip_.crossbars_per_element();
  next_ = (next_ + each - 1) / each * each;
}

BufferBudget::Need ElementFiller::need_of(const CrossbarPart& part) const {
  const NodeId node = nodes_[part.layer];
  return budget_.need_of(node, 0, channels_of_rows(network_, node, part.rows, part.columns.front()));
}

std::uint64_t ElementFiller::bits_of(const std::vector<CrossbarPart>& parts, std::uint32_t tile) {
  std::uint64_t bits = 0;
  for (const CrossbarPart& part : parts) {
    bits += budget_.more(tile, need_of(part)) + budget_.made_bits(nodes_[part.layer], part.columns.size());
  }
  return bits;
}

void ElementFiller::put(const std::vector<CrossbarPart>& parts, std::uint32_t tile) {
  for (const CrossbarPart& part : parts) {
    budget_.add(tile, need_of(part));
    budget_.add_bits(tile, budget_.made_bits(nodes_[part.layer], part.columns.size()));
  }
}

PlacedCrossbar ElementFiller::take(const std::vector<CrossbarPart>& parts, std::uint32_t copy, std::uint32_t pass) {
  const std::uint32_t each = chip_.crossbars_per_element();
  const std::uint64_t in_tile = std::uint64_t{each} * chip_.tile.processing_elements;
  auto tile = static_cast<std::uint32_t>(next_ / in_tile);
  if (next_ % in_tile != 0 && !budget_.has_room(tile, bits_of(parts, tile))) next_ = ++tile * in_tile;
  const std::uint64_t bits = bits_of(parts, tile);
  if (!budget_.has_room(tile, bits)) {
    throw DoesNotFit(fmt::format(
        "a crossbar of {} needs {} bits of its tile's buffer, which has {}: a chip with buffer_bits: {} would do",
        network_.layers[parts.front().layer].name, bits, budget_.capacity(), bits));
  }
  put(parts, tile);
  PlacedCrossbar crossbar;
  crossbar.element = ProcessingElementId(next_ / each);
  crossbar.first_array = static_cast<std::uint32_t>(next_ % each) * chip_.arrays_per_crossbar();
  crossbar.pass = pass;
  crossbar.parts = parts;
  for (CrossbarPart& part : crossbar.parts) part.copy = copy;
  ++next_;
  return crossbar;
}

std::uint32_t ElementFiller::tiles() const {
  const std::uint64_t in_tile = std::uint64_t{chip_.crossbars_per_element()} * chip_.tile.processing_elements;
  return static_cast<std::uint32_t>((next_ + in_tile - 1) / in_tile);
}

}  // namespace crossloom
