// Axes with round numbers, marks to scale, text that cannot break the file.
#include "traces/svg_chart.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>

#include "base/error.h"
#include "traces/svg_canvas.h"

namespace crossloom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr ChartFrame kFrame{0, 60, 600, 400};

struct Bar {
  double x, y, width, height;
  std::string colour, hint;
};

std::vector<Bar> bars_of(const std::string& svg) {
  static const std::regex pattern(
      R"re(<rect x="([-0-9.]+)" y="([-0-9.]+)" width="([-0-9.]+)" height="([-0-9.]+)" fill="([^"]*)"><title>([^<]*)</title>)re");
  std::vector<Bar> bars;
  for (std::sregex_iterator it(svg.begin(), svg.end(), pattern), end; it != end; ++it) {
    bars.push_back(
        {std::stod((*it)[1]), std::stod((*it)[2]), std::stod((*it)[3]), std::stod((*it)[4]), (*it)[5], (*it)[6]});
  }
  return bars;
}

TEST(AxisTicks, AreRoundAndCoverTheRange) {
  EXPECT_THAT(axis_ticks(0.0, 1.0, 5), ElementsAre(0.0, testing::DoubleEq(0.2), testing::DoubleEq(0.4),
                                                   testing::DoubleEq(0.6), testing::DoubleEq(0.8), 1.0));
  EXPECT_THAT(axis_ticks(90.0, 100.0, 5), ElementsAre(90, 92, 94, 96, 98, 100));
  for (double highest = 1e-12; highest < 1e12; highest *= 3.7) {
    const auto ticks = axis_ticks(0.0, highest, 5);
    EXPECT_EQ(ticks.front(), 0.0);
    EXPECT_GE(ticks.back(), highest * (1 - 1e-6));
    EXPECT_LE(ticks.size(), 7U);
    EXPECT_GE(ticks.size(), 3U);
  }
  EXPECT_THROW(axis_ticks(1.0, 1.0, 5), Bug);
}

TEST(GroupedBars, AreAsHighAsTheirValues) {
  Picture picture(600, 460, "title", "subtitle");
  picture.draw(GroupedBars{"chart", "relative", {"energy"}, {{"original", {1.0}, {}}, {"pruned", {0.25}, {}}}, 1.0},
               kFrame);
  const auto bars = bars_of(picture.to_svg());
  ASSERT_EQ(bars.size(), 2U);
  EXPECT_NEAR(bars[1].height / bars[0].height, 0.25, 0.002);
  EXPECT_NEAR(bars[0].y + bars[0].height, bars[1].y + bars[1].height, 0.11);
  EXPECT_GE(bars[1].x, bars[0].x + bars[0].width);
  EXPECT_NE(bars[0].colour, bars[1].colour);
  EXPECT_EQ(bars[1].hint, "pruned, energy: 0.250");
}

TEST(GroupedBars, LeaveOutWhatDoesNotExist) {
  Picture picture(600, 460, "title", "subtitle");
  const double none = std::numeric_limits<double>::infinity();
  picture.draw(GroupedBars{"chart", "relative", {"energy", "area"}, {{"original", {none, 1.0}, {}}}, {}}, kFrame);
  EXPECT_EQ(bars_of(picture.to_svg()).size(), 1U);
  EXPECT_THAT(picture.to_svg(), Not(HasSubstr("inf")));
  EXPECT_THAT(picture.to_svg(), Not(HasSubstr("nan")));
}

TEST(StackedBars, LieOnTopOfEachOther) {
  Picture picture(600, 460, "title", "subtitle");
  picture.draw(
      StackedBars{"chart", "energy / nJ", {"original"}, {{"array", {3.0}, {}}, {"leakage", {1.0}, {}}}, {"4 nJ"}},
      kFrame);
  const auto bars = bars_of(picture.to_svg());
  ASSERT_EQ(bars.size(), 2U);
  EXPECT_NEAR(bars[0].height / bars[1].height, 3.0, 0.01);
  EXPECT_NEAR(bars[1].y + bars[1].height, bars[0].y, 0.11);
}

TEST(HorizontalBars, AreAsLongAsTheirValues) {
  Picture picture(600, 460, "title", "subtitle");
  picture.draw(HorizontalBars{"chart", "energy / nJ", {"array", "router"}, {{"original", {4.0, 1.0}, {}}}}, kFrame);
  const auto bars = bars_of(picture.to_svg());
  ASSERT_EQ(bars.size(), 2U);
  EXPECT_NEAR(bars[0].width / bars[1].width, 4.0, 0.01);
  EXPECT_EQ(bars[0].x, bars[1].x);
}

TEST(LineChart, DrawsTheCurveAndTheDashedLevelInOneColour) {
  Picture picture(600, 460, "title", "subtitle");
  LineChart chart{
      "chart", "T", "accuracy / %", {1, 2, 3}, {{"pruned", {10, 90, 98}, {0, 1, 1}}}, {99.0}, ", real-valued", 0, 100};
  picture.draw(chart, kFrame);
  const std::string svg = picture.to_svg();
  const std::string colour = svg::series_colour(0);
  EXPECT_THAT(svg, HasSubstr("stroke=\"" + colour + "\" stroke-width=\"1.5\" stroke-dasharray"));
  EXPECT_THAT(svg, HasSubstr("fill=\"none\" stroke=\"" + colour + "\""));
  EXPECT_THAT(svg, HasSubstr(">pruned, real-valued</text>"));
}

TEST(LineChart, TellsCurvesOfOneColourApartByDotsAndHollowMarks) {
  LineChart chart{"chart", "epoch", "accuracy / %", {1, 2}, {}, {}, "", 0, 100};
  for (std::size_t s = 0; s <= svg::kSeriesColours; ++s) {
    chart.series.push_back({"method " + std::to_string(s), {10.0 + static_cast<double>(s), 20.0}, {}});
  }
  Picture picture(600, 460, "title", "subtitle");
  picture.draw(chart, kFrame);
  const std::string svg = picture.to_svg(), colour = svg::series_colour(0);
  const std::string curve = "fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2.0\"";
  EXPECT_THAT(svg, HasSubstr(curve + "/>"));
  EXPECT_THAT(svg, HasSubstr(curve + " stroke-dasharray=\"2 2\"/>"));
  EXPECT_THAT(
      svg, HasSubstr("fill=\"#ffffff\" stroke=\"" + colour + "\" stroke-width=\"1.5\"><title>method 8, 1.00: 18.00"));
}

TEST(LineChart, ScaleOfWhatIsCountedHasWholeNumbers) {
  for (const bool whole : {false, true}) {
    LineChart chart{"chart", "epoch", "accuracy / %", {1, 2, 3}, {{"dense", {10, 20, 30}, {}}}, {}, "", 0, 100};
    chart.whole_x = whole;
    Picture picture(600, 460, "title", "subtitle");
    picture.draw(chart, kFrame);
    EXPECT_EQ(picture.to_svg().find(">1.5</text>") == std::string::npos, whole);
  }
}

TEST(LineChart, NamesPlacesEquallyFarApartAndDrawsBandsWithinTheAxis) {
  Picture picture(600, 460, "title", "subtitle");
  LineChart chart{"chart", "size", "accuracy / %", {}, {{"pruned", {90, 80, 99}, {2, 1, 50}}}, {}, "", 0, 100};
  chart.x_names = {"16", "64", "256"};
  chart.bands = true;
  chart.reference = 85.0;
  picture.draw(chart, kFrame);
  const std::string svg = picture.to_svg();
  static const std::regex dots(R"re(<circle cx="([-0-9.]+)")re");
  std::vector<double> places;
  for (std::sregex_iterator it(svg.begin(), svg.end(), dots), end; it != end; ++it)
    places.push_back(std::stod((*it)[1]));
  ASSERT_EQ(places.size(), 3U);
  EXPECT_NEAR(places[1] - places[0], places[2] - places[1], 0.11);
  static const std::regex outline(R"re(<polygon points="([^"]*)")re");
  std::smatch band;
  ASSERT_TRUE(std::regex_search(svg, band, outline));
  const std::string corners = band[1];
  EXPECT_EQ(std::count(corners.begin(), corners.end(), ','), 6) << "three above and three below";
  EXPECT_THAT(svg, HasSubstr("<title>pruned, 256: 99.00</title>"));
  EXPECT_THAT(svg, HasSubstr("stroke-width=\"1.0\" stroke-dasharray")) << "the reference";
}

TEST(LogarithmicTicks, AreOneTwoFiveAndCoverTheRange) {
  EXPECT_THAT(logarithmic_ticks(3.0, 40.0), ElementsAre(2.0, 5.0, 10.0, 20.0, 50.0));
  EXPECT_THAT(logarithmic_ticks(10.0, 10.0), ElementsAre(10.0, 20.0));
  for (double lowest = 1e-15; lowest < 1e9; lowest *= 7.3) {
    const auto ticks = logarithmic_ticks(lowest, 30.0 * lowest);
    EXPECT_LE(ticks.front(), lowest * (1.0 + 1e-6));
    EXPECT_GE(ticks.back(), 30.0 * lowest * (1.0 - 1e-6));
    EXPECT_LE(ticks.size(), 8U);
  }
  EXPECT_THROW(logarithmic_ticks(0.0, 1.0), Bug);
}

TEST(ScatterChart, PutsEqualRatiosEquallyFarApart) {
  Picture picture(600, 460, "title", "subtitle");
  ScatterChart chart;
  chart.x_unit = "J";
  chart.front_name = "Pareto front";
  chart.series = {{"array", {{1e-6, 60, "16"}, {2e-6, 80, "32"}, {4e-6, 90, "64"}, {0.0, 10, "not drawn"}}}};
  chart.front = {{1e-6, 60, ""}, {4e-6, 90, ""}};
  picture.draw(chart, kFrame);
  const std::string svg = picture.to_svg();
  static const std::regex dots(R"re(<circle cx="([-0-9.]+)" cy="([-0-9.]+)")re");
  std::vector<double> x, y;
  for (std::sregex_iterator it(svg.begin(), svg.end(), dots), end; it != end; ++it) {
    x.push_back(std::stod((*it)[1]));
    y.push_back(std::stod((*it)[2]));
  }
  ASSERT_EQ(x.size(), 3U);
  EXPECT_NEAR(x[1] - x[0], x[2] - x[1], 0.11);
  EXPECT_NEAR(y[1] - y[0], y[2] - y[1], 0.11);  // 40, 20 and 10 are missing
  EXPECT_LT(y[1], y[0]);
  EXPECT_THAT(svg, HasSubstr("<title>array, 32: 2.00 uJ, 80.00</title>"));
  EXPECT_THAT(svg, HasSubstr(">Pareto front</text>"));
}

TEST(Charts, OfNothingAreStillPictures) {
  Picture picture(600, 460, "title", "subtitle");
  picture.draw(GroupedBars{}, kFrame);
  picture.draw(StackedBars{}, kFrame);
  picture.draw(HorizontalBars{}, kFrame);
  picture.draw(LineChart{}, kFrame);
  picture.draw(ScatterChart{}, kFrame);
  EXPECT_THAT(picture.to_svg(), Not(HasSubstr("nan")));
  EXPECT_THAT(picture.to_svg(), Not(HasSubstr("inf")));
}

TEST(Text, IsEscapedAndMadeValid) {
  EXPECT_EQ(svg::escaped("a < b & \"c\""), "a &lt; b &amp; &quot;c&quot;");
  EXPECT_EQ(svg::escaped("bell \x07 bad \xff"), "bell   bad \xef\xbf\xbd");
}

TEST(Text, IsShortenedOnlyWhereItDoesNotFit) {
  EXPECT_EQ(svg::fitted("short", 10, 100), "short");
  const std::string name = svg::fitted("a name that is far too long", 10, 60);
  EXPECT_EQ(name, "a name t..");
  EXPECT_LE(svg::text_width(name, 10), 60);
}

}  // namespace
}  // namespace crossloom
