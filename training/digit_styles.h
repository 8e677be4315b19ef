// How the ten digits are written by hand: pen strokes in several styles each.
#pragma once

#include <cstddef>
#include <vector>

namespace crossloom {

/// A point that the pen passes, in a box of height 1 with x to the right and y down.
struct PenPoint {
  double x;
  double y;
  /// The pen may turn sharply here; elsewhere its path is smooth.
  bool corner = false;
};

/// Points between pen down and pen up.
using PenStroke = std::vector<PenPoint>;

/// One way of writing a digit.
struct DigitStyle {
  /// How often it is used, relative to the other styles of the digit.
  double weight;
  std::vector<PenStroke> strokes;
};

constexpr std::size_t kDigitCount = 10;

/// The styles of digit 0 to 9; at least three each.
const std::vector<DigitStyle>& digit_styles(std::size_t digit);

}  // namespace crossloom
