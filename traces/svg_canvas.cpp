// SVG elements as text, coordinates with one decimal so that the bytes are the same everywhere.
#include "traces/svg_canvas.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace crossloom::svg {

const char* series_colour(std::size_t series) {
  constexpr std::array<const char*, kSeriesColours> kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                                "#56b4e9", "#e69f00", "#6a3d9a", "#777777"};
  return kColours[series % kColours.size()];
}

std::string escaped(const std::string& content) {
  using Json = nlohmann::json;
  const auto valid = Json::parse(Json(content).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
  std::string result;
  for (const char c : valid) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else if (static_cast<unsigned char>(c) < 0x20)
      result += ' ';
    else
      result += c;
  }
  return result;
}

std::string text(Point at, const std::string& content, const TextStyle& style) {
  const std::string turn =
      style.upwards ? fmt::format(" transform=\"rotate(-90 {:.1f} {:.1f})\"", at.first, at.second) : "";
  return fmt::format(
      "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:.0f}\" text-anchor=\"{}\" fill=\"{}\"{}{}>{}</text>\n", at.first,
      at.second, style.size, style.anchor, style.colour, style.bold ? " font-weight=\"bold\"" : "", turn,
      escaped(content));
}

std::string rectangle(Point corner, double width, double height, const std::string& colour, const std::string& hint) {
  const std::string title = hint.empty() ? "" : fmt::format("<title>{}</title>", escaped(hint));
  return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\">{}</rect>\n",
                     corner.first, corner.second, width, height, colour, title);
}

std::string line(Point from, Point to, const std::string& colour, double width, bool dashed) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"{:.1f}\"{}/>\n",
      from.first, from.second, to.first, to.second, colour, width, dashed ? " stroke-dasharray=\"6 4\"" : "");
}

namespace {

std::string point_list(const std::vector<Point>& points) {
  std::string list;
  for (const auto& [x, y] : points) list += fmt::format("{}{:.1f},{:.1f}", list.empty() ? "" : " ", x, y);
  return list;
}

}  // namespace

std::string curve(const std::vector<Point>& points, const std::string& colour, bool dotted) {
  return fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2.0\"{}/>\n",
                     point_list(points), colour, dotted ? " stroke-dasharray=\"2 2\"" : "");
}

std::string band(const std::vector<Point>& outline, const std::string& colour) {
  return fmt::format("<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"0.2\"/>\n", point_list(outline), colour);
}

std::string dot(Point at, const std::string& colour, const std::string& hint, bool hollow) {
  const std::string paint = hollow ? fmt::format("fill=\"#ffffff\" stroke=\"{}\" stroke-width=\"1.5\"", colour)
                                   : fmt::format("fill=\"{}\"", colour);
  return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.0\" {}><title>{}</title></circle>\n", at.first,
                     at.second, paint, escaped(hint));
}

namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

}  // namespace

double text_width(const std::string& content, double size) {
  constexpr double kMeanAdvance = 0.6;
  return kMeanAdvance * size * static_cast<double>(std::count_if(content.begin(), content.end(), starts_character));
}

std::string fitted(const std::string& content, double size, double width) {
  if (text_width(content, size) <= width) return content;
  std::string result;
  for (const char c : content) {
    if (starts_character(c) && text_width(result + "x..", size) > width) break;
    result += c;
  }
  return result + "..";
}

}  // namespace crossloom::svg
