#include "base/npy_file.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text_lines.h"

namespace crossloom {
namespace {

[[noreturn]] void fail(const std::string& origin, const std::string& reason) {
  throw UserError(fmt::format("{}: {}", origin, reason));
}

/// What stands behind 'key': in the header, from the first character that is no blank.
std::string_view value_of(std::string_view header, std::string_view key, const std::string& origin) {
  for (const char quote : {'\'', '"'}) {
    const std::string quoted = fmt::format("{0}{1}{0}", quote, key);
    const std::size_t at = header.find(quoted);
    if (at == std::string_view::npos) continue;
    std::string_view rest = trimmed(header.substr(at + quoted.size()));
    if (rest.empty() || rest.front() != ':') continue;
    rest.remove_prefix(1);
    return trimmed(rest);
  }
  fail(origin, fmt::format("its NumPy header has no '{}'", key));
}

void read_type(std::string_view value, NpyArray& header, const std::string& origin) {
  const std::string refused =
      fmt::format("its values are of type {}; numbers are booleans, integers or floats of 2, 4 or 8 bytes",
                  shown(value.substr(0, 12)));
  if (value.size() < 5 || (value[0] != '\'' && value[0] != '"')) fail(origin, refused);
  const std::size_t end = value.find(value[0], 1);
  if (end == std::string_view::npos || end != 4) fail(origin, refused);
  const char order = value[1], kind = value[2], size = value[3];
  const bool known_order = order == '<' || order == '>' || order == '|' || order == '=';
  const std::string_view sizes = kind == 'b' ? "1" : kind == 'f' ? "248" : kind == 'i' || kind == 'u' ? "1248" : "";
  if (!known_order || sizes.find(size) == std::string_view::npos) fail(origin, refused);
  header.kind = kind;
  header.size = static_cast<std::size_t>(size - '0');
  header.big_endian = order == '>';
}

std::uint64_t dimension(std::string_view& text, const std::string& origin) {
  text = trimmed(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value > kMostLines || value == 0) {
    fail(origin, fmt::format("its shape must be (rows, columns) or (values,), each 1 to {}", kMostLines));
  }
  text = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
  return value;
}

void read_shape(std::string_view value, NpyArray& header, const std::string& origin) {
  const std::size_t close = value.find(')');
  if (value.empty() || value.front() != '(' || close == std::string_view::npos)
    fail(origin, "its NumPy header has no shape");
  std::string_view inside = value.substr(1, close - 1);
  header.rows = dimension(inside, origin);
  if (inside.empty() || inside.front() != ',') fail(origin, "it must have one or two dimensions");
  inside.remove_prefix(1);
  if (trimmed(inside).empty()) return;
  header.dimensions = 2;
  header.columns = dimension(inside, origin);
  if (!inside.empty() && inside != ",") fail(origin, "it must have one or two dimensions");
}

NpyArray read_header(std::string_view text, const std::string& origin) {
  NpyArray header;
  read_type(value_of(text, "descr", origin), header, origin);
  const std::string_view order = value_of(text, "fortran_order", origin);
  if (order.substr(0, 4) != "True" && order.substr(0, 5) != "False")
    fail(origin, "its fortran_order is neither True nor False");
  header.fortran = order.front() == 'T';
  read_shape(value_of(text, "shape", origin), header, origin);
  return header;
}

std::uint64_t little(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t k = bytes.size(); k-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[k]);
  return value;
}

/// IEEE 754 of 16 bits.
double half(std::uint64_t bits) {
  const auto exponent = static_cast<int>(bits >> 10U & 0x1FU), mantissa = static_cast<int>(bits & 0x3FFU);
  double size = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(mantissa + 1024, exponent - 25);
  if (exponent == 31)
    size = mantissa == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  return (bits >> 15U & 1U) != 0 ? -size : size;
}

double real(std::uint64_t bits, std::size_t size) {
  if (size == 2) return half(bits);
  if (size == 4) {
    const auto narrow = static_cast<std::uint32_t>(bits);
    float value = 0.0F;
    std::memcpy(&value, &narrow, sizeof value);
    return static_cast<double>(value);
  }
  double value = 0.0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

double NpyArray::at(std::uint64_t row, std::uint64_t column) const {
  const std::uint64_t place = fortran ? column * rows + row : row * columns + column;
  std::uint64_t bits = 0;
  for (std::size_t b = 0; b < size; ++b) {
    const std::size_t byte = big_endian ? b : size - 1 - b;
    bits = bits << 8U | static_cast<unsigned char>(values[place * size + byte]);
  }
  if (kind == 'f') return real(bits, size);
  if (kind != 'i') return static_cast<double>(bits);
  const std::uint64_t sign = std::uint64_t{1} << (8 * size - 1);
  // Two's complement of any width: flipping the sign bit and taking its weight away.
  return static_cast<double>(static_cast<std::int64_t>((bits ^ sign) - sign));
}

NpyArray parse_npy_array(std::string_view bytes, const std::string& origin) {
  if (bytes.size() < 12 || bytes.substr(0, 6) != "\x93NUMPY") fail(origin, "it does not begin as a NumPy file does");
  const auto version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3)
    fail(origin, fmt::format("its NumPy format is version {}; versions 1 to 3 are read", version));
  const std::size_t length_bytes = version == 1 ? 2 : 4, begin = 8 + length_bytes;
  const std::uint64_t length = little(bytes.substr(8, length_bytes));
  if (length > bytes.size() - begin) fail(origin, "it ends within its NumPy header");
  NpyArray array = read_header(bytes.substr(begin, length), origin);
  array.values = bytes.substr(begin + length);
  const std::uint64_t expected = array.rows * array.columns * array.size;  // at most 2^24 * 2^24 * 2^3
  if (array.values.size() != expected) {
    fail(origin, fmt::format("{} rows and {} columns of {} bytes make {} bytes of values; it has {}", array.rows,
                             array.columns, array.size, expected, array.values.size()));
  }
  return array;
}

}  // namespace crossloom
