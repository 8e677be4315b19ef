#include "models/bit_serial/bit_serial_observer.h"

#include <array>

namespace crossloom {

const char* name_of(BitSerialStage stage) {
  constexpr std::array<const char*, kBitSerialStages> kNames = {
      "load", "drive",    "convert", "finish", "move",    "add",       "activate", "read",  "pool",
      "keep", "read_out", "write",   "send",   "network", "chip_link", "credit",   "reload"};
  return kNames.at(static_cast<std::size_t>(stage));
}

}  // namespace crossloom
