#include "traces/png_image.h"

#include <zlib.h>

#include "base/error.h"

namespace crossloom {
namespace {

void append_big_endian(std::string& to, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) to += static_cast<char>(value >> shift & 0xFFU);
}

void append_chunk(std::string& to, const std::string& type, const std::string& data) {
  append_big_endian(to, static_cast<std::uint32_t>(data.size()));
  const std::string body = type + data;
  to += body;
  const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  append_big_endian(to, static_cast<std::uint32_t>(sum));
}

std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string packed(size, '\0');
  const int result = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                               reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()), 9);
  CROSSLOOM_CHECK(result == Z_OK, "a picture can be deflated");
  packed.resize(size);
  return packed;
}

std::string base64(const std::string& bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t k = 0; k < bytes.size(); k += 3) {
    std::uint32_t three = 0;
    for (std::size_t b = 0; b < 3; ++b) {
      three = three << 8U | (k + b < bytes.size() ? static_cast<unsigned char>(bytes[k + b]) : 0U);
    }
    for (std::size_t d = 0; d < 4; ++d) {
      text += k + d > bytes.size() ? '=' : kDigits[three >> (18U - 6U * d) & 0x3FU];
    }
  }
  return text;
}

}  // namespace

std::string png_bytes(const RasterImage& image) {
  CROSSLOOM_CHECK(image.bytes.size() == std::size_t{3} * image.width * image.height, "three bytes a pixel");
  std::string header;
  append_big_endian(header, image.width);
  append_big_endian(header, image.height);
  header += std::string("\x08\x02\x00\x00\x00", 5);  // 8 bits, colour, deflate, adaptive filters, not interlaced
  std::string lines;
  const std::size_t stride = std::size_t{3} * image.width;
  for (std::uint32_t y = 0; y < image.height; ++y) {
    lines += '\0';
    lines.append(reinterpret_cast<const char*>(image.bytes.data()) + y * stride, stride);
  }
  std::string png("\x89PNG\r\n\x1a\n", 8);
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", deflated(lines));
  append_chunk(png, "IEND", "");
  return png;
}

std::string png_data_uri(const RasterImage& image) { return "data:image/png;base64," + base64(png_bytes(image)); }

}  // namespace crossloom
