#include "traces/connectivity_picture.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "traces/png_image.h"

namespace crossloom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(BlockOrder, PutsTheLargestBlockFirstAndTheRestLast) {
  const BlockOrder order = block_order(5, 4, {{{4}, {0}}, {{1, 3}, {2, 3}}});
  EXPECT_THAT(order.row_at, ElementsAre(1U, 3U, 4U, 0U, 2U));
  EXPECT_THAT(order.column_at, ElementsAre(2U, 3U, 0U, 1U));
}

TEST(BlockOrder, PlacesARowOfSeveralBlocksOnce) {
  EXPECT_THAT(block_order(3, 3, {{{0, 2}, {0, 1}}, {{2, 1}, {2}}}).row_at, ElementsAre(0U, 2U, 1U));
}

TEST(ConnectivityPicture, OfAHugeMatrixStaysSmall) {
  BinaryMatrix matrix;
  matrix.rows = matrix.columns = 100'000;
  matrix.row_begin.assign(1, 0);
  for (std::uint32_t i = 0; i < matrix.rows; ++i) {
    matrix.column_of.push_back(i * 7919U % matrix.columns);
    matrix.row_begin.push_back(matrix.column_of.size());
  }
  const std::string svg = connectivity_svg("a & b", matrix, matrix, {{{1, 2}, {3}}});
  EXPECT_LT(svg.size(), 600'000U);
  EXPECT_THAT(svg, HasSubstr("a &amp; b"));
  EXPECT_THAT(svg, HasSubstr("100000 inputs"));
}

TEST(ConnectivityPicture, OfAnEmptyMatrixIsStillAPicture) {
  const BinaryMatrix nothing{0, 0, {0}, {}};
  EXPECT_THAT(connectivity_svg("none", nothing, nothing, {}), HasSubstr("</svg>"));
}

TEST(ConnectivityPicture, RefusesBlocksOutsideTheMatrix) {
  const BinaryMatrix one{1, 1, {0, 1}, {0}};
  EXPECT_THROW(connectivity_svg("", one, one, {{{1}, {0}}}), Bug);
}

TEST(PngImage, IsTheKnownEncodingOfOneRedPixel) {
  const std::string png = png_bytes({1, 1, {255, 0, 0}});
  ASSERT_GE(png.size(), 57U);
  EXPECT_EQ(png.substr(0, 8), std::string("\x89PNG\r\n\x1a\n", 8));
  EXPECT_EQ(png.substr(12, 4), "IHDR");
  // The checksum of this header is that of every 1x1 colour PNG.
  EXPECT_EQ(png.substr(29, 4), std::string("\x90\x77\x53\xDE", 4));
  EXPECT_EQ(png.substr(png.size() - 12), std::string("\0\0\0\0IEND\xAE\x42\x60\x82", 12));
}

TEST(PngImage, PadsItsBase64) {
  const std::string uri = png_data_uri({1, 1, {255, 0, 0}});
  const std::string prefix = "data:image/png;base64,iVBORw0KGgo";
  EXPECT_EQ(uri.substr(0, prefix.size()), prefix);
  EXPECT_EQ((uri.size() - std::string("data:image/png;base64,").size()) % 4, 0U);
}

}  // namespace
}  // namespace crossloom
