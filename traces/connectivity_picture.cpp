#include "traces/connectivity_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>

#include <fmt/format.h>

#include "base/error.h"
#include "traces/png_image.h"
#include "traces/svg_canvas.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kMostPixels = 400;
constexpr double kSide = 400.0, kMargin = 16.0, kHead = 64.0, kFoot = 30.0;

using Colour = std::array<double, 3>;
constexpr Colour kInBlock{0.0, 90.0, 181.0}, kOutside{213.0, 94.0, 0.0};

std::uint64_t cells(const Block& block) { return std::uint64_t{block.rows.size()} * block.columns.size(); }

std::vector<std::uint32_t> placed(std::uint32_t count, const std::vector<const Block*>& blocks,
                                  std::vector<std::uint32_t> Block::*lines) {
  std::vector<std::uint8_t> has(count, 0);
  std::vector<std::uint32_t> order;
  for (const Block* block : blocks) {
    for (const std::uint32_t line : block->*lines) {
      CROSSLOOM_CHECK(line < count, "blocks lie within the matrix");
      if (has[line] != 0) continue;
      has[line] = 1;
      order.push_back(line);
    }
  }
  for (std::uint32_t line = 0; line < count; ++line) {
    if (has[line] == 0) order.push_back(line);
  }
  return order;
}

std::vector<std::uint32_t> place_of(const std::vector<std::uint32_t>& at) {
  std::vector<std::uint32_t> place(at.size());
  for (std::uint32_t k = 0; k < at.size(); ++k) place[at[k]] = k;
  return place;
}

/// Counts of connections in blocks and outside, pixel by pixel.
struct Density {
  std::uint32_t width = 0, height = 0;
  std::vector<std::uint32_t> in_block, outside;
};

Density density(const BinaryMatrix& matrix, const BlockOrder& order, const std::vector<Block>& blocks) {
  Density pixels;
  pixels.width = std::min(kMostPixels, matrix.columns);
  pixels.height = std::min(kMostPixels, matrix.rows);
  pixels.in_block.assign(std::size_t{pixels.width} * pixels.height, 0);
  pixels.outside = pixels.in_block;
  const auto row_place = place_of(order.row_at), column_place = place_of(order.column_at);
  std::vector<std::vector<std::uint32_t>> blocks_of_row(matrix.rows);
  for (std::uint32_t b = 0; b < blocks.size(); ++b) {
    for (const std::uint32_t row : blocks[b].rows) blocks_of_row[row].push_back(b);
  }
  std::vector<std::uint8_t> covered(matrix.columns, 0);
  const auto mark = [&](std::uint32_t row, std::uint8_t value) {
    for (const std::uint32_t b : blocks_of_row[row]) {
      for (const std::uint32_t column : blocks[b].columns) covered[column] = value;
    }
  };
  for (std::uint32_t row = 0; row < matrix.rows; ++row) {
    mark(row, 1);
    const std::uint64_t y = std::uint64_t{row_place[row]} * pixels.height / matrix.rows;
    for (std::uint64_t k = matrix.row_begin[row]; k < matrix.row_begin[row + 1]; ++k) {
      const std::uint32_t column = matrix.column_of[k];
      const std::uint64_t x = std::uint64_t{column_place[column]} * pixels.width / matrix.columns;
      ++(covered[column] != 0 ? pixels.in_block : pixels.outside)[y * pixels.width + x];
    }
    mark(row, 0);
  }
  return pixels;
}

/// White where nothing is; square root of the density, so that single connections are seen.
RasterImage coloured(const BinaryMatrix& matrix, const Density& pixels) {
  RasterImage image{pixels.width, pixels.height, {}};
  const double cells_of_pixel =
      static_cast<double>(matrix.rows) / pixels.height * static_cast<double>(matrix.columns) / pixels.width;
  for (std::size_t k = 0; k < pixels.in_block.size(); ++k) {
    const double inside = pixels.in_block[k], all = inside + pixels.outside[k];
    const double strength = std::min(1.0, std::sqrt(all / cells_of_pixel)), share = all > 0.0 ? inside / all : 0.0;
    for (std::size_t c = 0; c < 3; ++c) {
      const double ink = share * kInBlock[c] + (1.0 - share) * kOutside[c];
      image.bytes.push_back(static_cast<std::uint8_t>(std::lround(255.0 - strength * (255.0 - ink))));
    }
  }
  return image;
}

std::string panel(double x, const std::string& caption, const BinaryMatrix& matrix, const BlockOrder& order,
                  const std::vector<Block>& blocks, double width, double height) {
  using svg::TextStyle;
  std::string body = svg::text({x, kHead - 8.0}, caption, TextStyle{});
  if (matrix.rows > 0 && matrix.columns > 0) {
    body += fmt::format(
        "<image x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" preserveAspectRatio=\"none\" "
        "style=\"image-rendering:pixelated\" href=\"{}\"/>\n",
        x, kHead, width, height, png_data_uri(coloured(matrix, density(matrix, order, blocks))));
  }
  body +=
      fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"none\" stroke=\"{}\"/>\n",
                  x, kHead, width, height, svg::kFaint);
  return body;
}

BlockOrder natural_order(const BinaryMatrix& matrix) {
  BlockOrder order{std::vector<std::uint32_t>(matrix.rows), std::vector<std::uint32_t>(matrix.columns)};
  std::iota(order.row_at.begin(), order.row_at.end(), 0U);
  std::iota(order.column_at.begin(), order.column_at.end(), 0U);
  return order;
}

}  // namespace

BlockOrder block_order(std::uint32_t rows, std::uint32_t columns, const std::vector<Block>& blocks) {
  std::vector<const Block*> largest_first;
  for (const Block& block : blocks) largest_first.push_back(&block);
  std::stable_sort(largest_first.begin(), largest_first.end(),
                   [](const Block* a, const Block* b) { return cells(*a) > cells(*b); });
  return {placed(rows, largest_first, &Block::rows), placed(columns, largest_first, &Block::columns)};
}

std::string connectivity_svg(const std::string& title, const BinaryMatrix& before, const BinaryMatrix& after,
                             const std::vector<Block>& blocks) {
  const double longer = std::max({1.0, static_cast<double>(after.rows), static_cast<double>(after.columns)});
  const double width = std::max(40.0, kSide * after.columns / longer),
               height = std::max(40.0, kSide * after.rows / longer);
  const double second = 2 * kMargin + std::max(width, 260.0), full = second + std::max(width, 260.0) + kMargin;
  const double foot = kHead + height + 20.0;
  std::string body = svg::rectangle({0, 0}, full, kHead + height + kFoot, "#ffffff");
  body += svg::text({kMargin, 24.0}, title, {15.0, "start", svg::kInk, true, false});
  body += panel(kMargin,
                fmt::format("before: {} inputs x {} outputs, {} connections", before.rows, before.columns,
                            before.column_of.size()),
                before, natural_order(before), {}, width, height);
  body += panel(second, fmt::format("after: in the order of {} blocks", blocks.size()), after,
                block_order(after.rows, after.columns, blocks), blocks, width, height);
  body += svg::text({kMargin, foot}, "rows are inputs; blue: within blocks; orange: outside",
                    {11.0, "start", svg::kFaint, false, false});
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\">\n{2}</svg>\n",
      full, kHead + height + kFoot, body);
}

}  // namespace crossloom
