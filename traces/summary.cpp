// The summary as JSON, keys in a fixed order.
#include "traces/summary.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "traces/figures.h"
#include "traces/tables.h"

namespace crossloom {

namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json interval(const Estimate& estimate) { return estimate.samples > 1 ? number(estimate.half_width) : Json(); }

/// Counts are whole in one seed but not in a mean.
Json figure_json(const Figure& figure, double value) {
  if (figure.form == FigureForm::count && value == std::floor(value)) return static_cast<std::uint64_t>(value);
  return number(value);
}

Json seed_json(const SeedReport& seed, Frequency clock) {
  Json json = {{"seed", seed.seed}};
  const Headline figures = headline(seed, clock);
  for (const Figure& figure : all_figures()) json[figure.name] = figure_json(figure, figures.*figure.value);
  json["accuracy_on_simulated"] = number(seed.accuracy_on_simulated);
  json["validation_accuracy"] = number(seed.validation_accuracy);
  json["images"] = seed.simulation.images.size();
  return json;
}

/// Means over seeds, joules per inference.
Json energy_groups(const VariantReport& variant) {
  const std::pair<const char*, Energy CostBreakdown::*> groups[] = {{"array", &CostBreakdown::array},
                                                                    {"periphery", &CostBreakdown::periphery},
                                                                    {"network", &CostBreakdown::network},
                                                                    {"leakage", &CostBreakdown::leakage}};
  Json json = Json::object();
  for (const auto& [name, group] : groups) {
    std::vector<double> samples;
    for (const SeedReport& seed : variant.seeds) {
      samples.push_back((seed.cost.*group).si() / static_cast<double>(seed.simulation.images.size()));
    }
    json[name] = number(estimate(samples).mean);
  }
  return json;
}

Json variant_json(const RunReport& report, const VariantReport& variant) {
  Json json = {{"name", variant.name}};
  Json intervals = Json::object(), relative = Json::object(), difference = Json::object();
  for (const Figure& figure : all_figures()) {
    const ComparedFigure compared = compare(report, variant, figure);
    json[figure.name] = figure_json(figure, compared.estimate.mean);
    intervals[figure.name] = interval(compared.estimate);
    relative[figure.name] = number(compared.ratio);
    if (figure.form != FigureForm::accuracy || !compared.difference) continue;
    difference[figure.name] = {{"mean", number(compared.difference->mean)},
                               {"interval", interval(*compared.difference)}};
  }
  json["intervals"] = std::move(intervals);
  json["relative"] = std::move(relative);
  json["difference"] = std::move(difference);
  json["energy_groups_j"] = energy_groups(variant);
  json["seeds"] = Json::array();
  for (const SeedReport& seed : variant.seeds) json["seeds"].push_back(seed_json(seed, report.clock));
  return json;
}

}  // namespace

std::string summary_json(const RunReport& report) {
  const auto problem = problem_of(report);
  CROSSLOOM_CHECK(!problem, problem.value_or(""));
  Json json = {{"schema_version", kTablesSchemaVersion},
               {"experiment", report.experiment},
               {"dataset", report.dataset},
               {"chip", report.chip},
               {"clock_hz", report.clock.si()},
               {"steps", report.steps},
               {"seed", report.seed}};
  json["variants"] = Json::array();
  for (const VariantReport& variant : report.variants) json["variants"].push_back(variant_json(report, variant));
  json["inputs"] = Json::array();
  for (const InputDigest& input : report.inputs)
    json["inputs"].push_back({{"name", input.name}, {"sha256", input.sha256}});
  json["versions"] = Json::object();
  for (const auto& [name, version] : report.versions) json["versions"][name] = version;
  // File names may hold bytes that are no UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace crossloom
