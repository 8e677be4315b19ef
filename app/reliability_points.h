// The points of a reliability study: array size x corner x causes, each as an experiment with all of it filled in.
#pragma once

#include <string>
#include <vector>

#include "app/compare_points.h"
#include "app/reliability_spec.h"
#include "traces/reliability.h"

namespace crossloom {

/// What is on at a point of the budget; `cause` is the one that is alone or left out.
struct CausesOn {
  BudgetKind kind = BudgetKind::all;
  std::string cause;
};

/// "all", "all but stuck cells".
std::string causes_text(const CausesOn& on);

/// Reads the experiment as it is at this point. Throws UserError naming the point where it is not valid.
ExperimentFile reliability_point(const ExperimentLoader& load, const ReliabilitySpec& spec, ArraySize array,
                                 const CornerSpec& corner, const CausesOn& on);

/// None, each cause of the corner alone, all but each, all.
std::vector<CausesOn> budget_points(const CornerSpec& corner);

/// Whether the budget is made for this corner.
bool has_budget(const ReliabilitySpec& spec, const CornerSpec& corner);

/// Reads every point once, so that a wrong setting is found before any work. `arrays`: the sizes of the study.
void check_reliability_points(const ExperimentLoader& load, const ReliabilitySpec& spec,
                              const std::vector<ArraySize>& arrays);

}  // namespace crossloom
