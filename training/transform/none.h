// The transformation that changes nothing: each layer is one block of all its rows and columns.
#pragma once

#include "models/network.h"

namespace crossloom {

struct NoneSpec {};

/// Keeps weights and masks.
Network keep_all_weights(const Network& network);

}  // namespace crossloom
