// Aligned columns of text under two lines of headings, cut into blocks where the screen is narrow.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace crossloom {

/// All columns of a table have as many cells. Cells are UTF-8; widths count code points.
struct TextColumn {
  std::vector<std::string> cells;  ///< as many as lines, the two lines of headings first
  [[nodiscard]] std::size_t width() const;
};

/// Long names end in two dots.
std::string shortened(const std::string& name);
/// Of a block with the names at the left, gaps included.
std::size_t total_width(const TextColumn& names, const std::vector<TextColumn>& columns);
/// Names flush left, figures flush right, a rule under the headings.
std::string block_text(const TextColumn& names, const std::vector<TextColumn>& columns);
/// As few blocks as fit, filled from the left.
std::vector<std::vector<TextColumn>> wrapped(const TextColumn& names, const std::vector<TextColumn>& columns,
                                             std::size_t width);
/// Breaks between words, so that long names do not push the line over the width.
std::string wrapped_words(const std::string& text, std::size_t width);

}  // namespace crossloom
