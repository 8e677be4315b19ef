// In which precision a network is trained on this processor.
#pragma once

#include "base/progress.h"
#include "models/network_spec.h"
#include "training/tensor.h"
#include "training/training_spec.h"

namespace crossloom {

/// Where bf16 was asked for, or fits the processor, and cannot be had, says so and returns f32.
Precision choose_precision(const NetworkSpec& network, PrecisionChoice choice, ProgressSink& progress);

}  // namespace crossloom
