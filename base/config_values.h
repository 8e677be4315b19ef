// How each type of configuration value is told apart, asked for and written. Private to base.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/config_node.h"
#include "base/decimal.h"
#include "base/table.h"

namespace crossloom::detail {

/// " from 1 to 64", " of at least 0", or nothing; `write` gives a bound as text.
template <class T, class Write>
std::string bounds_text(const Range<T>& range, T lowest, T highest, Write write) {
  if (range.low > lowest && range.high < highest)
    return fmt::format(" from {} to {}", write(range.low), write(range.high));
  if (range.low > lowest) return fmt::format(" of at least {}", write(range.low));
  if (range.high < highest) return fmt::format(" of at most {}", write(range.high));
  return "";
}

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class T>
T harmless(const Range<T>& range) {
  return range.low > std::numeric_limits<T>::lowest() ? range.low : std::min(T{}, range.high);
}

inline bool is_plain_scalar(const ConfigNode& node) { return node.kind == ConfigNode::Kind::scalar && !node.quoted; }

/// How one type of value is told apart, recorded and asked for.
template <class T>
struct ValueKind {
  std::string expected;
  T fallback;
  std::function<std::optional<T>(const ConfigNode&)> parse;
  std::function<std::string(const T&)> write;
};

inline ValueKind<bool> boolean_kind() {
  return {"true or false", false,
          [](const ConfigNode& node) -> std::optional<bool> {
            if (!is_plain_scalar(node) || (node.scalar != "true" && node.scalar != "false")) return std::nullopt;
            return node.scalar == "true";
          },
          [](const bool& value) { return value ? "true" : "false"; }};
}

inline ValueKind<std::int64_t> integer_kind(IntegerRange range) {
  using Limits = std::numeric_limits<std::int64_t>;
  const auto write = [](std::int64_t value) { return std::to_string(value); };
  return {"an integer" + bounds_text(range, Limits::min(), Limits::max(), write), harmless(range),
          [range](const ConfigNode& node) -> std::optional<std::int64_t> {
            if (!is_plain_scalar(node)) return std::nullopt;
            const std::optional<std::int64_t> value = parse_integer(node.scalar);
            return value && *value >= range.low && *value <= range.high ? value : std::nullopt;
          },
          write};
}

inline ValueKind<double> real_kind(RealRange range) {
  const auto write = [](double value) { return format_real(value); };
  return {"a number" + bounds_text(range, -kInfinity, kInfinity, write), harmless(range),
          [range](const ConfigNode& node) -> std::optional<double> {
            if (!is_plain_scalar(node)) return std::nullopt;
            const std::optional<double> value = parse_real(node.scalar);
            return value && *value >= range.low && *value <= range.high ? value : std::nullopt;
          },
          write};
}

inline ValueKind<std::string> text_kind() {
  return {"a text", "",
          [](const ConfigNode& node) -> std::optional<std::string> {
            if (node.kind != ConfigNode::Kind::scalar) return std::nullopt;
            return node.scalar;
          },
          [](const std::string& value) { return yaml_text(value); }};
}

}  // namespace crossloom::detail
