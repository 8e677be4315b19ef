// Numbers as an engineer reads them.
#include "traces/engineering.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace crossloom {
namespace {

TEST(Engineering, HasThreeSignificantDigitsAndAPrefix) {
  EXPECT_EQ(format_engineering(12.34e-6, "J"), "12.3 uJ");
  EXPECT_EQ(format_engineering(1.0, "W"), "1.00 W");
  EXPECT_EQ(format_engineering(123.4e3, "/s"), "123 k/s");
  EXPECT_EQ(format_engineering(-5e-9, "s"), "-5.00 ns");
  EXPECT_EQ(format_engineering(0.0, "J"), "0 J");
}

TEST(Engineering, RoundsUpIntoTheNextPrefix) {
  EXPECT_EQ(format_engineering(999.4e-6, "J"), "999 uJ");
  EXPECT_EQ(format_engineering(999.6e-6, "J"), "1.00 mJ");
  EXPECT_EQ(format_engineering(99.96e-6, "J"), "100 uJ");
  EXPECT_EQ(format_engineering(9.996e-6, "J"), "10.0 uJ");
}

TEST(Engineering, StaysAtTheLastPrefixBeyondTheScale) {
  EXPECT_EQ(format_engineering(2e-21, "J"), "0.00200 aJ");
  EXPECT_EQ(format_engineering(5e18, "Hz"), "5000 PHz");
}

TEST(Engineering, EveryScaleGivesAMantissaFromOneToAThousand) {
  for (double value = 1e-18; value < 9e17; value *= 1.7) {
    const double mantissa = value / engineering_scale(value).factor;
    EXPECT_GE(mantissa, 0.999) << value;
    EXPECT_LT(mantissa, 1000.0) << value;
  }
}

TEST(Engineering, ShowsWhatIsNoNumberAsADash) {
  EXPECT_EQ(format_engineering(std::numeric_limits<double>::infinity(), "J"), "-");
  EXPECT_EQ(format_significant(std::nan("")), "-");
  EXPECT_EQ(format_count(std::nan("")), "-");
}

TEST(Engineering, SignificantDigitsKeepTrailingZeros) {
  EXPECT_EQ(format_significant(0.1494), "0.149");
  EXPECT_EQ(format_significant(0.25), "0.250");
  EXPECT_EQ(format_significant(9.999), "10.0");
  EXPECT_EQ(format_significant(1234.0), "1234");
  EXPECT_EQ(format_significant(0.00001234), "1.23e-05");
  EXPECT_EQ(format_significant(12345678.0), "1.23e+07");
}

TEST(Engineering, CountsHaveCommasBetweenThousands) {
  EXPECT_EQ(format_count(0.0), "0");
  EXPECT_EQ(format_count(999.0), "999");
  EXPECT_EQ(format_count(1000.0), "1,000");
  EXPECT_EQ(format_count(2392800.0), "2,392,800");
  EXPECT_EQ(format_count(-12345.0), "-12,345");
}

}  // namespace
}  // namespace crossloom
