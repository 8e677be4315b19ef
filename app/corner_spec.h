// A device corner: the experiment's chip with other cells and other settings, on which the same networks are tried.
#pragma once

#include <string>
#include <vector>

#include "base/config_reader.h"

namespace crossloom {

/// The chip under one set of circumstances: a device and settings over the chip's own.
struct CornerSpec {
  std::string name;
  std::string device;                    ///< one line of YAML in the place of chip.device; empty = the chip's own
  std::vector<ConfigOverride> settings;  ///< as --set gives them
  std::vector<std::string> causes;       ///< which of a reliability study's causes act here
};

/// The keys `device` and `settings`.
void read_corner(ConfigReader& reader, CornerSpec& corner);
/// A list of key=value, each of the chip, its execution or its mapping, so that all corners have the same network;
/// array sizes are given elsewhere. Problems go to the reader.
std::vector<ConfigOverride> read_settings(ConfigReader& reader, const char* key);
/// The corner over the experiment's chip.
std::vector<ConfigOverride> overrides_of(const CornerSpec& corner);

}  // namespace crossloom
