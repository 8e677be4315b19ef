// Typed reading of one mapping.
#include "base/config_reader.h"

#include <stdexcept>

#include <fmt/format.h>

#include "base/config_node.h"
#include "base/config_values.h"
#include "base/error.h"

namespace crossloom {

using detail::ConfigEntry;
using detail::ConfigNode;
using detail::ConfigRecord;
using detail::ConfigState;
using detail::ValueKind;

namespace {

void record_value(ConfigNode& mapping, std::string_view key, std::string text, std::string expected,
                  bool is_default = false) {
  std::optional<std::string> fallback;
  if (is_default) fallback = text;
  mapping.record(
      {std::string(key), ConfigRecord::Kind::value, std::move(text), {}, std::move(expected), std::move(fallback)});
}

std::string one_of(const std::vector<std::string>& names) {
  return (names.size() == 1 ? "" : "one of ") + fmt::format("{}", fmt::join(names, ", "));
}

std::string quantity_in_range(RealRange range_si, const DimensionInfo& dimension) {
  const auto write = [&](double si) { return format_quantity_si(si, dimension); };
  const bool vowel = std::string_view("aeiou").find(dimension.name[0]) != std::string_view::npos;
  return fmt::format("{} {}{}", vowel ? "an" : "a", dimension.name,
                     detail::bounds_text(range_si, -detail::kInfinity, detail::kInfinity, write));
}

/// The entry at `key`, taken as read; null (and noted) where it is missing.
ConfigEntry* required(ConfigState& state, ConfigNode& mapping, std::string_view key, const std::string& expected) {
  mapping.know(key);
  ConfigEntry* entry = mapping.find(key);
  if (entry == nullptr) {
    state.note_missing(mapping, key, expected);
    return nullptr;
  }
  entry->read = true;
  return entry;
}

std::string wrong_value_reason(const std::string& expected, const ConfigNode& node) {
  return fmt::format("expected {}, got {}", expected, describe(node));
}

template <class T>
T read_value(ConfigState& state, ConfigNode& mapping, std::string_view key, const ValueKind<T>& kind) {
  const ConfigEntry* entry = required(state, mapping, key, kind.expected);
  if (entry == nullptr) return kind.fallback;
  const std::optional<T> value = kind.parse(*entry->node);
  if (!value) {
    state.note(*entry->node, wrong_value_reason(kind.expected, *entry->node));
    return kind.fallback;
  }
  record_value(mapping, key, kind.write(*value), kind.expected);
  return *value;
}

template <class T>
T read_or(ConfigState& state, ConfigNode& mapping, std::string_view key, const T& fallback, const ValueKind<T>& kind) {
  mapping.know(key);
  record_value(mapping, key, kind.write(fallback), kind.expected, true);
  return mapping.find(key) != nullptr ? read_value(state, mapping, key, kind) : fallback;
}

template <class T>
std::vector<T> read_list(ConfigState& state, ConfigNode& mapping, std::string_view key, const std::string& example,
                         const ValueKind<T>& kind) {
  const std::string expected = "a list such as " + example;
  const ConfigEntry* entry = required(state, mapping, key, expected);
  if (entry == nullptr) return {};
  if (entry->node->kind != ConfigNode::Kind::sequence) {
    state.note(*entry->node, wrong_value_reason(expected, *entry->node));
    return {};
  }
  std::vector<T> values;
  std::string text;
  for (const auto& item : entry->node->items) {
    const std::optional<T> value = kind.parse(*item);
    if (!value) state.note(*item, wrong_value_reason(kind.expected, *item));
    values.push_back(value.value_or(kind.fallback));
    text += (text.empty() ? "" : ", ") + kind.write(values.back());
  }
  record_value(mapping, key, "[" + text + "]", expected);
  return values;
}

}  // namespace

bool ConfigReader::has(std::string_view key) const {
  node_->know(key);
  return node_->find(key) != nullptr;
}

bool ConfigReader::boolean(std::string_view key) { return read_value(*state_, *node_, key, detail::boolean_kind()); }

std::int64_t ConfigReader::integer(std::string_view key, IntegerRange range) {
  return read_value(*state_, *node_, key, detail::integer_kind(range));
}

double ConfigReader::real(std::string_view key, RealRange range) {
  return read_value(*state_, *node_, key, detail::real_kind(range));
}

std::string ConfigReader::text(std::string_view key) { return read_value(*state_, *node_, key, detail::text_kind()); }

bool ConfigReader::boolean_or(std::string_view key, bool fallback) {
  return read_or(*state_, *node_, key, fallback, detail::boolean_kind());
}

std::int64_t ConfigReader::integer_or(std::string_view key, std::int64_t fallback, IntegerRange range) {
  return read_or(*state_, *node_, key, fallback, detail::integer_kind(range));
}

double ConfigReader::real_or(std::string_view key, double fallback, RealRange range) {
  return read_or(*state_, *node_, key, fallback, detail::real_kind(range));
}

std::string ConfigReader::text_or(std::string_view key, std::string_view fallback) {
  return read_or(*state_, *node_, key, std::string(fallback), detail::text_kind());
}

std::vector<std::int64_t> ConfigReader::integers(std::string_view key, IntegerRange range) {
  return read_list(*state_, *node_, key, "[1, 2]", detail::integer_kind(range));
}

std::vector<double> ConfigReader::reals(std::string_view key, RealRange range) {
  return read_list(*state_, *node_, key, "[0.5, 1.5]", detail::real_kind(range));
}

std::vector<std::string> ConfigReader::texts(std::string_view key) {
  return read_list(*state_, *node_, key, "[first, second]", detail::text_kind());
}

std::vector<std::string> ConfigReader::text_or_texts(std::string_view key) {
  const ConfigEntry* entry = node_->find(key);
  if (entry != nullptr && entry->node->kind == ConfigNode::Kind::sequence) return texts(key);
  return {text(key)};
}

double ConfigReader::quantity_si(std::string_view key, RealRange range_si, const DimensionInfo& dimension) {
  const std::string expected = quantity_in_range(range_si, dimension);
  const ConfigEntry* entry = required(*state_, *node_, key, expected);
  if (entry == nullptr) return detail::harmless(range_si);
  const ConfigNode& node = *entry->node;
  if (!detail::is_plain_scalar(node)) {
    state_->note(node, wrong_value_reason(expected, node));
    return detail::harmless(range_si);
  }
  try {
    const double si = parse_quantity_si(node.scalar, dimension);
    if (si >= range_si.low && si <= range_si.high) {
      record_value(*node_, key, format_quantity_si(si, dimension), expected);
      return si;
    }
    state_->note(node, wrong_value_reason(expected, node));
  } catch (const std::invalid_argument& error) {
    state_->note(node, error.what());
  }
  return detail::harmless(range_si);
}

void ConfigReader::record_quantity_default(std::string_view key, double si, RealRange range_si,
                                           const DimensionInfo& dimension) {
  record_value(*node_, key, format_quantity_si(si, dimension), quantity_in_range(range_si, dimension), true);
}

void ConfigReader::record_choice_default(std::string_view key, std::string_view value,
                                         const std::vector<std::string>& names) {
  record_value(*node_, key, detail::yaml_text(value), one_of(names), true);
}

std::size_t ConfigReader::choice_index(std::string_view key, const std::vector<std::string>& names) {
  CROSSLOOM_CHECK(!names.empty(), "a choice between nothing");
  const std::string expected = one_of(names);
  const ConfigEntry* entry = required(*state_, *node_, key, expected);
  if (entry == nullptr) return 0;
  const ConfigNode& node = *entry->node;
  if (node.kind == ConfigNode::Kind::scalar) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] != node.scalar) continue;
      record_value(*node_, key, detail::yaml_text(names[i]), expected);
      return i;
    }
  }
  const bool may_suggest = node.kind == ConfigNode::Kind::scalar && !node.scalar.empty();
  state_->note(node, wrong_value_reason(expected, node) + (may_suggest ? detail::suggestion(node.scalar, names) : ""));
  return 0;
}

ConfigReader ConfigReader::section(std::string_view key) {
  ConfigEntry* entry = required(*state_, *node_, key, "a mapping or the path of a YAML file");
  ConfigNode* opened = entry == nullptr ? nullptr : state_->open(entry->node);
  if (opened == nullptr) return ConfigReader(*state_, state_->make_placeholder(*node_, key));
  node_->record({std::string(key), ConfigRecord::Kind::mapping, "", {opened}, "", {}});
  return ConfigReader(*state_, *opened);
}

std::optional<ConfigReader> ConfigReader::optional_section(std::string_view key) {
  if (!has(key)) return std::nullopt;
  return section(key);
}

std::vector<ConfigReader> ConfigReader::sections(std::string_view key) {
  const std::string expected = "a list of mappings";
  ConfigEntry* entry = required(*state_, *node_, key, expected);
  if (entry == nullptr) return {};
  ConfigNode& list = *entry->node;
  if (list.kind != ConfigNode::Kind::sequence) {
    state_->note(list, wrong_value_reason(expected, list));
    return {};
  }
  std::vector<ConfigReader> readers;
  ConfigRecord record{std::string(key), ConfigRecord::Kind::list, "", {}, "", {}};
  for (auto& item : list.items) {
    ConfigNode* opened = state_->open(item);
    if (opened == nullptr) continue;
    record.nodes.push_back(opened);
    readers.push_back(ConfigReader(*state_, *opened));
  }
  node_->record(std::move(record));
  return readers;
}

std::vector<std::string> ConfigReader::keys() const {
  std::vector<std::string> keys;
  for (const ConfigEntry& entry : node_->entries) keys.push_back(entry.key);
  return keys;
}

void ConfigReader::problem(std::string_view key, const std::string& reason) {
  if (node_->placeholder) return;
  ConfigEntry* entry = node_->find(key);
  if (entry != nullptr) {
    node_->know(key);
    entry->read = true;
    state_->note(*entry->node, reason);
    return;
  }
  state_->problems.push_back({node_->mark(), key.empty() ? node_->path : node_->path_of(key), reason});
}

std::string ConfigReader::path() const { return node_->path; }

std::string ConfigReader::as_written() const { return detail::one_line_yaml(*node_); }

std::filesystem::path ConfigReader::folder() const { return node_->source->folder; }

}  // namespace crossloom
