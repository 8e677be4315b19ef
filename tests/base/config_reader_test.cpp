// Tests of reading values that are right.
#include "base/config_reader.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace crossloom {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

enum class Scheme { paired_columns, paired_arrays, offset_column };

const std::vector<std::pair<std::string, Scheme>> kSchemes = {{"paired_columns", Scheme::paired_columns},
                                                              {"paired_arrays", Scheme::paired_arrays},
                                                              {"offset_column", Scheme::offset_column}};

TEST(ConfigReader, ReadsEveryTypeOfValue) {
  ConfigDocument document = ConfigDocument::from_text(
      "wires: true\n"
      "rows: 64\n"
      "variation: 1e-50\n"
      "name: RESPARC v2\n"
      "read_voltage: 0.5 V\n"
      "scheme: offset_column\n"
      "layers: [784, 500, 10]\n"
      "thresholds: [0.5, 1, 2e3]\n"
      "classes: [cat, 'a dog']\n",
      "chip.yaml");
  ConfigReader root = document.root();
  EXPECT_TRUE(root.boolean("wires"));
  EXPECT_EQ(root.integer("rows", {1, 4096}), 64);
  EXPECT_EQ(root.real("variation", {0.0, 1.0}), 1e-50);
  EXPECT_EQ(root.text("name"), "RESPARC v2");
  EXPECT_EQ(root.quantity<Voltage>("read_voltage", {0_V, 5_V}), 0.5_V);
  EXPECT_EQ(root.choice("scheme", kSchemes), Scheme::offset_column);
  EXPECT_THAT(root.integers("layers", {1, 1000}), ElementsAre(784, 500, 10));
  EXPECT_THAT(root.reals("thresholds", {0.0, 1e6}), ElementsAre(0.5, 1.0, 2000.0));
  EXPECT_THAT(root.texts("classes"), ElementsAre("cat", "a dog"));
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigReader, FillsInDefaults) {
  ConfigDocument document = ConfigDocument::from_text("{}", "chip.yaml");
  ConfigReader root = document.root();
  EXPECT_TRUE(root.boolean_or("wires", true));
  EXPECT_EQ(root.integer_or("rows", 64, {1, 4096}), 64);
  EXPECT_EQ(root.real_or("variation", 0.1, {0.0, 1.0}), 0.1);
  EXPECT_EQ(root.text_or("name", "unnamed"), "unnamed");
  EXPECT_EQ(root.quantity_or<Energy>("adc", 2.5_pJ, {0_J, 1_J}), 2.5_pJ);
  EXPECT_EQ(root.choice_or("scheme", Scheme::paired_arrays, kSchemes), Scheme::paired_arrays);
  EXPECT_FALSE(root.optional_section("faults").has_value());
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigReader, PrefersTheFileToTheDefault) {
  ConfigDocument document = ConfigDocument::from_text(
      "{wires: false, rows: 8, variation: 0, name: x, adc: 1 fJ, scheme: offset_column}", "chip.yaml");
  ConfigReader root = document.root();
  EXPECT_FALSE(root.boolean_or("wires", true));
  EXPECT_EQ(root.integer_or("rows", 64, {1, 4096}), 8);
  EXPECT_EQ(root.real_or("variation", 0.1, {0.0, 1.0}), 0.0);
  EXPECT_EQ(root.text_or("name", "unnamed"), "x");
  EXPECT_EQ(root.quantity_or<Energy>("adc", 2.5_pJ, {0_J, 1_J}), 1_fJ);
  EXPECT_EQ(root.choice_or("scheme", Scheme::paired_arrays, kSchemes), Scheme::offset_column);
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigReader, TakesBoundsAsPartOfTheRange) {
  ConfigDocument document = ConfigDocument::from_text("{low: 1, high: 4096, zero: 0 V, five: 5 V}", "chip.yaml");
  ConfigReader root = document.root();
  EXPECT_EQ(root.integer("low", {1, 4096}), 1);
  EXPECT_EQ(root.integer("high", {1, 4096}), 4096);
  EXPECT_EQ(root.quantity<Voltage>("zero", {0_V, 5_V}), 0_V);
  EXPECT_EQ(root.quantity<Voltage>("five", {0_V, 5_V}), 5_V);
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigReader, WalksNestedMappingsAndLists) {
  ConfigDocument document = ConfigDocument::from_text(
      "chip:\n"
      "  tile:\n"
      "    crossbars: 4\n"
      "layers:\n"
      "  - units: 500\n"
      "  - units: 10\n",
      "experiment.yaml");
  ConfigReader root = document.root();
  ConfigReader tile = root.section("chip").section("tile");
  EXPECT_EQ(tile.path(), "chip.tile");
  EXPECT_EQ(tile.integer("crossbars", {1, 64}), 4);
  std::vector<ConfigReader> layers = root.sections("layers");
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].integer("units", {1, 1000}), 500);
  EXPECT_EQ(layers[1].integer("units", {1, 1000}), 10);
  EXPECT_EQ(layers[1].path(), "layers[1]");
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigReader, ListsNamesInFileOrder) {
  ConfigDocument document = ConfigDocument::from_text("{zeta: {x: 1}, alpha: {x: 2}, mid: {x: 3}}", "variants.yaml");
  ConfigReader root = document.root();
  EXPECT_THAT(root.keys(), ElementsAre("zeta", "alpha", "mid"));
  std::int64_t sum = 0;
  for (const std::string& key : root.keys()) sum += root.section(key).integer("x", {1, 3});
  EXPECT_EQ(sum, 6);
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigReader, TakesQuotedAndPlainTextAlike) {
  ConfigDocument document = ConfigDocument::from_text("{a: yes, b: '010', c: \"null\", d: 5 um, e: ''}", "t.yaml");
  ConfigReader root = document.root();
  EXPECT_EQ(root.text("a"), "yes");
  EXPECT_EQ(root.text("b"), "010");
  EXPECT_EQ(root.text("c"), "null");
  EXPECT_EQ(root.text("d"), "5 um");
  EXPECT_EQ(root.text("e"), "");
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigReader, AcceptsEmptyLists) {
  ConfigDocument document = ConfigDocument::from_text("{a: [], b: []}", "t.yaml");
  ConfigReader root = document.root();
  EXPECT_THAT(root.integers("a", {0, 1}), IsEmpty());
  EXPECT_TRUE(root.sections("b").empty());
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigReader, ReturnsValuesInRangeAfterAProblem) {
  ConfigDocument document = ConfigDocument::from_text("{rows: 0, voltage: 9 V, scheme: none, list: 3}", "t.yaml");
  ConfigReader root = document.root();
  EXPECT_EQ(root.integer("rows", {1, 4096}), 1);
  EXPECT_EQ(root.integer("missing", {-5, -2}), -5);
  EXPECT_EQ(root.real("missing", {-std::numeric_limits<double>::infinity(), -1.0}), -1.0);
  EXPECT_EQ(root.quantity<Voltage>("voltage", {1_V, 5_V}), 1_V);
  EXPECT_EQ(root.choice("scheme", kSchemes), Scheme::paired_columns);
  EXPECT_THAT(root.integers("list", {0, 9}), IsEmpty());
  EXPECT_EQ(root.section("nowhere").section("deeper").integer("x", {3, 4}), 3);
  EXPECT_THROW(document.finish(), UserError);
}

TEST(ConfigReader, HasToldAKeyThatIsThere) {
  ConfigDocument document = ConfigDocument::from_text("rows: 1", "t.yaml");
  ConfigReader root = document.root();
  EXPECT_TRUE(root.has("rows"));
  EXPECT_FALSE(root.has("columns"));
}

}  // namespace
}  // namespace crossloom
