// Tests of what is said about configurations that are wrong: whole messages, as users see them.
#include <gmock/gmock.h>

#include "base/config_reader.h"
#include "base/error.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

enum class Scheme { paired_columns, paired_arrays };

/// A small chip that shows every kind of value.
void read_chip(ConfigReader root) {
  root.text_or("name", "unnamed");
  ConfigReader crossbar = root.section("crossbar");
  crossbar.integer("rows", {1, 4096});
  crossbar.integer("columns", {1, 4096});
  crossbar.quantity<Voltage>("read_voltage", {0_V, 5_V});
  crossbar.choice_or<Scheme>("scheme", Scheme::paired_columns,
                             {{"paired_columns", Scheme::paired_columns}, {"paired_arrays", Scheme::paired_arrays}});
  crossbar.boolean_or("wires", false);
  crossbar.real_or("variation", 0.0, {0.0, 1.0});
  crossbar.quantity_or<Energy>("adc_energy", 2.5_pJ, {0_J, 1_J});
  if (root.has("tile_sizes")) root.integers("tile_sizes", {1, 512});
  if (root.has("layers")) {
    for (ConfigReader layer : root.sections("layers")) layer.integer("units", {1, 100'000});
  }
  if (std::optional<ConfigReader> faults = root.optional_section("faults")) faults->real("rate", {0.0, 1.0});
}

/// The error's text, without its first line where that only counts.
std::string complaint(const std::string& text, const std::vector<ConfigOverride>& overrides = {}) {
  try {
    ConfigDocument document = ConfigDocument::from_text(text, "chip.yaml", overrides);
    read_chip(document.root());
    document.finish();
  } catch (const UserError& error) {
    const std::string whole = error.what();
    const std::string heading = "1 problem in the configuration:\n";
    return whole.rfind(heading, 0) == 0 ? whole.substr(heading.size()) : whole;
  }
  return "accepted";
}

/// A good chip with one line more in its crossbar.
std::string chip_with(const std::string& line) {
  return "crossbar:\n  rows: 64\n  columns: 64\n  read_voltage: 0.5 V\n  " + line + "\n";
}

std::string chip_with_rows(const std::string& rows) {
  return "crossbar:\n  rows: " + rows + "\n  columns: 64\n  read_voltage: 0.5 V\n";
}

TEST(ConfigMessages, AreAbsentForAGoodChip) { EXPECT_EQ(complaint(chip_with("wires: true")), "accepted"); }

TEST(ConfigMessages, SuggestTheNearestKeyForATypo) {
  EXPECT_EQ(complaint(chip_with("varaition: 0.1")),
            "chip.yaml:5:3: crossbar.varaition: unknown key; did you mean 'variation'?");
}

TEST(ConfigMessages, ShowATypoBeforeTheKeyThatIsMissingForIt) {
  EXPECT_EQ(complaint("crossbar:\n  rwos: 64\n  columns: 64\n  read_voltage: 0.5 V\n"),
            "2 problems in the configuration:\n"
            "chip.yaml:2:3: crossbar.rwos: unknown key; did you mean 'rows'?\n"
            "chip.yaml:2:3: crossbar.rows: missing; expected an integer from 1 to 4096");
}

TEST(ConfigMessages, ListTheKnownKeysWhereNoneIsNear) {
  EXPECT_EQ(
      complaint(chip_with("zzz: 1")),
      "chip.yaml:5:3: crossbar.zzz: unknown key; known here: rows, columns, read_voltage, scheme, wires, variation, "
      "adc_energy");
}

TEST(ConfigMessages, NameAMissingSectionOnceAndNotWhatWouldBeInIt) {
  EXPECT_EQ(complaint("name: x\n"), "chip.yaml:1:1: crossbar: missing; expected a mapping or the path of a YAML file");
}

TEST(ConfigMessages, PointAtAKeyGivenTwice) {
  EXPECT_EQ(complaint(chip_with("rows: 32")), "chip.yaml:5:3: crossbar.rows: key given twice; first in line 2");
}

TEST(ConfigMessages, RefuseAnIntegerOutOfRange) {
  EXPECT_EQ(complaint(chip_with_rows("5000")),
            "chip.yaml:2:9: crossbar.rows: expected an integer from 1 to 4096, got \"5000\"");
}

TEST(ConfigMessages, RefuseAnOctalLookingInteger) {
  EXPECT_EQ(complaint(chip_with_rows("010")),
            "chip.yaml:2:9: crossbar.rows: expected an integer from 1 to 4096, got \"010\"");
}

TEST(ConfigMessages, RefuseAHexadecimalInteger) {
  EXPECT_EQ(complaint(chip_with_rows("0x40")),
            "chip.yaml:2:9: crossbar.rows: expected an integer from 1 to 4096, got \"0x40\"");
}

TEST(ConfigMessages, RefuseAFractionForAnInteger) {
  EXPECT_EQ(complaint(chip_with_rows("64.0")),
            "chip.yaml:2:9: crossbar.rows: expected an integer from 1 to 4096, got \"64.0\"");
}

TEST(ConfigMessages, RefuseAQuotedNumber) {
  EXPECT_EQ(complaint(chip_with_rows("\"64\"")),
            "chip.yaml:2:9: crossbar.rows: expected an integer from 1 to 4096, got the quoted text \"64\"");
}

TEST(ConfigMessages, RefuseAnIntegerTooLargeForTheMachine) {
  EXPECT_EQ(complaint(chip_with_rows("99999999999999999999")),
            "chip.yaml:2:9: crossbar.rows: expected an integer from 1 to 4096, got \"99999999999999999999\"");
}

TEST(ConfigMessages, RefuseAKeyWithoutValue) {
  EXPECT_EQ(complaint(chip_with_rows("")),
            "chip.yaml:2:3: crossbar.rows: expected an integer from 1 to 4096, got nothing");
}

TEST(ConfigMessages, RefuseAListForAnInteger) {
  EXPECT_EQ(complaint(chip_with_rows("[64]")),
            "chip.yaml:2:9: crossbar.rows: expected an integer from 1 to 4096, got a list");
}

TEST(ConfigMessages, RefuseYesForABoolean) {
  EXPECT_EQ(complaint(chip_with("wires: yes")), "chip.yaml:5:10: crossbar.wires: expected true or false, got \"yes\"");
  EXPECT_EQ(complaint(chip_with("wires: On")), "chip.yaml:5:10: crossbar.wires: expected true or false, got \"On\"");
  EXPECT_EQ(complaint(chip_with("wires: True")),
            "chip.yaml:5:10: crossbar.wires: expected true or false, got \"True\"");
}

TEST(ConfigMessages, RefuseInfinityAndNotANumber) {
  EXPECT_EQ(complaint(chip_with("variation: .inf")),
            "chip.yaml:5:14: crossbar.variation: expected a number from 0 to 1, got \".inf\"");
  EXPECT_EQ(complaint(chip_with("variation: .nan")),
            "chip.yaml:5:14: crossbar.variation: expected a number from 0 to 1, got \".nan\"");
}

TEST(ConfigMessages, RefuseANumberOutOfRange) {
  EXPECT_EQ(complaint(chip_with("variation: -0.1")),
            "chip.yaml:5:14: crossbar.variation: expected a number from 0 to 1, got \"-0.1\"");
}

TEST(ConfigMessages, RefuseAQuantityWithoutUnit) {
  EXPECT_EQ(
      complaint(chip_with("adc_energy: 2.5")),
      "chip.yaml:5:15: crossbar.adc_energy: expected an energy such as \"1.5 pJ\", got \"2.5\", which has no unit");
}

TEST(ConfigMessages, RefuseAUnitOfAnotherDimension) {
  EXPECT_EQ(complaint(chip_with("adc_energy: 2.5 ns")),
            "chip.yaml:5:15: crossbar.adc_energy: expected an energy such as \"1.5 pJ\", got \"2.5 ns\"");
}

TEST(ConfigMessages, RefuseAQuantityOutOfRange) {
  EXPECT_EQ(complaint("crossbar: {rows: 64, columns: 64, read_voltage: 6 V}"),
            "chip.yaml:1:49: crossbar.read_voltage: expected a voltage from 0 V to 5 V, got \"6 V\"");
}

TEST(ConfigMessages, RefuseAMappingForAQuantity) {
  EXPECT_EQ(complaint(chip_with("adc_energy: {value: 2.5 pJ}")),
            "chip.yaml:5:15: crossbar.adc_energy: expected an energy from 0 J to 1 J, got a mapping");
}

TEST(ConfigMessages, SuggestTheNearestChoice) {
  EXPECT_EQ(
      complaint(chip_with("scheme: paired_column")),
      "chip.yaml:5:11: crossbar.scheme: expected one of paired_columns, paired_arrays, got \"paired_column\"; did you "
      "mean 'paired_columns'?");
}

TEST(ConfigMessages, PointAtTheWrongItemOfAList) {
  EXPECT_EQ(complaint(chip_with("") + "tile_sizes: [32, 1024, 64]\n"),
            "chip.yaml:6:18: tile_sizes[1]: expected an integer from 1 to 512, got \"1024\"");
}

TEST(ConfigMessages, RefuseAScalarForAList) {
  EXPECT_EQ(complaint(chip_with("") + "tile_sizes: 32\n"),
            "chip.yaml:6:13: tile_sizes: expected a list such as [1, 2], got \"32\"");
}

TEST(ConfigMessages, NameTheItemOfAListOfMappings) {
  EXPECT_EQ(complaint(chip_with("") + "layers:\n  - units: 10\n  - units: many\n  - unit: 3\n"),
            "3 problems in the configuration:\n"
            "chip.yaml:8:12: layers[1].units: expected an integer from 1 to 100000, got \"many\"\n"
            "chip.yaml:9:5: layers[2].unit: unknown key; did you mean 'units'?\n"
            "chip.yaml:9:5: layers[2].units: missing; expected an integer from 1 to 100000");
}

TEST(ConfigMessages, RefuseAListForAMapping) {
  EXPECT_EQ(complaint("crossbar: [64, 64]\n"),
            "chip.yaml:1:11: crossbar: expected a mapping or the path of a YAML file, got a list");
}

TEST(ConfigMessages, RefuseAListOfMappingsThatIsNone) {
  EXPECT_EQ(complaint(chip_with("") + "layers: {units: 3}\n"),
            "chip.yaml:6:9: layers: expected a list of mappings, got a mapping");
}

TEST(ConfigMessages, RefuseMergeKeys) {
  EXPECT_EQ(complaint(chip_with("<<: {wires: true}")),
            "chip.yaml:5:3: merge keys (<<) are not supported; write the keys out");
}

TEST(ConfigMessages, RefuseAnchorsAndAliases) {
  EXPECT_EQ(complaint(chip_with_rows("&n 64")),
            "chip.yaml:2:9: anchors (&name) are not supported; write the value out");
  EXPECT_THAT(complaint(chip_with("variation: *n")), HasSubstr("not YAML"));
}

TEST(ConfigMessages, RefuseTags) {
  EXPECT_EQ(complaint(chip_with_rows("!!int 64")), "chip.yaml:2:9: tags (tag:yaml.org,2002:int) are not supported");
}

TEST(ConfigMessages, RefuseKeysThatAreNoWords) {
  EXPECT_EQ(complaint("? [a, b]\n: 1\n"), "chip.yaml:1:3: a list as a key; a key must be a word");
  EXPECT_EQ(complaint("? {a: b}\n: 1\n"), "chip.yaml:1:3: a mapping as a key; a key must be a word");
  EXPECT_EQ(complaint("~: 1\n"), "chip.yaml:1:1: an empty key; a key must be a word");
}

TEST(ConfigMessages, RefuseASecondDocument) {
  EXPECT_EQ(complaint(chip_with("") + "---\nname: x\n"),
            "chip.yaml:6:1: a second document begins here; one file holds one");
}

TEST(ConfigMessages, PointAtBrokenYaml) {
  EXPECT_THAT(complaint("crossbar: {rows: 64\nname: [\n"),
              testing::MatchesRegex("chip.yaml:[0-9]+:[0-9]+: not YAML: .+"));
  EXPECT_EQ(complaint("a: b: c\n"), "chip.yaml:1:5: not YAML: illegal map value");
}

TEST(ConfigMessages, RefuseATabAsIndentation) {
  EXPECT_THAT(complaint("crossbar:\n\trows: 64\n"), testing::MatchesRegex("chip.yaml:2:[0-9]+: .+"));
}

TEST(ConfigMessages, RefuseBinaryFiles) {
  EXPECT_EQ(complaint(std::string("a: \0b", 5)), "chip.yaml: not a text file in UTF-8 (it holds zero bytes)");
}

TEST(ConfigMessages, RefuseAnEmptyFile) {
  EXPECT_EQ(complaint(""), "chip.yaml:1:1: expected a mapping (lines of key: value), got nothing");
  EXPECT_EQ(complaint("# only a comment\n"), "chip.yaml:1:1: expected a mapping (lines of key: value), got nothing");
}

TEST(ConfigMessages, RefuseAFileThatIsAList) {
  EXPECT_EQ(complaint("- rows: 64\n"), "chip.yaml:1:1: expected a mapping (lines of key: value), got a list");
}

TEST(ConfigMessages, RefuseAbsurdNesting) {
  EXPECT_EQ(complaint("a: " + std::string(100, '[') + std::string(100, ']')),
            "chip.yaml:1:35: nested more than 32 deep");
  EXPECT_THAT(complaint(std::string(100'000, '{')), HasSubstr("chip.yaml:1:"));
}

TEST(ConfigMessages, ComeAllAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(complaint("crossbar:\n"
                      "  wires: maybe\n"
                      "  colums: 64\n"
                      "  read_voltage: 5 mA\n"
                      "  rows: 0\n"
                      "nmae: x\n"),
            "6 problems in the configuration:\n"
            "chip.yaml:2:3: crossbar.columns: missing; expected an integer from 1 to 4096\n"
            "chip.yaml:2:10: crossbar.wires: expected true or false, got \"maybe\"\n"
            "chip.yaml:3:3: crossbar.colums: unknown key; did you mean 'columns'?\n"
            "chip.yaml:4:17: crossbar.read_voltage: expected a voltage such as \"0.5 V\", got \"5 mA\"\n"
            "chip.yaml:5:9: crossbar.rows: expected an integer from 1 to 4096, got \"0\"\n"
            "chip.yaml:6:1: nmae: unknown key; did you mean 'name'?");
}

TEST(ConfigMessages, StopListingAfterFifty) {
  std::string text = chip_with("");
  for (int i = 0; i < 60; ++i) text += "unheard_of_" + std::to_string(i) + ": 1\n";
  const std::string message = complaint(text);
  EXPECT_THAT(message, testing::StartsWith("60 problems in the configuration:\n"));
  EXPECT_THAT(message, testing::EndsWith("\n... and 10 more"));
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 51);
}

TEST(ConfigMessages, ShortenLongValuesAndEscapeLineEnds) {
  EXPECT_EQ(
      complaint(chip_with_rows(std::string(500, 'x'))),
      "chip.yaml:2:9: crossbar.rows: expected an integer from 1 to 4096, got \"" + std::string(60, 'x') + "...\"");
  EXPECT_EQ(complaint(chip_with_rows("\"a\\nb\"")),
            "chip.yaml:2:9: crossbar.rows: expected an integer from 1 to 4096, got the quoted text \"a\\nb\"");
}

TEST(ConfigMessages, TakeProblemsThatTheCallerFinds) {
  ConfigDocument document = ConfigDocument::from_text("{rows: 64, columns: 32}", "chip.yaml");
  ConfigReader root = document.root();
  root.integer("rows", {1, 64});
  root.integer("columns", {1, 64});
  root.problem("columns", "must equal rows");
  root.problem("scheme", "is needed with 64 rows");
  root.problem("", "is not square");
  try {
    document.finish();
    FAIL() << "accepted";
  } catch (const UserError& error) {
    EXPECT_STREQ(error.what(),
                 "3 problems in the configuration:\n"
                 "chip.yaml:1:1: is not square\n"
                 "chip.yaml:1:1: scheme: is needed with 64 rows\n"
                 "chip.yaml:1:21: columns: must equal rows");
  }
}

TEST(ConfigMessages, NameTheCommandLineForAWrongOverride) {
  EXPECT_EQ(complaint(chip_with(""), {{"crossbar.rows", "0"}}),
            "--set: crossbar.rows: expected an integer from 1 to 4096, got \"0\"");
  EXPECT_EQ(complaint(chip_with(""), {{"crossbar.rosw", "8"}}),
            "--set: crossbar.rosw: unknown key; did you mean 'rows'?");
  EXPECT_EQ(complaint(chip_with(""), {{"crosbar.rows", "8"}}),
            "--set: crosbar.rows: nothing reads 'crosbar'; did you mean 'crossbar'?");
  EXPECT_EQ(complaint(chip_with(""), {{"crossbar.rows.first", "8"}}), "--set: crossbar.rows.first: nothing reads this");
  EXPECT_THAT(complaint(chip_with(""), {{"tile_sizes", "[1, {]"}}), HasSubstr("--set: tile_sizes: not YAML"));
}

TEST(ParseOverride, SplitsAtTheFirstEqualsSign) {
  const ConfigOverride item = parse_override("chip.name=a=b");
  EXPECT_EQ(item.path, "chip.name");
  EXPECT_EQ(item.value, "a=b");
  EXPECT_EQ(parse_override("a=").value, "");
}

TEST(ParseOverride, RefusesWhatIsNoAssignment) {
  for (const char* text : {"", "rows", "=5", ".a=5", "a.=5", "a..b=5"}) {
    try {
      parse_override(text);
      FAIL() << text;
    } catch (const UserError& error) {
      EXPECT_EQ(error.what(),
                std::string("--set needs key=value, such as chip.crossbar.rows=64; got \"") + text + "\"");
    }
  }
}

}  // namespace
}  // namespace crossloom
