// Saving and loading a report, and files that no run has written.
#include "traces/run_report_file.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "base/archive.h"
#include "base/error.h"
#include "base/files.h"
#include "tests/support/temporary_folder.h"
#include "tests/traces/sample_report.h"
#include "traces/summary.h"
#include "traces/tables.h"

namespace crossloom {
namespace {

std::string message_of(const std::filesystem::path& file) {
  try {
    load_run_report(file);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

TEST(RunReportFile, GivesBackTheSameReport) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "run.report";
  save_run_report(sample_report(), file);
  const RunReport loaded = load_run_report(file);
  EXPECT_EQ(summary_json(loaded), summary_json(sample_report()));
  const std::vector<Table> tables = report_tables(loaded), expected = report_tables(sample_report());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(tables[i].to_csv(), expected[i].to_csv());
  EXPECT_EQ(loaded.variants[1].seeds[2].cost.energy[5].layer, std::nullopt);
  EXPECT_EQ(loaded.variants[1].seeds[2].simulation.activity.at(TileId(1), LayerId(1)), sample_counts(7, 3, 32));
}

TEST(RunReportFile, IsTheSameBytesWhenSavedAgain) {
  const TemporaryFolder folder;
  save_run_report(sample_report(), folder.path() / "a");
  save_run_report(load_run_report(folder.path() / "a"), folder.path() / "b");
  EXPECT_EQ(read_file(folder.path() / "a"), read_file(folder.path() / "b"));
}

TEST(RunReportFile, LeavesRastersOut) {
  const TemporaryFolder folder;
  RunReport report = sample_report(1);
  save_run_report(report, folder.path() / "a");
  report.variants[0].seeds[0].simulation.rasters.resize(4);
  save_run_report(report, folder.path() / "b");
  EXPECT_EQ(read_file(folder.path() / "a"), read_file(folder.path() / "b"));
}

TEST(RunReportFile, KeepsFiguresThatDoNotExistAndNamesThatAreNoText) {
  const TemporaryFolder folder;
  RunReport report = sample_report(1);
  report.variants[0].seeds[0].validation_accuracy = std::numeric_limits<double>::quiet_NaN();
  report.inputs[0].name = "bad \xff name";
  save_run_report(report, folder.path() / "a");
  const RunReport loaded = load_run_report(folder.path() / "a");
  EXPECT_TRUE(std::isnan(loaded.variants[0].seeds[0].validation_accuracy));
  EXPECT_EQ(loaded.inputs[0].name, "bad \xef\xbf\xbd name");
}

TEST(RunReportFile, RefusesDamageAnywhere) {
  const TemporaryFolder folder;
  save_run_report(sample_report(1), folder.path() / "good");
  const std::string good = read_file(folder.path() / "good");
  for (std::size_t at = 0; at < good.size(); at += good.size() / 50 + 1) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    EXPECT_THAT(message_of(folder.write("bad", bad)), testing::HasSubstr("bad")) << at;
    EXPECT_THAT(message_of(folder.write("short", good.substr(0, at))), testing::HasSubstr("short")) << at;
  }
}

/// The good archive with its header changed; its digest is right.
std::string message_with_header(const std::function<void(nlohmann::json&)>& change) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "run.report";
  save_run_report(sample_report(1), file);
  Archive archive = Archive::load(file, "run_report", 1);
  change(archive.header);
  archive.save(file);
  return message_of(file);
}

TEST(RunReportFile, RefusesHeadersThatNoRunHasWritten) {
  using nlohmann::json;
  const std::vector<std::function<void(json&)>> changes = {
      [](json& h) { h.erase("clock_hz"); },
      [](json& h) { h["clock_hz"] = 0.0; },
      [](json& h) { h["clock_hz"] = "fast"; },
      [](json& h) { h["steps"] = 7; },
      [](json& h) { h["variants"] = json::array(); },
      [](json& h) { h["variants"] = 3; },
      [](json& h) { h["variants"].push_back(h["variants"][0]); },
      [](json& h) { h["variants"][0]["seeds"] = json::array(); },
      [](json& h) { h["variants"][0]["seeds"][0]["area"]["entries"][0][0] = 99; },
      [](json& h) { h["variants"][0]["seeds"][0].erase("area"); },
      [](json& h) { h["layer_names"] = json::array({"one"}); },
      [](json& h) { h["actions"]["variant0/seed0"] = json::array(); },
      [](json& h) { h["actions"] = json(); },
      [](json& h) { h["constants"][0] = json::array(); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_THAT(message_with_header(changes[i]), testing::HasSubstr("make it again")) << i;
  }
}

TEST(RunReportFile, RefusesAListOfEnergiesThatIsTooShort) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "run.report";
  save_run_report(sample_report(1), file);
  Archive archive = Archive::load(file, "run_report", 1);
  archive.put("variant0/seed0/count", std::vector<std::uint64_t>{1});
  archive.save(file);
  EXPECT_THAT(message_of(file), testing::HasSubstr("different lengths"));
}

TEST(RunReportFile, SaysThatAFileIsAbsent) {
  EXPECT_THAT(message_of("no-such-folder/run.report"), testing::HasSubstr("no-such-folder/run.report"));
}

}  // namespace
}  // namespace crossloom
