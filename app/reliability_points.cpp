#include "app/reliability_points.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {
namespace {

bool is_off(const std::string& cause, const CausesOn& on) {
  switch (on.kind) {
    case BudgetKind::none:
      return true;
    case BudgetKind::alone:
      return cause != on.cause;
    case BudgetKind::all_but:
      return cause == on.cause;
    case BudgetKind::all:
      break;
  }
  return false;
}

std::string point_name(ArraySize array, const CornerSpec& corner, const CausesOn& on) {
  std::string name = fmt::format("corner {} at {}", corner.name, array_size_text(array));
  if (on.kind != BudgetKind::all) name += ", causes: " + causes_text(on);
  return name;
}

void append(std::vector<ConfigOverride>& settings, const std::vector<ConfigOverride>& more) {
  settings.insert(settings.end(), more.begin(), more.end());
}

}  // namespace

std::string causes_text(const CausesOn& on) {
  return on.cause.empty() ? budget_kind_name(on.kind) : fmt::format("{} {}", budget_kind_name(on.kind), on.cause);
}

ExperimentFile reliability_point(const ExperimentLoader& load, const ReliabilitySpec& spec, ArraySize array,
                                 const CornerSpec& corner, const CausesOn& on) {
  std::vector<ConfigOverride> settings = {{"chip.crossbar.rows", fmt::format("{}", array.rows)},
                                          {"chip.crossbar.columns", fmt::format("{}", array.columns)}};
  append(settings, spec.settings);
  append(settings, overrides_of(corner));
  for (const CauseSpec& cause : spec.causes) {
    const bool acts = std::find(corner.causes.begin(), corner.causes.end(), cause.name) != corner.causes.end();
    if (acts && is_off(cause.name, on)) append(settings, cause.off);
  }
  try {
    ExperimentFile file = load(settings);
    file.keys.clear();
    return file;
  } catch (const UserError& error) {
    throw UserError(fmt::format("reliability, {}: {}", point_name(array, corner, on), error.what()));
  }
}

std::vector<CausesOn> budget_points(const CornerSpec& corner) {
  std::vector<CausesOn> points = {{BudgetKind::none, ""}};
  for (const BudgetKind kind : {BudgetKind::alone, BudgetKind::all_but}) {
    for (const std::string& cause : corner.causes) points.push_back({kind, cause});
  }
  points.push_back({BudgetKind::all, ""});
  return points;
}

bool has_budget(const ReliabilitySpec& spec, const CornerSpec& corner) {
  if (!spec.budget || corner.causes.empty()) return false;
  const std::vector<std::string>& names = spec.budget->corners;
  return std::find(names.begin(), names.end(), corner.name) != names.end();
}

void check_reliability_points(const ExperimentLoader& load, const ReliabilitySpec& spec,
                              const std::vector<ArraySize>& arrays) {
  for (const CornerSpec& corner : spec.corners) {
    const std::vector<CausesOn> points =
        has_budget(spec, corner) ? budget_points(corner) : std::vector<CausesOn>{CausesOn()};
    for (const ArraySize array : arrays) {
      for (const CausesOn& on : points) (void)reliability_point(load, spec, array, corner, on);
    }
  }
}

}  // namespace crossloom
