// A run on a bit-serial chip.
#include <optional>
#include <utility>

#include "app/bit_serial_variant.h"
#include "app/execution_run.h"
#include "app/version.h"
#include "base/files.h"
#include "traces/bit_serial_report.h"

namespace crossloom {
namespace {

class BitSerialRun : public ExecutionRun {
 public:
  explicit BitSerialRun(const VariantContext& context) : context_(context) {
    const Experiment& experiment = context.experiment;
    report_.experiment = experiment.name;
    report_.dataset = context.data.train.origin.description + "; " + context.data.test.origin.description;
    report_.chip = experiment.bit_serial->chip;
    for (const VariantSpec& variant : experiment.variants) report_.variants.push_back({variant.name, {}});
    report_.inputs = input_digests(context);
    report_.versions = versions();
    report_.seed = experiment.seed;
  }

  void add(std::size_t variant, const VariantJob& job, const Network& network) override {
    std::optional<NetworkAccuracies> accuracies;
    if (context_.experiment.weights == WeightOrigin::trained) accuracies = network_accuracies(context_, network);
    BitSerialVariantRun run = run_on_bit_serial_chip(context_, job, network, accuracies);
    report_.node_names = std::move(run.node_names);
    report_.variants[variant].seeds.push_back(std::move(run.report));
  }
  void write(const std::filesystem::path& folder, bool tables) const override {
    if (tables) {
      write_bit_serial_report(report_, folder);
      return;
    }
    write_file_atomically(folder / "summary.json", bit_serial_summary_json(report_));
    write_file_atomically(folder / "comparison.txt", bit_serial_comparison_text(report_));
  }
  [[nodiscard]] std::string comparison() const override { return bit_serial_comparison_text(report_); }

 private:
  const VariantContext& context_;
  BitSerialReport report_;
};

}  // namespace

std::unique_ptr<ExecutionRun> make_bit_serial_run(const VariantContext& context) {
  return std::make_unique<BitSerialRun>(context);
}

}  // namespace crossloom
