// NumPy's .npy format (NumPy Enhancement Proposal 1): magic, version, a header in Python's notation, then the values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crossloom {

/// An array of one or two dimensions within the bytes of a file, which must outlive it.
struct NpyArray {
  char kind = 'f';       ///< b (boolean), i, u or f
  std::size_t size = 0;  ///< bytes a value: 1 to 8
  bool big_endian = false, fortran = false;
  std::uint32_t dimensions = 1;
  std::uint64_t rows = 0, columns = 1;  ///< one dimension: as many rows as values
  std::string_view values;

  /// The value as a double (integers beyond 2^53 to the nearest); may be infinite or not a number.
  [[nodiscard]] double at(std::uint64_t row, std::uint64_t column) const;
};

/// Format versions 1 to 3; booleans, integers or floats of 2, 4 or 8 bytes, either byte order, C or Fortran order, at
/// most 2^24 rows or columns. Throws UserError naming `origin` for anything else, also where sizes do not agree with
/// the contents.
NpyArray parse_npy_array(std::string_view bytes, const std::string& origin);

}  // namespace crossloom
