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

}  // namespace crossloom
