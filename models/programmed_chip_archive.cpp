// The file form of a programmed chip.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "models/chip_programmer.h"

namespace crossloom {

namespace {

constexpr int kVersion = 1;

/// Which weight lies in which cells, as text of fixed length.
std::string mapping_digest(const MappedNetwork& mapped) {
  std::string places;
  const auto add = [&places](std::uint32_t number) { places += std::to_string(number) + ' '; };
  for (const MappedCrossbar& crossbar : mapped.crossbars) {
    places += '\n';
    for (const BlockPart& part : crossbar.parts) {
      for (const std::uint32_t number : {part.layer.value(), part.first_wordline, part.first_column}) add(number);
      for (const std::uint32_t row : part.rows) add(row);
      places += ';';
      for (const std::uint32_t column : part.columns) add(column);
      places += ';';
    }
  }
  return sha256_hex(places);
}

void check_belongs(const Archive& archive, const nlohmann::json& expected) {
  for (const auto& [name, value] : expected.items()) {
    const auto found = archive.header.find(name);
    if (found == archive.header.end()) {
      throw UserError(fmt::format("the programmed chip does not say its {}; program the chip again", name));
    }
    if (*found != value) {
      throw UserError(fmt::format("the programmed chip has {} = {} but this chip has {}; program the chip again", name,
                                  found->dump(), value.dump()));
    }
  }
}

void check_size(std::size_t found, std::size_t expected, const char* what) {
  if (found != expected) {
    throw UserError(fmt::format("the programmed chip holds {} {} where its crossbars have {}; program the chip again",
                                found, what, expected));
  }
}

void check_values(const std::vector<std::int16_t>& weights, const std::vector<float>& deviations,
                  const ChipSpec& chip) {
  const std::int32_t limit = weight_level_limit(chip.device.levels, chip.crossbar.weight_slices).value_or(0);
  const bool weights_fit =
      std::all_of(weights.begin(), weights.end(), [limit](std::int16_t weight) { return std::abs(weight) <= limit; });
  const double window = (chip.device.maximum_conductance - chip.device.minimum_conductance).si();
  const bool deviations_fit = std::all_of(deviations.begin(), deviations.end(), [window](float deviation) {
    return std::abs(static_cast<double>(deviation)) <= window * (1.0 + 1e-6);
  });
  if (!weights_fit || !deviations_fit) {
    throw UserError("the programmed chip holds conductances outside the device's window; program the chip again");
  }
}

}  // namespace

nlohmann::json ChipProgrammer::fingerprint(const ChipSpec& chip, const MappedNetwork& mapped) {
  const DeviceSpec& device = chip.device;
  return {{"crossbars", mapped.crossbars.size()},
          {"mapping", mapping_digest(mapped)},
          {"rows", chip.crossbar.rows},
          {"columns", chip.crossbar.columns},
          {"weight_slices", chip.crossbar.weight_slices},
          {"levels", device.levels},
          {"minimum_conductance_s", device.minimum_conductance.si()},
          {"maximum_conductance_s", device.maximum_conductance.si()},
          {"programming_error", device.programming_error},
          {"stuck_at_minimum", device.stuck_at_minimum},
          {"stuck_at_maximum", device.stuck_at_maximum}};
}

std::vector<std::int16_t> ChipProgrammer::weights_of(const ProgrammedCrossbar& crossbar) {
  std::vector<std::int16_t> weights;
  weights.reserve(std::size_t{crossbar.rows_} * crossbar.columns_);
  for (std::uint32_t row = 0; row < crossbar.rows_; ++row) {
    const std::int16_t* first = crossbar.levels_.data() + row * crossbar.stride_;
    weights.insert(weights.end(), first, first + crossbar.columns_);
  }
  return weights;
}

void ChipProgrammer::set_weights(ProgrammedCrossbar& crossbar, const std::int16_t* weights) {
  for (std::uint32_t row = 0; row < crossbar.rows_; ++row) {
    std::copy_n(weights + std::size_t{row} * crossbar.columns_, crossbar.columns_,
                crossbar.levels_.data() + row * crossbar.stride_);
  }
}

Archive ProgrammedChip::to_archive() const {
  Archive archive("programmed_chip", kVersion);
  std::vector<std::int16_t> weights;
  std::vector<float> deviations;
  for (const ProgrammedCrossbar& crossbar : crossbars_) {
    const std::vector<std::int16_t> own = ChipProgrammer::weights_of(crossbar);
    weights.insert(weights.end(), own.begin(), own.end());
    deviations.insert(deviations.end(), crossbar.deviation_.begin(), crossbar.deviation_.end());
  }
  archive.header = nlohmann::json::parse(fingerprint_);
  archive.header["stuck_cells"] = report_.stuck_cells;
  archive.put("target_weight", weights);
  archive.put("deviation_s", deviations);
  return archive;
}

ProgrammedChip ProgrammedChip::from_archive(const Archive& archive, const MappedNetwork& mapped, const ChipSpec& chip) {
  const ChipProgrammer programmer(mapped, chip);
  ProgrammedChip programmed = programmer.blank();
  check_belongs(archive, nlohmann::json::parse(programmed.fingerprint_));
  const auto weights = archive.get<std::int16_t>("target_weight");
  const auto deviations = archive.get<float>("deviation_s");
  const std::size_t per_crossbar = std::size_t{chip.crossbar.rows} * chip.crossbar.columns;
  const std::size_t cells_per_crossbar = chip.crossbar.cells_per_crossbar();
  check_size(weights.size(), programmed.size() * per_crossbar, "weights");
  check_size(deviations.size(), programmed.ideal() ? 0 : programmed.size() * cells_per_crossbar, "cell deviations");
  check_values(weights, deviations, chip);
  for (std::size_t i = 0; i < programmed.size(); ++i) {
    ProgrammedCrossbar& crossbar = programmed.crossbars_[CrossbarId(i)];
    ChipProgrammer::set_weights(crossbar, weights.data() + i * per_crossbar);
    if (programmed.ideal()) continue;
    const float* first = deviations.data() + i * cells_per_crossbar;
    crossbar.deviation_.assign(first, first + cells_per_crossbar);
  }
  const auto stuck = archive.header.find("stuck_cells");
  if (stuck == archive.header.end() || !stuck->is_number_unsigned()) {
    throw UserError("the programmed chip does not say how many cells are stuck; program the chip again");
  }
  programmed.report_.stuck_cells = stuck->get<std::uint64_t>();
  programmer.derive(programmed);
  return programmed;
}

}  // namespace crossloom
