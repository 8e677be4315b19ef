// Plain tables of numbers, as other programs write them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace crossloom {

struct NumberTable {
  std::uint64_t rows = 0, columns = 0;
  std::vector<double> values;  ///< [row][column]
};

/// By the file's ending: .npy (see npy_file.h; one dimension makes one row) or .csv (numbers with commas between them,
/// one row a line, no header). Throws UserError, with the file and, in text, the line, for anything else and for values
/// that are not finite.
NumberTable read_number_table(const std::filesystem::path& file);

/// Calls visit(row, column, value) for each number of a CSV text, row by row. Throws UserError naming `origin` and the
/// line for rows of different lengths, what is not a finite number, more than 2^24 rows or columns, no rows at all.
void visit_csv_numbers(std::string_view text, const std::string& origin,
                       const std::function<void(std::uint64_t, std::uint64_t, double)>& visit);

}  // namespace crossloom
