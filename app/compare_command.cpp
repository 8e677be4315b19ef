// crossloom compare EXPERIMENT: transformation methods side by side at equal accuracy.
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/command_line.h"
#include "app/compare.h"

namespace crossloom {
namespace {

struct CompareCommand {
  CommonOptions common;
  std::string out, cache = "runs/cache";
  bool force = false;
};

void run_compare(const CompareCommand& arguments) {
  const ExperimentLoader load = [&arguments](const std::vector<ConfigOverride>& more) {
    CommonOptions options = arguments.common;
    for (const ConfigOverride& item : more) options.settings.push_back(item.path + "=" + item.value);
    return options.load();
  };
  CompareOptions options;
  options.out = arguments.out.empty() ? "runs/" + load({}).experiment.name + "_comparison" : arguments.out;
  options.force = arguments.force;
  options.cache = arguments.cache;
  options.threads = arguments.common.thread_count();
  options.data = arguments.common.data;
  const auto progress = arguments.common.progress();
  const std::string text = compare_methods(load, options, *progress);
  fmt::print("{}\nRun folder: {}\n", text, options.out.string());
}

constexpr const char* kFooter =
    "\nThe experiment's comparison: mapping says which settings of each variant are tried and at which array sizes:\n"
    "  comparison:\n"
    "    array_sizes: [32, 64, 128]        # 64x32 is 64 rows and 32 columns\n"
    "    largest_loss_points: 0.2          # of mean validation accuracy, against the dense network\n"
    "    relative_to: [original, pruned]\n"
    "    sweeps:\n"
    "      - {variant: pruned, setting: density, values: [0.05, 0.1, 0.2]}\n"
    "  # on a bit-serial chip array sizes are wordlines x bit lines of physical arrays, and the methods can be tried "
    "on chips that err:\n"
    "    corner: {name: HfO2, device: ../devices/hfo2.yaml, settings: [chip.device.levels=4], chips: 5, images: 200}\n"
    "The operating point of a variant is its fewest crossbars within that loss; test images choose nothing.\n"
    "Finished points are kept in the cache, so an interrupted comparison goes on where it stopped.";

}  // namespace

void add_compare_command(CLI::App& app) {
  auto arguments = std::make_shared<CompareCommand>();
  CLI::App* command =
      app.add_subcommand("compare", "Compare transformation methods at equal accuracy, over array sizes and seeds");
  command->footer(kFooter);
  add_common_options(*command, arguments->common);
  command->add_option("--out", arguments->out, "Folder to create (default: runs/NAME_comparison)")->type_name("FOLDER");
  command->add_option("--cache", arguments->cache, "Folder of finished points, shared by all comparisons")
      ->type_name("FOLDER")
      ->capture_default_str();
  command->add_flag("--force", arguments->force, "Replace an existing folder once the new one is complete");
  command->callback([arguments] { run_compare(*arguments); });
}

}  // namespace crossloom
