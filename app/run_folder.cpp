#include "app/run_folder.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;

fs::path without_trailing_separator(fs::path path) {
  path = path.lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

void exchange(const fs::path& a, const fs::path& b) {
  if (renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) != 0) {
    throw UserError(fmt::format("cannot put {} in the place of {}: {}", a.string(), b.string(), std::strerror(errno)));
  }
}

}  // namespace

void RunFolder::check(const fs::path& out, ExistingRun existing) {
  if (out.empty()) throw UserError("--out needs the name of a folder to create");
  if (!fs::exists(out)) return;
  if (existing == ExistingRun::refuse) {
    throw UserError(fmt::format("{} exists already: choose another --out, or replace it with --force", out.string()));
  }
  if (existing == ExistingRun::replace && !fs::exists(out / "summary.json") &&
      !(fs::is_directory(out) && fs::is_empty(out))) {
    throw UserError(
        fmt::format("{} exists and is not a run folder (it has no summary.json); --force will not replace "
                    "it: choose another --out",
                    out.string()));
  }
}

RunFolder::RunFolder(fs::path out, const std::string& identity, ExistingRun existing)
    : out_(without_trailing_separator(std::move(out))), work_(out_.string() + ".partial") {
  check(out_, existing);
  if (existing == ExistingRun::resume && fs::exists(out_) && !fs::exists(work_)) {
    already_complete_ = true;
    return;
  }
  try {
    prepare(identity, existing);
  } catch (const fs::filesystem_error& error) {
    throw UserError(fmt::format("cannot create {}: {}", work_.string(), error.code().message()));
  }
}

void RunFolder::prepare(const std::string& identity, ExistingRun existing) {
  const bool interrupted_run = fs::exists(work_ / "scratch" / "identity");
  if (fs::exists(work_) && existing == ExistingRun::refuse && interrupted_run) {
    // The lock tells a run in progress from one that was interrupted.
    take_lock();
    throw UserError(
        fmt::format("an interrupted run lies in {}: go on with --resume, or start again with --force", work_.string()));
  }
  const bool ours = !fs::exists(work_) || fs::is_empty(work_) || interrupted_run || fs::exists(work_ / "lock") ||
                    fs::exists(work_ / "configuration.yaml");
  if (!ours) {
    throw UserError(fmt::format("{} exists and is not an interrupted run: choose another --out", work_.string()));
  }
  fs::create_directories(work_);
  take_lock();
  if (existing == ExistingRun::resume && interrupted_run) {
    if (read_file(scratch() / "identity") != identity) {
      throw UserError(
          fmt::format("{} was started with another configuration or version: --force starts again", work_.string()));
    }
    remove_unfinished_writes(work_);
    return;
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(work_)) {
    if (entry.path().filename() != "lock") fs::remove_all(entry.path());
  }
  fs::create_directories(scratch());
  write_file_atomically(scratch() / "identity", identity);
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) close(lock_);
}

void RunFolder::take_lock() {
  const fs::path file = work_ / "lock";
  lock_ = open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (lock_ < 0) {
    throw UserError(fmt::format("cannot write in {}: {}", work_.string(), std::strerror(errno)));
  }
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    throw UserError(fmt::format("another run is at work in {}: wait for it or choose another --out", work_.string()));
  }
}

void RunFolder::publish() {
  fs::remove_all(scratch());
  fs::remove(work_ / "lock");
  if (fs::exists(out_)) {
    exchange(work_, out_);
    fs::remove_all(work_);
  } else {
    publish_folder(work_, out_);
  }
}

}  // namespace crossloom
