// summary.json: the keys that programs rely on, and values that agree with the tables.
#include "traces/summary.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/traces/sample_report.h"
#include "traces/figures.h"

namespace crossloom {
namespace {

using nlohmann::json;

TEST(Summary, HasTheKeysThatEveryVariantMustHave) {
  const json summary = json::parse(summary_json(sample_report()));
  ASSERT_EQ(summary.at("variants").size(), 2U);
  for (const json& variant : summary.at("variants")) {
    for (const char* key : {"accuracy", "chip_accuracy", "synapses", "crossbars", "physical_arrays", "utilisation",
                            "area_mm2", "energy_per_inference_j", "latency_per_inference_s", "power_w"}) {
      EXPECT_TRUE(variant.at(key).is_number()) << key;
    }
  }
  EXPECT_EQ(summary.at("variants")[1].at("name"), "pruned");
  EXPECT_EQ(summary.at("variants")[0].at("synapses"), 2'000'000);
  EXPECT_EQ(summary.at("schema_version"), 1);
  EXPECT_EQ(summary.at("seed"), 42);
  EXPECT_EQ(summary.at("dataset"), "MNIST");
  EXPECT_EQ(summary.at("versions").at("SystemC"), "2.3.4");
  EXPECT_EQ(summary.at("inputs")[0].at("sha256"), std::string(64, 'a'));
}

TEST(Summary, GivesMeansIntervalsAndRelations) {
  const RunReport report = sample_report();
  const json summary = json::parse(summary_json(report));
  for (std::size_t v = 0; v < 2; ++v) {
    const json& variant = summary.at("variants")[v];
    for (const Figure& figure : all_figures()) {
      const ComparedFigure compared = compare(report, report.variants[v], figure);
      EXPECT_EQ(variant.at(figure.name).get<double>(), compared.estimate.mean) << figure.name;
      EXPECT_EQ(variant.at("intervals").at(figure.name).get<double>(), compared.estimate.half_width) << figure.name;
      EXPECT_EQ(variant.at("relative").at(figure.name).get<double>(), compared.ratio) << figure.name;
    }
    EXPECT_EQ(variant.at("seeds").size(), 3U);
  }
  EXPECT_NEAR(summary.at("variants")[1].at("difference").at("accuracy").at("mean").get<double>(), -0.001, 1e-12);
}

TEST(Summary, EnergyGroupsAddUpToTheEnergyOfAnInference) {
  const json summary = json::parse(summary_json(sample_report()));
  for (const json& variant : summary.at("variants")) {
    double sum = 0.0;
    for (const json& group : variant.at("energy_groups_j")) sum += group.get<double>();
    EXPECT_NEAR(sum / variant.at("energy_per_inference_j").get<double>(), 1.0, 1e-12);
  }
}

TEST(Summary, HasNullIntervalsWithOneSeed) {
  const json summary = json::parse(summary_json(sample_report(1)));
  for (const json& interval : summary.at("variants")[0].at("intervals")) EXPECT_TRUE(interval.is_null());
}

TEST(Summary, HasNullWhereAFigureDoesNotExist) {
  RunReport report = sample_report(1);
  report.variants[0].seeds[0].cost = {};
  const json summary = json::parse(summary_json(report));
  EXPECT_TRUE(summary.at("variants")[0].at("tops_per_w").is_null());
  EXPECT_TRUE(summary.at("variants")[1].at("relative").at("energy_per_inference_j").is_null());
}

TEST(Summary, SurvivesFileNamesThatAreNoText) {
  RunReport report = sample_report(1);
  report.inputs[0].name = "bad \xff name";
  const json summary = json::parse(summary_json(report));
  EXPECT_EQ(summary.at("inputs")[0].at("name"), "bad \xef\xbf\xbd name");
}

}  // namespace
}  // namespace crossloom
