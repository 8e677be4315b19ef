// crossloom reliability EXPERIMENT: how large may a crossbar be?
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/command_line.h"
#include "app/reliability.h"

namespace crossloom {
namespace {

struct ReliabilityCommand {
  CommonOptions common;
  std::string out, cache = "runs/cache";
  bool force = false;
};

void run_reliability(const ReliabilityCommand& arguments) {
  const ExperimentLoader load = [&arguments](const std::vector<ConfigOverride>& more) {
    CommonOptions options = arguments.common;
    for (const ConfigOverride& item : more) options.settings.push_back(item.path + "=" + item.value);
    return options.load();
  };
  CompareOptions options;
  options.out = arguments.out.empty() ? "runs/" + load({}).experiment.name + "_reliability" : arguments.out;
  options.force = arguments.force;
  options.cache = arguments.cache;
  options.threads = arguments.common.thread_count();
  options.data = arguments.common.data;
  const auto progress = arguments.common.progress();
  const std::string text = study_reliability(load, options, *progress);
  fmt::print("{}\nRun folder: {}\n", text, options.out.string());
}

constexpr const char* kFooter =
    "\nThe experiment's reliability: mapping says which array sizes, device corners and variants are measured:\n"
    "  reliability:\n"
    "    array_sizes: [16, 32, 64, 128]\n"
    "    largest_loss_points: 1            # of a reliable size, against the real-valued network\n"
    "    chips: {least: 4, most: 10}       # programmed chips a point; the same draws at every size\n"
    "    interval_points: 0.2              # enough chips once the 95 % interval is this narrow (half width)\n"
    "    images: 2000                      # validation images, which decide; test_images confirm\n"
    "    corners:\n"
    "      - {name: typical, device: ../devices/hfo2.yaml}\n"
    "      - {name: worst, device: ../devices/hfo2.yaml, settings: [chip.device.programming_error=0.1]}\n"
    "    only_corners: [typical]           # of them, these now (default: all)\n"
    "    causes:                           # what the error budget switches off, one by one\n"
    "      - {name: programming, off: chip.device.programming_error=0}\n"
    "      - {name: stuck cells, off: [chip.device.stuck_at_minimum=0, chip.device.stuck_at_maximum=0]}\n"
    "    budget: {sizes: decided, chips: 4}\n"
    "A size is reliable if the one-sided 95 % upper bound of the mean loss over chips is at most the limit; the "
    "answer\n"
    "is the largest size of which all smaller ones are reliable too, and the one of them that needs the least energy.\n"
    "Finished chips are kept in the cache, so an interrupted study goes on where it stopped. See docs/reliability.md.";

}  // namespace

void add_reliability_command(CLI::App& app) {
  auto arguments = std::make_shared<ReliabilityCommand>();
  CLI::App* command = app.add_subcommand(
      "reliability", "Find the largest reliable array size for device corners, by sampling programmed chips");
  command->footer(kFooter);
  add_common_options(*command, arguments->common);
  command->add_option("--out", arguments->out, "Folder to create (default: runs/NAME_reliability)")
      ->type_name("FOLDER");
  command->add_option("--cache", arguments->cache, "Folder of finished points, shared with compare")
      ->type_name("FOLDER")
      ->capture_default_str();
  command->add_flag("--force", arguments->force, "Replace an existing folder once the new one is complete");
  command->callback([arguments] { run_reliability(*arguments); });
}

}  // namespace crossloom
