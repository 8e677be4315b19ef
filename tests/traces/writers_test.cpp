// The whole folder: complete, the same bytes each time, and clear errors where it cannot be written.
#include "traces/writers.h"

#include <gmock/gmock.h>

#include <map>

#include "base/error.h"
#include "base/files.h"
#include "tests/support/temporary_folder.h"
#include "tests/traces/sample_report.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
  }
  return files;
}

TEST(WriteReport, WritesEveryFileAndNothingElse) {
  const TemporaryFolder folder;
  write_report(sample_report(), folder.path() / "run");
  std::vector<std::string> names, expected = {"summary.json",   "results.sqlite",        "comparison.txt",
                                              "comparison.svg", "accuracy_by_steps.svg", "energy.svg"};
  for (const char* name : {"utilisation.svg", "mesh_original.svg", "mesh_pruned.svg", "energy_over_time.svg"}) {
    expected.emplace_back(name);
  }
  for (const Table& table : report_tables(sample_report())) expected.push_back("tables/" + table.name() + ".csv");
  for (const auto& [name, bytes] : files_in(folder.path() / "run")) {
    names.push_back(name);
    EXPECT_FALSE(bytes.empty()) << name;
  }
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(expected));
}

TEST(WriteReport, GivesTheSameBytesForTheSameReport) {
  const TemporaryFolder folder;
  write_report(sample_report(), folder.path() / "a");
  write_report(sample_report(), folder.path() / "b");
  EXPECT_EQ(files_in(folder.path() / "a"), files_in(folder.path() / "b"));
}

TEST(WriteReport, GivesTheSameBytesFromAReportThatWasSavedAndLoaded) {
  const TemporaryFolder folder;
  save_run_report(sample_report(), folder.path() / "run.report");
  write_report(sample_report(), folder.path() / "a");
  write_report(load_run_report(folder.path() / "run.report"), folder.path() / "b");
  EXPECT_EQ(files_in(folder.path() / "a"), files_in(folder.path() / "b"));
}

TEST(WriteReport, IntoAPlaceThatCannotBeAFolderIsTheUsersFault) {
  const TemporaryFolder folder;
  folder.write("file", "not a folder");
  try {
    write_report(sample_report(), folder.path() / "file" / "run");
    FAIL() << "nothing was thrown";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr((folder.path() / "file" / "run").string()));
  }
}

TEST(WriteReport, OverSomethingThatIsNoFileIsTheUsersFault) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "run" / "summary.json" / "in the way");
  EXPECT_THROW(write_report(sample_report(), folder.path() / "run"), UserError);
}

TEST(WriteReport, OfAReportThatContradictsItselfIsABugAndWritesNothing) {
  const TemporaryFolder folder;
  RunReport report = sample_report();
  report.variants[0].seeds[1].labels.clear();
  EXPECT_THROW(write_report(report, folder.path() / "run"), Bug);
  EXPECT_FALSE(fs::exists(folder.path() / "run"));
}

}  // namespace
}  // namespace crossloom
