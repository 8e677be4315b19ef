// What a reliability study found, as values: losses of programmed chips by array size, corner and variant, and how the
// largest reliable size is decided from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/table.h"
#include "models/array_size.h"

namespace crossloom {

/// Mean loss over chips with its intervals by Student's t (Student 1908), chips - 1 degrees of freedom. The images are
/// the same for all chips, so the intervals speak of other chips and not of other images. With one chip they are
/// infinite.
struct LossInterval {
  double mean = 0.0;
  double half_width = 0.0;  ///< of the two-sided 95 % interval
  double lower = 0.0;       ///< one-sided 95 % bounds
  double upper = 0.0;
  std::size_t chips = 0;
};
/// At least one loss. Equal losses give an interval of no width.
LossInterval loss_interval(const std::vector<double>& losses);

/// When enough chips were sampled. Losses are shares.
struct SamplingRule {
  std::size_t least = 4, most = 10;
  double half_width = 0.002;  ///< of the two-sided 95 % interval
};
/// The fewest of these chips, in their order and at least `least`, whose interval is narrow enough; nothing where more
/// are needed. `most` chips are always enough.
std::optional<std::size_t> chips_enough(const std::vector<double>& losses, const SamplingRule& rule);

enum class SizeVerdict {
  reliable,      ///< upper bound at most the limit
  not_decided,   ///< the limit lies between the bounds
  unreliable,    ///< lower bound above the limit
  does_not_fit,  ///< the network cannot be mapped at this size
};
const char* size_verdict_name(SizeVerdict verdict);

/// What the same chip costs: area from its mapping, energy and latency from timed images of its first chip.
struct SizeCost {
  double energy_per_inference_j = 0.0, latency_per_inference_s = 0.0;
  double area_mm2 = 0.0, array_area_mm2 = 0.0;
  std::uint64_t crossbars = 0, physical_arrays = 0;
  double utilisation = 0.0;
  std::uint64_t timed_images = 0;  ///< whose every output equals the untimed run's
};

/// Losses of chips on images that had no part in any choice.
struct Confirmation {
  double accuracy = 0.0;  ///< real-valued network
  std::vector<double> losses;
};

/// One array size under one corner. Accuracies and losses are shares, on the same images.
struct MeasuredSize {
  ArraySize array;
  std::string does_not_fit;          ///< the mapper's reasons; all that follows is empty then
  double accuracy = 0.0;             ///< real-valued network as transformed
  double ideal_accuracy = 0.0;       ///< chip of ideal cells and wires: what conversion to spikes costs
  std::vector<double> losses;        ///< one a chip: accuracy minus the chip's
  std::vector<double> layer_errors;  ///< relative rms error of spike counts, one a layer, over all chips
  SizeCost cost;
  std::optional<Confirmation> test;  ///< of decided sizes
};
SizeVerdict verdict_of(const MeasuredSize& size, double largest_loss);

/// Sizes are indices into a list that ascends.
struct SizeDecision {
  std::optional<std::size_t> largest;       ///< reliable, and all smaller ones that fit are
  std::optional<std::size_t> least_energy;  ///< among those up to `largest`; of equals the smaller
  std::vector<std::size_t> exceptions;      ///< reliable, but above a smaller one that is not
};
SizeDecision decide_size(const std::vector<MeasuredSize>& sizes, double largest_loss);

enum class BudgetKind { none, alone, all_but, all };
const char* budget_kind_name(BudgetKind kind);

/// Losses with some causes on; `cause` is the one that is alone or left out.
struct BudgetEntry {
  BudgetKind kind = BudgetKind::all;
  std::string cause;
  std::vector<double> losses;
  std::vector<double> layer_errors;
};

/// Losses of one size taken apart.
struct ErrorBudget {
  std::size_t size = 0;  ///< index into the sizes
  std::vector<std::string> causes;
  std::vector<BudgetEntry> entries;  ///< none, each alone, all but each, all
  [[nodiscard]] const BudgetEntry& entry(BudgetKind kind, const std::string& cause = "") const;
};

/// Mean losses as parts of the whole. alone[c] and removed[c] may be negative.
struct BudgetShares {
  double conversion = 0.0;      ///< with all causes off
  std::vector<double> alone;    ///< cause alone, minus conversion
  std::vector<double> removed;  ///< all causes, minus all but this one
  double all = 0.0;
  [[nodiscard]] double together() const;  ///< all - conversion - sum of alone: what causes do only together
};
BudgetShares budget_shares(const ErrorBudget& budget);

struct ReliabilityCurve {
  std::string variant;
  std::vector<MeasuredSize> sizes;  ///< ascending
  SizeDecision decision;
  std::vector<ErrorBudget> budgets;
};

struct CornerResult {
  std::string name;
  std::vector<ReliabilityCurve> curves;  ///< one a variant, the first is what the others are compared with
  std::uint64_t checked_images = 0;      ///< of all sizes and variants: the timed run gave the same as the untimed one
};

struct ReliabilityStudy {
  std::string experiment, dataset, chip;
  std::uint32_t steps = 0;  ///< T
  std::uint64_t seed = 0;
  std::uint64_t images = 0, test_images = 0, budget_images = 0;
  std::vector<std::string> layers;
  SamplingRule rule;
  double largest_loss = 0.01;
  std::vector<CornerResult> corners;
};

/// Points of the Pareto front: no other point has less energy and as much accuracy, or the same energy and more. By
/// energy. Points that are not finite have no part in it.
struct EnergyAccuracy {
  double energy = 0.0, accuracy = 0.0;
};
std::vector<std::size_t> pareto_front(const std::vector<EnergyAccuracy>& points);

/// The answers, then one block of lines a corner with a row a variant and size, then the error budgets.
std::string reliability_text(const ReliabilityStudy& study);
std::string reliability_json(const ReliabilityStudy& study);
/// reliability_sizes, reliability_chips, reliability_layers, reliability_answers, reliability_budget.
std::vector<Table> reliability_tables(const ReliabilityStudy& study);
/// Accuracy on chip against array size with the band of its 95 % interval; one chart a corner.
std::string accuracy_by_size_svg(const ReliabilityStudy& study);
/// Loss against array size with the limit; one chart a corner.
std::string loss_by_size_svg(const ReliabilityStudy& study);
/// Accuracy against energy with the Pareto front over variants and sizes; one chart a corner.
std::string energy_and_accuracy_svg(const ReliabilityStudy& study);
/// Losses by cause as stacked bars; empty where there are no budgets.
std::string error_budget_svg(const ReliabilityStudy& study);

}  // namespace crossloom
