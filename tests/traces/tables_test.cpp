// Laws of the tables: sums, relations between them, and documentation of every column.
#include "traces/tables.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "tests/traces/sample_report.h"
#include "traces/observation_tables.h"

namespace crossloom {
namespace {

Table table(const RunReport& report, const std::string& name) {
  for (Table& one : report_tables(report)) {
    if (one.name() == name) return one;
  }
  throw std::out_of_range(name);
}

/// Rows as column name -> cell.
std::vector<std::map<std::string, Cell>> rows(const Table& table) {
  std::vector<std::map<std::string, Cell>> result;
  for (const auto& row : table.rows()) {
    auto& named = result.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) named[table.columns()[i].name] = row[i];
  }
  return result;
}

std::string text(const Cell& cell) { return std::get<std::string>(cell); }
double real(const Cell& cell) { return std::get<double>(cell); }
std::int64_t whole(const Cell& cell) { return std::get<std::int64_t>(cell); }

TEST(Tables, HaveNamesAndColumnsThatAreUniqueAndDescribed) {
  std::set<std::string> names;
  for (const Table& one : report_tables(sample_report())) {
    EXPECT_TRUE(names.insert(one.name()).second) << one.name();
    EXPECT_FALSE(table_description(one.name()).empty());
    EXPECT_FALSE(one.rows().empty()) << one.name();
    std::set<std::string> columns;
    for (const Column& column : one.columns()) {
      EXPECT_TRUE(columns.insert(column.name).second) << column.name;
      EXPECT_FALSE(column.description.empty()) << column.name;
    }
  }
  EXPECT_THROW(table_description("nothing"), Bug);
}

TEST(EnergyTable, AddsUpToTheGroupsAndTheGroupsToTheTotal) {
  const RunReport report = sample_report();
  std::map<std::string, double> sums;
  double total = 0.0;
  for (const auto& row : rows(table(report, "energy"))) {
    sums[text(row.at("variant")) + text(row.at("seed")) + text(row.at("group"))] += real(row.at("energy_j"));
  }
  for (const auto& row : rows(table(report, "energy_groups"))) {
    const std::string key = text(row.at("variant")) + text(row.at("seed")) + text(row.at("group"));
    EXPECT_NEAR(sums[key] / real(row.at("energy_j")), 1.0, 1e-12) << key;
    total += real(row.at("energy_j"));
  }
  EXPECT_EQ(sums.size(), 24U);
  EXPECT_NEAR(total, 3 * (40e-9 + 10e-9), 1e-19);
}

TEST(EnergyTable, SharesOfASeedAddUpToOne) {
  std::map<std::string, double> shares;
  for (const auto& row : rows(table(sample_report(), "energy_groups"))) {
    shares[text(row.at("variant")) + text(row.at("seed"))] += real(row.at("share"));
  }
  for (const auto& [key, share] : shares) EXPECT_NEAR(share, 1.0, 1e-12) << key;
}

TEST(EnergyTable, PutsLeakageApartWhateverItsComponent) {
  std::size_t leaking = 0;
  for (const auto& row : rows(table(sample_report(1), "energy"))) {
    EXPECT_EQ(text(row.at("action")) == "leakage", text(row.at("group")) == "leakage");
    if (text(row.at("action")) == "array_read") {
      EXPECT_EQ(text(row.at("group")), "array");
    }
    if (text(row.at("component")) == "router") {
      EXPECT_EQ(text(row.at("group")), "network");
    }
    leaking += text(row.at("group")) == "leakage" ? 1 : 0;
    EXPECT_NEAR(real(row.at("energy_per_inference_j")) * 4 / real(row.at("energy_j")), 1.0, 1e-12);
  }
  EXPECT_EQ(leaking, 4U);
}

TEST(EnergyTable, LeavesLayerAndTileEmptyWhereThereIsNone) {
  const auto energy = rows(table(sample_report(1), "energy"));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(energy[5].at("layer")));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(energy[5].at("tile")));
  EXPECT_EQ(text(energy[1].at("layer")), "output");
  EXPECT_EQ(whole(energy[1].at("tile")), 1);
}

TEST(SummaryTable, AgreesWithTheEnergyTable) {
  const RunReport report = sample_report();
  std::map<std::string, double> sums;
  for (const auto& row : rows(table(report, "energy"))) {
    sums[text(row.at("variant")) + text(row.at("seed"))] += real(row.at("energy_per_inference_j"));
  }
  for (const auto& row : rows(table(report, "summary"))) {
    const double sum = sums.at(text(row.at("variant")) + text(row.at("seed")));
    EXPECT_NEAR(sum / real(row.at("energy_per_inference_j")), 1.0, 1e-12);
  }
}

TEST(SummaryTable, AgreesWithTheLatencyTable) {
  const RunReport report = sample_report(1);
  double sum = 0.0;
  for (const auto& row : rows(table(report, "latency"))) {
    if (text(row.at("variant")) == "original") sum += real(row.at("latency_s"));
  }
  EXPECT_NEAR(sum / 4, real(rows(table(report, "summary"))[0].at("latency_per_inference_s")), 1e-18);
}

TEST(ComparisonTable, HasNoIntervalWithOneSeedAndOneWithThree) {
  for (const auto& row : rows(table(sample_report(1), "comparison"))) {
    EXPECT_TRUE(std::holds_alternative<std::monostate>(row.at("half_width_95")));
    EXPECT_TRUE(std::holds_alternative<std::monostate>(row.at("difference_half_width_95")));
  }
  const auto compared = rows(table(sample_report(3), "comparison"));
  EXPECT_NEAR(real(compared[0].at("half_width_95")), 0.001 * 2.48414, 1e-8);
  EXPECT_EQ(whole(compared[0].at("seeds")), 3);
}

TEST(ComparisonTable, LeavesFiguresEmptyThatDoNotExist) {
  RunReport report = sample_report(1);
  report.variants[0].seeds[0].cost = {};
  for (const auto& row : rows(table(report, "comparison"))) {
    if (text(row.at("figure")) != "tops_per_w") continue;
    EXPECT_EQ(std::holds_alternative<std::monostate>(row.at("mean")), text(row.at("variant")) == "original");
  }
}

TEST(LatencyTable, NamesImagesAndClassesAndLeavesASpikeThatNeverCameEmpty) {
  const auto latency = rows(table(sample_report(1), "latency"));
  EXPECT_EQ(whole(latency[2].at("image")), 102);
  EXPECT_EQ(text(latency[2].at("label")), "two");
  EXPECT_EQ(text(latency[2].at("predicted")), "two");
  EXPECT_EQ(whole(latency[2].at("latency_cycles")), 120);
  EXPECT_DOUBLE_EQ(real(latency[2].at("latency_s")), 600e-9);
  EXPECT_EQ(whole(latency[2].at("first_spike_cycles")), 32);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(latency[3].at("first_spike_cycles")));
}

TEST(LayerLatencyTable, GivesBeginEndAndDurationOfEachLayer) {
  const auto layers = rows(table(sample_report(1), "layer_latency"));
  EXPECT_EQ(text(layers[3].at("layer")), "output");
  EXPECT_EQ(whole(layers[3].at("first_cycle")), 12);
  EXPECT_EQ(whole(layers[3].at("last_cycle")), 110);
  EXPECT_EQ(whole(layers[3].at("duration_cycles")), 98);
  EXPECT_DOUBLE_EQ(real(layers[3].at("duration_s")), 490e-9);
}

TEST(SpikesTable, GivesRatesPerNeuronAndStepTheInputFirst) {
  const auto spikes = rows(table(sample_report(1), "spikes"));
  EXPECT_EQ(text(spikes[0].at("layer")), "input");
  EXPECT_EQ(whole(spikes[0].at("spikes")), 166);
  EXPECT_DOUBLE_EQ(real(spikes[0].at("firing_rate")), 166.0 / 4 / 50 / 5);
  EXPECT_EQ(text(spikes[2].at("layer")), "output");
  EXPECT_DOUBLE_EQ(real(spikes[2].at("firing_rate")), 0.2);
}

TEST(SpikesTable, LeavesTheRateEmptyWhereTheNeuronsAreNotKnown) {
  RunReport report = sample_report(1);
  report.layer_neurons.clear();
  const auto spikes = rows(table(report, "spikes"));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(spikes[0].at("firing_rate")));
  EXPECT_EQ(whole(spikes[0].at("spikes")), 166);
}

TEST(PacketsTable, AddsUpToTheActivity) {
  const RunReport report = sample_report(1);
  const ActivityCounts total = report.variants[0].seeds[0].simulation.activity.total();
  std::int64_t sent = 0, saved = 0, drives = 0;
  for (const auto& row : rows(table(report, "packets"))) {
    if (text(row.at("variant")) != "original") continue;
    sent += whole(row.at("packets_sent"));
    saved += whole(row.at("packets_saved"));
    drives += whole(row.at("array_drives"));
  }
  EXPECT_EQ(sent, static_cast<std::int64_t>(total.packets_sent));
  EXPECT_EQ(saved, static_cast<std::int64_t>(total.packets_saved));
  EXPECT_EQ(drives, static_cast<std::int64_t>(total.array_drives));
  EXPECT_EQ(whole(rows(table(report, "packets"))[0].at("packets_sent")), 11);
}

TEST(AccuracyByStepsTable, EndsAtTheAccuracyOfTheChip) {
  const RunReport report = sample_report();
  std::map<std::string, double> last;
  for (const auto& row : rows(table(report, "accuracy_by_steps"))) {
    last[text(row.at("variant")) + text(row.at("seed"))] = real(row.at("chip_accuracy"));
  }
  for (const auto& row : rows(table(report, "summary"))) {
    EXPECT_EQ(last.at(text(row.at("variant")) + text(row.at("seed"))), real(row.at("chip_accuracy")));
  }
}

TEST(Tables, KeepSeedsBeyondSignedIntegers) {
  RunReport report = sample_report(1);
  report.variants[0].seeds[0].seed = 18446744073709551615ULL;
  EXPECT_EQ(text(rows(table(report, "summary"))[0].at("seed")), "18446744073709551615");
}

RunReport unobserved_report() {
  RunReport report = sample_report(1);
  for (VariantReport& variant : report.variants) {
    for (SeedReport& seed : variant.seeds) seed.simulation.observations = {};
  }
  return report;
}

TEST(ObservationTables, AreLeftOutWhereNothingWasObserved) {
  EXPECT_FALSE(observed(unobserved_report()));
  EXPECT_THROW(table(unobserved_report(), "utilisation"), std::out_of_range);
  EXPECT_EQ(report_tables(unobserved_report()).size() + 5, report_tables(sample_report(1)).size());
}

TEST(UtilisationTable, GivesSharesAndReasonsThatAddUpToTheElapsedTime) {
  const auto units = rows(table(sample_report(1), "utilisation"));
  ASSERT_EQ(units.size(), 4U);
  EXPECT_EQ(real(units[0].at("busy_share")), 0.4);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(units[0].at("port")));
  EXPECT_EQ(whole(units[1].at("port")), 1);
  for (const auto& row : units) {
    std::int64_t cycles = whole(row.at("busy_cycles"));
    for (const auto& [name, cell] : row) {
      if (name.compare(0, 5, "wait_") == 0) cycles += whole(cell);
    }
    EXPECT_EQ(cycles, whole(row.at("elapsed_cycles")));
  }
  EXPECT_EQ(whole(units[0].at("wait_unit_cycles")), 20);
}

TEST(CriticalPathTables, GiveSharesOfTheLatencyAndTheChain) {
  const auto shares = rows(table(sample_report(1), "critical_path_shares"));
  EXPECT_EQ(real(shares[0].at("share")), 0.7);
  EXPECT_EQ(text(shares[0].at("what")), "integrate");
  const auto path = rows(table(sample_report(1), "critical_path"));
  EXPECT_EQ(whole(path[1].at("first_cycle")), 30);
  EXPECT_EQ(text(path[1].at("layer")), "output");
}

TEST(EnergyOverTimeTable, AddsUpToCountsTimesCosts) {
  std::map<std::string, double> sums;
  for (const auto& row : rows(table(sample_report(1), "energy_over_time"))) {
    if (text(row.at("variant")) == "original") sums[text(row.at("component"))] += real(row.at("energy_j"));
  }
  EXPECT_EQ(sums.size(), 3U);
  EXPECT_NEAR(sums["array"], 6e-12, 1e-24);
  EXPECT_NEAR(sums["neuron"], 6 * 2e-12, 1e-24);
  EXPECT_NEAR(sums["router"], 7 * 1e-12, 1e-24);
}

const char* type_name(ColumnType type) {
  switch (type) {
    case ColumnType::integer:
      return "integer";
    case ColumnType::real:
      return "real";
    case ColumnType::text:
      return "text";
  }
  return "";
}

std::string documentation() {
  std::string pages;
  for (const Table& one : report_tables(sample_report(1))) {
    pages += fmt::format("### {}\n\n{}\n\n| column | type | meaning |\n|---|---|---|\n", one.name(),
                         table_description(one.name()));
    for (const Column& column : one.columns()) {
      pages += fmt::format("| `{}` | {} | {} |\n", column.name, type_name(column.type), column.description);
    }
    pages += '\n';
  }
  return pages;
}

TEST(Documentation, ListsEveryColumnOfEveryTable) {
  const std::string file = std::string(CROSSLOOM_SOURCE_DIR) + "/docs/traces.md";
  const std::string begin = "<!-- tables: written by tables_test -->\n", end = "<!-- end of tables -->";
  std::string page = read_file(file);
  const std::size_t from = page.find(begin) + begin.size(), to = page.find(end);
  ASSERT_LE(from, to);
  if (std::getenv("CROSSLOOM_UPDATE_GOLDEN") != nullptr) {
    page.replace(from, to - from, "\n" + documentation());
    std::ofstream(file) << page;
    return;
  }
  EXPECT_EQ(page.substr(from, to - from), "\n" + documentation())
      << "run this test with CROSSLOOM_UPDATE_GOLDEN=1 in the environment and commit docs/traces.md";
}

}  // namespace
}  // namespace crossloom
