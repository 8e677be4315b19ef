// crossloom report RUN: the comparison of a finished run again, and its tables and pictures into another folder.
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "app/command_line.h"
#include "base/error.h"
#include "base/files.h"
#include "traces/writers.h"

namespace crossloom {
namespace {

struct ReportCommand {
  std::string run, out;
};

/// The run of a bit-serial chip keeps its tables and no other file form.
bool report_bit_serial_run(const ReportCommand& arguments) {
  namespace fs = std::filesystem;
  const fs::path run = arguments.run;
  if (fs::exists(run / "run.report") || !fs::exists(run / "summary.json")) return false;
  if (!arguments.out.empty()) {
    refuse_existing(arguments.out, false);
    const fs::path partial = arguments.out + ".partial";
    fs::remove_all(partial);
    fs::create_directories(partial);
    for (const char* name : {"tables", "results.sqlite", "summary.json", "comparison.txt"}) {
      if (fs::exists(run / name)) fs::copy(run / name, partial / name, fs::copy_options::recursive);
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(run)) {
      if (entry.path().extension() == ".svg") fs::copy(entry.path(), partial / entry.path().filename());
    }
    fs::rename(partial, arguments.out);
  }
  fmt::print("{}", read_file(run / "comparison.txt"));
  return true;
}

void report_run(const ReportCommand& arguments) {
  if (report_bit_serial_run(arguments)) return;
  const std::filesystem::path file = std::filesystem::path(arguments.run) / "run.report";
  if (!std::filesystem::exists(file)) {
    throw UserError(
        fmt::format("{} is not a finished run (it has no run.report): give the folder that `crossloom run` "
                    "made",
                    arguments.run));
  }
  const RunReport report = load_run_report(file);
  if (!arguments.out.empty()) {
    refuse_existing(arguments.out, false);
    const std::filesystem::path partial = arguments.out + ".partial";
    std::filesystem::remove_all(partial);
    std::filesystem::create_directories(partial);
    write_report(report, partial);
    std::filesystem::rename(partial, arguments.out);
  }
  fmt::print("{}", comparison_text(report));
}

}  // namespace

void add_report_command(CLI::App& app) {
  auto arguments = std::make_shared<ReportCommand>();
  CLI::App* command = app.add_subcommand("report", "Print the comparison of a finished run; write its report anew");
  command->add_option("run", arguments->run, "Run folder")->type_name("RUN")->required();
  command->add_option("--out", arguments->out, "Write tables and pictures into this new folder")->type_name("FOLDER");
  command->callback([arguments] { report_run(*arguments); });
}

}  // namespace crossloom
