// What a reliability study writes: answers in words, tables, JSON and pictures.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

#include "tests/traces/sample_study.h"
#include "traces/reliability.h"

namespace crossloom {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

const Table& table_named(const std::vector<Table>& tables, const std::string& name) {
  for (const Table& table : tables) {
    if (table.name() == name) return table;
  }
  throw std::runtime_error("no table " + name);
}

/// Lines joined, so that a sentence is found wherever it was broken.
std::string unwrapped(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

TEST(ReliabilityText, StatesTheAnswerOfEachCornerAndVariant) {
  const std::string text = unwrapped(reliability_text(test::sample_study()));
  EXPECT_THAT(text, HasSubstr("typical, original: arrays up to 32 x 32 are reliable; 64 x 64 loses too much; 32 x 32 "
                              "needs the least energy;"));
  EXPECT_THAT(text, HasSubstr("128 x 128 is reliable too, but above a smaller size that is not (!)"));
  EXPECT_THAT(text, HasSubstr("16 x 16 does not fit"));
  EXPECT_THAT(text, HasSubstr("typical, array: arrays up to 64 x 64 are reliable; 128 x 128 is not decided, more"));
  EXPECT_THAT(text, HasSubstr("64 rows where original takes 32"));
  EXPECT_THAT(text, HasSubstr("32 x 32 (!)  0.80 ±1.27"));
  EXPECT_THAT(text, HasSubstr("x0.250")) << "1 uJ beside the first variant's 4 uJ";
  EXPECT_THAT(text, HasSubstr("not decided"));
  EXPECT_THAT(text, HasSubstr("160 images checked"));
}

TEST(ReliabilityText, SaysSoWhereNoSizeIsReliable) {
  ReliabilityStudy study = test::sample_study();
  study.corners[0].curves[1] = test::curve_of("array", {test::measured(16, {4, 4})});
  EXPECT_THAT(reliability_text(study),
              HasSubstr("typical, array: no measured size is reliable; 16 x 16 loses too much."));
}

TEST(ReliabilityText, TakesLossesApartByCause) {
  const std::string text = reliability_text(test::sample_study());
  EXPECT_THAT(text, HasSubstr("Loss by cause, points: typical, array at 64 x 64"));
  EXPECT_THAT(text, HasSubstr("+1.10"));
  EXPECT_THAT(text, HasSubstr("+2.20"));
  EXPECT_THAT(text, HasSubstr("+1.20"));
}

TEST(ReliabilityText, StaysWithinTheWidthOfItsTables) {
  std::istringstream lines(reliability_text(test::sample_study()));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 130U) << line;
}

TEST(ReliabilityJson, HoldsWhatTheTextSays) {
  const Json json = Json::parse(reliability_json(test::sample_study()));
  const Json& original = json.at("corners").at(0).at("variants").at(0);
  EXPECT_EQ(original.at("largest_reliable").at("array_rows"), 32);
  EXPECT_EQ(original.at("exceptions").at(0).at("array_rows"), 128);
  EXPECT_EQ(original.at("sizes").at(0).at("verdict"), "does not fit");
  EXPECT_NEAR(original.at("sizes").at(1).at("loss").at("mean").get<double>(), 0.005, 1e-12);
  EXPECT_EQ(original.at("sizes").at(1).at("layer_errors").at("output"), 0.25);
  EXPECT_NEAR(original.at("sizes").at(1).at("test").at("loss").at("mean").get<double>(), 0.008, 1e-12);
  const Json& budget = json.at("corners").at(0).at("variants").at(1).at("budgets").at(0);
  EXPECT_NEAR(budget.at("causes").at(0).at("alone").get<double>(), 0.011, 1e-12);
}

TEST(ReliabilityTables, HaveARowForEachSizeChipAndLayer) {
  const std::vector<Table> tables = reliability_tables(test::sample_study());
  EXPECT_EQ(table_named(tables, "reliability_sizes").rows().size(), 8U);
  EXPECT_EQ(table_named(tables, "reliability_chips").rows().size(), 8U + 9U + 2U) << "both variants, and test images";
  EXPECT_EQ(table_named(tables, "reliability_layers").rows().size(), 14U) << "none for the size that does not fit";
  EXPECT_EQ(table_named(tables, "reliability_answers").rows().size(), 2U);
  EXPECT_EQ(table_named(tables, "reliability_budget").rows().size(), 6U);
  EXPECT_THAT(table_named(tables, "reliability_answers").to_csv(),
              HasSubstr("typical,original,32x32,32x32,4e-06,1.5,128x128"));
}

TEST(ReliabilityPictures, NameVariantsSizesAndCauses) {
  const ReliabilityStudy study = test::sample_study();
  const std::string accuracy = accuracy_by_size_svg(study);
  EXPECT_THAT(accuracy, HasSubstr("original, 32: 94.5"));
  EXPECT_THAT(accuracy, HasSubstr("<polygon")) << "bands";
  EXPECT_THAT(loss_by_size_svg(study), HasSubstr("stroke-dasharray")) << "the limit";
  const std::string scatter = energy_and_accuracy_svg(study);
  EXPECT_THAT(scatter, HasSubstr("Pareto front"));
  EXPECT_THAT(scatter, HasSubstr("array, 64: 2.00 uJ"));
  EXPECT_THAT(error_budget_svg(study), HasSubstr("array 64, wires: 1.1"));
}

TEST(ReliabilityPictures, GiveACauseTheSameColourInEveryCorner) {
  ReliabilityStudy study = test::sample_study();
  study.corners.push_back(study.corners[0]);
  ErrorBudget& budget = study.corners[1].curves[1].budgets.front();
  for (std::string& cause : budget.causes) cause = cause == "wires" ? "drift" : cause;
  for (BudgetEntry& entry : budget.entries) entry.cause = entry.cause == "wires" ? "drift" : entry.cause;
  const std::string svg = error_budget_svg(study);
  // Colours go by the order of the legend, so each legend names all.
  for (const std::string name : {">wires<", ">drift<"}) {
    std::size_t times = 0;
    for (std::size_t at = svg.find(name); at != std::string::npos; at = svg.find(name, at + 1)) ++times;
    EXPECT_EQ(times, 2U) << name;
  }
}

TEST(ReliabilityPictures, LeaveOutTheBudgetWhereThereIsNone) {
  ReliabilityStudy study = test::sample_study();
  study.corners[0].curves[1].budgets.clear();
  EXPECT_EQ(error_budget_svg(study), "");
}

TEST(ReliabilityPictures, AreDrawnWhereNothingFits) {
  ReliabilityStudy study = test::sample_study();
  study.corners[0].curves = {test::curve_of("original", {test::too_large(16)})};
  EXPECT_THAT(accuracy_by_size_svg(study), Not(HasSubstr("nan")));
  EXPECT_THAT(energy_and_accuracy_svg(study), Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace crossloom
