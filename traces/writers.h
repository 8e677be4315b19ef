// Writes a RunReport into a folder, and the comparison to a string.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/table.h"
#include "models/mapped_network.h"
#include "traces/run_report.h"

namespace crossloom {

/// The printed comparison: one row a variant, each figure also relative to the first row, with intervals where there are
/// several seeds. `width` columns at most (wraps into blocks).
std::string comparison_text(const RunReport& report, std::size_t width = 120);

/// Every table of the run: summary, energy, area, latency, layer_latency, spikes, programming, accuracy_by_steps, constants, inputs,
/// versions. Columns carry units in their names.
std::vector<Table> report_tables(const RunReport& report);

/// summary.json: `variants`, each with name, accuracy, chip_accuracy, synapses, crossbars, physical_arrays, utilisation,
/// area_mm2, energy_per_inference_j, latency_per_inference_s, power_w and more (means), their intervals under
/// `intervals`, the seeds, dataset, versions, input digests.
std::string summary_json(const RunReport& report);

/// All of it: summary.json, tables/*.csv, results.sqlite (the same tables), comparison.txt, comparison.svg,
/// accuracy_by_steps.svg, energy.svg. Same report, same bytes. Throws UserError where the folder cannot be written.
void write_report(const RunReport& report, const std::filesystem::path& folder);

/// Reads back what write_report and a RunReport need to be drawn again (`crossloom report`): archive kind "run_report".
void save_run_report(const RunReport& report, const std::filesystem::path& file);
RunReport load_run_report(const std::filesystem::path& file);

/// Observer that streams a trace-event JSON file (gzip) for the Perfetto viewer: one track a serving unit, complete
/// events that never overlap, flow events that start and end inside a slice; 1 ps simulated is shown as 1 ns. Stops with
/// a notice in the trace after `maximum_events`.
class EventTraceWriter : public SimulationObserver {
 public:
  EventTraceWriter(const std::filesystem::path& file, Frequency clock, const std::vector<std::string>& layer_names,
                   std::uint64_t maximum_events = 2'000'000);
  ~EventTraceWriter() override;
  void on_busy(const BusyInterval& interval) override;
  void on_image_begin(std::uint32_t image, std::uint64_t cycle) override;
  void on_image_end(std::uint32_t image, std::uint64_t cycle) override;
  /// Finishes the file; throws UserError if any write failed. Called once, before destruction.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossloom
