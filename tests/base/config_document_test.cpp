// Tests of included files, overrides and the resolved form.
#include <gmock/gmock.h>
#include <rapidcheck.h>

#include "base/config_reader.h"
#include "base/error.h"
#include "base/random.h"
#include "tests/support/temporary_folder.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::int64_t rows_of(ConfigDocument& document) {
  const std::int64_t rows = document.root().section("chip").integer("rows", {1, 4096});
  document.finish();
  return rows;
}

template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ConfigInclude, PutsAFilesMappingInThePlaceOfItsName) {
  const TemporaryFolder folder;
  folder.write("chips/small.yaml", "rows: 32\n");
  ConfigDocument document = ConfigDocument::from_file(folder.write("experiment.yaml", "chip: chips/small.yaml\n"));
  EXPECT_EQ(rows_of(document), 32);
  EXPECT_THAT(document.files(), ElementsAre(folder.path() / "experiment.yaml", folder.path() / "chips/small.yaml"));
}

TEST(ConfigInclude, IsRelativeToTheFileThatNamesIt) {
  const TemporaryFolder folder;
  folder.write("a/chips/small.yaml", "rows: 32\ndevice: ../devices/pcm.yaml\n");
  folder.write("a/devices/pcm.yaml", "levels: 16\n");
  ConfigDocument document =
      ConfigDocument::from_file(folder.write("a/experiments/x.yaml", "chip: ../chips/small.yaml\n"));
  ConfigReader chip = document.root().section("chip");
  chip.integer("rows", {1, 64});
  ConfigReader device = chip.section("device");
  EXPECT_EQ(device.integer("levels", {2, 256}), 16);
  EXPECT_EQ(device.path(), "chip.device");
  EXPECT_EQ(device.folder(), folder.path() / "a/devices");
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigInclude, ReportsProblemsWhereTheyAreWritten) {
  const TemporaryFolder folder;
  const fs::path chip = folder.write("chip.yaml", "# a chip\nrows: 0\nrows: 5\ncols: 3\n");
  ConfigDocument document = ConfigDocument::from_file(folder.write("x.yaml", "chip: chip.yaml\n"));
  const std::string at = chip.string();
  EXPECT_EQ(error_of([&] { rows_of(document); }),
            "3 problems in the configuration:\n" + at +
                ":2:7: chip.rows: expected an integer from 1 to 4096, got \"0\"\n" + at +
                ":3:1: chip.rows: key given twice; first in line 2\n" + at +
                ":4:1: chip.cols: unknown key; known here: rows");
}

TEST(ConfigInclude, ReportsAFileThatIsMissingWhereItIsNamed) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("x.yaml", "chip: nowhere.yaml\n");
  ConfigDocument document = ConfigDocument::from_file(file);
  EXPECT_EQ(error_of([&] { rows_of(document); }),
            "1 problem in the configuration:\n" + file.string() + ":1:7: chip: cannot read " +
                (folder.path() / "nowhere.yaml").string() + ": No such file or directory");
}

TEST(ConfigInclude, ReportsBrokenYamlInTheIncludedFile) {
  const TemporaryFolder folder;
  const fs::path chip = folder.write("chip.yaml", "rows: [1\n");
  ConfigDocument document = ConfigDocument::from_file(folder.write("x.yaml", "chip: chip.yaml\n"));
  EXPECT_THAT(error_of([&] { rows_of(document); }),
              testing::StartsWith("1 problem in the configuration:\n" + chip.string() + ":2:1: chip: not YAML: "));
}

TEST(ConfigInclude, RefusesAFileThatHoldsNoMapping) {
  const TemporaryFolder folder;
  folder.write("chip.yaml", "- 1\n");
  ConfigDocument document = ConfigDocument::from_file(folder.write("x.yaml", "chip: chip.yaml\n"));
  EXPECT_THAT(error_of([&] { rows_of(document); }), HasSubstr("chip.yaml holds a list, not a mapping"));
}

TEST(ConfigInclude, RefusesFilesThatIncludeThemselves) {
  const TemporaryFolder folder;
  folder.write("a.yaml", "chip: sub/../b.yaml\n");
  folder.write("b.yaml", "chip: a.yaml\n");
  fs::create_directory(folder.path() / "sub");
  ConfigDocument document = ConfigDocument::from_file(folder.path() / "a.yaml");
  document.root().section("chip").section("chip").section("chip");
  EXPECT_EQ(error_of([&] { document.finish(); }),
            "1 problem in the configuration:\n" + (folder.path() / "b.yaml").string() +
                ":1:7: chip.chip: " + (folder.path() / "a.yaml").string() + " includes itself");
}

TEST(ConfigInclude, RefusesChainsThatAreTooLong) {
  const TemporaryFolder folder;
  for (int i = 0; i < 40; ++i) {
    folder.write(std::to_string(i) + ".yaml", "next: " + std::to_string(i + 1) + ".yaml\n");
  }
  ConfigDocument document = ConfigDocument::from_file(folder.path() / "0.yaml");
  ConfigReader reader = document.root();
  for (int i = 0; i < 39; ++i) reader = reader.section("next");
  EXPECT_THAT(error_of([&] { document.finish(); }), HasSubstr("files include one another more than 32 deep"));
}

TEST(ConfigDocument, NamesAFileThatCannotBeRead) {
  EXPECT_EQ(error_of([] { ConfigDocument::from_file("no/such/experiment.yaml"); }),
            "cannot read no/such/experiment.yaml: No such file or directory");
}

TEST(ConfigDocument, RefusesAFileThatIsTooLarge) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("x.yaml", "a: " + std::string(5U << 20U, 'x'));
  EXPECT_THAT(error_of([&] { ConfigDocument::from_file(file); }), HasSubstr("a configuration file may have 4194304"));
}

TEST(ConfigDocument, ReadsALargeFileOfUnknownKeysInReasonableTime) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "key_" + std::to_string(i) + ": 1\n";
  ConfigDocument document = ConfigDocument::from_text(text, "x.yaml");
  document.root().integer("key_5", {0, 1});
  EXPECT_THAT(error_of([&] { document.finish(); }), testing::StartsWith("99999 problems in the configuration:\n"));
}

TEST(ConfigDocument, SurvivesRandomDamage) {
  const std::string good =
      "chip:\n  rows: 64\n  name: \"x\\n\"\n  list: [1, {a: b}, 'c']\n  text: |\n    block\n# end\nother: {a: 1}\n";
  RandomStream random(RandomKey(2026).child("yaml"));
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (std::uint32_t change = 0; change <= random.below(4); ++change) {
      const std::size_t at = random.below(static_cast<std::uint32_t>(text.size()));
      const std::string_view specials = "{}[]:,-?&*!|>'\"%@`#~ \n\t\\<\x80\xff";
      text[at] = specials[random.below(static_cast<std::uint32_t>(specials.size()))];
    }
    const std::string message = error_of([&] {
      ConfigDocument document = ConfigDocument::from_text(text, "x.yaml");
      ConfigReader chip = document.root().section("chip");
      chip.integer("rows", {1, 64});
      chip.text("name");
      chip.sections("list");
      document.finish();
    });
    ASSERT_NE(message, "no error") << text;  // "other" and "text" are never read
  }
}

TEST(ConfigOverrides, ReplaceAndAddValues) {
  ConfigDocument document = ConfigDocument::from_text(
      "chip: {rows: 64}", "x.yaml",
      {{"chip.rows", "128"}, {"chip.name", "b"}, {"chip.faults.rate", "0.5"}, {"chip.sizes", "[1, 2]"}, {"seed", "7"}});
  ConfigReader root = document.root();
  ConfigReader chip = root.section("chip");
  EXPECT_EQ(chip.integer("rows", {1, 256}), 128);
  EXPECT_EQ(chip.text("name"), "b");
  EXPECT_EQ(chip.section("faults").real("rate", {0.0, 1.0}), 0.5);
  EXPECT_THAT(chip.integers("sizes", {1, 2}), ElementsAre(1, 2));
  EXPECT_EQ(root.integer("seed", {0, 10}), 7);
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigOverrides, ReachIntoIncludedFiles) {
  const TemporaryFolder folder;
  folder.write("chip.yaml", "rows: 32\n");
  ConfigDocument document =
      ConfigDocument::from_file(folder.write("x.yaml", "chip: chip.yaml\n"), {{"chip.rows", "8"}});
  EXPECT_EQ(rows_of(document), 8);
}

TEST(ConfigOverrides, MayNameTheFileToIncludeAndChangeItInAnyOrder) {
  const TemporaryFolder folder;
  folder.write("small.yaml", "rows: 32\ncolumns: 32\n");
  folder.write("large.yaml", "rows: 128\ncolumns: 128\n");
  ConfigDocument document = ConfigDocument::from_file(folder.write("x.yaml", "chip: small.yaml\n"),
                                                      {{"chip.rows", "64"}, {"chip", "large.yaml"}});
  ConfigReader chip = document.root().section("chip");
  EXPECT_EQ(chip.integer("rows", {1, 256}), 64);
  EXPECT_EQ(chip.integer("columns", {1, 256}), 128);
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigOverrides, ReachItemsOfLists) {
  ConfigDocument document =
      ConfigDocument::from_text("layers: [{units: 1}, {units: 2}]", "x.yaml", {{"layers[1].units", "9"}});
  std::vector<ConfigReader> layers = document.root().sections("layers");
  EXPECT_EQ(layers.at(0).integer("units", {1, 10}), 1);
  EXPECT_EQ(layers.at(1).integer("units", {1, 10}), 9);
  EXPECT_NO_THROW(document.finish());
}

TEST(ConfigOverrides, LetTheLastOfTwoWin) {
  ConfigDocument document =
      ConfigDocument::from_text("chip: {rows: 64}", "x.yaml", {{"chip.rows", "1"}, {"chip.rows", "2"}});
  EXPECT_EQ(rows_of(document), 2);
}

TEST(ConfigOverrides, AreTakenLiterally) {
  ConfigDocument document = ConfigDocument::from_text("a: b", "x.yaml", {{"a", "x: {y # z"}, {"b", ""}});
  ConfigReader root = document.root();
  EXPECT_EQ(root.text("a"), "x: {y # z");
  EXPECT_EQ(root.text("b"), "");
  EXPECT_NO_THROW(document.finish());
}

enum class Kind { plain, none };

/// Reads everything there is, with defaults, and gives it as one text.
std::string read_all(ConfigDocument& document) {
  std::string seen;
  const auto see = [&](const std::string& text) { seen += text + "|"; };
  ConfigReader root = document.root();
  see(root.text("name"));
  see(root.text_or("path", "data/mnist"));
  see(format_quantity(root.quantity<Energy>("energy", {0_J, 1_J})));
  see(format_quantity(root.quantity_or<Area>("area", 0.29_mm2, {0_um2, 1_mm2})));
  see(std::to_string(root.real_or("rate", 0.1 + 0.2, {0.0, 1.0})));
  see(std::to_string(
      static_cast<int>(root.choice_or<Kind>("kind", Kind::none, {{"plain", Kind::plain}, {"null", Kind::none}}))));
  see(std::to_string(root.boolean_or("wires", true)));
  for (const std::int64_t size : root.integers("sizes", {-10, 10})) see(std::to_string(size));
  for (const std::string& text : root.texts("words")) see(text);
  for (ConfigReader layer : root.sections("layers")) {
    see(std::to_string(layer.integer_or("units", 12, {1, 99})));
    if (std::optional<ConfigReader> inner = layer.optional_section("inner")) see(inner->text("deep"));
  }
  see(root.section("empty").text_or("filled", "in"));
  see(std::to_string(root.sections("none").size()));
  root.section("bare");
  document.finish();
  return seen;
}

const char* const kEverything =
    "layers: [{units: 3, inner: {deep: 'x: y'}}, {}]\n"
    "name: \"two\\nlines \\\"quoted\\\" \\u00e9 # no comment\"\n"
    "energy: 1e-3 fJ\n"
    "sizes: [-1, 2]\n"
    "words: ['1', 'true', '', 'a, b', '~', '- x', ' padded ']\n"
    "empty: {}\n"
    "bare: {}\n"
    "none: []\n";

TEST(ConfigResolved, ReadsBackToTheSameValues) {
  ConfigDocument document = ConfigDocument::from_text(kEverything, "x.yaml");
  const std::string seen = read_all(document);
  const std::string resolved = document.resolved();
  ConfigDocument again = ConfigDocument::from_text(resolved, "resolved.yaml");
  EXPECT_EQ(read_all(again), seen) << resolved;
  EXPECT_EQ(again.resolved(), resolved);
}

TEST(ConfigResolved, ShowsDefaultsInTheOrderOfReading) {
  ConfigDocument document = ConfigDocument::from_text(kEverything, "x.yaml");
  read_all(document);
  EXPECT_EQ(document.resolved(),
            "name: \"two\\nlines \\\"quoted\\\" \u00e9 # no comment\"\n"
            "path: data/mnist\n"
            "energy: 1e-18 J\n"
            "area: 0.29 mm2\n"
            "rate: 0.30000000000000004\n"
            "kind: \"null\"\n"
            "wires: true\n"
            "sizes: [-1, 2]\n"
            "words: [\"1\", true, \"\", \"a, b\", \"~\", \"- x\", \" padded \"]\n"
            "layers:\n"
            "  - units: 3\n"
            "    inner:\n"
            "      deep: \"x: y\"\n"
            "  - units: 12\n"
            "empty:\n"
            "  filled: in\n"
            "none: []\n"
            "bare: {}\n");
}

TEST(ConfigResolved, HoldsIncludedFilesAndOverrides) {
  const TemporaryFolder folder;
  folder.write("chip.yaml", "rows: 32\n");
  ConfigDocument document =
      ConfigDocument::from_file(folder.write("x.yaml", "chip: chip.yaml\n"), {{"chip.rows", "16"}});
  rows_of(document);
  EXPECT_EQ(document.resolved(), "chip:\n  rows: 16\n");
}

TEST(ConfigResolved, KeepsAnyTextWhatever) {
  EXPECT_TRUE(rc::check([] {
    // Text files hold no zero bytes; what is not UTF-8 is no text.
    const auto character = rc::gen::oneOf(rc::gen::inRange<char>(1, 127), rc::gen::just('\x7f'),
                                          rc::gen::element('"', '\\', '\n', '\t', ':', '#'));
    const auto text = *rc::gen::container<std::string>(character);
    ConfigDocument document = ConfigDocument::from_text("{}", "x.yaml", {{"name", text}});
    RC_PRE(text.size() < 2 || text.front() != '[' || text.back() != ']');
    document.root().text("name");
    ConfigDocument again = ConfigDocument::from_text(document.resolved(), "again.yaml");
    RC_ASSERT(again.root().text("name") == text);
  }));
}

TEST(ConfigOverrides, PutAMappingInBracesInThePlaceOfAnother) {
  ConfigDocument document = ConfigDocument::from_text("chip: {rows: 8, device: {levels: 2, old: 1}}\n", "x.yaml",
                                                      {{"chip.device", "{levels: 16, source: \"a, b\"}"}});
  ConfigReader chip = document.root().section("chip");
  chip.integer("rows", {1, 64});
  ConfigReader device = chip.section("device");
  EXPECT_EQ(device.integer("levels", {2, 256}), 16);
  EXPECT_EQ(device.text("source"), "a, b");
  EXPECT_NO_THROW(document.finish()) << "nothing of the old mapping is left";
}

TEST(ConfigOverrides, OfOneKeyStandAboveThoseOfTheWholeMapping) {
  ConfigDocument document = ConfigDocument::from_text("chip: {device: {levels: 2}}\n", "x.yaml",
                                                      {{"chip.device.levels", "4"}, {"chip.device", "{levels: 16}"}});
  EXPECT_EQ(document.root().section("chip").section("device").integer("levels", {2, 256}), 4);
}

TEST(ConfigOverrides, InBracesSayWhereTheyComeFrom) {
  ConfigDocument document =
      ConfigDocument::from_text("device: {levels: 2}\n", "x.yaml", {{"device", "{levels: many, lvls: 3}"}});
  document.root().section("device").integer("levels", {2, 256});
  const std::string error = error_of([&] { document.finish(); });
  EXPECT_THAT(error, HasSubstr("--set: device.levels: expected an integer from 2 to 256, got \"many\""));
  EXPECT_THAT(error, HasSubstr("--set: device.lvls: unknown key"));
}

TEST(ConfigReaderAsWritten, IsAnOverrideThatReadsBackToTheSame) {
  const TemporaryFolder folder;
  folder.write("cells/pcm.yaml",
               "name: \"16\"\nlevels: 16\nsource: \"a: b, {c} [d]\"\nnote: it's 5 % # or so\n"
               "window: [1 uS, 25.5 uS]\nlaw: {kind: fit, of: [{t: 1 s}, {t: 1e5 s}], nothing: }\n");
  const auto file = folder.write("x.yaml", "device: cells/pcm.yaml\n");
  const auto written = [](ConfigDocument document) { return document.root().section("device").as_written(); };
  const std::string line = written(ConfigDocument::from_file(file));
  EXPECT_EQ(line,
            "{name: \"16\", levels: 16, source: \"a: b, {c} [d]\", note: \"it's 5 %\", window: [1 uS, 25.5 uS], law: "
            "{kind: fit, of: [{t: 1 s}, {t: 1e5 s}], nothing: null}}");
  EXPECT_EQ(written(ConfigDocument::from_text("device: {}\n", "y.yaml", {{"device", line}})), line);
}

}  // namespace
}  // namespace crossloom
