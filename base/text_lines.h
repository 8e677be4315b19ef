// Lines and numbers of text files, with messages that say where.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {

constexpr std::uint64_t kMostLines = std::uint64_t{1} << 24U;

/// Goes through a text line by line; both kinds of line ends.
class TextLines {
 public:
  TextLines(std::string_view text, std::string origin) : rest_(text), origin_(std::move(origin)) {}
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++number_;
    return line;
  }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[noreturn]] void fail(const std::string& reason) const {
    throw UserError(fmt::format("{}:{}: {}", origin_, number_, reason));
  }

 private:
  std::string_view rest_;
  std::string origin_;
  std::uint64_t number_ = 0;
};

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The next word between blanks; empty at the end.
inline std::string_view next_word(std::string_view& line) {
  line = trimmed(line);
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

/// Text of the user's as a message may show it: short and printable.
inline std::string shown(std::string_view text) {
  std::string copy(text.substr(0, 40));
  for (char& c : copy) {
    if (c < ' ' || c > '~') c = '?';
  }
  return copy + (text.size() > 40 ? "..." : "");
}

inline double number_of(std::string_view word, const TextLines& lines) {
  if (!word.empty() && word.front() == '+') word.remove_prefix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (word.empty() || end != word.data() + word.size()) {
    lines.fail(fmt::format("'{}' is not a number", shown(word)));
  }
  // Out of range is a very large number (refused) or one so small that the least number above 0 stands for it.
  if (error == std::errc::result_out_of_range) {
    if (word.find('-', 1) == std::string_view::npos) lines.fail(fmt::format("{} is too large", shown(word)));
    return word.front() == '-' ? -std::numeric_limits<double>::denorm_min() : std::numeric_limits<double>::denorm_min();
  }
  if (error != std::errc() || !std::isfinite(value))
    lines.fail(fmt::format("'{}' is not a finite number", shown(word)));
  return value;
}

inline std::uint64_t count_of(std::string_view word, std::uint64_t most, const char* what, const TextLines& lines) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (word.empty() || error != std::errc() || end != word.data() + word.size()) {
    lines.fail(fmt::format("{} must be a whole number; it is '{}'", what, shown(word)));
  }
  if (value > most) lines.fail(fmt::format("{} is {}, more than {}", what, value, most));
  return value;
}

}  // namespace crossloom
