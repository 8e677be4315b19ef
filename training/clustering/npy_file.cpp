// NumPy's .npy format (NumPy Enhancement Proposal 1): magic, version, a header in Python's notation, then the values.
#include <array>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "training/clustering/matrix_file.h"
#include "training/clustering/text_lines.h"

namespace crossloom {
namespace {

struct NpyHeader {
  char kind = 'f';  ///< b, i, u or f
  std::size_t size = 0;
  bool big_endian = false, fortran = false;
  std::uint64_t rows = 0, columns = 0;
};

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

void read_type(std::string_view value, NpyHeader& header, const std::string& origin) {
  const std::string refused = fmt::format(
      "its values are of type {}; a matrix holds booleans, integers or floats of 2, 4 or 8 bytes", shown(value.substr(0, 12)));
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
    fail(origin, fmt::format("its shape must be (rows, columns), each 1 to {}", kMostLines));
  }
  text = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
  return value;
}

void read_shape(std::string_view value, NpyHeader& header, const std::string& origin) {
  const std::size_t close = value.find(')');
  if (value.empty() || value.front() != '(' || close == std::string_view::npos) fail(origin, "its NumPy header has no shape");
  std::string_view inside = value.substr(1, close - 1);
  header.rows = dimension(inside, origin);
  if (inside.size() < 2 || inside.front() != ',') fail(origin, "it must have two dimensions, rows and columns");
  inside.remove_prefix(1);
  header.columns = dimension(inside, origin);
  if (!inside.empty() && inside != ",") fail(origin, "it must have two dimensions, rows and columns");
}

NpyHeader read_header(std::string_view text, const std::string& origin) {
  NpyHeader header;
  read_type(value_of(text, "descr", origin), header, origin);
  const std::string_view order = value_of(text, "fortran_order", origin);
  if (order.substr(0, 4) != "True" && order.substr(0, 5) != "False") fail(origin, "its fortran_order is neither True nor False");
  header.fortran = order.front() == 'T';
  read_shape(value_of(text, "shape", origin), header, origin);
  return header;
}

std::uint64_t little(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t k = bytes.size(); k-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[k]);
  return value;
}

/// Of IEEE 754: anything but the sign; nothing where the exponent says infinite or not a number.
std::optional<bool> is_one(std::uint64_t bits, const NpyHeader& header) {
  if (header.kind != 'f') return bits != 0;
  const unsigned mantissa = header.size == 2 ? 10 : header.size == 4 ? 23 : 52;
  const auto width = static_cast<unsigned>(8 * header.size);
  const std::uint64_t magnitude = bits & ((std::uint64_t{1} << (width - 1)) - 1);
  const std::uint64_t largest_exponent = (std::uint64_t{1} << (width - 1 - mantissa)) - 1;
  if (magnitude >> mantissa == largest_exponent) return std::nullopt;
  return magnitude != 0;
}

}  // namespace

BinaryMatrix parse_npy(std::string_view bytes, const std::string& origin) {
  if (bytes.size() < 12 || bytes.substr(0, 6) != "\x93NUMPY") fail(origin, "it does not begin as a NumPy file does");
  const auto version = static_cast<unsigned char>(bytes[6]);
  if (version < 1 || version > 3) fail(origin, fmt::format("its NumPy format is version {}; versions 1 to 3 are read", version));
  const std::size_t length_bytes = version == 1 ? 2 : 4, begin = 8 + length_bytes;
  const std::uint64_t length = little(bytes.substr(8, length_bytes));
  if (length > bytes.size() - begin) fail(origin, "it ends within its NumPy header");
  const NpyHeader header = read_header(bytes.substr(begin, length), origin);
  const std::string_view values = bytes.substr(begin + length);
  const std::uint64_t expected = header.rows * header.columns * header.size;  // at most 2^24 * 2^24 * 2^3
  if (values.size() != expected) {
    fail(origin, fmt::format("{} rows and {} columns of {} bytes make {} bytes of values; it has {}", header.rows,
                             header.columns, header.size, expected, values.size()));
  }
  BinaryMatrix matrix;
  matrix.rows = static_cast<std::uint32_t>(header.rows);
  matrix.columns = static_cast<std::uint32_t>(header.columns);
  matrix.row_begin.assign(1, 0);
  for (std::uint64_t i = 0; i < header.rows; ++i) {
    for (std::uint64_t j = 0; j < header.columns; ++j) {
      const std::uint64_t at = header.fortran ? j * header.rows + i : i * header.columns + j;
      std::uint64_t bits = 0;
      for (std::size_t b = 0; b < header.size; ++b) {
        const std::size_t byte = header.big_endian ? b : header.size - 1 - b;
        bits = bits << 8U | static_cast<unsigned char>(values[at * header.size + byte]);
      }
      const std::optional<bool> one = is_one(bits, header);
      if (!one) fail(origin, fmt::format("the value of row {}, column {} (from 0) is not finite", i, j));
      if (*one) matrix.column_of.push_back(static_cast<std::uint32_t>(j));
    }
    matrix.row_begin.push_back(matrix.column_of.size());
  }
  return matrix;
}

}  // namespace crossloom
