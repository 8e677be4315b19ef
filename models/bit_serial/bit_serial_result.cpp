#include "models/bit_serial/bit_serial_result.h"

#include "base/error.h"

namespace crossloom {

const char* name_of(BitSerialStall stall) {
  switch (stall) {
    case BitSerialStall::input:
      return "input";
    case BitSerialStall::input_register:
      return "input_register";
    case BitSerialStall::crossbar:
      return "crossbar";
    case BitSerialStall::home:
      return "home";
    case BitSerialStall::output_register:
      return "output_register";
    case BitSerialStall::buffer:
      return "buffer";
  }
  throw Bug("a stall has no name");
}

const char* name_of(BitSerialStage stage) {
  constexpr std::array<const char*, 11> kNames = {"load",     "drive", "convert", "finish", "move",    "add",
                                                  "activate", "read",  "pool",    "keep",   "read_out"};
  return kNames.at(static_cast<std::size_t>(stage));
}

}  // namespace crossloom
