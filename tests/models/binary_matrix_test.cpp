#include "models/binary_matrix.h"

#include <gmock/gmock.h>

#include "tests/training/clustering/planted_matrix.h"

namespace crossloom {
namespace {

using testing::ElementsAre;

TEST(BinaryMatrix, ReadsCellsRowByRow) {
  const BinaryMatrix matrix = binary_matrix({0, 1, 2, 0, 0, 0, 1, 0, 0}, 3, 3);
  EXPECT_THAT(matrix.row_begin, ElementsAre(0U, 2U, 2U, 3U));
  EXPECT_THAT(matrix.column_of, ElementsAre(1U, 2U, 0U));
}

TEST(BinaryMatrix, OfALayerHoldsItsLiveWeightsAlsoThoseOfValueZero) {
  Layer layer;
  layer.weights = Matrix(2, 2);
  layer.weights.at(0, 0) = 3.0F;
  layer.live = {1, 0, 0, 1};
  EXPECT_THAT(live_matrix(layer).column_of, ElementsAre(0U, 1U));
  layer.live.clear();
  EXPECT_EQ(live_matrix(layer).ones(), 4U);
}

TEST(BinaryMatrix, TransposedTwiceIsItself) {
  const BinaryMatrix matrix = test::random_matrix(13, 29, 0.2, RandomKey(1));
  const BinaryMatrix turned = transposed(matrix), back = transposed(turned);
  EXPECT_EQ(turned.rows, 29U);
  EXPECT_EQ(turned.ones(), matrix.ones());
  EXPECT_EQ(back.row_begin, matrix.row_begin);
  EXPECT_EQ(back.column_of, matrix.column_of);
}

TEST(BinaryMatrix, WithoutARectangleKeepsTheOtherOnes) {
  const BinaryMatrix rest = without(binary_matrix({1, 1, 1, 1, 1, 1}, 2, 3), {{1}, {0, 2}});
  EXPECT_THAT(rest.row_begin, ElementsAre(0U, 3U, 4U));
  EXPECT_THAT(rest.column_of, ElementsAre(0U, 1U, 2U, 1U));
}

}  // namespace
}  // namespace crossloom
