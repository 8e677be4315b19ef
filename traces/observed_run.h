// What was observed in a run, of whatever kind of chip, as the tables and pictures of observations need it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/observations.h"
#include "traces/bit_serial_report.h"
#include "traces/run_report.h"

namespace crossloom {

/// Energy of one component in each window of Observations::windows, joules; summed over the observed images.
struct ComponentOverTime {
  std::string component, group;
  std::vector<double> joules;
};

/// One variant and seed that were observed.
struct ObservedSeed {
  std::string variant;
  std::uint64_t seed = 0;
  bool first_of_variant = false;
  const Observations* seen = nullptr;  ///< lies in the report
  /// Components that took any, in their order; of a bit-serial chip also "leakage". Empty where the report does not
  /// know what actions cost.
  std::vector<ComponentOverTime> energy;
};

/// What columns of its tables mean.
struct ObservationWords {
  const char* image;
  const char* unit_kind;
  const char* unit;
  const char* port;
  const char* what;
  const char* layer;
  const char* step;
  const char* energy;
  const char* energy_group;
  const char* span;  ///< over which power is drawn: an image, or a stream of them
};

struct ObservedRun {
  std::string experiment, chip;
  Frequency clock;
  std::vector<std::string> layer_names;  ///< of a bit-serial chip: nodes
  std::vector<WaitReason> reasons;       ///< that units of this kind of chip have
  ObservationWords words{};
  std::vector<ObservedSeed> seeds;  ///< none: nothing was observed
};

/// The report must outlive it.
ObservedRun observed_run(const RunReport& report);
ObservedRun observed_run(const BitSerialReport& report);

/// What the tables of a run lack, a line each for people; empty where they lack nothing.
std::string left_out_text(const ObservedRun& run);

}  // namespace crossloom
