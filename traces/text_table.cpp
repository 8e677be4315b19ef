#include "traces/text_table.h"

#include <algorithm>

namespace crossloom {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLongestName = 24;

/// Code points, which is what a terminal counts for all the text we print.
std::size_t shown_width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded_left(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, shown_width(text)), ' ') + text;
}

std::string padded_right(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, shown_width(text)), ' ');
}

}  // namespace

std::string shortened(const std::string& name) {
  if (shown_width(name) <= kLongestName) return name;
  std::string text;
  std::size_t shown = 0;
  for (const char c : name) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U && ++shown > kLongestName - 2) break;
    text += c;
  }
  return text + "..";
}

std::size_t TextColumn::width() const {
  std::size_t widest = 0;
  for (const std::string& cell : cells) widest = std::max(widest, shown_width(cell));
  return widest;
}

std::size_t total_width(const TextColumn& names, const std::vector<TextColumn>& columns) {
  std::size_t width = names.width();
  for (const TextColumn& column : columns) width += kGap + column.width();
  return width;
}

std::string block_text(const TextColumn& names, const std::vector<TextColumn>& columns) {
  std::string text;
  for (std::size_t line = 0; line < names.cells.size(); ++line) {
    std::string row = padded_right(names.cells[line], names.width());
    for (const TextColumn& column : columns) {
      row += std::string(kGap, ' ') + padded_left(column.cells[line], column.width());
    }
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + '\n';
    if (line == 1) text += std::string(total_width(names, columns), '-') + '\n';
  }
  return text;
}

std::vector<std::vector<TextColumn>> wrapped(const TextColumn& names, const std::vector<TextColumn>& columns,
                                             std::size_t width) {
  std::vector<std::vector<TextColumn>> blocks;
  for (const TextColumn& column : columns) {
    if (!blocks.empty()) {
      blocks.back().push_back(column);
      if (total_width(names, blocks.back()) <= width) continue;
      blocks.back().pop_back();
    }
    blocks.push_back({column});
  }
  return blocks;
}

std::string wrapped_words(const std::string& text, std::size_t width) {
  std::string result, line;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!line.empty() && shown_width(line) + 1 + shown_width(word) > width) {
      result += line + '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    begin = end + 1;
  }
  return result + line + '\n';
}

}  // namespace crossloom
