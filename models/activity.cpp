// Adding up counts; an overflow is an error and never a wrong number.
#include "models/activity.h"

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

ActivityCounts& ActivityCounts::operator+=(const ActivityCounts& other) {
  for (std::size_t i = 0; i < kActions; ++i) add(actions[i], other.actions[i], "number of actions");
  add(array_energy, other.array_energy, "array energy in zeptojoules");
  add(array_drives, other.array_drives, "number of array reads");
  add(packets_sent, other.packets_sent, "number of packets");
  add(packets_saved, other.packets_saved, "number of packets");
  return *this;
}

bool operator==(const ActivityCounts& a, const ActivityCounts& b) {
  return a.actions == b.actions && a.array_energy == b.array_energy && a.array_drives == b.array_drives &&
         a.packets_sent == b.packets_sent && a.packets_saved == b.packets_saved;
}

Activity& Activity::operator+=(const Activity& other) {
  if (by_tile_and_layer.empty() && layers == 0) {
    layers = other.layers;
    by_tile_and_layer.resize(other.by_tile_and_layer.size());
  }
  CROSSLOOM_CHECK(layers == other.layers && by_tile_and_layer.size() == other.by_tile_and_layer.size(),
                  "activity of two different mappings cannot be added");
  for (std::size_t i = 0; i < by_tile_and_layer.size(); ++i) by_tile_and_layer[i] += other.by_tile_and_layer[i];
  chip += other.chip;
  return *this;
}

ActivityCounts Activity::total() const {
  ActivityCounts sum = chip;
  for (const ActivityCounts& counts : by_tile_and_layer) sum += counts;
  return sum;
}

}  // namespace crossloom
