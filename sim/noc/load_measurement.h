// A network on chip by itself under one load.
#pragma once

#include "models/interconnect/network_on_chip_spec.h"
#include "models/interconnect/traffic.h"

namespace crossloom {

/// Sources of infinite queues create packets of `traffic.packet_flits` in each cycle with probability load / flits,
/// each node from a random stream of its own (named by seed and node). Measured by `traffic.rule`. Throws UserError as
/// check_network_on_chip() and check_traffic(), Interrupted between periods. Thread-safe.
LoadPoint measure_load(const NetworkOnChipSpec& network, const TrafficSpec& traffic);

}  // namespace crossloom
