// Results of timed runs of bit-serial chips: joined, and as files.
#pragma once

#include "base/archive.h"
#include "models/bit_serial/bit_serial_result.h"

namespace crossloom {

/// Adds the result of later streams of the same network on the same placement.
void append(BitSerialResult& all, const BitSerialResult& later, std::uint32_t stream_length);

/// Archive kind "bit_serial_result"; the nodes' outputs are left out.
inline constexpr int kBitSerialResultVersion = 2;
Archive to_archive(const BitSerialResult& result);
BitSerialResult bit_serial_result_from_archive(const Archive& archive);

}  // namespace crossloom
