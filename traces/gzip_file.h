// A gzip file that is written piece by piece and appears only when it is complete.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

struct gzFile_s;

namespace crossloom {

/// The first failure is kept and thrown by finish(), so that write() may be called where nothing may be thrown.
class GzipFile {
 public:
  enum class Form {
    compressed,
    plain,  ///< the bytes as they are
  };
  /// Writes to `file` + ".partial". Throws UserError where that cannot be made.
  explicit GzipFile(std::filesystem::path file, Form form = Form::compressed);
  /// Removes the unfinished file.
  ~GzipFile();
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;

  void write(std::string_view bytes) noexcept;
  /// Syncs and renames. Throws UserError naming the file and the system's reason if anything failed; called once.
  void finish();

 private:
  void note_failure() noexcept;
  [[noreturn]] void fail(int error) const;

  std::filesystem::path file_, partial_;
  gzFile_s* stream_ = nullptr;
  int error_ = 0;  ///< errno of the first failure
};

}  // namespace crossloom
