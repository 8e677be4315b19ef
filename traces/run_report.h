// Everything a finished experiment has to say, as values; the writers beside this file turn it into tables and
// pictures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/chip_spec.h"
#include "models/cost.h"
#include "models/programmed_chip.h"
#include "models/simulation_result.h"

namespace crossloom {

/// One variant trained with one seed, mapped, programmed and simulated.
struct SeedReport {
  std::uint64_t seed = 0;
  double accuracy = 0.0;               ///< real-valued network, whole test set, 0..1
  double accuracy_on_simulated = 0.0;  ///< real-valued network, the simulated images only
  double validation_accuracy = 0.0;
  double chip_accuracy = 0.0;  ///< simulated chip, the simulated images
  std::uint64_t synapses = 0;
  std::vector<std::uint64_t> layer_synapses;
  double utilisation = 0.0;  ///< synapses / (crossbars x rows x columns)
  ChipArea area;
  CostBreakdown cost;  ///< of all simulated images together
  ProgrammingReport programming;
  SimulationResult simulation;       ///< rasters not kept
  std::vector<std::uint8_t> labels;  ///< true class, one a simulated image
  double traffic_hops = 0.0, traffic_hops_in_order = 0.0;
};

/// One row of the comparison. The first variant of a run is what the others are compared with.
struct VariantReport {
  std::string name;
  std::vector<SeedReport> seeds;  ///< at least one
};

struct InputDigest {
  std::string name;  ///< file name without machine-dependent folder, or "generated digits"
  std::string sha256;
};

struct RunReport {
  std::string experiment;
  std::string dataset;  ///< which data were really used
  std::string chip;
  Frequency clock;
  std::uint32_t steps = 0;  ///< T
  std::vector<std::string> layer_names;
  std::vector<std::uint64_t>
      layer_neurons;  ///< inputs of the network first, then outputs of each layer; firing rates need it
  std::vector<std::string> class_names;
  std::vector<VariantReport> variants;
  std::vector<ActionCost> action_costs;  ///< of the chip; energy over time needs it
  std::vector<SourcedConstant> constants;
  std::vector<InputDigest> inputs;
  std::vector<std::pair<std::string, std::string>> versions;  ///< crossloom and the libraries
  std::uint64_t seed = 0;                                     ///< the experiment's own seed
};

/// Mean over seeds with the half width of its 95 % interval (Student's t; 0 where there is one seed).
struct Estimate {
  double mean = 0.0;
  double half_width = 0.0;
  std::size_t samples = 0;
};
/// At least one sample. The quantile is that of Student's t with samples - 1 degrees of freedom (Student 1908).
Estimate estimate(const std::vector<double>& samples);
/// Two-sided 95 % point: a t of this many degrees of freedom (at least 1) lies within +- it with probability 0.95.
double student_t_95(std::size_t degrees_of_freedom);

/// One seed's headline figures, in SI units.
struct Headline {
  double accuracy, chip_accuracy, synapses, crossbars, physical_arrays, utilisation, area_mm2, array_area_mm2,
      energy_per_inference_j, latency_per_inference_s, throughput_per_s, power_w, tops_per_w, energy_delay_product_js;
  double exact_accuracy = 0.0, clipped_share = 0.0, tiles = 0.0;  ///< of bit-serial chips only (bit_serial_report.h)
};
/// TOPS/W counts two operations for each live synapse and inference. Images are simulated one after another, so that
/// latency = elapsed / images, throughput = 1 / latency and power = energy / elapsed. Infinite where a divisor is 0.
Headline headline(const SeedReport& seed, Frequency clock);
std::vector<Headline> headlines(const VariantReport& variant, Frequency clock);

/// Images that the chip classified correctly by the spikes of its first `steps` time steps (1..T).
std::uint64_t correct_after(const SeedReport& seed, std::uint32_t steps);

/// What makes the report unfit to be written, or nothing: no variant, a variant without seeds, a seed without images,
/// lists whose lengths do not belong together, layers that have no name. Writers throw Bug where there is something.
std::optional<std::string> problem_of(const RunReport& report);

}  // namespace crossloom
