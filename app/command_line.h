// What the subcommands share: options of the same name mean the same everywhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/experiment.h"
#include "base/progress.h"

namespace crossloom {

/// EXPERIMENT, --set, --seed, --data, --threads, --quiet.
struct CommonOptions {
  std::filesystem::path experiment;
  std::vector<std::string> settings;
  std::optional<std::uint64_t> seed;
  std::string data;
  std::uint32_t threads = 0;  ///< 0 = as many as the machine has
  bool quiet = false;

  /// Reads the experiment with the overrides applied.
  [[nodiscard]] ExperimentFile load() const;
  [[nodiscard]] std::size_t thread_count() const;
  [[nodiscard]] std::unique_ptr<ProgressSink> progress() const;
};

void add_common_options(CLI::App& command, CommonOptions& options);

/// Throws UserError where `file` exists and `force` is not given.
void refuse_existing(const std::filesystem::path& file, bool force);

// One file a subcommand; each adds its subcommand and what it does when chosen.
void add_run_command(CLI::App& app);
void add_compare_command(CLI::App& app);
void add_reliability_command(CLI::App& app);
void add_train_command(CLI::App& app);
void add_transform_command(CLI::App& app);
void add_map_command(CLI::App& app);
void add_program_command(CLI::App& app);
void add_simulate_command(CLI::App& app);
void add_report_command(CLI::App& app);
void add_check_command(CLI::App& app);
void add_cluster_command(CLI::App& app);
void add_crossbar_command(CLI::App& app);
void add_noc_command(CLI::App& app);
void add_chip_command(CLI::App& app);
void add_worker_command(CLI::App& app);

}  // namespace crossloom
