// Tests of reading, atomic writing and publishing.
#include "base/files.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/support/temporary_folder.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

template <class Call>
std::string user_error_of(Call call) {
  try {
    call();
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ReadFile, ReturnsEveryByte) {
  const TemporaryFolder folder;
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += static_cast<char>(i % 256);
  EXPECT_EQ(read_file(folder.write("a", bytes)), bytes);
  EXPECT_EQ(read_file(folder.write("empty", "")), "");
}

TEST(ReadFile, NamesTheFileAndTheReason) {
  const TemporaryFolder folder;
  const fs::path missing = folder.path() / "missing";
  EXPECT_EQ(user_error_of([&] { read_file(missing); }),
            "cannot read " + missing.string() + ": No such file or directory");
  EXPECT_EQ(user_error_of([&] { read_file(folder.path()); }),
            "cannot read " + folder.path().string() + ": Is a directory");
}

TEST(WriteFileAtomically, WritesANewFileAndReplacesAnOldOne) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "out.json";
  write_file_atomically(file, "first");
  EXPECT_EQ(read_file(file), "first");
  write_file_atomically(file, "second");
  EXPECT_EQ(read_file(file), "second");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("out.json"));
}

TEST(WriteFileAtomically, GivesTheFileTheUsualPermissions) {
  const TemporaryFolder folder;
  const mode_t old = ::umask(022);
  write_file_atomically(folder.path() / "out", "x");
  ::umask(old);
  EXPECT_EQ(fs::status(folder.path() / "out").permissions(), fs::perms(0644));
}

TEST(WriteFileAtomically, TakesANameAsLongAsTheSystemAllows) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / std::string(255, 'n');
  write_file_atomically(file, "x");
  EXPECT_EQ(read_file(file), "x");
}

TEST(WriteFileAtomically, NamesTheTargetWhenTheFolderIsMissing) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "none" / "out";
  EXPECT_THAT(
      user_error_of([&] { write_file_atomically(file, "x"); }),
      testing::AllOf(testing::StartsWith("cannot write " + file.string()), HasSubstr("No such file or directory")));
}

TEST(WriteFileAtomically, LeavesAFolderInItsPlaceAlone) {
  const TemporaryFolder folder;
  folder.write("out/inner", "kept");
  EXPECT_THAT(user_error_of([&] { write_file_atomically(folder.path() / "out", "x"); }), HasSubstr("Is a directory"));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("out"));
  EXPECT_EQ(read_file(folder.path() / "out/inner"), "kept");
}

/// Lets no file grow beyond `bytes` while it lives, as a full disk would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit = {bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &old_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
};

TEST(WriteFileAtomically, LeavesTheOldFileAndNoRemainsWhenTheDiskIsFull) {
  const TemporaryFolder folder;
  const fs::path file = folder.write("out", "old");
  std::string message;
  {
    const FileSizeLimit limit(1000);
    message = user_error_of([&] { write_file_atomically(file, std::string(5000, 'x')); });
  }
  EXPECT_THAT(message, HasSubstr("File too large"));
  EXPECT_EQ(read_file(file), "old");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("out"));
}

TEST(PublishFolder, MovesAFolderWithAllThatIsInIt) {
  const TemporaryFolder folder;
  folder.write("run.partial/a.txt", "a");
  folder.write("run.partial/deep/er/b.txt", "b");
  publish_folder(folder.path() / "run.partial", folder.path() / "run");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("run"));
  EXPECT_EQ(read_file(folder.path() / "run/deep/er/b.txt"), "b");
}

TEST(PublishFolder, RefusesATargetThatExistsEvenAnEmptyOne) {
  const TemporaryFolder folder;
  folder.write("run.partial/a.txt", "a");
  fs::create_directory(folder.path() / "run");
  EXPECT_EQ(user_error_of([&] { publish_folder(folder.path() / "run.partial", folder.path() / "run"); }),
            "cannot create " + (folder.path() / "run").string() + ": File exists");
  EXPECT_THAT(names_in(folder.path()), ElementsAre("run", "run.partial"));
  EXPECT_THAT(names_in(folder.path() / "run"), ElementsAre());
}

TEST(PublishFolder, RefusesAFolderThatIsNotThere) {
  const TemporaryFolder folder;
  EXPECT_THAT(user_error_of([&] { publish_folder(folder.path() / "none", folder.path() / "run"); }),
              HasSubstr("No such file or directory"));
}

TEST(RemoveUnfinishedWrites, TakesTheTemporaryFilesOfKilledWritersAndNothingElse) {
  const TemporaryFolder folder;
  folder.write("kept.csv", "1");
  folder.write(".crossloom-12-0.tmp", "half");
  folder.write("tables/.crossloom-12-1.tmp", "half");
  folder.write("tables/.other.tmp", "not ours");
  remove_unfinished_writes(folder.path());
  EXPECT_THAT(names_in(folder.path()), ElementsAre("kept.csv", "tables"));
  EXPECT_THAT(names_in(folder.path() / "tables"), ElementsAre(".other.tmp"));
}

TEST(Sha256OfFile, IsThatOfItsBytes) {
  const TemporaryFolder folder;
  const std::string bytes(200'001, 'q');
  EXPECT_EQ(sha256_of_file(folder.write("a", bytes)), sha256_hex(bytes));
}

}  // namespace
}  // namespace crossloom
