// Tests of reading decimal numbers.
#include "base/decimal.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace crossloom::detail {
namespace {

using testing::Optional;

TEST(ParseInteger, TakesPlainDecimalDigits) {
  EXPECT_THAT(parse_integer("0"), Optional(0));
  EXPECT_THAT(parse_integer("64"), Optional(64));
  EXPECT_THAT(parse_integer("-12"), Optional(-12));
  EXPECT_THAT(parse_integer("9223372036854775807"), Optional(std::numeric_limits<std::int64_t>::max()));
  EXPECT_THAT(parse_integer("-9223372036854775808"), Optional(std::numeric_limits<std::int64_t>::min()));
}

TEST(ParseInteger, RefusesEverythingElse) {
  for (const char* text : {"", "-", "+5", "010", "-010", "0x10", "0o17", "1e3", "1.0", "1_000", " 5", "5 ", "5a", "--5",
                           "9223372036854775808", "-9223372036854775809", "\u0661"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
}

TEST(ParseReal, RoundsToTheNearestDouble) {
  EXPECT_THAT(parse_real("1e-50"), Optional(1e-50));
  EXPECT_THAT(parse_real("+.5"), Optional(0.5));
  EXPECT_THAT(parse_real("3"), Optional(3.0));
  EXPECT_THAT(parse_real("0.1"), Optional(0.1));
  EXPECT_THAT(parse_real("1.7976931348623157e308"), Optional(std::numeric_limits<double>::max()));
  EXPECT_THAT(parse_real("0e99999999999999999999"), Optional(0.0));
}

TEST(ParseReal, RefusesWhatIsNoFiniteNumber) {
  for (const char* text : {"", ".", "-", "e5", ".inf", "inf", ".nan", "nan", "NaN", "0x1p3", "1e400", "1e-400", "1,5",
                           "1e", "1e+", "1.5.2", "1 ", "1e99999999999999999999", "5."}) {
    EXPECT_EQ(parse_real(text), std::nullopt) << text;
  }
}

TEST(ParseReal, ReadsBackTheShortestTextOfAnyDouble) {
  EXPECT_TRUE(rc::check([](std::uint64_t bits) {
    double value = 0.0;
    std::memcpy(&value, &bits, sizeof value);
    RC_PRE(std::isfinite(value));
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    const std::optional<double> back = parse_real(std::string_view(text, static_cast<std::size_t>(end - text)));
    RC_ASSERT(back.has_value());
    std::uint64_t back_bits = 0;
    std::memcpy(&back_bits, &*back, sizeof back_bits);
    RC_ASSERT(back_bits == bits);
  }));
}

TEST(TakeDecimal, LeavesTheUnitThatFollows) {
  std::string_view text = "2.5e3eV";
  const std::optional<Decimal> number = take_decimal(text);
  ASSERT_TRUE(number.has_value());
  EXPECT_EQ(number->mantissa, "2.5");
  EXPECT_EQ(number->exponent, 3);
  EXPECT_EQ(text, "eV");
}

}  // namespace
}  // namespace crossloom::detail
