// What one product of a part group waited for, slice by slice, backwards from its end.
#pragma once

#include <vector>

#include "models/bit_serial/bit_serial_observer.h"
#include "sim/message.h"

namespace crossloom::bit_serial {

/// A piece of the way from the first slice on the wordlines to the last one sampled or converted.
struct ProductPiece {
  enum class Kind { drive, convert, waiting };
  Kind kind = Kind::drive;
  Cycle begin = 0, end = 0;
};

/// What came last, without gaps from `begin` on: to the last conversion's end, or to when the last slice was sampled.
/// `hold_stages` and `read_cycles` as of Pace.
std::vector<ProductPiece> product_path(Cycle begin, const std::vector<BitSerialSlice>& slices, Cycle read_cycles,
                                       std::uint32_t hold_stages, bool to_conversion);

}  // namespace crossloom::bit_serial
