// The configuration tree: looking up, including files, applying overrides.
#include "base/config_node.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom::detail {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaximumIncludeDepth = 32;
constexpr const char* kCommandLine = "--set";

fs::path canonical_or_absolute(const fs::path& path) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(path, error);
  return error ? fs::absolute(path) : canonical;
}

/// A value from the command line has no line of its own.
void forget_lines(ConfigNode& node) {
  node.line = node.column = 0;
  for (const auto& item : node.items) forget_lines(*item);
  for (ConfigEntry& entry : node.entries) {
    entry.line = entry.column = 0;
    forget_lines(*entry.node);
  }
}

bool enclosed(const std::string& value, char first, char last) {
  return value.size() >= 2 && value.front() == first && value.back() == last;
}

}  // namespace

const ConfigEntry* ConfigNode::find(std::string_view key) const {
  const auto found = index.find(key);
  return found == index.end() ? nullptr : &entries[found->second];
}

ConfigEntry* ConfigNode::find(std::string_view key) {
  const auto found = index.find(key);
  return found == index.end() ? nullptr : &entries[found->second];
}

bool ConfigNode::knows(std::string_view key) const { return std::find(known.begin(), known.end(), key) != known.end(); }

void ConfigNode::know(std::string_view key) {
  if (!knows(key)) known.emplace_back(key);
}

void ConfigNode::record(ConfigRecord record) {
  for (ConfigRecord& old : records) {
    if (old.key != record.key) continue;
    if (!record.fallback) record.fallback = std::move(old.fallback);
    old = std::move(record);
    return;
  }
  records.push_back(std::move(record));
}

std::string ConfigNode::path_of(std::string_view key) const {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

void ConfigState::note(const ConfigNode& node, const std::string& reason) {
  if (!node.placeholder) problems.push_back({node.mark(), node.path, reason});
}

void ConfigState::note_missing(const ConfigNode& mapping, std::string_view key, const std::string& expected) {
  if (mapping.placeholder) return;
  problems.push_back(
      {mapping.mark(), mapping.path_of(key), "missing; expected " + expected, ConfigProblem::Order::missing});
}

ConfigNode& ConfigState::make_placeholder(const ConfigNode& mapping, std::string_view key) {
  auto node = std::make_unique<ConfigNode>();
  node->kind = ConfigNode::Kind::mapping;
  node->source = mapping.source;
  node->path = mapping.path_of(key);
  node->placeholder = true;
  placeholders.push_back(std::move(node));
  return *placeholders.back();
}

ConfigNode* ConfigState::open(std::unique_ptr<ConfigNode>& slot) {
  if (slot->opened) return slot.get();
  if (slot->kind == ConfigNode::Kind::scalar && !slot->scalar.empty()) include(slot);
  if (slot->kind != ConfigNode::Kind::mapping) {
    note(*slot, "expected a mapping or the path of a YAML file, got " + describe(*slot));
    return nullptr;
  }
  slot->opened = true;
  apply_overrides(*slot);
  return slot.get();
}

/// Puts the file's mapping in the place of its name. Leaves an empty placeholder after a problem.
void ConfigState::include(std::unique_ptr<ConfigNode>& slot) {
  const fs::path file = (slot->source->folder / slot->scalar).lexically_normal();
  const fs::path canonical = canonical_or_absolute(file);
  const std::vector<fs::path>& chain = slot->source->chain;
  const auto fail = [&](const std::string& reason) {
    note(*slot, reason);
    auto empty = std::make_unique<ConfigNode>();
    empty->kind = ConfigNode::Kind::mapping;
    empty->source = slot->source;
    empty->path = slot->path;
    empty->placeholder = true;
    slot = std::move(empty);
  };
  if (std::find(chain.begin(), chain.end(), canonical) != chain.end()) {
    return fail(fmt::format("{} includes itself", file.string()));
  }
  if (chain.size() >= kMaximumIncludeDepth) {
    return fail(fmt::format("files include one another more than {} deep", kMaximumIncludeDepth));
  }
  sources.push_back({file.string(), file.parent_path(), chain});
  ConfigSource& source = sources.back();
  source.chain.push_back(canonical);
  try {
    std::unique_ptr<ConfigNode> tree = parse_yaml_file(file, source, slot->path, problems);
    files.push_back(file);
    if (tree->kind != ConfigNode::Kind::mapping) {
      return fail(fmt::format("{} holds {}, not a mapping", file.string(), describe(*tree)));
    }
    slot = std::move(tree);
  } catch (const ConfigSyntaxError& error) {
    const std::string path = slot->path;
    problems.push_back({error.mark, path, error.what()});
    slot->placeholder = true;  // reported where the mistake is, not where the file is named
    fail("");
  } catch (const UserError& error) {
    fail(error.what());
  }
}

void ConfigState::apply_overrides(ConfigNode& mapping) {
  if (overrides.empty()) return;
  sources.push_back({kCommandLine, mapping.source->folder, mapping.source->chain});
  const ConfigSource& source = sources.back();
  for (PendingOverride& pending : overrides) apply_override(mapping, pending, source);
}

void ConfigState::apply_override(ConfigNode& mapping, PendingOverride& pending, const ConfigSource& source) {
  std::string_view rest = pending.text.path;
  if (!mapping.path.empty()) {
    if (rest.size() <= mapping.path.size() || rest.substr(0, mapping.path.size()) != mapping.path) return;
    rest.remove_prefix(mapping.path.size());
    if (rest.front() != '.') return;
    rest.remove_prefix(1);
  }
  const std::size_t dot = rest.find('.');
  const std::string key(rest.substr(0, dot));
  if (dot == std::string_view::npos) {
    set_value(mapping, key, pending.text.value, source);
    pending.applied = true;
    return;
  }
  // Deeper: it is applied when that mapping is opened, which needs one to be there. "tiles[2]" is an item of a list.
  if (mapping.find(key) != nullptr || key.find('[') != std::string::npos) return;
  auto node = std::make_unique<ConfigNode>();
  node->kind = ConfigNode::Kind::mapping;
  node->source = &source;
  node->path = mapping.path_of(key);
  mapping.index.emplace(key, mapping.entries.size());
  mapping.entries.push_back({key, 0, 0, false, true, std::move(node)});
}

void ConfigState::set_value(ConfigNode& mapping, const std::string& key, const std::string& value,
                            const ConfigSource& source) {
  auto node = std::make_unique<ConfigNode>();
  node->source = &source;
  node->path = mapping.path_of(key);
  node->kind = ConfigNode::Kind::scalar;
  node->scalar = value;
  if (enclosed(value, '[', ']') || enclosed(value, '{', '}')) {
    try {
      std::unique_ptr<ConfigNode> tree = parse_yaml(value, source, node->path, problems);
      forget_lines(*tree);
      node = std::move(tree);
    } catch (const ConfigSyntaxError& error) {
      note(*node, error.what());
    }
  }
  if (ConfigEntry* entry = mapping.find(key)) {
    entry->node = std::move(node);
    entry->line = entry->column = 0;
    entry->made_by_override = false;
    return;
  }
  mapping.index.emplace(key, mapping.entries.size());
  mapping.entries.push_back({key, 0, 0, false, false, std::move(node)});
}

}  // namespace crossloom::detail
