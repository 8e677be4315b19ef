// The file form of a programmed chip.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <type_traits>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "models/chip_programmer.h"

namespace crossloom {

namespace {

/// Which weight lies in which cells, as text of fixed length.
std::string mapping_digest(const MappedNetwork& mapped) {
  std::string places;
  const auto add = [&places](std::uint32_t number) { places += std::to_string(number) + ' '; };
  for (const MappedCrossbar& crossbar : mapped.crossbars) {
    places += '\n';
    if (crossbar.size) {
      for (const std::uint32_t number : {crossbar.size->rows, crossbar.size->columns}) add(number);
      places += ';';
    }
    for (const BlockPart& part : crossbar.parts) {
      for (const std::uint32_t number : {part.layer.value(), part.first_wordline, part.first_column}) add(number);
      if (!part.positions.empty()) add(part.copy);
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

void check_weights(const std::vector<std::int16_t>& weights, const ChipSpec& chip) {
  const std::int32_t limit = weight_level_limit(chip.device.levels, chip.crossbar.weight_slices).value_or(0);
  const bool fit =
      std::all_of(weights.begin(), weights.end(), [limit](std::int16_t weight) { return std::abs(weight) <= limit; });
  if (!fit) throw UserError("the programmed chip holds weights outside the device's window; program the chip again");
}

/// No law makes a conductance negative or a hundred times what the device or its faults can hold.
void check_deviations(const std::vector<float>& deviations, const DeviceSpec& device) {
  Conductance largest = device.maximum_conductance;
  if (device.faults.stuck_high) largest = std::max(largest, device.faults.stuck_high->high);
  const double low = -device.maximum_conductance.si() * (1.0 + 1e-6), high = 100.0 * largest.si();
  const bool fit = std::all_of(deviations.begin(), deviations.end(), [low, high](float deviation) {
    return static_cast<double>(deviation) >= low && static_cast<double>(deviation) <= high;
  });
  if (!fit) {
    throw UserError("the programmed chip holds conductances outside the device's window; program the chip again");
  }
}

template <class T>
T number_of(const Archive& archive, const char* name, const char* what) {
  const auto found = archive.header.find(name);
  const bool fits =
      found != archive.header.end() && (std::is_floating_point_v<T> ? found->is_number() : found->is_number_unsigned());
  if (!fits) throw UserError(fmt::format("the programmed chip does not say {}; program the chip again", what));
  return found->get<T>();
}

}  // namespace

nlohmann::json ChipProgrammer::fingerprint(const ChipSpec& chip, const MappedNetwork& mapped) {
  const DeviceSpec& device = chip.device;
  return {{"crossbars", mapped.crossbars.size()},
          {"mapping", mapping_digest(mapped)},
          {"rows", chip.crossbar.rows},
          {"columns", chip.crossbar.columns},
          {"spare_columns", chip.crossbar.spare_columns},
          {"weight_slices", chip.crossbar.weight_slices},
          {"levels", device.levels},
          {"minimum_conductance_s", device.minimum_conductance.si()},
          {"maximum_conductance_s", device.maximum_conductance.si()},
          {"programming_error", device.programming_error},
          {"stuck_at_minimum", device.stuck_at_minimum},
          {"stuck_at_maximum", device.stuck_at_maximum},
          {"signed_scheme",
           chip.crossbar.signed_scheme == SignedScheme::paired_columns ? "paired_columns" : "paired_arrays"},
          {"write_attempts", chip.crossbar.write_verify ? chip.crossbar.write_verify->attempts : 1},
          {"write_tolerance", chip.crossbar.write_verify ? chip.crossbar.write_verify->tolerance : 0.0},
          {"device_laws", programmed_laws_text(device)}};
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

std::vector<std::uint16_t> ChipProgrammer::lines_of(const ProgrammedChip& chip) {
  std::vector<std::uint16_t> lines;
  const bool in_order = std::all_of(chip.crossbars_.begin(), chip.crossbars_.end(),
                                    [](const ProgrammedCrossbar& crossbar) { return crossbar.lines_ == LineOrder(); });
  if (in_order) return lines;
  for (const ProgrammedCrossbar& crossbar : chip.crossbars_) {
    for (std::uint32_t row = 0; row < crossbar.rows_; ++row) {
      lines.push_back(static_cast<std::uint16_t>(crossbar.lines_.wordline(row)));
    }
    for (std::uint32_t column = 0; column < crossbar.cell_columns_; ++column) {
      lines.push_back(static_cast<std::uint16_t>(crossbar.lines_.column(column)));
    }
  }
  return lines;
}

void ChipProgrammer::set_lines(ProgrammedChip& chip, const std::vector<std::uint16_t>& lines) const {
  if (lines.empty()) return;
  std::size_t all = 0;
  for (const ProgrammedCrossbar& crossbar : chip.crossbars_) all += crossbar.rows_ + crossbar.cell_columns_;
  check_size(lines.size(), all, "line numbers");
  auto next = lines.begin();
  for (ProgrammedCrossbar& crossbar : chip.crossbars_) {
    const auto columns_at = next + static_cast<std::ptrdiff_t>(crossbar.rows_);
    crossbar.lines_.wordlines.assign(next, columns_at);
    next = columns_at + static_cast<std::ptrdiff_t>(crossbar.cell_columns_);
    crossbar.lines_.columns.assign(columns_at, next);
    if (!is_order(crossbar.lines_.wordlines, crossbar.rows_) ||
        !is_order(crossbar.lines_.columns, crossbar.cell_columns_)) {
      throw UserError("the programmed chip puts two lines of a crossbar in one place; program the chip again");
    }
  }
}

Archive ProgrammedChip::to_archive() const {
  Archive archive("programmed_chip", kProgrammedChipVersion);
  std::vector<std::int16_t> weights;
  std::vector<float> deviations;
  for (const ProgrammedCrossbar& crossbar : crossbars_) {
    const std::vector<std::int16_t> own = ChipProgrammer::weights_of(crossbar);
    weights.insert(weights.end(), own.begin(), own.end());
    deviations.insert(deviations.end(), crossbar.deviation_.begin(), crossbar.deviation_.end());
  }
  archive.header = nlohmann::json::parse(fingerprint_);
  archive.header["stuck_cells"] = report_.stuck_cells;
  archive.header["writes"] = report_.writes;
  archive.header["programming_energy_j"] = report_.energy.si();
  archive.header["programming_time_s"] = report_.time.si();
  archive.header["device_key"] = key_.value();
  archive.put("target_weight", weights);
  archive.put("deviation_s", deviations);
  archive.put("lines", ChipProgrammer::lines_of(*this));
  return archive;
}

ProgrammedChip ProgrammedChip::from_archive(const Archive& archive, const MappedNetwork& mapped, const ChipSpec& chip) {
  const ChipProgrammer programmer(mapped, chip);
  ProgrammedChip programmed = programmer.blank();
  check_belongs(archive, nlohmann::json::parse(programmed.fingerprint_));
  const auto weights = archive.get<std::int16_t>("target_weight");
  const auto deviations = archive.get<float>("deviation_s");
  programmer.set_lines(programmed, archive.get<std::uint16_t>("lines"));
  std::size_t all_weights = 0, all_cells = 0;
  for (const ProgrammedCrossbar& crossbar : programmed.crossbars_) {
    all_weights += ChipProgrammer::weights_in(crossbar);
    all_cells += ChipProgrammer::cells_in(crossbar);
  }
  check_size(weights.size(), all_weights, "weights");
  check_size(deviations.size(), programmed.ideal() ? 0 : all_cells, "cell deviations");
  check_weights(weights, chip);
  check_deviations(deviations, chip.device);
  const std::int16_t* next_weight = weights.data();
  const float* next_deviation = deviations.data();
  for (ProgrammedCrossbar& crossbar : programmed.crossbars_) {
    ChipProgrammer::set_weights(crossbar, next_weight);
    next_weight += ChipProgrammer::weights_in(crossbar);
    if (programmed.ideal()) continue;
    crossbar.deviation_.assign(next_deviation, next_deviation + ChipProgrammer::cells_in(crossbar));
    next_deviation += ChipProgrammer::cells_in(crossbar);
  }
  ProgrammingReport& report = programmed.report_;
  report.stuck_cells = number_of<std::uint64_t>(archive, "stuck_cells", "how many cells are stuck");
  report.writes = number_of<std::uint64_t>(archive, "writes", "how often cells were written");
  report.energy = Energy::from_si(number_of<double>(archive, "programming_energy_j", "what writing took"));
  report.time = Time::from_si(number_of<double>(archive, "programming_time_s", "how long writing took"));
  programmed.key_ = RandomKey::from_value(number_of<std::uint64_t>(archive, "device_key", "its random key"));
  programmer.derive(programmed);
  return programmed;
}

}  // namespace crossloom
