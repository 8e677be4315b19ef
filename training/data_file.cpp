// Files of data sets through zlib.
#include "training/data_file.h"

#include <algorithm>
#include <system_error>

#include <zlib.h>

#include "base/error.h"
#include "base/files.h"

namespace crossloom {
namespace {

constexpr std::uintmax_t kMaxStoredBytes = std::uintmax_t{2} << 30;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
/// zlib counts in 32 bits; both buffers are handed over in pieces that fit.
constexpr std::size_t kMaxZlibPiece = std::size_t{1} << 30;
/// inflateInit2: 15 bits of window, 16 more to demand the gzip wrapper (zlib manual).
constexpr int kGzipWindowBits = 15 + 16;

[[noreturn]] void fail_file(const std::filesystem::path& file, const std::string& problem) {
  throw UserError(file.string() + ": " + problem);
}

std::string read_stored(const std::filesystem::path& file) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    fail_file(file, "there is no such file; check the data folder, or fetch the set with scripts/get-data");
  }
  if (std::filesystem::is_directory(status)) {
    fail_file(file, "this is a folder where a data file is wanted; name the file inside it");
  }
  if (error) fail_file(file, "cannot be read (" + error.message() + "); check its permissions");
  if (!std::filesystem::is_regular_file(status))
    fail_file(file, "this is not a regular file; data are read from files");
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) fail_file(file, "cannot be read (" + error.message() + "); check its permissions");
  if (size > kMaxStoredBytes) fail_file(file, "the file is larger than 2 GiB, so it is not one of the known sets");
  return read_file(file);
}

bool is_gzip(const std::string& bytes) {
  return bytes.size() >= 2 && static_cast<unsigned char>(bytes[0]) == 0x1F &&
         static_cast<unsigned char>(bytes[1]) == 0x8B;
}

}  // namespace

struct DataFileReader::State {
  std::filesystem::path file;
  std::string stored;
  std::string sha256;
  /// Stored bytes taken so far.
  std::size_t position = 0;
  bool packed = false;
  bool at_end = false;
  z_stream zlib{};

  std::size_t copy_plain(std::uint8_t* out, std::size_t count) {
    const std::size_t taken = std::min(count, stored.size() - position);
    std::copy_n(stored.begin() + static_cast<std::ptrdiff_t>(position), taken, out);
    position += taken;
    return taken;
  }
  /// One call of inflate; returns the bytes written, or what went wrong in `problem`.
  std::size_t inflate_some(std::uint8_t* out, std::size_t count, std::string& problem) {
    const std::size_t input = std::min(stored.size() - position, kMaxZlibPiece);
    zlib.next_in = reinterpret_cast<Bytef*>(stored.data() + position);
    zlib.avail_in = static_cast<uInt>(input);
    zlib.next_out = out;
    zlib.avail_out = static_cast<uInt>(std::min(count, kMaxZlibPiece));
    const uInt offered = zlib.avail_out;
    const int code = inflate(&zlib, Z_NO_FLUSH);
    position += input - zlib.avail_in;
    if (code == Z_STREAM_END) {
      end_member(problem);
    } else if (code == Z_BUF_ERROR) {
      problem = "the gzip data end too early: the file was cut short";
    } else if (code == Z_MEM_ERROR) {
      problem = "not enough memory to unpack the file";
    } else if (code != Z_OK) {
      problem = std::string("the gzip data are damaged (") + (zlib.msg != nullptr ? zlib.msg : "bad stream") + ")";
    }
    return offered - zlib.avail_out;
  }
  void end_member(std::string& problem) {
    if (position == stored.size()) {
      at_end = true;
    } else if (stored.compare(position, 2, "\x1F\x8B") == 0) {
      inflateReset(&zlib);
    } else {
      problem = "there are " + std::to_string(stored.size() - position) + " bytes after the end of the gzip data";
    }
  }
};

DataFileReader::DataFileReader(const std::filesystem::path& file) : state_(std::make_unique<State>()) {
  state_->file = file;
  state_->stored = read_stored(file);
  if (state_->stored.empty()) fail("the file is empty");
  state_->sha256 = sha256_hex(state_->stored);
  if (is_gzip(state_->stored)) {
    CROSSLOOM_CHECK(inflateInit2(&state_->zlib, kGzipWindowBits) == Z_OK, "zlib must start");
    state_->packed = true;
  }
}

DataFileReader::~DataFileReader() {
  if (state_->packed) inflateEnd(&state_->zlib);
}

std::vector<std::uint8_t> DataFileReader::read(std::size_t count) {
  std::vector<std::uint8_t> bytes;
  std::size_t filled = 0;
  while (filled < count && !state_->at_end) {
    bytes.resize(std::min(count, filled + std::max(kChunkBytes, filled)));
    std::string problem;
    const std::size_t room = bytes.size() - filled;
    const std::size_t got = state_->packed ? state_->inflate_some(bytes.data() + filled, room, problem)
                                           : state_->copy_plain(bytes.data() + filled, room);
    if (!problem.empty()) fail(problem);
    filled += got;
    if (!state_->packed && state_->position == state_->stored.size()) state_->at_end = true;
  }
  bytes.resize(filled);
  return bytes;
}

const std::string& DataFileReader::sha256() const { return state_->sha256; }

bool DataFileReader::packed() const { return state_->packed; }

void DataFileReader::fail(const std::string& problem) const {
  fail_file(state_->file, problem + "; fetch or copy the file again (scripts/get-data fetches the official sets)");
}

}  // namespace crossloom
