// Tests of quantities and their text form.
#include "base/units.h"

#include <cmath>
#include <cstring>
#include <stdexcept>

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include "base/error.h"

namespace crossloom {
namespace {

template <class Q>
std::string refusal(const char* text) {
  try {
    const Q quantity = parse_quantity<Q>(text);
    return "read as " + std::to_string(quantity.si());
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(Quantity, MultipliesAndDividesItsDimensions) {
  const Power power = 2.0_V * Current::from_si(3.0);
  const Energy energy = power * 0.5_s;
  EXPECT_EQ(energy.si(), 3.0);
  EXPECT_EQ((energy / 0.5_s).si(), 6.0);
  EXPECT_EQ((1.0_V / 20_kohm).si(), 1.0 / 20e3);
}

TEST(Quantity, LiteralIsTheDoubleThatItsTextReadsAs) {
  EXPECT_EQ(2.5_pJ, parse_quantity<Energy>("2.5 pJ"));
  EXPECT_EQ(0.29_mm2, parse_quantity<Area>("0.29 mm2"));
  EXPECT_EQ(7_ns, parse_quantity<Time>("7 ns"));
  EXPECT_EQ(33.3_uS, parse_quantity<Conductance>("33.3 uS"));
  EXPECT_EQ(1.2_GHz, parse_quantity<Frequency>("1.2 GHz"));
}

TEST(ParseQuantity, ReadsEveryPrefix) {
  EXPECT_EQ(parse_quantity<Energy>("3 fJ").si(), 3e-15);
  EXPECT_EQ(parse_quantity<Energy>("3 pJ").si(), 3e-12);
  EXPECT_EQ(parse_quantity<Energy>("3 nJ").si(), 3e-9);
  EXPECT_EQ(parse_quantity<Energy>("3 uJ").si(), 3e-6);
  EXPECT_EQ(parse_quantity<Energy>("3 \u00b5J").si(), 3e-6);
  EXPECT_EQ(parse_quantity<Energy>("3 \u03bcJ").si(), 3e-6);
  EXPECT_EQ(parse_quantity<Energy>("3 mJ").si(), 3e-3);
  EXPECT_EQ(parse_quantity<Energy>("3 J").si(), 3.0);
  EXPECT_EQ(parse_quantity<Resistance>("3 kohm").si(), 3e3);
  EXPECT_EQ(parse_quantity<Resistance>("3 M\u03a9").si(), 3e6);
  EXPECT_EQ(parse_quantity<Resistance>("3 \u2126").si(), 3.0);
  EXPECT_EQ(parse_quantity<Frequency>("3 GHz").si(), 3e9);
  EXPECT_EQ(parse_quantity<Temperature>("300 K").si(), 300.0);
}

TEST(ParseQuantity, SquaresThePrefixOfAnArea) {
  EXPECT_EQ(parse_quantity<Area>("5 um2").si(), 5e-12);
  EXPECT_EQ(parse_quantity<Area>("5 mm2").si(), 5e-6);
  EXPECT_EQ(parse_quantity<Area>("5 nm2").si(), 5e-18);
  EXPECT_EQ(parse_quantity<Area>("5 m2").si(), 5.0);
}

TEST(ParseQuantity, TellsMetresFromMilli) {
  EXPECT_EQ(parse_quantity<Length>("5 mm").si(), 5e-3);
  EXPECT_EQ(parse_quantity<Length>("5 m").si(), 5.0);
  EXPECT_EQ(refusal<Length>("5 mm2"), "expected a length such as \"5 um\", got \"5 mm2\"");
}

TEST(ParseQuantity, NeedsNoSpaceAndTakesExponents) {
  EXPECT_EQ(parse_quantity<Energy>("1e-3pJ").si(), 1e-15);
  EXPECT_EQ(parse_quantity<Voltage>(" -0.5  V ").si(), -0.5);
}

TEST(ParseQuantity, RefusesAnotherDimension) {
  EXPECT_EQ(refusal<Energy>("1.5 ns"), "expected an energy such as \"1.5 pJ\", got \"1.5 ns\"");
  EXPECT_EQ(refusal<Conductance>("1.5 s"), "expected a conductance such as \"50 uS\", got \"1.5 s\"");
  EXPECT_EQ(refusal<Time>("1.5 S"), "expected a time such as \"10 ns\", got \"1.5 S\"");
}

TEST(ParseQuantity, RefusesANumberWithoutUnit) {
  EXPECT_EQ(refusal<Energy>("1.5"), "expected an energy such as \"1.5 pJ\", got \"1.5\", which has no unit");
}

TEST(ParseQuantity, RefusesWhatIsNoNumberOrUnit) {
  for (const char* text : {"", " ", "pJ", "x pJ", "1.5 pj", "1.5 ppJ", "1.5 Joule", ".inf J", "nan J", "0x1 J", "1,5 J",
                           "1.5 p J", "5 %", "1 pJ/bit"}) {
    EXPECT_THAT(refusal<Energy>(text), testing::StartsWith("expected an energy such as")) << text;
  }
}

TEST(ParseQuantity, RefusesWhatNoDoubleHolds) {
  EXPECT_THAT(refusal<Frequency>("1e300 GHz"), testing::EndsWith("which is too large or too small for a number"));
  EXPECT_THAT(refusal<Energy>("1e-320 fJ"), testing::EndsWith("which is too large or too small for a number"));
}

TEST(FormatQuantity, ChoosesAFittingPrefix) {
  EXPECT_EQ(format_quantity(2.5_pJ), "2.5 pJ");
  EXPECT_EQ(format_quantity(Energy::from_si(2.5e-10)), "250 pJ");
  EXPECT_EQ(format_quantity(Energy::from_si(999.5e-15)), "999.5 fJ");
  EXPECT_EQ(format_quantity(20_kohm), "20 kohm");
  EXPECT_EQ(format_quantity(Frequency::from_si(1.2e9)), "1.2 GHz");
  EXPECT_EQ(format_quantity(Temperature::from_si(300.0)), "300 K");
  EXPECT_EQ(format_quantity(Time::from_si(90.0)), "90 s");
  EXPECT_EQ(format_quantity(Time::from_si(86400.0)), "86400 s");
  EXPECT_EQ(format_quantity(-0.5_V), "-500 mV");
  EXPECT_EQ(format_quantity(0.0_V), "0 V");
}

TEST(FormatQuantity, WritesAreasAsPeopleDo) {
  EXPECT_EQ(format_quantity(0.29_mm2), "0.29 mm2");
  EXPECT_EQ(format_quantity(290_um2), "290 um2");
  EXPECT_EQ(format_quantity(5000_um2), "5000 um2");
  EXPECT_EQ(format_quantity(Area::from_si(0.05e-12)), "0.05 um2");
}

TEST(FormatQuantity, FallsBackToAnExponent) {
  EXPECT_EQ(format_quantity(Energy::from_si(1.5e-30)), "1.5e-30 J");
  EXPECT_EQ(format_quantity(Energy::from_si(1e25)), "1e25 J");
}

TEST(FormatQuantity, RefusesWhatIsNotFinite) {
  EXPECT_THROW(static_cast<void>(format_quantity(Energy::from_si(NAN))), Bug);
  EXPECT_THROW(static_cast<void>(format_quantity(Energy::from_si(INFINITY))), Bug);
}

template <class Q>
bool every_double_survives_its_text() {
  return rc::check([](std::uint64_t bits, bool ordinary) {
    double si = 0.0;
    if (ordinary) {  // magnitudes that chips have, since random bits hardly ever give one
      si = std::ldexp(static_cast<double>(bits >> 11U), -53 - static_cast<int>(bits % 60));
    } else {
      std::memcpy(&si, &bits, sizeof si);
    }
    RC_PRE(std::isfinite(si));
    const double back = parse_quantity<Q>(format_quantity(Q::from_si(si))).si();
    RC_ASSERT(std::memcmp(&back, &si, sizeof si) == 0);
  });
}

TEST(FormatQuantity, ReadsBackToTheSameDouble) {
  EXPECT_TRUE(every_double_survives_its_text<Energy>());
  EXPECT_TRUE(every_double_survives_its_text<Area>());
  EXPECT_TRUE(every_double_survives_its_text<Time>());
  EXPECT_TRUE(every_double_survives_its_text<Resistance>());
  EXPECT_TRUE(every_double_survives_its_text<Frequency>());
}

TEST(Cycles, CountWithoutBeingATime) {
  EXPECT_EQ((Cycles(3) + Cycles(4)).count(), 7U);
  EXPECT_TRUE(Cycles(3) < Cycles(4));
  static_assert(!std::is_convertible_v<Cycles, Time> && !std::is_convertible_v<int, Cycles>);
}

}  // namespace
}  // namespace crossloom
