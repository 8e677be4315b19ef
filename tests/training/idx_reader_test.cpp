// IDX files, whole and broken in every way that was thought of.
#include "training/idx_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "base/files.h"
#include "base/random.h"
#include "tests/training/data_files.h"
#include "training/dataset.h"

namespace crossloom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using namespace testing_support;

std::string image_error(const std::filesystem::path& file) {
  return user_error([&] { read_idx_images(file); });
}
std::string label_error(const std::filesystem::path& file) {
  return user_error([&] { read_idx_labels(file, 10); });
}

TEST(IdxReader, ReadsImagesRowByRow) {
  const TemporaryFolder folder;
  const IdxImages images = read_idx_images(folder.write("images", idx_images(2, 3, 4)));
  EXPECT_EQ(images.count, 2U);
  EXPECT_EQ(images.height, 3U);
  EXPECT_EQ(images.width, 4U);
  ASSERT_EQ(images.pixels.size(), 24U);
  for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(images.pixels[i], i);
}

TEST(IdxReader, TellsGzipByContentAndNotByName) {
  const TemporaryFolder folder;
  const IdxImages packed = read_idx_images(folder.write("packed", gzip(idx_images(3, 5, 5))));
  const IdxImages plain = read_idx_images(folder.write("plain.gz", idx_images(3, 5, 5)));
  EXPECT_EQ(packed.pixels, plain.pixels);
  EXPECT_NE(packed.sha256, plain.sha256);
  EXPECT_EQ(packed.sha256, sha256_hex(gzip(idx_images(3, 5, 5))));
}

TEST(IdxReader, ReadsGzipMembersOneAfterAnother) {
  const TemporaryFolder folder;
  const std::string bytes = idx_images(4, 6, 6);
  const auto file = folder.write("images.gz", gzip(bytes.substr(0, 70)) + gzip(bytes.substr(70)));
  EXPECT_EQ(read_idx_images(file).pixels, read_idx_images(folder.write("images", bytes)).pixels);
}

TEST(IdxReader, PutsImagesAndLabelsTogetherWithTheirDigests) {
  const TemporaryFolder folder;
  const auto images = folder.write("images", idx_images(12, 2, 3));
  const auto labels = folder.write("labels", idx_labels(12));
  const Dataset dataset = read_idx_dataset("tiny", images, labels, 10);
  EXPECT_EQ(dataset.size(), 12U);
  EXPECT_EQ(dataset.image_size(), 6U);
  EXPECT_EQ(dataset.image(2)[1], 13);
  EXPECT_EQ(dataset.labels[11], 1);
  ASSERT_EQ(dataset.origin.files.size(), 2U);
  EXPECT_EQ(dataset.origin.files[0].sha256, sha256_hex(idx_images(12, 2, 3)));
  EXPECT_EQ(dataset.origin.files[1].sha256, sha256_hex(idx_labels(12)));
  EXPECT_FALSE(dataset.origin.generated);
}

TEST(IdxReader, NamesTheFileThatIsMissing) {
  const TemporaryFolder folder;
  const std::string error = image_error(folder.path() / "absent");
  EXPECT_THAT(error, StartsWith((folder.path() / "absent").string()));
  EXPECT_THAT(error, HasSubstr("there is no such file"));
}

TEST(IdxReader, RefusesAFolderAndWhatIsNoRegularFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(image_error(folder.path()), HasSubstr("this is a folder"));
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(image_error(pipe), HasSubstr("not a regular file"));
}

TEST(IdxReader, SaysWhyAFileCannotBeRead) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TemporaryFolder folder;
  const auto file = folder.write("images", idx_images(1, 2, 2));
  ASSERT_EQ(chmod(file.c_str(), 0), 0);
  EXPECT_THAT(image_error(file), HasSubstr("ermission"));
}

TEST(IdxReader, RefusesAnEmptyFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(image_error(folder.write("images", "")), HasSubstr("the file is empty"));
  EXPECT_THAT(image_error(folder.write("images.gz", gzip(""))), HasSubstr("ends inside its header, after 0 of 16"));
}

TEST(IdxReader, RefusesAWrongMagicNumber) {
  const TemporaryFolder folder;
  EXPECT_THAT(image_error(folder.write("text", "this is not a data file")), HasSubstr("magic number 2051"));
  EXPECT_THAT(image_error(folder.write("labels", idx_labels(20))), HasSubstr("swapped"));
  EXPECT_THAT(label_error(folder.write("images", idx_images(2, 2, 2))), HasSubstr("swapped"));
}

TEST(IdxReader, RefusesMoreOrFewerBytesThanAnnounced) {
  const TemporaryFolder folder;
  const std::string images = idx_images(3, 4, 4);
  const std::string few = images.substr(0, images.size() - 5);
  for (const bool packed : {false, true}) {
    const auto store = [&](const std::string& bytes) { return folder.write("images", packed ? gzip(bytes) : bytes); };
    EXPECT_THAT(image_error(store(few)), HasSubstr("3 images of 4 rows and 4 columns (48 bytes), but only 43 bytes"));
    EXPECT_THAT(image_error(store(images + "x")), HasSubstr("(48 bytes), but more bytes follow it"));
  }
  EXPECT_THAT(label_error(folder.write("labels", idx_labels(9) + "x")), HasSubstr("9 labels"));
}

TEST(IdxReader, RefusesAbsurdSizesWithoutAllocatingThem) {
  const TemporaryFolder folder;
  const auto header = [&](std::uint32_t count, std::uint32_t rows, std::uint32_t columns) {
    const std::string bytes = big_endian(2051) + big_endian(count) + big_endian(rows) + big_endian(columns) + "abc";
    return image_error(folder.write("images", bytes));
  };
  EXPECT_THAT(header(0, 28, 28), HasSubstr("announces no images"));
  EXPECT_THAT(header(10, 0, 28), HasSubstr("both must be between 1 and 4096"));
  EXPECT_THAT(header(10, 28, 0xFFFFFFFFU), HasSubstr("both must be between 1 and 4096"));
  EXPECT_THAT(header(0xFFFFFFFFU, 4096, 4096), HasSubstr("more than 4 GiB"));
  // Just allowed, 4 GiB announced: the memory taken is that of the three bytes that are there.
  EXPECT_THAT(header(256, 4096, 4096), HasSubstr("but only 3 bytes follow it"));
}

TEST(IdxReader, RefusesGzipThatIsCutShortOrDamaged) {
  const TemporaryFolder folder;
  const std::string packed = gzip(idx_images(20, 8, 8));
  EXPECT_THAT(image_error(folder.write("images", packed.substr(0, packed.size() / 2))), HasSubstr("cut short"));
  EXPECT_THAT(image_error(folder.write("images", packed.substr(0, packed.size() - 1))), HasSubstr("cut short"));
  std::string damaged = packed;
  damaged[packed.size() - 6] = static_cast<char>(damaged[packed.size() - 6] ^ 1);
  EXPECT_THAT(image_error(folder.write("images", damaged)), HasSubstr("damaged (incorrect data check)"));
  EXPECT_THAT(image_error(folder.write("images", packed + "xyz")), HasSubstr("3 bytes after the end of the gzip data"));
}

TEST(IdxReader, RefusesALabelOutOfRange) {
  const TemporaryFolder folder;
  std::string labels = idx_labels(20);
  labels[8 + 13] = 10;
  EXPECT_THAT(label_error(folder.write("labels", labels)), HasSubstr("label 13 (counted from 0) is 10"));
}

TEST(IdxReader, RefusesLabelsOfAnotherNumberOfImages) {
  const TemporaryFolder folder;
  const auto images = folder.write("images", idx_images(12, 2, 2));
  const auto labels = folder.write("labels", idx_labels(11));
  const std::string error = user_error([&] { read_idx_dataset("tiny", images, labels, 10); });
  EXPECT_THAT(error, HasSubstr("images holds 12 images"));
  EXPECT_THAT(error, HasSubstr("labels holds 11 labels"));
}

TEST(IdxReader, RefusesTruncationAtEveryOffset) {
  const TemporaryFolder folder;
  for (const std::string& whole : {idx_images(3, 4, 5), gzip(idx_images(3, 4, 5))}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      EXPECT_NE(image_error(folder.write("images", whole.substr(0, length))), "no error") << length;
    }
    EXPECT_EQ(image_error(folder.write("images", whole)), "no error");
  }
}

TEST(IdxReader, SurvivesFlippedBitsWithTheWholeFileOrAnError) {
  const TemporaryFolder folder;
  RandomStream random(RandomKey(7).child("flips"));
  for (const std::string& whole : {idx_images(3, 4, 5), gzip(idx_images(3, 4, 5))}) {
    for (int trial = 0; trial < 600; ++trial) {
      std::string bytes = whole;
      for (std::uint32_t flips = 1 + random.below(4); flips > 0; --flips) {
        char& byte = bytes[random.below(static_cast<std::uint32_t>(bytes.size()))];
        byte = static_cast<char>(byte ^ (1 << random.below(8)));
      }
      const auto file = folder.write("images", bytes);
      try {
        EXPECT_EQ(read_idx_images(file).pixels.size(), 60U);
      } catch (const UserError& error) {
        EXPECT_THAT(error.what(), StartsWith(file.string()));
      }
    }
  }
}

TEST(IdxReader, ReadsThePublishedMnist) {
  const auto data = real_data();
  if (!data || !std::filesystem::exists(*data / "mnist" / "t10k-images-idx3-ubyte.gz")) {
    GTEST_SKIP() << "CROSSLOOM_DATA names no folder with MNIST";
  }
  const Dataset test = read_idx_dataset("mnist", *data / "mnist" / "t10k-images-idx3-ubyte.gz",
                                        *data / "mnist" / "t10k-labels-idx1-ubyte.gz", 10);
  EXPECT_THAT(class_counts(DatasetView(test)), ElementsAre(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009));
  EXPECT_NEAR(mean_intensity(DatasetView(test)), 0.1325, 0.0001);
}

}  // namespace
}  // namespace crossloom
