// The shapes that charts are drawn with, and the colours.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace crossloom::svg {

/// Colours that people with any common colour vision tell apart, dark enough for white ground (after Okabe and Ito
/// 2008, without their yellow); they repeat after so many.
inline constexpr std::size_t kSeriesColours = 8;
const char* series_colour(std::size_t series);
inline constexpr const char* kInk = "#222222";
inline constexpr const char* kFaint = "#666666";
inline constexpr const char* kGrid = "#dddddd";

struct TextStyle {
  double size = 12.0;
  const char* anchor = "start";  ///< start, middle or end
  const char* colour = kInk;
  bool bold = false;
  bool upwards = false;  ///< turned by 90 degrees
};

using Point = std::pair<double, double>;

std::string text(Point at, const std::string& content, const TextStyle& style);
/// `hint` is shown by viewers when the pointer rests on it.
std::string rectangle(Point corner, double width, double height, const std::string& colour,
                      const std::string& hint = "");
std::string line(Point from, Point to, const std::string& colour, double width, bool dashed = false);
std::string curve(const std::vector<Point>& points, const std::string& colour, bool dotted = false);
/// A filled shape that lets what lies under it be seen.
std::string band(const std::vector<Point>& outline, const std::string& colour);
std::string dot(Point at, const std::string& colour, const std::string& hint, bool hollow = false);

/// Room that a text takes in the sans-serif fonts we ask for, a little generous.
double text_width(const std::string& content, double size);
/// The text, or as much of it as fits with two dots behind.
std::string fitted(const std::string& content, double size, double width);
/// XML text: escaped, control characters and bytes that are no UTF-8 replaced.
std::string escaped(const std::string& content);

}  // namespace crossloom::svg
