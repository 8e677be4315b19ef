// CIFAR-10 binary files, whole and broken.
#include "training/cifar_reader.h"

#include <gmock/gmock.h>

#include "base/files.h"
#include "base/random.h"
#include "tests/training/data_files.h"
#include "training/dataset.h"

namespace crossloom {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::StartsWith;
using namespace testing_support;

std::string error_of(const std::filesystem::path& file) {
  return user_error([&] { read_cifar_dataset("cifar10", {file}); });
}

TEST(CifarReader, ReadsRecordsOfSeveralFilesInOrder) {
  const TemporaryFolder folder;
  const auto first = folder.write("a.bin", cifar_records(3));
  const auto second = folder.write("b.bin", gzip(cifar_records(2, 7)));
  const Dataset dataset = read_cifar_dataset("cifar10", {first, second});
  EXPECT_EQ(dataset.labels, (std::vector<std::uint8_t>{0, 1, 2, 7, 8}));
  EXPECT_EQ(dataset.width, 32U);
  EXPECT_EQ(dataset.height, 32U);
  EXPECT_EQ(dataset.channels, 3U);
  EXPECT_EQ(dataset.pixels.size(), 5U * 3072U);
  EXPECT_EQ(dataset.image(2)[0], 20);
  EXPECT_EQ(dataset.image(2)[1024], 40);
  EXPECT_EQ(dataset.image(2)[3071], 60);
  ASSERT_EQ(dataset.origin.files.size(), 2U);
  EXPECT_EQ(dataset.origin.files[1].sha256, sha256_hex(gzip(cifar_records(2, 7))));
}

TEST(CifarReader, RefusesAFileThatEndsInsideARecord) {
  const TemporaryFolder folder;
  const std::string whole = cifar_records(2);
  EXPECT_THAT(error_of(folder.write("a.bin", whole.substr(0, 5000))), HasSubstr("after 1 records 1927 bytes are left"));
  EXPECT_THAT(error_of(folder.write("a.bin", gzip(whole + "x"))), HasSubstr("after 2 records 1 bytes are left"));
}

TEST(CifarReader, RefusesALabelOutOfRange) {
  const TemporaryFolder folder;
  std::string bytes = cifar_records(4);
  bytes[3 * 3073] = 10;
  EXPECT_THAT(error_of(folder.write("a.bin", bytes)), HasSubstr("the label of record 3 (counted from 0) is 10"));
}

TEST(CifarReader, RefusesEmptyFilesAndFolders) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(folder.write("a.bin", "")), HasSubstr("the file is empty"));
  EXPECT_THAT(error_of(folder.write("a.bin", gzip(""))), HasSubstr("unpacks to nothing"));
  EXPECT_THAT(error_of(folder.path()), HasSubstr("this is a folder"));
  EXPECT_THAT(error_of(folder.path() / "absent.bin"), HasSubstr("there is no such file"));
}

TEST(CifarReader, RefusesGzipCutShortAtEveryOffset) {
  const TemporaryFolder folder;
  const std::string whole = gzip(cifar_records(2));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto file = folder.write("a.bin", whole.substr(0, length));
    EXPECT_THAT(error_of(file), StartsWith(file.string())) << length;
  }
}

TEST(CifarReader, SurvivesFlippedBits) {
  const TemporaryFolder folder;
  RandomStream random(RandomKey(8).child("flips"));
  const std::string whole = gzip(cifar_records(3));
  for (int trial = 0; trial < 400; ++trial) {
    std::string bytes = whole;
    char& byte = bytes[random.below(static_cast<std::uint32_t>(bytes.size()))];
    byte = static_cast<char>(byte ^ (1 << random.below(8)));
    const auto file = folder.write("a.bin", bytes);
    try {
      EXPECT_EQ(read_cifar_dataset("cifar10", {file}).size(), 3U);
    } catch (const UserError& error) {
      EXPECT_THAT(error.what(), StartsWith(file.string()));
    }
  }
}

TEST(CifarReader, ReadsThePublishedTestBatch) {
  const auto data = real_data();
  if (!data || !std::filesystem::exists(*data / "cifar10" / "test_batch.bin.gz")) {
    GTEST_SKIP() << "CROSSLOOM_DATA names no folder with CIFAR-10";
  }
  const Dataset test = read_cifar_dataset("cifar10", {*data / "cifar10" / "test_batch.bin.gz"});
  EXPECT_THAT(class_counts(DatasetView(test)), Each(1000U));
}

}  // namespace
}  // namespace crossloom
