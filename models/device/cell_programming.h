// Writing cells: the states there are, the error of a write, how devices differ, and writing again until it fits.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "models/chip_spec.h"
#include "models/mapped_network.h"

namespace crossloom {

/// Cells that are handled in one go: one input, one polarity and slice, and an output each.
struct CellRow {
  std::uint32_t input = 0;
  const std::uint32_t* outputs = nullptr;
  std::size_t count = 0;
  std::uint32_t cell = 0;  ///< polarity << 16 | slice, as in the keys of all draws
};

/// sum of coefficients[k] * (G / full_scale)^k, at least 0.
Conductance polynomial_deviation(const std::vector<Conductance>& coefficients, Conductance full_scale,
                                 Conductance conductance);
/// Standard deviation of one write that aims at `state`.
Conductance write_deviation(const DeviceSpec& device, Conductance state);
/// What a cell is written to for this target: the target itself, or the nearest of level_conductances (ties: the
/// lower).
Conductance nearest_state(const DeviceSpec& device, Conductance target);

/// What writing took.
struct WriteCount {
  std::uint64_t attempts = 0;       ///< writes, each of write_pulses pulses
  double read_conductance_s = 0.0;  ///< sum over the reads of write-verify of the conductance read
};

/// Programming of one layer's cells. Not thread-safe: holds scratch; one object a thread.
///
/// One write gives factor * (state + sigma(state) * n), n standard normal (key child "programming_error", the attempt
/// as the fourth counter). A share of the window is held within [G_min, G_max] since a write ends at the limits of the
/// device, as is the window law; the other laws are fits to what was measured and only held above 0. `factor` is the
/// device's own (key child "variation"). With write-verify a cell whose conductance is further from the state aimed at
/// than the tolerance is written again; the last write stays.
class CellProgramming {
 public:
  CellProgramming(const DeviceSpec& device, const CrossbarSpec& crossbar, RandomKey key, LayerId layer);
  /// targets and written hold row.count conductances in siemens.
  void write(const CellRow& row, const double* targets, double* written, WriteCount& count);

 private:
  [[nodiscard]] double once(double state, double deviation, double normal) const;
  void verify(const CellRow& row, double* written, WriteCount& count);
  const DeviceSpec& device_;
  std::optional<WriteVerify> verify_;
  RandomField error_, variation_;
  bool errs_;
  double lowest_, highest_;  ///< of a write, in siemens
  std::vector<double> normals_, factors_, states_, deviations_;
};

}  // namespace crossloom
