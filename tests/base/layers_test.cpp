// Checks that includes go one way only, as tests/golden/layers.txt says.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/support/temporary_folder.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

struct Layers {
  std::map<std::string, std::set<std::string>> folders;                ///< folder -> folders it may include
  std::vector<std::pair<std::string, std::set<std::string>>> headers;  ///< prefix of a header -> folders that may
};

Layers read_layers(const fs::path& file) {
  Layers layers;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string kind;
    std::string name;
    if (!(words >> kind >> name) || kind[0] == '#') continue;
    if (name.back() == ':') name.pop_back();
    std::set<std::string> allowed;
    for (std::string word; words >> word;) allowed.insert(word);
    if (kind == "folder") layers.folders[name] = allowed;
    if (kind == "header") layers.headers.emplace_back(name, allowed);
  }
  return layers;
}

/// What is wrong with one include of a file in `folder`; empty where nothing is.
std::string verdict(const Layers& layers, const std::string& folder, char quote, const std::string& header) {
  const std::string first = header.substr(0, header.find('/'));
  const auto own = layers.folders.find(first);
  if (quote == '"' || own != layers.folders.end()) {
    if (own == layers.folders.end() || header == first) return "is not written from the root of the repository";
    const bool allowed = first == folder || layers.folders.at(folder).count(first) != 0;
    return allowed ? "" : "is a forbidden edge " + folder + " -> " + first;
  }
  for (const auto& [prefix, allowed] : layers.headers) {
    if (header.compare(0, prefix.size(), prefix) == 0 && allowed.count(folder) == 0) {
      return "belongs to " + *allowed.begin() + " only";
    }
  }
  return "";
}

struct Include {
  char quote;
  std::string header;
};

/// The include on a line of source, whatever the spaces; nothing where the line is another one.
std::optional<Include> include_of(const std::string& line) {
  std::size_t at = 0;
  for (const std::string_view part : {"#", "include"}) {
    at = line.find_first_not_of(" \t", at);
    if (at == std::string::npos || line.compare(at, part.size(), part) != 0) return std::nullopt;
    at += part.size();
  }
  at = line.find_first_not_of(" \t", at);
  if (at == std::string::npos || (line[at] != '"' && line[at] != '<')) return std::nullopt;
  const std::size_t end = line.find(line[at] == '"' ? '"' : '>', at + 1);
  if (end == std::string::npos) return std::nullopt;
  return Include{line[at], line.substr(at + 1, end - at - 1)};
}

std::vector<std::string> forbidden_includes(const fs::path& root, const Layers& layers) {
  std::vector<std::string> found;
  for (const auto& [folder, allowed] : layers.folders) {
    if (!fs::exists(root / folder)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        const std::optional<Include> include = include_of(line);
        if (!include) continue;
        const std::string wrong = verdict(layers, folder, include->quote, include->header);
        if (wrong.empty()) continue;
        found.push_back(fs::relative(entry.path(), root).string() + ": " + include->header + " " + wrong);
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

Layers our_layers() { return read_layers(fs::path(CROSSLOOM_SOURCE_DIR) / "tests/golden/layers.txt"); }

TEST(Layers, AreKeptByEveryInclude) { EXPECT_THAT(forbidden_includes(CROSSLOOM_SOURCE_DIR, our_layers()), IsEmpty()); }

TEST(Layers, AreThoseOfTheDesign) {
  const Layers layers = our_layers();
  EXPECT_EQ(layers.folders.size(), 7U);
  EXPECT_THAT(layers.folders.at("base"), IsEmpty());
  EXPECT_THAT(layers.folders.at("models"), ElementsAre("base"));
  for (const char* sibling : {"training", "mapping", "sim", "traces"}) {
    EXPECT_THAT(layers.folders.at(sibling), ElementsAre("base", "models")) << sibling;
  }
  EXPECT_THAT(layers.folders.at("app"), ElementsAre("base", "mapping", "models", "sim", "traces", "training"));
}

TEST(Layers, CheckerReadsTheRealTree) {
  Layers closed = our_layers();
  closed.folders["models"].clear();
  closed.folders["app"].clear();
  closed.headers = {{"yaml-cpp/", {"app"}}};
  EXPECT_THAT(forbidden_includes(CROSSLOOM_SOURCE_DIR, closed),
              testing::Contains("base/config_parse.cpp: yaml-cpp/parser.h belongs to app only"));
}

TEST(Layers, CheckerPassesATreeThatKeepsThem) {
  const TemporaryFolder tree;
  tree.write("base/id.h", "#include <vector>\n");
  tree.write("base/config.cpp", "#include <yaml-cpp/yaml.h>\n#include \"base/id.h\"\n");
  tree.write("sim/tile.cpp", "#include <systemc>\n#include \"models/chip.h\"\n#include \"sim/parts/adc.h\"\n");
  tree.write("app/main.cpp", "#include <CLI/CLI.hpp>\n#include \"sim/simulation.h\"\n");
  EXPECT_THAT(forbidden_includes(tree.path(), our_layers()), IsEmpty());
}

TEST(Layers, CheckerFindsForbiddenEdges) {
  const TemporaryFolder tree;
  tree.write("base/id.h", "#include \"models/chip.h\"\n");
  tree.write("mapping/deep/pack.cpp", "  #  include \"sim/clock.h\"  // why not\n");
  tree.write("models/chip.cpp", "#include <base/id.h>\n#include \"app/main.h\"\n");
  EXPECT_THAT(forbidden_includes(tree.path(), our_layers()),
              ElementsAre("base/id.h: models/chip.h is a forbidden edge base -> models",
                          "mapping/deep/pack.cpp: sim/clock.h is a forbidden edge mapping -> sim",
                          "models/chip.cpp: app/main.h is a forbidden edge models -> app"));
}

TEST(Layers, CheckerFindsThirdPartiesOutOfTheirFolder) {
  const TemporaryFolder tree;
  tree.write("models/chip.cpp", "#include <yaml-cpp/yaml.h>\n#include <systemc>\n#include <sqlite3.h>\n");
  tree.write("app/main.cpp", "#include <oneapi/dnnl/dnnl.hpp>\n#include <boost/graph/adjacency_list.hpp>\n");
  tree.write("sim/tile.cpp", "#include <CLI/CLI.hpp>\n");
  EXPECT_THAT(
      forbidden_includes(tree.path(), our_layers()),
      ElementsAre("app/main.cpp: boost/graph/adjacency_list.hpp belongs to mapping only",
                  "app/main.cpp: oneapi/dnnl/dnnl.hpp belongs to training only",
                  "models/chip.cpp: sqlite3.h belongs to traces only", "models/chip.cpp: systemc belongs to sim only",
                  "models/chip.cpp: yaml-cpp/yaml.h belongs to base only",
                  "sim/tile.cpp: CLI/CLI.hpp belongs to app only"));
}

TEST(Layers, CheckerFindsIncludesThatAreNotWrittenFromTheRoot) {
  const TemporaryFolder tree;
  tree.write("sim/tile.cpp", "#include \"tile.h\"\n#include \"../base/id.h\"\n");
  EXPECT_THAT(forbidden_includes(tree.path(), our_layers()),
              ElementsAre("sim/tile.cpp: ../base/id.h is not written from the root of the repository",
                          "sim/tile.cpp: tile.h is not written from the root of the repository"));
}

}  // namespace
}  // namespace crossloom
