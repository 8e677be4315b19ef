// zlib's stream over a file of our own.
#include "traces/gzip_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {

namespace {

constexpr unsigned kBufferSize = 1U << 17U;

int open_for_writing(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

/// errno, or 0.
int sync(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  // File systems without fsync say EINVAL; there is nothing more to be done on those.
  const int error = ::fsync(descriptor) != 0 && errno != EINVAL ? errno : 0;
  ::close(descriptor);
  return error;
}

}  // namespace

GzipFile::GzipFile(std::filesystem::path file, Form form)
    : file_(std::move(file)), partial_(file_.string() + ".partial") {
  const int descriptor = open_for_writing(partial_);
  if (descriptor < 0) fail(errno);
  stream_ = ::gzdopen(descriptor, form == Form::compressed ? "wb6" : "wbT");
  if (stream_ == nullptr) {
    ::close(descriptor);
    ::unlink(partial_.c_str());
    fail(ENOMEM);
  }
  ::gzbuffer(stream_, kBufferSize);
}

GzipFile::~GzipFile() {
  if (stream_ == nullptr) return;
  ::gzclose(stream_);
  ::unlink(partial_.c_str());
}

void GzipFile::write(std::string_view bytes) noexcept {
  while (!bytes.empty() && error_ == 0) {
    const auto size = static_cast<unsigned>(std::min<std::size_t>(bytes.size(), 1U << 30U));
    errno = 0;
    const int written = ::gzwrite(stream_, bytes.data(), size);
    if (written <= 0) return note_failure();
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void GzipFile::note_failure() noexcept {
  if (error_ == 0) error_ = errno != 0 ? errno : EIO;
}

void GzipFile::finish() {
  CROSSLOOM_CHECK(stream_ != nullptr, "a file is finished once");
  errno = 0;
  if (::gzclose(std::exchange(stream_, nullptr)) != Z_OK) note_failure();
  if (error_ == 0) error_ = sync(partial_);
  if (error_ == 0 && ::rename(partial_.c_str(), file_.c_str()) != 0) error_ = errno;
  if (error_ != 0) {
    ::unlink(partial_.c_str());
    fail(error_);
  }
  const int error = sync(file_.has_parent_path() ? file_.parent_path() : std::filesystem::path("."));
  if (error != 0) fail(error);
}

void GzipFile::fail(int error) const {
  throw UserError(fmt::format("cannot write {}: {}", file_.string(), std::generic_category().message(error)));
}

}  // namespace crossloom
