// The way a pen goes when it writes a digit, different each time.
#pragma once

#include <cstddef>
#include <vector>

#include "base/random.h"
#include "training/digit_styles.h"

namespace crossloom {

/// A point of the pen's way and the pen's radius there, in pixels; x to the right, y down, pixel centres at halves.
struct PenPathPoint {
  double x;
  double y;
  double radius;
};

/// From pen down to pen up, to be joined by straight lines.
using PenPath = std::vector<PenPathPoint>;

/// Writes `digit` (below kDigitCount) in one of its styles into an image of `side_pixels` (at least 24) by as many,
/// sized into a box of 20x20 pixels, its centre of mass near the middle and its ink off the outermost pixels.
std::vector<PenPath> write_digit(std::size_t digit, double side_pixels, RandomStream& random);

}  // namespace crossloom
