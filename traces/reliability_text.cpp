// The printed reliability study: answers first, then what they rest on.
#include <cmath>

#include <fmt/format.h>

#include "traces/engineering.h"
#include "traces/reliability.h"
#include "traces/text_table.h"

namespace crossloom {
namespace {

constexpr std::size_t kWidth = 120;

std::string array_text(ArraySize array) { return fmt::format("{} x {}", array.rows, array.columns); }
std::string percent(double share) { return fmt::format("{:.2f} %", 100.0 * share); }
std::string points(double share) { return fmt::format("{:.2f}", 100.0 * share); }

std::string mean_text(const std::vector<double>& losses) {
  const LossInterval loss = loss_interval(losses);
  return fmt::format("{} ±{}", points(loss.mean), std::isfinite(loss.half_width) ? points(loss.half_width) : "?");
}

std::string size_name(const ReliabilityCurve& curve, const std::optional<std::size_t>& size) {
  return size ? array_text(curve.sizes[*size].array) : "none";
}

/// What a variant needs at its least energy, relative to the corner's first variant at its own.
std::string ratio_text(const CornerResult& corner, const ReliabilityCurve& curve, double SizeCost::*figure) {
  const ReliabilityCurve& first = corner.curves.front();
  if (&curve == &first || !curve.decision.least_energy || !first.decision.least_energy) return "-";
  const double own = curve.sizes[*curve.decision.least_energy].cost.*figure;
  const double other = first.sizes[*first.decision.least_energy].cost.*figure;
  return other > 0.0 ? "x" + format_significant(own / other) : "-";
}

/// Adds a column whose cells are made one after another.
class Columns {
 public:
  TextColumn& add(const char* above, const char* below) {
    columns_.push_back({{above, below}});
    return columns_.back();
  }
  [[nodiscard]] const std::vector<TextColumn>& all() const { return columns_; }
  [[nodiscard]] std::string text(const TextColumn& names) const {
    std::string result;
    for (const auto& block : wrapped(names, columns_, kWidth)) result += block_text(names, block) + '\n';
    return result;
  }

 private:
  std::vector<TextColumn> columns_;
};

template <class Text>
TextColumn answer_column(const ReliabilityStudy& study, const char* above, const char* below, Text text) {
  TextColumn column{{above, below}};
  for (const CornerResult& corner : study.corners) {
    for (const ReliabilityCurve& curve : corner.curves) column.cells.push_back(text(corner, curve));
  }
  return column;
}

std::string answers_text(const ReliabilityStudy& study) {
  const auto at_least_energy = [](const ReliabilityCurve& curve) -> const MeasuredSize* {
    return curve.decision.least_energy ? &curve.sizes[*curve.decision.least_energy] : nullptr;
  };
  const auto cost_text = [&](double SizeCost::*figure, const char* unit) {
    return [=](const CornerResult&, const ReliabilityCurve& curve) -> std::string {
      const MeasuredSize* size = at_least_energy(curve);
      return size == nullptr ? "-" : format_engineering(size->cost.*figure, unit);
    };
  };
  const TextColumn names = answer_column(
      study, "", "corner", [](const CornerResult& c, const ReliabilityCurve&) { return shortened(c.name); });
  std::vector<TextColumn> columns;
  columns.push_back(answer_column(study, "", "variant", [](const CornerResult&, const ReliabilityCurve& curve) {
    return shortened(curve.variant);
  }));
  columns.push_back(answer_column(study, "largest", "reliable", [](const CornerResult&, const ReliabilityCurve& curve) {
    return size_name(curve, curve.decision.largest) + (curve.decision.exceptions.empty() ? "" : " (!)");
  }));
  columns.push_back(
      answer_column(study, "test loss", "there", [](const CornerResult&, const ReliabilityCurve& curve) -> std::string {
        if (!curve.decision.largest) return "-";
        const auto& test = curve.sizes[*curve.decision.largest].test;
        return test ? mean_text(test->losses) : "-";
      }));
  columns.push_back(answer_column(study, "least", "energy at", [](const CornerResult&, const ReliabilityCurve& curve) {
    return size_name(curve, curve.decision.least_energy);
  }));
  columns.push_back(answer_column(study, "", "energy", cost_text(&SizeCost::energy_per_inference_j, "J")));
  columns.push_back(answer_column(study, "to the", "first", [](const CornerResult& corner, const ReliabilityCurve& c) {
    return ratio_text(corner, c, &SizeCost::energy_per_inference_j);
  }));
  columns.push_back(answer_column(study, "", "latency", cost_text(&SizeCost::latency_per_inference_s, "s")));
  columns.push_back(
      answer_column(study, "area", "mm2", [&](const CornerResult&, const ReliabilityCurve& curve) -> std::string {
        const MeasuredSize* size = at_least_energy(curve);
        return size == nullptr ? "-" : format_significant(size->cost.area_mm2);
      }));
  columns.push_back(answer_column(study, "to the", "first", [](const CornerResult& corner, const ReliabilityCurve& c) {
    return ratio_text(corner, c, &SizeCost::area_mm2);
  }));
  return block_text(names, columns) + '\n';
}

/// Why the answer is not a larger size.
std::string limit_text(const ReliabilityCurve& curve, double largest_loss) {
  for (const MeasuredSize& size : curve.sizes) {
    const SizeVerdict verdict = verdict_of(size, largest_loss);
    if (verdict == SizeVerdict::not_decided) {
      return fmt::format("; {} is not decided, more chips or images would tell", array_text(size.array));
    }
    if (verdict == SizeVerdict::unreliable) return fmt::format("; {} loses too much", array_text(size.array));
  }
  return ", the largest measured";
}

/// One sentence a corner and variant, so that nobody has to read a table for the answer.
std::string sentence(const ReliabilityStudy& study, const CornerResult& corner, const ReliabilityCurve& curve) {
  const SizeDecision& decision = curve.decision;
  std::string text = fmt::format("{}, {}: ", corner.name, curve.variant);
  if (decision.largest) {
    text += fmt::format("arrays up to {} are reliable{}; {} needs the least energy",
                        array_text(curve.sizes[*decision.largest].array), limit_text(curve, study.largest_loss),
                        array_text(curve.sizes[*decision.least_energy].array));
  } else {
    text += "no measured size is reliable" + limit_text(curve, study.largest_loss);
  }
  for (const std::size_t size : decision.exceptions) {
    text += fmt::format("; {} is reliable too, but above a smaller size that is not (!)",
                        array_text(curve.sizes[size].array));
  }
  const ReliabilityCurve& first = corner.curves.front();
  if (&curve != &first && decision.largest && first.decision.largest) {
    const auto side = [](const ReliabilityCurve& c) { return c.sizes[*c.decision.largest].array.rows; };
    const std::uint32_t own = side(curve), other = side(first);
    text += own == other ? fmt::format("; as large as {}'s", first.variant)
                         : fmt::format("; {} rows where {} takes {}", own, first.variant, other);
  }
  for (const MeasuredSize& size : curve.sizes) {
    if (verdict_of(size, study.largest_loss) == SizeVerdict::does_not_fit) {
      text += fmt::format("; {} does not fit", array_text(size.array));
    }
  }
  return wrapped_words(text + ".", kWidth);
}

template <class Text>
void add_size_column(const CornerResult& corner, Columns& columns, const char* above, const char* below, Text text) {
  TextColumn& column = columns.add(above, below);
  for (const ReliabilityCurve& curve : corner.curves) {
    for (const MeasuredSize& size : curve.sizes) {
      column.cells.push_back(size.does_not_fit.empty() ? text(size) : std::string("-"));
    }
  }
}

void add_cost_columns(const CornerResult& corner, Columns& columns) {
  add_size_column(corner, columns, "", "energy",
                  [](const MeasuredSize& s) { return format_engineering(s.cost.energy_per_inference_j, "J"); });
  add_size_column(corner, columns, "", "latency",
                  [](const MeasuredSize& s) { return format_engineering(s.cost.latency_per_inference_s, "s"); });
  add_size_column(corner, columns, "area", "mm2",
                  [](const MeasuredSize& s) { return format_significant(s.cost.area_mm2); });
  add_size_column(corner, columns, "", "crossbars",
                  [](const MeasuredSize& s) { return format_count(static_cast<double>(s.cost.crossbars)); });
}

std::string corner_text(const ReliabilityStudy& study, const CornerResult& corner) {
  TextColumn names{{"variant,", "array size"}};
  Columns columns;
  for (const ReliabilityCurve& curve : corner.curves) {
    for (const MeasuredSize& size : curve.sizes) {
      names.cells.push_back(fmt::format("{}, {}", shortened(curve.variant), array_text(size.array)));
    }
  }
  add_size_column(corner, columns, "accuracy", "real-valued",
                  [](const MeasuredSize& s) { return percent(s.accuracy); });
  add_size_column(corner, columns, "ideal", "chip", [](const MeasuredSize& s) { return percent(s.ideal_accuracy); });
  add_size_column(corner, columns, "mean", "of chips",
                  [](const MeasuredSize& s) { return percent(s.accuracy - loss_interval(s.losses).mean); });
  add_size_column(corner, columns, "loss,", "points", [](const MeasuredSize& s) { return mean_text(s.losses); });
  add_size_column(corner, columns, "95 %", "at most", [](const MeasuredSize& s) {
    const double upper = loss_interval(s.losses).upper;
    return std::isfinite(upper) ? points(upper) : std::string("?");
  });
  add_size_column(corner, columns, "", "chips",
                  [](const MeasuredSize& s) { return fmt::format("{}", s.losses.size()); });
  TextColumn& verdicts = columns.add("", "verdict");
  for (const ReliabilityCurve& curve : corner.curves) {
    for (const MeasuredSize& size : curve.sizes) {
      verdicts.cells.emplace_back(size_verdict_name(verdict_of(size, study.largest_loss)));
    }
  }
  add_cost_columns(corner, columns);
  return fmt::format("Corner {} ({} images checked: timed and untimed chip gave the same)\n\n", corner.name,
                     corner.checked_images) +
         columns.text(names);
}

std::string signed_points(double share) { return fmt::format("{:+.2f}", 100.0 * share); }

std::string budget_text(const CornerResult& corner, const ReliabilityCurve& curve, const ErrorBudget& budget) {
  const BudgetShares shares = budget_shares(budget);
  TextColumn names{{"", "cause"}};
  TextColumn alone{{"alone", "adds"}}, removed{{"left out", "saves"}}, losses{{"loss", "alone"}};
  for (std::size_t c = 0; c < budget.causes.size(); ++c) {
    names.cells.push_back(shortened(budget.causes[c]));
    alone.cells.push_back(signed_points(shares.alone[c]));
    removed.cells.push_back(signed_points(shares.removed[c]));
    losses.cells.push_back(mean_text(budget.entry(BudgetKind::alone, budget.causes[c]).losses));
  }
  names.cells.insert(names.cells.end(), {"conversion to spikes", "only together", "all"});
  alone.cells.insert(alone.cells.end(), {signed_points(shares.conversion), signed_points(shares.together()), ""});
  removed.cells.insert(removed.cells.end(), {"", "", ""});
  losses.cells.insert(losses.cells.end(), {mean_text(budget.entry(BudgetKind::none).losses), "",
                                           mean_text(budget.entry(BudgetKind::all).losses)});
  return fmt::format("Loss by cause, points: {}, {} at {}\n\n", corner.name, curve.variant,
                     array_text(curve.sizes[budget.size].array)) +
         block_text(names, {alone, removed, losses}) + '\n';
}

}  // namespace

std::string reliability_text(const ReliabilityStudy& study) {
  std::string text =
      wrapped_words(fmt::format("{}: {} on {}, T = {} steps, seed {}; {} validation images, {} to {} chips a point",
                                study.experiment, study.dataset, study.chip, study.steps, study.seed,
                                format_count(static_cast<double>(study.images)), study.rule.least, study.rule.most),
                    kWidth);
  text += fmt::format("\nAnswers, at a loss of at most {} points\n\n", points(study.largest_loss));
  text += answers_text(study);
  for (const CornerResult& corner : study.corners) {
    for (const ReliabilityCurve& curve : corner.curves) text += sentence(study, corner, curve);
  }
  text += '\n';
  for (const CornerResult& corner : study.corners) text += corner_text(study, corner);
  for (const CornerResult& corner : study.corners) {
    for (const ReliabilityCurve& curve : corner.curves) {
      for (const ErrorBudget& budget : curve.budgets) text += budget_text(corner, curve, budget);
    }
  }
  return text + wrapped_words(
                    fmt::format(
                        "Loss: accuracy of the real-valued network as transformed minus that of the chip, on the same "
                        "images, mean over programmed chips with the half width of its 95 % interval (Student's t over "
                        "chips). Reliable: the one-sided 95 % upper bound is at most {} points; unreliable: the lower "
                        "bound lies above; not decided: between. The largest reliable size is the last of which all "
                        "smaller ones are reliable too. Validation images decide; {} test images confirm. Energy and "
                        "latency are of one inference.",
                        points(study.largest_loss), format_count(static_cast<double>(study.test_images))),
                    kWidth);
}

}  // namespace crossloom
