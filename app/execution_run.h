// What a run does for its way of computing: takes each variant's network onto the chip, and writes what came out. The
// pipeline around it (data, training, transformation, the run folder) is the same for spiking and bit-serial chips.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/variant_run.h"

namespace crossloom {

class ExecutionRun {
 public:
  virtual ~ExecutionRun() = default;
  /// Maps, programs and simulates one variant (of all variants) of one seed. Throws what the stages throw, Interrupted
  /// after a signal.
  virtual void add(std::size_t variant, const VariantJob& job, const Network& network) = 0;
  /// Writes the report; without `tables` only summary.json and comparison.txt.
  virtual void write(const std::filesystem::path& folder, bool tables) const = 0;
  /// What `crossloom run` prints at the end.
  [[nodiscard]] virtual std::string comparison() const = 0;
};

/// For the experiment's chip. The context outlives it.
std::unique_ptr<ExecutionRun> make_execution_run(const VariantContext& context);

/// The data files and the configuration that the run's bytes depend on.
std::vector<InputDigest> input_digests(const VariantContext& context);

std::unique_ptr<ExecutionRun> make_spiking_run(const VariantContext& context);
std::unique_ptr<ExecutionRun> make_bit_serial_run(const VariantContext& context);

}  // namespace crossloom
