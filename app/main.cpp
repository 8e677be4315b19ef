// The program: command line in, exit code out. The only place that maps errors to exit codes.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/version.h"
#include "base/error.h"
#include "base/interrupt.h"

// libsystemc brings a main of its own that would call this; ours wins, and elaboration happens inside simulate().
extern "C" int sc_main(int, char**);
extern "C" int sc_main(int, char**) { return static_cast<int>(crossloom::ExitCode::bug); }

namespace {

using crossloom::ExitCode;

constexpr const char* kDescription =
    "Crossloom: a cycle-level simulator of memristive crossbar accelerators.\n"
    "Trains a network, transforms it to fill crossbars, maps it onto a chip described in YAML, runs real inputs\n"
    "through a timed model of that chip, and reports accuracy, energy, latency and area.\n\n"
    "First steps:\n"
    "  crossloom check configs/experiments/demo.yaml      is it valid, and how large will it be?\n"
    "  crossloom run configs/experiments/demo.yaml --out runs/demo";

constexpr const char* kFooter =
    "\nExit codes: 0 success, 1 the input is wrong, 2 the network does not fit the chip, 3 a bug, 130 interrupted.";

int fail(ExitCode code, const std::string& text) {
  std::fflush(stdout);
  fmt::print(stderr, "error: {}\n", text);
  return static_cast<int>(code);
}

int run(int argc, char** argv) {
  CLI::App app(kDescription, "crossloom");
  app.footer(kFooter);
  app.set_version_flag("--version", crossloom::version_text());
  app.require_subcommand(1);
  crossloom::add_run_command(app);
  crossloom::add_compare_command(app);
  crossloom::add_reliability_command(app);
  crossloom::add_check_command(app);
  crossloom::add_train_command(app);
  crossloom::add_transform_command(app);
  crossloom::add_map_command(app);
  crossloom::add_program_command(app);
  crossloom::add_simulate_command(app);
  crossloom::add_report_command(app);
  crossloom::add_cluster_command(app);
  crossloom::add_crossbar_command(app);
  crossloom::add_noc_command(app);
  crossloom::add_chip_command(app);
  crossloom::add_worker_command(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and version are not errors; everything else is the user's.
    return app.exit(error) == 0 ? static_cast<int>(ExitCode::success) : static_cast<int>(ExitCode::user_error);
  }
  return static_cast<int>(ExitCode::success);
}

}  // namespace

int main(int argc, char** argv) {
  crossloom::install_interrupt_handlers();
  try {
    return run(argc, argv);
  } catch (const crossloom::UserError& error) {
    return fail(ExitCode::user_error, error.what());
  } catch (const crossloom::DoesNotFit& error) {
    return fail(ExitCode::does_not_fit, error.what());
  } catch (const crossloom::Interrupted&) {
    return fail(ExitCode::interrupted,
                "interrupted, and nothing half-written is left: go on with --resume (train, "
                "transform, run) or the same command (compare, reliability)");
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::user_error, "not enough memory: use smaller sizes or fewer workers (--threads)");
  } catch (const std::exception& error) {
    return fail(ExitCode::bug, fmt::format("{}\nThis is a bug in Crossloom; please report it with the command and "
                                           "the files it used.",
                                           error.what()));
  }
}
