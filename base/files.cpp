// Reading, and writing that survives a crash at any moment: write aside, sync, rename, sync the folder.
#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/sha256.h"

namespace crossloom {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const char* action, const fs::path& path, int error) {
  throw UserError(fmt::format("cannot {} {}: {}", action, path.string(), std::generic_category().message(error)));
}

class FileDescriptor {
 public:
  FileDescriptor(const fs::path& path, int flags, const char* action) : path_(path), action_(action) {
    do {
      descriptor_ = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
    } while (descriptor_ < 0 && errno == EINTR);
    if (descriptor_ < 0) fail(action, path, errno);
  }
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  std::size_t read_some(char* to, std::size_t size) {
    while (true) {
      const ssize_t count = ::read(descriptor_, to, size);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) fail(action_, path_, errno);
    }
  }
  void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno != EINTR) fail(action_, path_, errno);
      if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void sync() {
    // File systems without fsync say EINVAL; there is nothing more to be done on those.
    if (::fsync(descriptor_) != 0 && errno != EINVAL) fail(action_, path_, errno);
  }
  void close() {
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0 && errno != EINTR) fail(action_, path_, errno);
  }

 private:
  fs::path path_;
  const char* action_;
  int descriptor_ = -1;
};

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

void sync_path(const fs::path& path) {
  FileDescriptor file(path, O_RDONLY, "sync");
  file.sync();
}

constexpr std::string_view kTemporaryPrefix = ".crossloom-";
constexpr std::string_view kTemporarySuffix = ".tmp";

/// A name that no other process or thread uses; the file's own name could be too long to add to.
fs::path temporary_beside(const fs::path& file) {
  static std::atomic<unsigned> counter{0};
  return folder_of(file) / fmt::format("{}{}-{}{}", kTemporaryPrefix, ::getpid(), counter++, kTemporarySuffix);
}

bool is_temporary(const std::string& name) {
  return name.size() > kTemporaryPrefix.size() + kTemporarySuffix.size() &&
         name.compare(0, kTemporaryPrefix.size(), kTemporaryPrefix) == 0 &&
         name.compare(name.size() - kTemporarySuffix.size(), kTemporarySuffix.size(), kTemporarySuffix) == 0;
}

void write_and_sync(const fs::path& file, std::string_view bytes, const fs::path& target) try {
  FileDescriptor out(file, O_WRONLY | O_CREAT | O_TRUNC, "write");
  out.write_all(bytes);
  out.sync();
  out.close();
} catch (const UserError& error) {
  throw UserError(fmt::format("cannot write {}: {}", target.string(), error.what()));
}

/// Feeds the whole file, piece by piece, to `take`.
template <class Take>
void read_pieces(const fs::path& file, Take take) {
  FileDescriptor in(file, O_RDONLY, "read");
  std::array<char, 1U << 16U> buffer{};
  while (const std::size_t count = in.read_some(buffer.data(), buffer.size())) {
    take(std::string_view(buffer.data(), count));
  }
}

/// rename(2) would silently replace an empty folder, so the kernel is asked not to where it can.
void rename_to_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) fail("create", to, errno);
  if (fs::exists(fs::symlink_status(to))) fail("create", to, EEXIST);
  if (::rename(from.c_str(), to.c_str()) != 0) fail("create", to, errno);
}

}  // namespace

std::string read_file(const fs::path& file) {
  std::string bytes;
  read_pieces(file, [&](std::string_view piece) { bytes += piece; });
  return bytes;
}

void write_file_atomically(const fs::path& file, std::string_view bytes) {
  const fs::path temporary = temporary_beside(file);
  try {
    write_and_sync(temporary, bytes, file);
    if (::rename(temporary.c_str(), file.c_str()) != 0) fail("write", file, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_path(folder_of(file));
}

void remove_unfinished_writes(const fs::path& folder) {
  std::vector<fs::path> leftovers;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && is_temporary(entry.path().filename().string())) leftovers.push_back(entry.path());
  }
  for (const fs::path& file : leftovers) fs::remove(file);
}

void publish_folder(const fs::path& from, const fs::path& to) {
  std::error_code error;
  std::vector<fs::path> paths = {from};
  fs::recursive_directory_iterator entry(from, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_symlink()) continue;
    if (entry->is_regular_file() || entry->is_directory()) paths.push_back(entry->path());
  }
  if (error) fail("read", from, error.value());
  for (const fs::path& path : paths) sync_path(path);
  rename_to_new(from, to);
  // Without trailing slash, so that the folder that holds `to` is synced and not `to` itself.
  sync_path(folder_of(to.has_filename() ? to : to.parent_path()));
}

std::string sha256_of_file(const fs::path& file) {
  Sha256 hash;
  read_pieces(file, [&](std::string_view piece) { hash.add(piece); });
  return to_hex(hash.finish());
}

}  // namespace crossloom
