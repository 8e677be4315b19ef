// What the legality checks share. Private to models.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/chip_spec.h"
#include "models/mapped_network.h"
#include "models/spiking_network.h"

namespace crossloom {

/// Collects reasons, but only a few of each kind: one slip in a mapper shows in thousands of weights.
class LegalityReasons {
 public:
  void add(const std::string& kind, const std::string& reason) {
    if (++counts_[kind] <= kMostOfAKind) reasons_.push_back(reason);
  }
  [[nodiscard]] std::vector<std::string> finish();
  [[nodiscard]] bool none() const { return reasons_.empty(); }

 private:
  static constexpr std::size_t kMostOfAKind = 5;
  std::vector<std::string> reasons_;
  std::map<std::string, std::size_t> counts_;
};

struct LegalityContext {
  const MappedNetwork& mapped;
  const SpikingNetwork& network;
  const ChipSpec& chip;
  LegalityReasons& faults;
  std::set<std::string>& suggestions;
};

/// Crossbars and neurons a tile, ports, tiles a group and on the chip, the mesh.
void check_tiles(const LegalityContext& in);
/// Packets bring every row that a tile needs exactly once, from where it is.
void check_packets(const LegalityContext& in);

}  // namespace crossloom
