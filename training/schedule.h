// The learning rate at each moment of a run.
#pragma once

#include "training/training_spec.h"

namespace crossloom {

/// The factor of the learning rate at `epoch` (whole epochs done plus the fraction of this one, 0 <= epoch <= epochs).
/// Cosine falls from 1 after the warm-up to final_fraction at `epochs` (Loshchilov and Hutter, ICLR 2017, without
/// restarts).
double schedule_factor(const ScheduleSpec& schedule, double epoch, double epochs);

}  // namespace crossloom
