// One file of a data set, plain or gzip, read piece by piece so that memory grows only with data that are really there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace crossloom {

/// Whether a file is gzip is told by its first bytes, not by its name. Several gzip members follow one another as one
/// (RFC 1952, section 2.2). Not thread-safe.
class DataFileReader {
 public:
  /// Throws UserError where the file is missing, empty, unreadable, not a regular file, or larger than 2 GiB.
  explicit DataFileReader(const std::filesystem::path& file);
  ~DataFileReader();
  DataFileReader(const DataFileReader&) = delete;
  DataFileReader& operator=(const DataFileReader&) = delete;

  /// The next `count` unpacked bytes, or fewer where the data end before. Throws UserError where the gzip data are
  /// cut short or damaged (their checksums are verified when their end is read).
  std::vector<std::uint8_t> read(std::size_t count);
  /// Of the stored bytes.
  [[nodiscard]] const std::string& sha256() const;
  [[nodiscard]] bool packed() const;
  /// Throws UserError "FILE: `problem`" with what to do about a bad file.
  [[noreturn]] void fail(const std::string& problem) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossloom
