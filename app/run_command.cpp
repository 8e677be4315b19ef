// crossloom run EXPERIMENT: the whole way, from training to the report.
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/command_line.h"
#include "app/pipeline.h"
#include "app/watch_options.h"
#include "base/error.h"
#include "traces/comparison.h"

namespace crossloom {
namespace {

struct RunCommand {
  CommonOptions common;
  std::string out;
  std::string trace = "summary";
  WatchOptions watch;
  bool force = false, resume = false, print_config = false;
};

void run(const RunCommand& arguments) {
  const ExperimentFile file = arguments.common.load();
  if (arguments.print_config) {
    fmt::print("{}", file.resolved);
    return;
  }
  if (arguments.force && arguments.resume)
    throw UserError("--force starts again and --resume goes on: give one of them");
  PipelineOptions options;
  options.out = arguments.out.empty() ? "runs/" + file.experiment.name : arguments.out;
  options.existing = arguments.force    ? ExistingRun::replace
                     : arguments.resume ? ExistingRun::resume
                                        : ExistingRun::refuse;
  options.threads = arguments.common.thread_count();
  options.data = arguments.common.data;
  options.trace = arguments.trace == "none"     ? TraceLevel::none
                  : arguments.trace == "events" ? TraceLevel::events
                                                : TraceLevel::summary;
  options.watch = arguments.watch.spec();
  const auto progress = arguments.common.progress();
  const PipelineOutcome outcome = run_experiment(file, options, *progress);
  if (outcome.already_complete) {
    progress->message(fmt::format("{} is complete already; nothing to resume", options.out.string()));
  }
  fmt::print("{}\nRun folder: {}\n", outcome.comparison, options.out.string());
}

}  // namespace

void add_run_command(CLI::App& app) {
  auto arguments = std::make_shared<RunCommand>();
  CLI::App* command = app.add_subcommand("run", "Train, transform, map, program, simulate and report an experiment");
  add_common_options(*command, arguments->common);
  command->add_option("--out", arguments->out, "Run folder to create (default: runs/NAME)")->type_name("FOLDER");
  command
      ->add_option("--trace", arguments->trace,
                   "none: only the comparison; summary: all tables; events: an event trace for the Perfetto viewer too")
      ->check(CLI::IsMember({"none", "summary", "events"}))
      ->capture_default_str();
  add_watch_options(*command, arguments->watch, true);
  command->add_flag("--force", arguments->force, "Replace an existing run folder once the new one is complete");
  command->add_flag("--resume", arguments->resume, "Go on with an interrupted run; the result is the same bytes");
  command->add_flag("--print-config", arguments->print_config, "Print the resolved experiment and stop");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace crossloom
