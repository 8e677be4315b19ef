#include "traces/heat_map.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "traces/png_image.h"
#include "traces/svg_canvas.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kMostPixels = 400;
constexpr double kSide = 420.0, kSmallestSide = 40.0, kMargin = 56.0, kHead = 58.0, kFoot = 44.0, kBar = 18.0;

using Colour = std::array<double, 3>;
// Equal steps look equal and stay in order without colours: points on the curve known as viridis (recalled).
constexpr std::array<Colour, 9> kColours = {{{68, 1, 84},
                                             {71, 44, 122},
                                             {59, 81, 139},
                                             {44, 113, 142},
                                             {33, 144, 141},
                                             {39, 173, 129},
                                             {92, 200, 99},
                                             {170, 220, 50},
                                             {253, 231, 37}}};

void append_colour(RasterImage& image, double share) {
  const double place = std::clamp(share, 0.0, 1.0) * (kColours.size() - 1);
  const auto first = std::min(static_cast<std::size_t>(place), kColours.size() - 2);
  const double rest = place - static_cast<double>(first);
  for (std::size_t c = 0; c < 3; ++c) {
    const double ink = kColours[first][c] + rest * (kColours[first + 1][c] - kColours[first][c]);
    image.bytes.push_back(static_cast<std::uint8_t>(std::lround(ink)));
  }
}

struct Pixels {
  std::uint32_t width = 0, height = 0;
  std::vector<double> means;
};

Pixels pixels_of(const HeatMap& map) {
  Pixels pixels{std::min(map.columns, kMostPixels), std::min(map.rows, kMostPixels), {}};
  std::vector<double> counts(std::size_t{pixels.width} * pixels.height, 0.0);
  pixels.means.assign(counts.size(), 0.0);
  for (std::uint64_t i = 0; i < map.rows; ++i) {
    for (std::uint64_t j = 0; j < map.columns; ++j) {
      const double value = map.values[i * map.columns + j];
      CROSSLOOM_CHECK(std::isfinite(value), "values of a picture are finite");
      const std::uint64_t at = i * pixels.height / map.rows * pixels.width + j * pixels.width / map.columns;
      pixels.means[at] += value;
      counts[at] += 1.0;
    }
  }
  for (std::size_t k = 0; k < counts.size(); ++k) pixels.means[k] /= counts[k];
  return pixels;
}

std::string raster(const RasterImage& image, double x, double y, double width, double height) {
  return fmt::format(
      "<image x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" preserveAspectRatio=\"none\" "
      "style=\"image-rendering:pixelated\" href=\"{}\"/>\n",
      x, y, width, height, png_data_uri(image));
}

}  // namespace

std::string heat_map_svg(const HeatMap& map) {
  CROSSLOOM_CHECK(map.rows > 0 && map.columns > 0 && map.values.size() == std::size_t{map.rows} * map.columns,
                  "a heat map has rows * columns values");
  const Pixels pixels = pixels_of(map);
  const auto [low, high] = std::minmax_element(pixels.means.begin(), pixels.means.end());
  const double smallest = *low, largest = *high, range = largest > smallest ? largest - smallest : 1.0;
  RasterImage field{pixels.width, pixels.height, {}}, bar{1, kMostPixels / 4, {}};
  for (const double value : pixels.means) append_colour(field, (value - smallest) / range);
  for (std::uint32_t y = 0; y < bar.height; ++y) append_colour(bar, 1.0 - y / (bar.height - 1.0));
  const double longer = std::max(map.rows, map.columns);
  const double width = std::max(kSmallestSide, kSide * map.columns / longer);
  const double height = std::max(kSmallestSide, kSide * map.rows / longer);
  const double scale = kMargin + width + 24.0, full = std::max(scale + 110.0, 460.0), bottom = kHead + height;
  std::string body = svg::rectangle({0, 0}, full, bottom + kFoot, "#ffffff");
  body +=
      svg::text({kMargin, 22.0}, svg::fitted(map.title, 14.0, full - kMargin), {14.0, "start", svg::kInk, true, false});
  body += svg::text({kMargin, 42.0}, svg::fitted(map.quantity, 12.0, full - kMargin), svg::TextStyle{});
  body += raster(field, kMargin, kHead, width, height) + raster(bar, scale, kHead, kBar, height);
  body += svg::text({scale + kBar + 6.0, kHead + 10.0}, fmt::format("{:.4g}", largest), svg::TextStyle{});
  body += svg::text({scale + kBar + 6.0, bottom}, fmt::format("{:.4g}", smallest), svg::TextStyle{});
  body += svg::text({kMargin + width / 2, bottom + 20.0}, fmt::format("{} 0 to {}", map.horizontal, map.columns - 1),
                    {12.0, "middle", svg::kInk, false, false});
  body += svg::text({kMargin - 14.0, kHead + height / 2}, fmt::format("{} 0 to {}", map.vertical, map.rows - 1),
                    {12.0, "middle", svg::kInk, false, true});
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\">\n{2}</svg>\n",
      full, bottom + kFoot, body);
}

}  // namespace crossloom
