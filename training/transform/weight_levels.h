// The YAML of the levels that weights are quantised to.
#pragma once

#include <string>

#include "base/config_reader.h"
#include "training/projection/level_projection.h"

namespace crossloom {

struct WeightLevels {
  LevelSet set;
  std::string text;  ///< names the levels in checkpoints
};

/// Reads `levels` (evenly spaced, from 2 on) or `device` (a device file or mapping, whose states the levels are; `zero`
/// says whether 0 is one of them); problems go to the reader.
WeightLevels read_weight_levels(ConfigReader reader, bool zero_by_default);

}  // namespace crossloom
