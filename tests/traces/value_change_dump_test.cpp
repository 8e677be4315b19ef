// The value change dump, read back by a strict parser of its format (IEEE 1364-2005, section 18).
#include "traces/value_change_dump.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "tests/support/temporary_folder.h"

namespace crossloom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

struct Dump {
  std::string time_scale;
  std::map<std::string, std::uint32_t> bits;                                           ///< by full name
  std::map<std::string, std::vector<std::pair<std::uint64_t, std::uint64_t>>> values;  ///< (time, value) by full name
  std::vector<std::string> comments;
};

/// Throws std::runtime_error for whatever the format does not allow.
class Parser {
 public:
  explicit Parser(const std::string& text) : words_(text) {}
  Dump parse() {
    for (std::string word; words_ >> word;) {
      if (word == "$enddefinitions") {
        section();
        require(scopes_.empty(), "a scope is open");
        changes();
        return dump_;
      }
      definition(word);
    }
    throw std::runtime_error("no $enddefinitions");
  }

 private:
  static void require(bool fine, const std::string& what) {
    if (!fine) throw std::runtime_error(what);
  }
  /// What stands before the next $end.
  std::vector<std::string> section() {
    std::vector<std::string> found;
    for (std::string word; words_ >> word;) {
      if (word == "$end") return found;
      require(word[0] != '$', "a keyword within a section: " + word);
      found.push_back(word);
    }
    throw std::runtime_error("no $end");
  }
  void definition(const std::string& word) {
    const std::vector<std::string> words = section();
    if (word == "$version" || word == "$comment") return;
    if (word == "$timescale") {
      require(words.size() == 2 && (words[0] == "1") && (words[1] == "ps" || words[1] == "fs"), "a bad time scale");
      dump_.time_scale = words[1];
    } else if (word == "$scope") {
      require(words.size() == 2 && words[0] == "module", "a bad scope");
      scopes_.push_back(words[1]);
    } else if (word == "$upscope") {
      require(words.empty() && !scopes_.empty(), "a bad upscope");
      scopes_.pop_back();
    } else if (word == "$var") {
      variable(words);
    } else {
      throw std::runtime_error("unknown keyword " + word);
    }
  }
  void variable(const std::vector<std::string>& words) {
    require(words.size() == 4 || words.size() == 5, "a bad $var");
    require(words[0] == "wire" && !scopes_.empty(), "a bad $var");
    std::string name;
    for (const std::string& scope : scopes_) name += scope + ".";
    name += words[3];
    require(dump_.bits.emplace(name, std::stoul(words[1])).second, "two signals named " + name);
    require(codes_.emplace(words[2], name).second, "two signals of code " + words[2]);
  }
  void changes() {
    bool first = true, dumping = false;
    std::uint64_t now = 0;
    for (std::string word; words_ >> word;) {
      if (word[0] == '#') {
        const std::uint64_t time = std::stoull(word.substr(1));
        require(first || time > now, "time does not go on");
        now = time;
        first = false;
      } else if (word == "$dumpvars") {
        dumping = true;
      } else if (word == "$end") {
        require(dumping, "an $end of nothing");
        dumping = false;
      } else if (word == "$comment") {
        std::string text;
        for (const std::string& one : section()) text += one + " ";
        dump_.comments.push_back(text);
      } else {
        require(!first, "a value before any time");
        change(word, now);
      }
    }
  }
  void change(const std::string& word, std::uint64_t now) {
    std::string code = word.substr(1);
    std::uint64_t value = 0;
    if (word[0] == 'b') {
      for (const char bit : code) {
        require(bit == '0' || bit == '1', "a bad bit");
        value = value * 2 + (bit == '1' ? 1 : 0);
      }
      words_ >> code;
    } else {
      require(word[0] == '0' || word[0] == '1', "a bad value " + word);
      value = word[0] == '1' ? 1 : 0;
    }
    require(codes_.count(code) == 1, "an unknown code " + code);
    const std::string& name = codes_.at(code);
    require(value < (std::uint64_t{1} << dump_.bits.at(name)), "a value that is too wide");
    dump_.values[name].emplace_back(now, value);
  }
  std::istringstream words_;
  std::vector<std::string> scopes_;
  std::map<std::string, std::string> codes_;
  Dump dump_;
};

const UnitName kCrossbar{UnitKind::crossbar, 3, 0}, kEast{UnitKind::router_output, 5, 0};

Dump dump_of(const std::string& pattern, const std::function<void(ValueChangeDump&)>& tell, CycleWindow window = {},
             std::size_t most = 1000, double clock_hz = 200e6) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "signals.vcd";
  ValueChangeDump writer(file, Frequency::from_si(clock_hz), pattern, window, most);
  writer.on_chip({kCrossbar, {UnitKind::crossbar, 4, 0}, kEast}, {{kEast, "data_credits", 8}});
  tell(writer);
  EXPECT_FALSE(std::filesystem::exists(file));
  writer.finish();
  return Parser(read_file(file)).parse();
}

void one_image(ValueChangeDump& writer, std::uint64_t begin) {
  writer.on_image_begin(0, begin);
  writer.on_level_change({kEast, "data_credits", begin + 9, 2});
  writer.on_busy({kCrossbar, begin + 10, 2, 0, 0, 0, "drive", {}});
  writer.on_busy({kCrossbar, begin + 12, 1, 0, 0, 0, "drive", {}});  // right after: it stays busy
  writer.on_busy({kCrossbar, begin + 20, 1, 0, 0, 0, "drive", {}});
  writer.on_level_change({kEast, "data_credits", begin + 4, -2});  // told late
  writer.on_image_end(0, begin + 30, 0);
}

TEST(ValueChangeDump, HoldsEachChangeAtItsTime) {
  const Dump dump = dump_of("*", [](ValueChangeDump& w) { one_image(w, 100); });
  EXPECT_EQ(dump.time_scale, "ps");
  ASSERT_EQ(dump.bits.size(), 4U);
  EXPECT_THAT(dump.values.at("chip.crossbar_3.busy"),
              ElementsAre(Pair(0, 0), Pair(550'000, 1), Pair(565'000, 0), Pair(600'000, 1), Pair(605'000, 0)));
  EXPECT_THAT(dump.values.at("chip.router_output_5.east.data_credits"),
              ElementsAre(Pair(0, 8), Pair(520'000, 6), Pair(545'000, 8)));
  EXPECT_THAT(dump.values.at("chip.crossbar_4.busy"), ElementsAre(Pair(0, 0)));
}

// GTKWave's converter is a reader that nobody here wrote; it is not among the packages that tests install.
TEST(ValueChangeDump, IsReadByAnotherProgramWhereThereIsOne) {
  if (std::system("command -v vcd2fst >/dev/null 2>&1") != 0) GTEST_SKIP() << "vcd2fst (package gtkwave) is not there";
  const TemporaryFolder folder;
  const std::string vcd = (folder.path() / "signals.vcd").string(), fst = (folder.path() / "signals.fst").string();
  ValueChangeDump writer(vcd, Frequency::from_si(200e6), "*");
  writer.on_chip({kCrossbar, kEast}, {{kEast, "data_credits", 8}});
  one_image(writer, 100);
  writer.finish();
  ASSERT_EQ(std::system(("vcd2fst " + vcd + " " + fst + " >/dev/null 2>&1").c_str()), 0);
  const std::string again = (folder.path() / "again.vcd").string();
  ASSERT_EQ(std::system(("fst2vcd -f " + fst + " -o " + again + " >/dev/null 2>&1").c_str()), 0);
  EXPECT_THAT(read_file(again), HasSubstr("#550000"));
}

TEST(ValueChangeDump, HoldsOnlyChosenSignals) {
  const Dump dump = dump_of("crossbar_3.*,*.data_credits", [](ValueChangeDump& w) { one_image(w, 100); });
  EXPECT_THAT(dump.bits,
              ElementsAre(Pair("chip.crossbar_3.busy", 1), Pair("chip.router_output_5.east.data_credits", 16)));
}

TEST(ValueChangeDump, CountsWhatLiesOutsideTheWindowAtItsEdges) {
  const Dump dump = dump_of("*",
                            [](ValueChangeDump& w) {
                              one_image(w, 100);
                              one_image(w, 200);
                            },
                            {8, 11});
  EXPECT_THAT(dump.values.at("chip.crossbar_3.busy"),
              ElementsAre(Pair(0, 0), Pair(550'000, 1), Pair(560'000, 0), Pair(1'050'000, 1), Pair(1'060'000, 0)));
  EXPECT_THAT(dump.values.at("chip.router_output_5.east.data_credits"),
              ElementsAre(Pair(0, 8), Pair(540'000, 6), Pair(545'000, 8), Pair(1'040'000, 6), Pair(1'045'000, 8)));
}

TEST(ValueChangeDump, LeavesOutAnImageWithTooManyChangesAndSaysSo) {
  const Dump dump = dump_of(
      "*", [](ValueChangeDump& w) { one_image(w, 100); }, {}, 3);
  EXPECT_EQ(dump.values.at("chip.crossbar_3.busy").size(), 1U);
  ASSERT_EQ(dump.comments.size(), 1U);
  EXPECT_THAT(dump.comments[0], HasSubstr("image 0 is left out"));
}

TEST(ValueChangeDump, CountsInFemtosecondsWhereTheClockNeedsThem) {
  const Dump dump = dump_of(
      "*", [](ValueChangeDump& w) { one_image(w, 1); }, {}, 1000, 1e15 / 1234);
  EXPECT_EQ(dump.time_scale, "fs");
  EXPECT_EQ(dump.values.at("chip.crossbar_3.busy")[1].first, 11U * 1234U);
}

TEST(ValueChangeDump, RefusesAPatternThatNothingIsNamedBy) {
  try {
    dump_of("crosbar*", [](ValueChangeDump&) {});
    ADD_FAILURE();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no signal is named 'crosbar*'"));
    EXPECT_THAT(error.what(), HasSubstr("crossbar_3.busy"));
  }
}

TEST(ValueChangeDump, LeavesNothingBehindWithoutFinish) {
  const TemporaryFolder folder;
  { const ValueChangeDump writer(folder.path() / "signals.vcd", Frequency::from_si(1e9), "*"); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(SignalNames, MatchPatternsWithStars) {
  EXPECT_TRUE(matches("crossbar_3.busy", "crossbar_3.busy"));
  EXPECT_TRUE(matches("crossbar_3.busy", "*"));
  EXPECT_TRUE(matches("crossbar_33.busy", "crossbar_3*.busy"));
  EXPECT_TRUE(matches("crossbar_3.busy", "x,cross*busy"));
  EXPECT_TRUE(matches("aXbXc", "a*b*c"));
  EXPECT_TRUE(matches("abcbc", "a*bc"));
  EXPECT_FALSE(matches("crossbar_3.busy", "crossbar_3"));
  EXPECT_FALSE(matches("crossbar_3.busy", "*.bus"));
  EXPECT_FALSE(matches("crossbar_3.busy", ""));
}

}  // namespace
}  // namespace crossloom
