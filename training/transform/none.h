// The transformation that changes nothing: each layer is one block of all its rows and columns.
#pragma once

#include <memory>

#include "models/network.h"

namespace crossloom {

class TransformMethod;
struct MethodInputs;

struct NoneSpec {};

/// Keeps weights and masks, without any training.
Network keep_all_weights(const Network& network);

/// The same for some layers of a network that other methods retrain: their weights are trained, all of them live.
std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const NoneSpec& spec);

}  // namespace crossloom
