// How cells are written and what is derived from them; shared by programming and reloading. Private to models.
#pragma once

#include <cstdint>
#include <vector>

#include "models/programmed_chip.h"

namespace crossloom {

/// Turns targets and deviations into everything a crossbar needs, for freshly programmed and for reloaded chips alike.
class ChipProgrammer {
 public:
  ChipProgrammer(const MappedNetwork& mapped, const ChipSpec& spec)
      : mapped_(mapped), spec_(spec), levels_(spec.device) {}

  /// All cells at G_min, report filled except for stuck cells.
  ProgrammedChip blank() const;
  void write_targets(ProgrammedChip& chip, const SpikingNetwork& network) const;
  void disturb(ProgrammedChip& chip, RandomKey key) const;
  /// Effective weights and energies from weights and deviations.
  void derive(ProgrammedChip& chip) const;

  /// Target weights without padding, row by row.
  static std::vector<std::int16_t> weights_of(const ProgrammedCrossbar& crossbar);
  static void set_weights(ProgrammedCrossbar& crossbar, const std::int16_t* weights);
  /// What a saved chip and the chip it is loaded for must agree on.
  static nlohmann::json fingerprint(const ChipSpec& chip, const MappedNetwork& mapped);

 private:
  void disturb_part(ProgrammedCrossbar& crossbar, const BlockPart& part, RandomKey key, std::uint64_t& stuck) const;
  void derive_effective(ProgrammedCrossbar& crossbar) const;
  void derive_row_energy(ProgrammedCrossbar& crossbar, const MappedCrossbar& placed) const;
  Zeptojoules row_energy(const ProgrammedCrossbar& crossbar, std::uint32_t row, std::uint32_t first,
                         std::uint32_t last) const;

  const MappedNetwork& mapped_;
  const ChipSpec& spec_;
  CellLevels levels_;
};

}  // namespace crossloom
