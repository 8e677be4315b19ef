// The printed comparison: a golden text, and laws for any width.
#include "traces/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/files.h"
#include "tests/traces/sample_report.h"

namespace crossloom {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::size_t shown_width(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// With CROSSLOOM_UPDATE_GOLDEN set, the golden file is written anew instead of compared.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string file = std::string(CROSSLOOM_SOURCE_DIR) + "/tests/golden/" + name;
  if (std::getenv("CROSSLOOM_UPDATE_GOLDEN") != nullptr) std::ofstream(file) << text;
  EXPECT_EQ(text, read_file(file));
}

TEST(Comparison, LooksLikeTheGoldenTextAt120Columns) {
  expect_golden("comparison_120.txt", comparison_text(sample_report()));
}

TEST(Comparison, LooksLikeTheGoldenTextAt80Columns) {
  expect_golden("comparison_80.txt", comparison_text(sample_report(), 80));
}

TEST(Comparison, OfOneSeedLooksLikeTheGoldenText) {
  expect_golden("comparison_one_seed.txt", comparison_text(sample_report(1)));
}

TEST(Comparison, FitsIntoAnyWidthThatItsColumnsFitInto) {
  RunReport report = sample_report();
  report.variants[1].name = "a variant with quite a long name indeed";
  report.dataset = "a data set whose description does not fit on one line of a terminal, so that it has to be broken";
  for (const std::size_t width : {45U, 60U, 80U, 100U, 120U, 200U}) {
    for (const std::string& line : lines_of(comparison_text(report, width)))
      EXPECT_LE(shown_width(line), width) << line;
  }
}

TEST(Comparison, ShowsEveryFigureWhateverTheWidth) {
  for (const std::size_t width : {10U, 45U, 80U, 120U, 200U}) {
    const std::string text = comparison_text(sample_report(1), width);
    for (const char* shown : {"98.40 %", "100.00 %", "2,000,000", "600", "80.0 %", "4.00", "10.0 nJ", "575 ns",
                              "1.74 M/s", "17.4 mW", "400", "5.75 fJs"}) {
      EXPECT_NE(text.find(shown), std::string::npos) << shown << " at " << width << '\n' << text;
    }
  }
}

TEST(Comparison, SaysWhichCriticalPathsAreMissing) {
  RunReport report = sample_report(1);
  EXPECT_THAT(comparison_text(report), testing::Not(testing::HasSubstr("critical path")));
  report.variants[0].seeds[0].simulation.observations.paths_left_out = 3;
  EXPECT_THAT(comparison_text(report), testing::HasSubstr("No critical path of 3 observed images of"));
}

TEST(Comparison, HasNoIntervalWithOneSeed) {
  EXPECT_EQ(comparison_text(sample_report(1)).find("±"), std::string::npos);
  EXPECT_NE(comparison_text(sample_report(3)).find("±"), std::string::npos);
}

TEST(Comparison, OfOneVariantIsRelativeToNothing) {
  RunReport report = sample_report(1);
  report.variants.pop_back();
  const std::string text = comparison_text(report);
  EXPECT_EQ(text.find(" x1"), std::string::npos) << text;
  EXPECT_EQ(text.find("relative"), std::string::npos) << text;
}

}  // namespace
}  // namespace crossloom
