#include "app/stage_cache.h"

#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"

namespace crossloom {
namespace fs = std::filesystem;
namespace {

fs::path seconds_file(const fs::path& file) { return fs::path(file).concat(".seconds"); }

}  // namespace

fs::path StageCache::file(const std::string& stage, const std::string& identity) const {
  const fs::path folder = folder_ / stage;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw UserError(fmt::format("the cache folder {} cannot be made: {}; name another with --cache", folder.string(),
                                error.message()));
  }
  return folder / sha256_hex(identity);
}

void StageCache::put_seconds(const fs::path& file, double seconds) {
  write_file_atomically(seconds_file(file), fmt::format("{}\n", seconds));
}

double StageCache::seconds(const fs::path& file) {
  if (!fs::exists(seconds_file(file))) return 0.0;
  return std::strtod(read_file(seconds_file(file)).c_str(), nullptr);
}

}  // namespace crossloom
