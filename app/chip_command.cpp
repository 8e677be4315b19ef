// crossloom chip CHIP.yaml: what a chip is, by its YAML alone. Nothing is trained, mapped or run.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "app/command_line.h"
#include "base/files.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "traces/chip_description.h"

namespace crossloom {
namespace {

struct ChipCommand {
  std::string chip, json;
  std::vector<std::string> settings;
  bool force = false;
};

void describe_chip(const ChipCommand& arguments) {
  if (!arguments.json.empty()) refuse_existing(arguments.json, arguments.force);
  std::vector<ConfigOverride> overrides;
  for (const std::string& setting : arguments.settings) overrides.push_back(parse_override(setting));
  ConfigDocument document = ConfigDocument::from_file(arguments.chip, overrides);
  std::string text, json;
  const auto describe = [&](const auto& chip) {
    document.finish();
    text = chip_text(chip);
    json = chip_json(chip);
  };
  if (read_chip_execution(document.root()) == ChipExecution::bit_serial) {
    describe(read_bit_serial_chip(document.root()));
  } else {
    describe(read_chip_spec(document.root()));
  }
  if (!arguments.json.empty()) write_file_atomically(arguments.json, json);
  fmt::print("{}", text);
}

}  // namespace

void add_chip_command(CLI::App& app) {
  auto arguments = std::make_shared<ChipCommand>();
  CLI::App* command = app.add_subcommand("chip",
                                         "Describe a chip: hierarchy, area and peak power by component, peak "
                                         "performance beside the published figures, one "
                                         "product's time and energy, programming");
  command->add_option("chip", arguments->chip, "Chip file, e.g. configs/chips/isaac.yaml")
      ->type_name("CHIP")
      ->required();
  command->add_option("--set", arguments->settings, "Change a value, e.g. --set array.rows=256 (may be repeated)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--json", arguments->json, "Also write everything to this file")->type_name("FILE");
  command->add_flag("--force", arguments->force, "Replace an existing file");
  command->callback([arguments] { describe_chip(*arguments); });
}

}  // namespace crossloom
