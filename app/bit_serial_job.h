// The timed run of a bit-serial chip, cut into shares of whole streams that run in worker processes, with the results
// of one process.
#pragma once

#include <cstdint>
#include <filesystem>

#include "app/simulation_job.h"
#include "models/bit_serial/bit_serial_result.h"

namespace crossloom {

/// Everything one share needs; the files exist while the worker runs.
struct BitSerialJob {
  std::filesystem::path configuration;  ///< resolved experiment
  std::filesystem::path folder;         ///< of BitSerialFiles
  std::filesystem::path stimulus;
  std::uint64_t seed = 0;              ///< of the repetition: keys devices
  std::uint32_t first = 0, count = 0;  ///< share of the stimulus
  std::filesystem::path result;        ///< written atomically (archive kind "bit_serial_result")
  WatchSpec watch = {};
};

/// Whether a worker's job file is one of these.
bool is_bit_serial_job(const std::filesystem::path& job_file);
/// What the worker process does.
void run_bit_serial_worker(const std::filesystem::path& job_file);

/// Cuts `whole` into shares, runs those whose results are not there yet, and joins them in order.
BitSerialResult simulate_bit_serial_in_workers(const BitSerialJob& whole, std::uint32_t stream_length,
                                               const SharingOptions& options, ProgressSink& progress);

}  // namespace crossloom
