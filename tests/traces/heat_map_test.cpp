#include "traces/heat_map.h"

#include <cmath>

#include <gmock/gmock.h>

#include "base/error.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

HeatMap map_of(std::uint32_t rows, std::uint32_t columns, std::vector<double> values) {
  return {"a & b", "bit line", "wordline", "loss, mV", rows, columns, std::move(values)};
}

TEST(HeatMap, ShowsItsScaleAndItsTitles) {
  const std::string svg = heat_map_svg(map_of(2, 3, {0, 1, 2, 3, 4, 12.5}));
  for (const char* text : {"a &amp; b", "loss, mV", ">12.5<", ">0<", "bit line 0 to 2", "wordline 0 to 1", "</svg>"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

TEST(HeatMap, OfALargeArrayStaysSmall) {
  std::vector<double> values;
  for (int k = 0; k < 1024 * 2048; ++k) values.push_back(std::sin(k * 0.001));
  EXPECT_LT(heat_map_svg(map_of(1024, 2048, values)).size(), 700'000U);
}

TEST(HeatMap, OfEqualValuesIsStillAPicture) { EXPECT_THAT(heat_map_svg(map_of(1, 1, {0.0})), HasSubstr("</svg>")); }

TEST(HeatMap, RefusesWhatIsNoField) {
  EXPECT_THROW(heat_map_svg(map_of(2, 2, {1.0})), Bug);
  EXPECT_THROW(heat_map_svg(map_of(1, 1, {std::nan("")})), Bug);
}

}  // namespace
}  // namespace crossloom
