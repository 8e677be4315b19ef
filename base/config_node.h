// The tree behind a ConfigReader: YAML as it was written, with marks, and what was asked of it. Private to base.
#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config_reader.h"

namespace crossloom::detail {

/// A file (or "--set") that nodes come from. `chain` holds the canonical paths of it and of all that include it.
struct ConfigSource {
  std::string name;
  std::filesystem::path folder;
  std::vector<std::filesystem::path> chain;
};

struct ConfigEntry;

/// One line of the resolved configuration: a value as YAML text, a mapping, or a list of mappings.
struct ConfigRecord {
  enum class Kind { value, mapping, list };
  std::string key;
  Kind kind = Kind::value;
  std::string text;
  std::vector<const struct ConfigNode*> nodes;
  std::string expected;                 ///< of a value: what may stand there
  std::optional<std::string> fallback;  ///< of a value: the default, where there is one
};

struct ConfigNode {
  enum class Kind { null, scalar, sequence, mapping };

  Kind kind = Kind::null;
  const ConfigSource* source = nullptr;
  int line = 0;
  int column = 0;
  std::string path;  ///< dotted, with [i] for items of lists

  std::string scalar;
  bool quoted = false;
  std::vector<std::unique_ptr<ConfigNode>> items;
  std::vector<ConfigEntry> entries;  ///< in file order
  std::map<std::string, std::size_t, std::less<>> index;

  bool opened = false;             ///< a reader walks this mapping
  bool placeholder = false;        ///< stands for something missing or wrong that was reported already
  std::vector<std::string> known;  ///< keys asked for, in order
  std::vector<ConfigRecord> records;

  [[nodiscard]] ConfigEntry* find(std::string_view key);
  [[nodiscard]] const ConfigEntry* find(std::string_view key) const;
  /// Takes `key` for one that may stand here.
  void know(std::string_view key);
  [[nodiscard]] bool knows(std::string_view key) const;
  /// Replaces what was recorded under the key before, but keeps its default.
  void record(ConfigRecord record);
  [[nodiscard]] SourceMark mark() const { return {source->name, line, column}; }
  [[nodiscard]] std::string path_of(std::string_view key) const;
};

struct ConfigEntry {
  std::string key;
  int line = 0;
  int column = 0;
  bool read = false;
  bool made_by_override = false;  ///< an intermediate mapping that no file holds
  std::unique_ptr<ConfigNode> node;
};

struct ConfigProblem {
  enum class Order { unknown, wrong, missing };  // of problems at one place
  SourceMark mark;
  std::string path;
  std::string reason;
  Order order = Order::wrong;
};

/// Text that is not YAML, or YAML that we do not take.
struct ConfigSyntaxError : std::runtime_error {
  ConfigSyntaxError(SourceMark where, const std::string& reason) : std::runtime_error(reason), mark(std::move(where)) {}
  SourceMark mark;
};

struct PendingOverride {
  ConfigOverride text;
  bool applied = false;
};

struct ConfigState {
  std::deque<ConfigSource> sources;
  std::unique_ptr<ConfigNode> root;
  std::vector<std::unique_ptr<ConfigNode>> placeholders;
  std::vector<ConfigProblem> problems;
  std::vector<PendingOverride> overrides;
  std::vector<std::filesystem::path> files;

  /// A problem with the value `node`.
  void note(const ConfigNode& node, const std::string& reason);
  /// `key` is not in `mapping`; `expected` says what would be.
  void note_missing(const ConfigNode& mapping, std::string_view key, const std::string& expected);
  /// Makes the mapping ready for a reader: loads the file that a scalar names, applies overrides. Null after a problem.
  ConfigNode* open(std::unique_ptr<ConfigNode>& slot);
  ConfigNode& make_placeholder(const ConfigNode& mapping, std::string_view key);

 private:
  void include(std::unique_ptr<ConfigNode>& slot);
  void apply_overrides(ConfigNode& mapping);
  void apply_override(ConfigNode& mapping, PendingOverride& pending, const ConfigSource& source);
  void set_value(ConfigNode& mapping, const std::string& key, const std::string& value, const ConfigSource& source);
};

/// The tree of one document, paths below `path`. Problems that leave a tree (a key given twice) are added to
/// `problems`. Throws ConfigSyntaxError; an empty document is a null node.
std::unique_ptr<ConfigNode> parse_yaml(const std::string& text, const ConfigSource& source, const std::string& path,
                                       std::vector<ConfigProblem>& problems);
/// Reads and parses a file; also throws UserError where it cannot be read or is too large.
std::unique_ptr<ConfigNode> parse_yaml_file(const std::filesystem::path& file, const ConfigSource& source,
                                            const std::string& path, std::vector<ConfigProblem>& problems);

/// Adds unknown keys and overrides that changed nothing.
void note_leftovers(ConfigState& state);
/// One problem as "file:line:col: path: reason"; parts that are not known are left out.
std::string problem_text(const ConfigProblem& problem);
/// All problems, sorted, as the text of one error.
std::string problems_text(std::vector<ConfigProblem> problems);

/// The values below `node`, in the order read, added to `keys`.
void list_keys(const ConfigNode& node, std::vector<ConfigKey>& keys);
/// YAML text of what was recorded.
std::string resolved_yaml(const ConfigNode& root);
/// The tree as one line of YAML that reads back to the same tree.
std::string one_line_yaml(const ConfigNode& node);
/// A text as a YAML scalar that reads back to the same text.
std::string yaml_text(std::string_view text);

/// What a value is, for "got ..." in messages.
std::string describe(const ConfigNode& node);
/// "; did you mean 'rows'?" where one of the names is near, else nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& names);

}  // namespace crossloom::detail
