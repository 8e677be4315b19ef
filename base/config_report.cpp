// What is said about a configuration: problems, suggestions, and the resolved form.
#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/config_node.h"

namespace crossloom::detail {

namespace {

constexpr std::size_t kMaximumProblemsShown = 50;
constexpr std::size_t kLongestQuote = 60;
constexpr std::size_t kLongestWordCompared = 64;
constexpr std::size_t kMostKeysListed = 12;

/// Quoted as JSON does it, which is also YAML: control characters are escaped, the rest of UTF-8 stands as it is.
std::string quoted_text(std::string_view text) {
  return nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Optimal string alignment distance: insert, delete, replace, swap neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + cost});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::string unknown_key_reason(std::string_view key, const ConfigNode& mapping) {
  const std::string hint = suggestion(key, mapping.known);
  if (!hint.empty()) return "unknown key" + hint;
  if (mapping.known.empty()) return "unknown key; no keys are known here";
  std::string list;
  for (std::size_t i = 0; i < std::min(mapping.known.size(), kMostKeysListed); ++i) {
    list += (i == 0 ? "" : ", ") + mapping.known[i];
  }
  return fmt::format("unknown key; known here: {}{}", list, mapping.known.size() > kMostKeysListed ? ", ..." : "");
}

void note_unknown_key(ConfigState& state, const ConfigNode& node, const ConfigEntry& entry) {
  ConfigProblem problem;
  problem.mark.file = entry.line == 0 ? entry.node->source->name : node.source->name;
  problem.mark.line = entry.line;
  problem.mark.column = entry.column;
  problem.path = node.path_of(entry.key);
  problem.reason = unknown_key_reason(entry.key, node);
  problem.order = ConfigProblem::Order::unknown;
  state.problems.push_back(std::move(problem));
}

void note_unknown_keys(ConfigState& state, const ConfigNode& node) {
  if (node.placeholder) return;
  for (const auto& item : node.items) note_unknown_keys(state, *item);
  if (node.kind != ConfigNode::Kind::mapping || !node.opened) return;
  for (const ConfigEntry& entry : node.entries) {
    if (entry.read) {
      note_unknown_keys(state, *entry.node);
    } else if (!entry.made_by_override) {
      note_unknown_key(state, node, entry);
    }
  }
}

/// Walks as far as the override's path goes and says what is wrong with the first part that is not known.
std::string unused_override_reason(const ConfigState& state, std::string_view path) {
  const ConfigNode* node = state.root.get();
  while (node != nullptr && node->opened) {
    const std::size_t dot = path.find('.');
    const std::string_view key = path.substr(0, dot);
    if (!node->knows(key)) return fmt::format("nothing reads '{}'{}", key, suggestion(key, node->known));
    if (dot == std::string_view::npos) break;
    const ConfigEntry* entry = node->find(key);
    if (entry == nullptr) break;
    node = entry->node.get();
    path.remove_prefix(dot + 1);
  }
  return "nothing reads this";
}

/// Records keep the order of reading. The first line of a list's item stands behind its dash.
void write_mapping(const ConfigNode& mapping, const std::string& indent, bool first_line_indented, std::string& out) {
  bool indented = first_line_indented;
  for (const ConfigRecord& record : mapping.records) {
    out += (indented ? "" : indent) + yaml_text(record.key) + ":";
    indented = false;
    if (record.kind == ConfigRecord::Kind::value) {
      out += " " + record.text + "\n";
    } else if (record.kind == ConfigRecord::Kind::mapping) {
      const bool empty = record.nodes[0]->records.empty();
      out += empty ? " {}\n" : "\n";
      write_mapping(*record.nodes[0], indent + "  ", false, out);
    } else {
      out += record.nodes.empty() ? " []\n" : "\n";
      for (const ConfigNode* item : record.nodes) {
        out += indent + "  - " + (item->records.empty() ? "{}\n" : "");
        write_mapping(*item, indent + "    ", true, out);
      }
    }
  }
}

/// Whether a plain scalar stays one where commas and brackets have a meaning.
bool plain_in_a_line(std::string_view text) {
  constexpr std::string_view kFirst = "+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const auto harmless_character = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80U || std::isalnum(byte) != 0 || std::string_view("_./+-% ").find(c) != std::string_view::npos;
  };
  if (text.empty() || kFirst.find(text.front()) == std::string_view::npos || text.back() == ' ') return false;
  return text.substr(0, 2) != "- " && std::all_of(text.begin(), text.end(), harmless_character);
}

}  // namespace

std::string one_line_yaml(const ConfigNode& node) {
  std::string text;
  switch (node.kind) {
    case ConfigNode::Kind::null:
      return "null";
    case ConfigNode::Kind::scalar:
      return node.quoted || !plain_in_a_line(node.scalar) ? quoted_text(node.scalar) : node.scalar;
    case ConfigNode::Kind::sequence:
      for (const auto& item : node.items) text += (text.empty() ? "" : ", ") + one_line_yaml(*item);
      return "[" + text + "]";
    case ConfigNode::Kind::mapping:
      break;
  }
  for (const ConfigEntry& entry : node.entries) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", yaml_text(entry.key), one_line_yaml(*entry.node));
  }
  return "{" + text + "}";
}

std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
  if (word.size() > kLongestWordCompared) return "";
  const std::string* nearest = nullptr;
  std::size_t least = 1 + std::min(word.size() - 1, std::max<std::size_t>(1, word.size() / 3));
  for (const std::string& name : names) {
    if (name.size() > kLongestWordCompared) continue;
    const std::size_t distance = edit_distance(word, name);
    if (distance >= least) continue;
    least = distance;
    nearest = &name;
  }
  return nearest == nullptr ? "" : fmt::format("; did you mean '{}'?", *nearest);
}

std::string describe(const ConfigNode& node) {
  switch (node.kind) {
    case ConfigNode::Kind::null:
      return "nothing";
    case ConfigNode::Kind::sequence:
      return "a list";
    case ConfigNode::Kind::mapping:
      return "a mapping";
    case ConfigNode::Kind::scalar:
      break;
  }
  const bool whole = node.scalar.size() <= kLongestQuote;
  return (node.quoted ? "the quoted text " : "") +
         quoted_text(whole ? node.scalar : node.scalar.substr(0, kLongestQuote) + "...");
}

void note_leftovers(ConfigState& state) {
  note_unknown_keys(state, *state.root);
  for (const PendingOverride& pending : state.overrides) {
    if (pending.applied) continue;
    ConfigProblem problem;
    problem.mark.file = "--set";
    problem.path = pending.text.path;
    problem.reason = unused_override_reason(state, pending.text.path);
    state.problems.push_back(std::move(problem));
  }
}

std::string problem_text(const ConfigProblem& problem) {
  std::string text = problem.mark.file;
  if (problem.mark.line > 0) text += fmt::format(":{}:{}", problem.mark.line, problem.mark.column);
  if (!problem.path.empty()) text += ": " + problem.path;
  return text + ": " + problem.reason;
}

std::string problems_text(std::vector<ConfigProblem> problems) {
  const auto place = [](const ConfigProblem& p) {
    return std::tie(p.mark.file, p.mark.line, p.mark.column, p.order, p.path, p.reason);
  };
  std::sort(problems.begin(), problems.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  problems.erase(
      std::unique(problems.begin(), problems.end(), [&](const auto& a, const auto& b) { return place(a) == place(b); }),
      problems.end());
  const std::size_t count = problems.size();
  std::string text = fmt::format("{} problem{} in the configuration:", count, count == 1 ? "" : "s");
  for (std::size_t i = 0; i < std::min(count, kMaximumProblemsShown); ++i) text += "\n" + problem_text(problems[i]);
  if (count > kMaximumProblemsShown) text += fmt::format("\n... and {} more", count - kMaximumProblemsShown);
  return text;
}

std::string yaml_text(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr std::string_view kWordCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  constexpr std::array<std::string_view, 3> kNulls = {"null", "Null", "NULL"};
  const bool word = !text.empty() && kLetters.find(text[0]) != std::string_view::npos &&
                    text.find_first_not_of(kWordCharacters) == std::string_view::npos;
  if (word && std::find(kNulls.begin(), kNulls.end(), text) == kNulls.end()) return std::string(text);
  return quoted_text(text);
}

void list_keys(const ConfigNode& node, std::vector<ConfigKey>& keys) {
  for (const ConfigRecord& record : node.records) {
    if (record.kind == ConfigRecord::Kind::value) {
      keys.push_back({node.path_of(record.key), record.expected, record.fallback});
    }
    for (const ConfigNode* child : record.nodes) list_keys(*child, keys);
  }
}

std::string resolved_yaml(const ConfigNode& root) {
  if (root.records.empty()) return "{}\n";
  std::string out;
  write_mapping(root, "", false, out);
  return out;
}

}  // namespace crossloom::detail
