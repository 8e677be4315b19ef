// Parts of the bit-serial chip's reader; for it alone.
#pragma once

#include "base/config_reader.h"
#include "models/bit_serial/bit_serial_chip.h"

namespace crossloom::bit_serial_reading {

/// The `costs` section.
BitSerialCostTable read_costs(ConfigReader reader, const DeviceSpec& device);
/// The `published` section.
PublishedFigures read_published_figures(ConfigReader reader);

}  // namespace crossloom::bit_serial_reading
