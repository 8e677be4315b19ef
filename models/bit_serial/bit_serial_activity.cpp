// Adding up counts; an overflow is an error and never a wrong number.
#include "models/bit_serial/bit_serial_activity.h"

#include <string>

#include "base/error.h"

namespace crossloom {

namespace {

void add(std::uint64_t& sum, std::uint64_t more, const char* what) {
  if (__builtin_add_overflow(sum, more, &sum)) {
    throw UserError(std::string("the ") + what +
                    " of this run no longer fits a 64-bit counter; simulate fewer images at a time");
  }
}

}  // namespace

BitSerialCounts& BitSerialCounts::operator+=(const BitSerialCounts& other) {
  for (std::size_t i = 0; i < kBitSerialActions; ++i) add(actions[i], other.actions[i], "number of actions");
  add(array_zeptojoules, other.array_zeptojoules, "array energy in zeptojoules");
  add(clipped, other.clipped, "number of clipped conversions");
  return *this;
}

BitSerialActivity& BitSerialActivity::operator+=(const BitSerialActivity& other) {
  if (by_tile_and_node.empty() && nodes == 0) {
    nodes = other.nodes;
    by_tile_and_node.resize(other.by_tile_and_node.size());
  }
  CROSSLOOM_CHECK(nodes == other.nodes && by_tile_and_node.size() == other.by_tile_and_node.size(),
                  "activity of two different placements cannot be added");
  for (std::size_t i = 0; i < by_tile_and_node.size(); ++i) by_tile_and_node[i] += other.by_tile_and_node[i];
  chip += other.chip;
  return *this;
}

BitSerialCounts BitSerialActivity::total() const {
  BitSerialCounts sum = chip;
  for (const BitSerialCounts& counts : by_tile_and_node) sum += counts;
  return sum;
}

}  // namespace crossloom
