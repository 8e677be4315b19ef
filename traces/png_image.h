// Small pictures as PNG data for use within SVG. Private to traces.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace crossloom {

/// Three bytes a pixel (red, green, blue), row by row.
struct RasterImage {
  std::uint32_t width = 0, height = 0;
  std::vector<std::uint8_t> bytes;
};

/// PNG (ISO/IEC 15948): 8-bit colour, no filter, deflated.
std::string png_bytes(const RasterImage& image);
/// data:image/png;base64,...
std::string png_data_uri(const RasterImage& image);

}  // namespace crossloom
