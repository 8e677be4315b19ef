// crossloom program EXPERIMENT --chip FOLDER: writes the cells, or lists what cells of a programmed chip hold.
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "app/bit_serial_commands.h"
#include "app/command_line.h"
#include "app/stages.h"
#include "base/error.h"
#include "traces/engineering.h"

namespace crossloom {
namespace {

struct ProgramCommand {
  CommonOptions common;
  std::string chip;
  bool force = false, list = false;
  std::optional<std::uint32_t> layer, input, output, crossbar;
};

void print_cell(const ProgrammedCell& cell) {
  const double target = cell.reading.target.si(), actual = cell.reading.actual.si();
  fmt::print("{},{},{},{},{},{},{},{},{:.6g},{:.6g},{:.6g}\n", cell.crossbar.value(), cell.row, cell.column,
             cell.layer.value(), cell.input, cell.output, cell.polarity == 0 ? "positive" : "negative", cell.slice,
             target, actual, actual - target);
}

/// Cells that match what was asked for, as CSV on standard output.
void list_cells(const ProgramCommand& arguments, const ProgrammedChip& programmed, const MappedNetwork& mapped) {
  fmt::print("crossbar,row,column,layer,input,output,polarity,slice,target_s,actual_s,error_s\n");
  std::size_t listed = 0;
  for (std::size_t index = 0; index < mapped.crossbars.size(); ++index) {
    if (arguments.crossbar && *arguments.crossbar != index) continue;
    visit_cells(programmed, mapped, CrossbarId(index), [&](const ProgrammedCell& cell) {
      if (arguments.layer && cell.layer.value() != *arguments.layer) return;
      if (arguments.input && cell.input != *arguments.input) return;
      if (arguments.output && cell.output != *arguments.output) return;
      print_cell(cell);
      ++listed;
    });
  }
  if (listed == 0) {
    throw UserError(
        "no cell matches: that weight lies in no crossbar, or --layer, --input, --output or --crossbar is "
        "out of range");
  }
}

void program_chip(const ProgramCommand& arguments) {
  const Experiment experiment = arguments.common.load().experiment;
  if (experiment.bit_serial) {
    if (arguments.list) throw UserError("--list is for spiking chips so far");
    program_bit_serial(experiment, arguments.chip);
    return;
  }
  const StageFiles files(arguments.chip);
  const MappedNetwork mapped =
      mapped_network_from_archive(Archive::load(files.mapped_network(), "mapped_network", kMappedNetworkVersion));
  if (arguments.list) {
    const ProgrammedChip programmed = ProgrammedChip::from_archive(
        Archive::load(files.programmed_chip(), "programmed_chip", kProgrammedChipVersion), mapped, experiment.chip);
    list_cells(arguments, programmed, mapped);
    return;
  }
  refuse_existing(files.programmed_chip(), arguments.force);
  const SpikingNetwork network =
      spiking_network_from_archive(Archive::load(files.spiking_network(), "spiking_network", kSpikingNetworkVersion));
  const ProgrammedChip programmed = program_stage(experiment, network, mapped, experiment.seed);
  programmed.to_archive().save(files.programmed_chip());
  const ProgrammingReport& report = programmed.report();
  fmt::print("{} cells written ({} stuck) with {} in {}\n", report.cells, report.stuck_cells,
             format_engineering(report.energy.si(), "J"), format_engineering(report.time.si(), "s"));
}

}  // namespace

void add_program_command(CLI::App& app) {
  auto arguments = std::make_shared<ProgramCommand>();
  CLI::App* command =
      app.add_subcommand("program", "Write the cells of a mapped network; list target, value and error");
  add_common_options(*command, arguments->common);
  command->add_option("--chip", arguments->chip, "Folder with spiking.network and mapped.network (from map)")
      ->type_name("FOLDER")
      ->required();
  command->add_flag("--force", arguments->force, "Replace an existing programmed.chip");
  CLI::Option* list = command->add_flag("--list", arguments->list, "List cells of the saved programmed.chip as CSV");
  const auto filter = [&](const char* name, std::optional<std::uint32_t>& value, const char* help) {
    command->add_option(name, value, help)->type_name("N")->needs(list);
  };
  filter("--layer", arguments->layer, "Only this layer (0 is the first)");
  filter("--input", arguments->input, "Only this input of the layer");
  filter("--output", arguments->output, "Only this output of the layer");
  filter("--crossbar", arguments->crossbar, "Only this crossbar");
  command->callback([arguments] { program_chip(*arguments); });
}

}  // namespace crossloom
