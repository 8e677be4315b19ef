// Sparse matrices in the formats that people have them in.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "models/binary_matrix.h"

namespace crossloom {

/// Which entries are not 0; rows = inputs. By the file's ending:
///   .mtx  Matrix Market (Boisvert, Pozo and Remington, NIST IR 5935, 1996): coordinate or array; pattern, real or
///         integer; general, symmetric or skew-symmetric. Entries given twice count once.
///   .npy  NumPy format 1 to 3: two dimensions of booleans, integers or floats (2, 4 or 8 bytes), either byte order,
///         C or Fortran order.
///   .csv  numbers with commas between them, one row a line, no header.
/// Throws UserError with the file and, in text files, the line, for anything else: values that are not finite, sizes
/// that do not agree with the contents, rows of different lengths, more than 2^24 rows or columns, no rows at all.
BinaryMatrix read_matrix_file(const std::filesystem::path& file);

/// The formats by themselves; `origin` names the source in messages.
BinaryMatrix parse_matrix_market(std::string_view text, const std::string& origin);
BinaryMatrix parse_npy(std::string_view bytes, const std::string& origin);
BinaryMatrix parse_matrix_csv(std::string_view text, const std::string& origin);

}  // namespace crossloom
