// A field of numbers as colours: what happens where inside one array.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace crossloom {

struct HeatMap {
  std::string title;
  std::string horizontal, vertical;  ///< what columns and rows are
  std::string quantity;              ///< what is shown, with its unit
  std::uint32_t rows = 0, columns = 0;
  std::vector<double> values;  ///< [row][column], finite
};

/// SVG, row 0 at the top, with a scale from the smallest to the largest value shown. Fields of more than 400 rows or
/// columns are drawn by the means of neighbouring values, so the file stays small. Throws Bug where the number of
/// values is not rows * columns or one is not finite.
std::string heat_map_svg(const HeatMap& map);

}  // namespace crossloom
