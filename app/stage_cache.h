// Finished stages by content: a file's name is the digest of everything that its content depends on.
#pragma once

#include <filesystem>
#include <string>

namespace crossloom {

/// Several processes may use one folder at once, since files appear whole and equal names mean equal content. Made by
/// `crossloom compare`; may be deleted at any time.
class StageCache {
 public:
  /// Makes the folder on first use, not here.
  explicit StageCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Where the stage of this identity lies or is to be written. Its folder exists afterwards. Throws UserError where it
  /// cannot be made.
  [[nodiscard]] std::filesystem::path file(const std::string& stage, const std::string& identity) const;

  /// Seconds that the stage took when it was made, kept beside its file; 0 where that is not known.
  static void put_seconds(const std::filesystem::path& file, double seconds);
  [[nodiscard]] static double seconds(const std::filesystem::path& file);

 private:
  std::filesystem::path folder_;
};

}  // namespace crossloom
