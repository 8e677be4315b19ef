// Physical quantities as types: SI inside, dimension checked by the compiler, text form with unit.
#pragma once

#include <string>
#include <string_view>

namespace crossloom {

/// Exponents of second, metre, volt, ampere and kelvin. Energy is V*A*s, power V*A, conductance A/V.
template <int S, int M, int V, int A, int K = 0>
class Quantity {
 public:
  constexpr Quantity() = default;
  /// The value in SI base units of this dimension (J, W, s, m^2, V, A, S, ohm, Hz, K).
  static constexpr Quantity from_si(double value) { return Quantity(value); }
  [[nodiscard]] constexpr double si() const { return value_; }

  constexpr Quantity& operator+=(Quantity other) {
    value_ += other.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity other) {
    value_ -= other.value_;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value_ + b.value_); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value_ - b.value_); }
  friend constexpr Quantity operator-(Quantity a) { return Quantity(-a.value_); }
  friend constexpr Quantity operator*(Quantity a, double f) { return Quantity(a.value_ * f); }
  friend constexpr Quantity operator*(double f, Quantity a) { return Quantity(a.value_ * f); }
  friend constexpr Quantity operator/(Quantity a, double f) { return Quantity(a.value_ / f); }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.value_ / b.value_; }
  friend constexpr bool operator==(Quantity a, Quantity b) { return a.value_ == b.value_; }
  friend constexpr bool operator!=(Quantity a, Quantity b) { return a.value_ != b.value_; }
  friend constexpr bool operator<(Quantity a, Quantity b) { return a.value_ < b.value_; }
  friend constexpr bool operator>(Quantity a, Quantity b) { return a.value_ > b.value_; }
  friend constexpr bool operator<=(Quantity a, Quantity b) { return a.value_ <= b.value_; }
  friend constexpr bool operator>=(Quantity a, Quantity b) { return a.value_ >= b.value_; }

 private:
  constexpr explicit Quantity(double value) : value_(value) {}
  double value_ = 0.0;
};

template <int S1, int M1, int V1, int A1, int K1, int S2, int M2, int V2, int A2, int K2>
constexpr auto operator*(Quantity<S1, M1, V1, A1, K1> a, Quantity<S2, M2, V2, A2, K2> b) {
  return Quantity<S1 + S2, M1 + M2, V1 + V2, A1 + A2, K1 + K2>::from_si(a.si() * b.si());
}
template <int S1, int M1, int V1, int A1, int K1, int S2, int M2, int V2, int A2, int K2>
constexpr auto operator/(Quantity<S1, M1, V1, A1, K1> a, Quantity<S2, M2, V2, A2, K2> b) {
  return Quantity<S1 - S2, M1 - M2, V1 - V2, A1 - A2, K1 - K2>::from_si(a.si() / b.si());
}

using Time = Quantity<1, 0, 0, 0>;
using Frequency = Quantity<-1, 0, 0, 0>;
using Length = Quantity<0, 1, 0, 0>;
using Area = Quantity<0, 2, 0, 0>;
using Voltage = Quantity<0, 0, 1, 0>;
using Current = Quantity<0, 0, 0, 1>;
using Conductance = Quantity<0, 0, -1, 1>;
using Resistance = Quantity<0, 0, 1, -1>;
using Power = Quantity<0, 0, 1, 1>;
using Energy = Quantity<1, 0, 1, 1>;
using Charge = Quantity<1, 0, 0, 1>;
using Temperature = Quantity<0, 0, 0, 0, 1>;

inline namespace literals {
// Multiplied and divided by powers of ten that are exact, so that 2.5_pJ is the double that "2.5 pJ" reads as.
#define CROSSLOOM_LITERAL(Type, suffix, factor, divisor)                                                       \
  constexpr Type operator""_##suffix(long double v) { /* NOLINT(bugprone-macro-parentheses): Type is a type */ \
    return Type::from_si(static_cast<double>(v * (factor) / (divisor)));                                       \
  }                                                                                                            \
  constexpr Type operator""_##suffix(unsigned long long v) { /* NOLINT(bugprone-macro-parentheses) */          \
    return Type::from_si(static_cast<double>(static_cast<long double>(v) * (factor) / (divisor)));             \
  }
CROSSLOOM_LITERAL(Time, s, 1.0L, 1.0L)
CROSSLOOM_LITERAL(Time, ns, 1.0L, 1e9L)
CROSSLOOM_LITERAL(Time, ps, 1.0L, 1e12L)
CROSSLOOM_LITERAL(Frequency, MHz, 1e6L, 1.0L)
CROSSLOOM_LITERAL(Frequency, GHz, 1e9L, 1.0L)
CROSSLOOM_LITERAL(Area, um2, 1.0L, 1e12L)
CROSSLOOM_LITERAL(Area, mm2, 1.0L, 1e6L)
CROSSLOOM_LITERAL(Voltage, V, 1.0L, 1.0L)
CROSSLOOM_LITERAL(Conductance, uS, 1.0L, 1e6L)
CROSSLOOM_LITERAL(Resistance, kohm, 1e3L, 1.0L)
CROSSLOOM_LITERAL(Power, uW, 1.0L, 1e6L)
CROSSLOOM_LITERAL(Power, mW, 1.0L, 1e3L)
CROSSLOOM_LITERAL(Energy, J, 1.0L, 1.0L)
CROSSLOOM_LITERAL(Energy, pJ, 1.0L, 1e12L)
CROSSLOOM_LITERAL(Energy, fJ, 1.0L, 1e15L)
#undef CROSSLOOM_LITERAL
}  // namespace literals

/// Integer cycles of one clock domain; no implicit way to or from a time.
class Cycles {
 public:
  constexpr Cycles() = default;
  constexpr explicit Cycles(unsigned long long count) : count_(count) {}
  [[nodiscard]] constexpr unsigned long long count() const { return count_; }
  friend constexpr Cycles operator+(Cycles a, Cycles b) { return Cycles(a.count_ + b.count_); }
  friend constexpr Cycles operator-(Cycles a, Cycles b) { return Cycles(a.count_ - b.count_); }
  friend constexpr bool operator==(Cycles a, Cycles b) { return a.count_ == b.count_; }
  friend constexpr bool operator!=(Cycles a, Cycles b) { return a.count_ != b.count_; }
  friend constexpr bool operator<(Cycles a, Cycles b) { return a.count_ < b.count_; }
  friend constexpr bool operator<=(Cycles a, Cycles b) { return a.count_ <= b.count_; }

 private:
  unsigned long long count_ = 0;
};

/// What a quantity's text form is called in messages and which units it takes, e.g. {"energy", "J"}.
struct DimensionInfo {
  const char* name;
  int s, m, v, a, k;
  const char* si_unit;
};

/// Parses "2.5 pJ" / "20 kohm" / "0.29 mm2"; a number and a unit are both needed, the unit must have the dimension
/// asked for. Throws std::invalid_argument with a text such as: expected an energy such as "1.5 pJ", got "1.5 ns".
double parse_quantity_si(std::string_view text, const DimensionInfo& dimension);
/// Shortest text that parses back to the same double, with an SI prefix: "2.5 pJ", "290 um2".
std::string format_quantity_si(double si, const DimensionInfo& dimension);

template <class Q>
DimensionInfo dimension_of();
#define CROSSLOOM_DIMENSION(Type, name, s, m, v, a, k, unit) \
  template <>                                                \
  inline DimensionInfo dimension_of<Type>() {                \
    return {name, s, m, v, a, k, unit};                      \
  }
CROSSLOOM_DIMENSION(Time, "time", 1, 0, 0, 0, 0, "s")
CROSSLOOM_DIMENSION(Frequency, "frequency", -1, 0, 0, 0, 0, "Hz")
CROSSLOOM_DIMENSION(Length, "length", 0, 1, 0, 0, 0, "m")
CROSSLOOM_DIMENSION(Area, "area", 0, 2, 0, 0, 0, "m2")
CROSSLOOM_DIMENSION(Voltage, "voltage", 0, 0, 1, 0, 0, "V")
CROSSLOOM_DIMENSION(Current, "current", 0, 0, 0, 1, 0, "A")
CROSSLOOM_DIMENSION(Conductance, "conductance", 0, 0, -1, 1, 0, "S")
CROSSLOOM_DIMENSION(Resistance, "resistance", 0, 0, 1, -1, 0, "ohm")
CROSSLOOM_DIMENSION(Power, "power", 0, 0, 1, 1, 0, "W")
CROSSLOOM_DIMENSION(Energy, "energy", 1, 0, 1, 1, 0, "J")
CROSSLOOM_DIMENSION(Temperature, "temperature", 0, 0, 0, 0, 1, "K")
#undef CROSSLOOM_DIMENSION

template <class Q>
Q parse_quantity(std::string_view text) {
  return Q::from_si(parse_quantity_si(text, dimension_of<Q>()));
}
template <class Q>
std::string format_quantity(Q quantity) {
  return format_quantity_si(quantity.si(), dimension_of<Q>());
}

}  // namespace crossloom
