// `crossloom chip` on every chip that is shipped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "tests/support/program.h"

namespace crossloom {
namespace {

using test::ProgramResult;
using test::run_program;
using testing::HasSubstr;

std::string chip_file(const char* name) {
  return std::string(CROSSLOOM_SOURCE_DIR) + "/configs/chips/" + name + ".yaml";
}

TEST(ChipCommand, DescribesEveryShippedChipWithASumOfItsParts) {
  const TemporaryFolder folder;
  for (const char* name : {"isaac", "puma", "puma_simulator", "prime", "pipelayer", "resparc"}) {
    const std::string json_file = (folder.path() / name).string() + ".json";
    const ProgramResult result = run_program({"chip", chip_file(name), "--json", json_file});
    ASSERT_EQ(result.exit_code, 0) << name << ": " << result.errors;
    const auto json = nlohmann::json::parse(read_file(json_file));
    double area = 0.0;
    for (const auto& component : json.at("components")) {
      area += component.at("area_mm2").get<double>();
      EXPECT_NE(component.at("source"), "") << name;
    }
    EXPECT_NEAR(area, json.at("area_mm2").get<double>(), 1e-9 * area) << name;
    EXPECT_THAT(result.output, HasSubstr(json.at("chip").get<std::string>()));
  }
}

TEST(ChipCommand, PutsPublishedFiguresBesideOurs) {
  const ProgramResult result = run_program({"chip", chip_file("isaac")});
  EXPECT_THAT(result.output, HasSubstr("published 479.0, ours x1.0"));
  EXPECT_THAT(result.output, HasSubstr("published 85.40, ours x1.0"));
}

TEST(ChipCommand, TakesChangesAndSaysWhereTheyAreWrong) {
  const ProgramResult half = run_program({"chip", chip_file("isaac"), "--set", "tiles=84"});
  EXPECT_EQ(half.exit_code, 0) << half.errors;
  EXPECT_THAT(half.output, HasSubstr("84 tiles"));
  const ProgramResult wrong = run_program({"chip", chip_file("isaac"), "--set", "tiles=0"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.errors, HasSubstr("tiles"));
}

TEST(ChipCommand, KeepsAnExistingFileUnlessForced) {
  const TemporaryFolder folder;
  const auto file = folder.write("out.json", "mine");
  EXPECT_EQ(run_program({"chip", chip_file("isaac"), "--json", file.string()}).exit_code, 1);
  EXPECT_EQ(read_file(file), "mine");
  EXPECT_EQ(run_program({"chip", chip_file("isaac"), "--json", file.string(), "--force"}).exit_code, 0);
}

}  // namespace
}  // namespace crossloom
