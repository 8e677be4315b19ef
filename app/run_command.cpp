// crossloom run EXPERIMENT: the whole way, from training to the report.
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/command_line.h"
#include "app/pipeline.h"
#include "base/error.h"
#include "traces/comparison.h"

namespace crossloom {
namespace {

struct RunCommand {
  CommonOptions common;
  std::string out;
  std::string trace = "summary";
  std::string trace_images = "0..0";
  bool force = false, resume = false, print_config = false;
};

/// "A..B" or "A": positions in the stimulus.
void read_trace_images(const std::string& text, PipelineOptions& options) {
  unsigned long first = 0, last = 0;
  char rest = 0;
  const int read = std::sscanf(text.c_str(), "%lu..%lu%c", &first, &last, &rest);
  if (read == 1 && text.find_first_not_of("0123456789") == std::string::npos) {
    last = first;
  } else if (read != 2 || last < first || text.front() == '-') {
    throw UserError(fmt::format("--trace-images takes positions in the stimulus such as 0..3, got '{}'", text));
  }
  options.first_traced_image = static_cast<std::uint32_t>(first);
  options.last_traced_image = static_cast<std::uint32_t>(last);
}

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
  read_trace_images(arguments.trace_images, options);
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
  command
      ->add_option("--trace-images", arguments->trace_images, "Images of the event trace, as positions in the stimulus")
      ->type_name("A..B")
      ->capture_default_str();
  command->add_flag("--force", arguments->force, "Replace an existing run folder once the new one is complete");
  command->add_flag("--resume", arguments->resume, "Go on with an interrupted run; the result is the same bytes");
  command->add_flag("--print-config", arguments->print_config, "Print the resolved experiment and stop");
  command->callback([arguments] { run(*arguments); });
}

}  // namespace crossloom
