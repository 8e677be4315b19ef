// A run on a spiking chip: a RunReport, its tables and pictures.
#include <utility>

#include "app/execution_run.h"
#include "app/version.h"
#include "base/files.h"
#include "models/unfolding.h"
#include "traces/writers.h"

namespace crossloom {
namespace {

RunReport report_frame(const VariantContext& context) {
  const Experiment& experiment = context.experiment;
  RunReport report;
  report.experiment = experiment.name;
  report.dataset = context.data.train.origin.description + "; " + context.data.test.origin.description;
  report.chip = experiment.chip.name;
  report.clock = experiment.chip.clock;
  report.steps = experiment.spiking.steps;
  report.layer_neurons.push_back(experiment.network.input.size());
  for (const LayerSpec& layer : unfolded(experiment.network).layers) {
    report.layer_names.push_back(layer.name);
    report.layer_neurons.push_back(layer.outputs);
  }
  for (std::size_t k = 0; k < context.data.test.classes; ++k) report.class_names.push_back(std::to_string(k));
  for (const VariantSpec& variant : experiment.variants) report.variants.push_back({variant.name, {}});
  report.action_costs = action_costs(experiment.chip);
  report.constants = sourced_constants(experiment.chip);
  report.inputs = input_digests(context);
  report.versions = versions();
  report.seed = experiment.seed;
  return report;
}

class SpikingRun : public ExecutionRun {
 public:
  explicit SpikingRun(const VariantContext& context) : context_(context), report_(report_frame(context)) {}

  void add(std::size_t variant, const VariantJob& job, const Network& network) override {
    report_.variants[variant].seeds.push_back(
        run_on_chip(context_, job, network, network_accuracies(context_, network)));
  }
  void write(const std::filesystem::path& folder, bool tables) const override {
    if (tables) {
      write_report(report_, folder);
    } else {
      write_file_atomically(folder / "summary.json", summary_json(report_));
      write_file_atomically(folder / "comparison.txt", comparison_text(report_));
    }
    save_run_report(report_, folder / "run.report");
  }
  [[nodiscard]] std::string comparison() const override { return comparison_text(report_); }

 private:
  const VariantContext& context_;
  RunReport report_;
};

}  // namespace

std::vector<InputDigest> input_digests(const VariantContext& context) {
  std::vector<InputDigest> inputs;
  for (const DatasetOrigin* origin : {&context.data.train.origin, &context.data.test.origin}) {
    for (const DatasetFile& file : origin->files) inputs.push_back({file.name, file.sha256});
  }
  inputs.push_back({"configuration.yaml", sha256_hex(read_file(context.configuration))});
  return inputs;
}

std::unique_ptr<ExecutionRun> make_spiking_run(const VariantContext& context) {
  return std::make_unique<SpikingRun>(context);
}

std::unique_ptr<ExecutionRun> make_execution_run(const VariantContext& context) {
  return context.experiment.bit_serial ? make_bit_serial_run(context) : make_spiking_run(context);
}

}  // namespace crossloom
