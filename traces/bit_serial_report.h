// Everything a finished experiment on a bit-serial chip has to say, as values; tables, text and JSON of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/table.h"
#include "models/bit_serial/bit_serial_cost.h"
#include "models/bit_serial/bit_serial_result.h"
#include "traces/run_report.h"

namespace crossloom {

/// One variant trained with one seed, placed, programmed and simulated.
struct BitSerialSeedReport {
  std::uint64_t seed = 0;
  // Accuracies are not finite where weights are random.
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double accuracy = kNone;               ///< real-valued network, whole test set, 0..1
  double accuracy_on_simulated = kNone;  ///< real-valued network, the simulated images only
  double validation_accuracy = kNone;
  double exact_accuracy = kNone;     ///< integers without ADCs (the `exact` reference), the simulated images
  double chip_accuracy = kNone;      ///< simulated chip, the simulated images
  std::uint64_t equal_to_exact = 0;  ///< simulated images all of whose outputs are the `exact` reference's
  std::uint64_t synapses = 0, multiply_accumulates = 0;  ///< live weights; products of live weights an inference
  std::uint64_t crossbars = 0, physical_arrays = 0, elements = 0, tiles = 0, chips = 0;  ///< in use, in any pass
  std::uint32_t passes = 1;
  /// Placed live weights, all copies / (crossbars x rows x columns); with reloads, crossbars of all passes.
  double utilisation = 0.0;
  std::vector<std::uint32_t> copies;  ///< by layer
  Area chip_area, used_area;  ///< whole chips in use; their tiles in use with routers in proportion and the links
  Area array_area;            ///< arrays in use with their DACs, sample-and-holds and share of the ADCs
  Area tile_area;             ///< tiles in use, routers and all shared parts of a chip in proportion
  BitSerialProgramming programming;  ///< all weights once
  /// How often they are written in the run: once before it, or with reloads for each stream of images, which is then
  /// part of cost and result.
  std::uint64_t programmed_times = 1;
  BitSerialCost cost;      ///< of all simulated images together
  BitSerialResult result;  ///< nodes' outputs not kept
  std::vector<std::uint8_t> labels;
};

struct BitSerialVariantReport {
  std::string name;
  std::vector<BitSerialSeedReport> seeds;  ///< at least one
};

struct BitSerialReport {
  std::string experiment, dataset;
  BitSerialChipSpec chip;
  std::vector<std::string> node_names, layer_names;
  std::vector<BitSerialVariantReport> variants;
  std::vector<InputDigest> inputs;
  std::vector<std::pair<std::string, std::string>> versions;
  std::uint64_t seed = 0;
};

/// One seed's figures in SI units. Latency is an image's own, from its first value sent to its last output; throughput
/// counts the images of a stream in flight together: one a stream, 1 / latency.
struct BitSerialHeadline {
  double energy_per_inference_j = 0.0, latency_per_inference_s = 0.0, throughput_per_s = 0.0, power_w = 0.0;
  double tops_per_w = 0.0;  ///< two operations for each multiply_accumulates
  double clipped_share = 0.0;
};
BitSerialHeadline headline(const BitSerialSeedReport& seed, const BitSerialChipSpec& chip);
/// The figures by which methods are compared; area_mm2 is tile_area, as methods are compared on whole tiles.
Headline compared_headline(const BitSerialSeedReport& seed, const BitSerialChipSpec& chip);

/// comparison, energy, latency, stalls, programming, components, inputs, versions; where anything was observed, those
/// of observation_tables() too.
std::vector<Table> bit_serial_tables(const BitSerialReport& report);
std::string bit_serial_summary_json(const BitSerialReport& report);
/// The comparison, and below it the energy by component of the first variant's first seed beside the published shares.
std::string bit_serial_comparison_text(const BitSerialReport& report);
/// Tables as CSV and SQLite, summary.json, comparison.txt, and pictures of what was observed.
void write_bit_serial_report(const BitSerialReport& report, const std::filesystem::path& folder);

}  // namespace crossloom
