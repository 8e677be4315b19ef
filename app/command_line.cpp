#include "app/command_line.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {

ExperimentFile CommonOptions::load() const {
  std::vector<ConfigOverride> overrides;
  for (const std::string& setting : settings) overrides.push_back(parse_override(setting));
  if (seed) overrides.push_back({"seed", std::to_string(*seed)});
  return load_experiment(experiment, overrides);
}

std::size_t CommonOptions::thread_count() const {
  return threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
}

std::unique_ptr<ProgressSink> CommonOptions::progress() const {
  class Silent : public ProgressSink {
    void update(const std::string&, std::uint64_t, std::uint64_t, const std::string&) override {}
    void message(const std::string&) override {}
  };
  if (quiet) return std::make_unique<Silent>();
  return make_console_progress();
}

void add_common_options(CLI::App& command, CommonOptions& options) {
  command
      .add_option("experiment", options.experiment, "Experiment file (YAML), e.g. configs/experiments/mnist_mlp.yaml")
      ->required()
      ->type_name("EXPERIMENT");
  command
      .add_option("--set", options.settings,
                  "Change a value of the experiment, e.g. --set chip.crossbar.rows=128; may be given several times")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  command.add_option("--seed", options.seed, "Seed of the first repetition (the same as --set seed=N)")->type_name("N");
  command
      .add_option("--data", options.data,
                  "Folder with the data sets; otherwise CROSSLOOM_DATA, then ~/.local/share/crossloom")
      ->type_name("FOLDER");
  command
      .add_option("--threads", options.threads,
                  "Threads for training and worker processes for simulation (default: all processors); results do not "
                  "depend on it")
      ->type_name("N")
      ->check(CLI::Range(1U, 1024U));
  command.add_flag("--quiet", options.quiet, "No progress");
}

void refuse_existing(const std::filesystem::path& file, bool force) {
  if (!force && std::filesystem::exists(file)) {
    throw UserError(fmt::format("{} exists already: choose another --out, or replace it with --force", file.string()));
  }
}

}  // namespace crossloom
