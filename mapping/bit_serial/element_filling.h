// Crossbars into processing elements and tiles, one after another.
#pragma once

#include <cstdint>
#include <vector>

#include "mapping/bit_serial/buffer_budget.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "models/bit_serial/fixed_point_network.h"
#include "models/bit_serial/placed_network.h"

namespace crossloom {

/// One pass of a board of any number of tiles. Copies go on by themselves. The arguments outlive it.
class ElementFiller {
 public:
  ElementFiller(const FixedPointNetwork& network, const BitSerialChipSpec& chip);
  /// The next crossbar begins a new element.
  void align();
  /// The next place; a new tile's first one where the tile's buffer has no room for what the parts read and make.
  /// Throws DoesNotFit where no tile's could. `pass` and `parts` of the result are as given.
  PlacedCrossbar take(const std::vector<CrossbarPart>& parts, std::uint32_t copy, std::uint32_t pass);
  [[nodiscard]] bool empty() const { return next_ == 0; }
  [[nodiscard]] std::uint32_t tiles() const;
  [[nodiscard]] const BufferBudget& budget() const { return budget_; }

 private:
  std::uint64_t bits_of(const std::vector<CrossbarPart>& parts, std::uint32_t tile);
  void put(const std::vector<CrossbarPart>& parts, std::uint32_t tile);
  [[nodiscard]] BufferBudget::Need need_of(const CrossbarPart& part) const;

  const FixedPointNetwork& network_;
  const BitSerialChipSpec& chip_;
  IdVector<LayerId, NodeId> nodes_;
  std::uint64_t next_ = 0;  ///< place for a crossbar on the board
  BufferBudget budget_;
};

}  // namespace crossloom
