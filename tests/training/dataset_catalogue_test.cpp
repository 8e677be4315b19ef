// Finding and loading sets by name.
#include "training/dataset_catalogue.h"

#include <gmock/gmock.h>

#include "base/files.h"
#include "tests/training/data_files.h"
#include "training/dataset.h"

namespace crossloom {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace testing_support;

void write_mnist(const TemporaryFolder& folder, const std::string& root) {
  folder.write(root + "/mnist/train-images-idx3-ubyte.gz", gzip(idx_images(30, 28, 28)));
  folder.write(root + "/mnist/train-labels-idx1-ubyte", idx_labels(30));
  folder.write(root + "/mnist/t10k-images-idx3-ubyte", idx_images(20, 28, 28));
  folder.write(root + "/mnist/t10k-labels-idx1-ubyte.gz", gzip(idx_labels(20)));
}

DatasetRequest request(DatasetKind kind, std::vector<DataFolder> folders) {
  DatasetRequest wanted;
  wanted.kind = kind;
  wanted.folders = std::move(folders);
  wanted.generated_train = 40;
  wanted.generated_test = 20;
  return wanted;
}

std::vector<std::string> paths(const DataFolderHints& hints) {
  std::vector<std::string> texts;
  for (const DataFolder& folder : data_folders(hints)) texts.push_back(folder.path.generic_string());
  return texts;
}

TEST(DataFolders, AreTheGivenOneAloneOrTheEnvironmentsAndTheUsers) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(paths({"given", "env", "/xdg", "/home/me"}), (Texts{"given"}));
  EXPECT_EQ(paths({std::nullopt, "env", std::nullopt, "/home/me"}), (Texts{"env", "/home/me/.local/share/crossloom"}));
  EXPECT_EQ(paths({std::nullopt, "", "/xdg", "/home/me"}), (Texts{"/xdg/crossloom"}));
  EXPECT_EQ(paths({std::nullopt, "", "relative", "/home/me"}), (Texts{"/home/me/.local/share/crossloom"}));
  EXPECT_EQ(paths({}), Texts{});
}

TEST(DatasetCatalogue, KnowsEveryKindByName) {
  for (const auto& [name, kind] : dataset_kinds()) EXPECT_EQ(name_of(kind), name);
  EXPECT_EQ(dataset_kinds().size(), 5U);
}

TEST(DatasetCatalogue, LoadsMnistFromTheFirstFolderThatHasIt) {
  const TemporaryFolder folder;
  write_mnist(folder, "second");
  folder.write("first/readme", "nothing here");
  const auto sets = load_dataset(request(DatasetKind::mnist, {{folder.path() / "first", "CROSSLOOM_DATA", true},
                                                              {folder.path() / "second", "user's", false}}));
  EXPECT_EQ(sets.train.size(), 30U);
  EXPECT_EQ(sets.test.size(), 20U);
  EXPECT_EQ(sets.train.name, "mnist");
  EXPECT_EQ(sets.train.origin.description, "MNIST, 30 training images from 2 files");
  EXPECT_EQ(sets.train.origin.files[0].name, "mnist/train-images-idx3-ubyte.gz");
  EXPECT_EQ(sets.train.origin.files[0].sha256, sha256_hex(gzip(idx_images(30, 28, 28))));
  EXPECT_EQ(sets.test.origin.files[1].name, "mnist/t10k-labels-idx1-ubyte.gz");
}

TEST(DatasetCatalogue, SaysWhereItLookedAndHowToGetTheSet) {
  const TemporaryFolder folder;
  folder.write("given/readme", "nothing here");
  const std::string error = user_error([&] {
    load_dataset(request(DatasetKind::mnist, {{folder.path() / "given", "CROSSLOOM_DATA", true},
                                              {folder.path() / "absent", "the user's data folder", false}}));
  });
  EXPECT_THAT(error, HasSubstr("the data set mnist was not found"));
  EXPECT_THAT(error, HasSubstr((folder.path() / "given/mnist/train-images-idx3-ubyte").string()));
  EXPECT_THAT(error, HasSubstr((folder.path() / "absent/mnist/train-images-idx3-ubyte").string()));
  EXPECT_THAT(error, HasSubstr("scripts/get-data mnist"));
  EXPECT_THAT(user_error([] { load_dataset(request(DatasetKind::mnist, {})); }), HasSubstr("no folder was named"));
}

TEST(DatasetCatalogue, RefusesANamedFolderThatDoesNotExist) {
  const TemporaryFolder folder;
  const std::string error = user_error([&] {
    load_dataset(request(DatasetKind::mnist_or_digits, {{folder.path() / "absent", "--data", true}}));
  });
  EXPECT_THAT(error, HasSubstr("there is no such data folder (named by --data)"));
}

TEST(DatasetCatalogue, RefusesHalfASetInsteadOfFallingBack) {
  const TemporaryFolder folder;
  write_mnist(folder, "data");
  std::filesystem::remove(folder.path() / "data/mnist/t10k-labels-idx1-ubyte.gz");
  for (const DatasetKind kind : {DatasetKind::mnist, DatasetKind::mnist_or_digits}) {
    const std::string error = user_error([&] {
      load_dataset(request(kind, {{folder.path() / "data", "--data", true}}));
    });
    EXPECT_THAT(error, HasSubstr("t10k-labels-idx1-ubyte: this file of mnist is missing"));
  }
}

TEST(DatasetCatalogue, FallsBackToGeneratedDigitsAndSaysSo) {
  const TemporaryFolder folder;
  const auto sets = load_dataset(
      request(DatasetKind::mnist_or_digits, {{folder.path() / "absent", "the user's data folder", false}}));
  EXPECT_EQ(sets.train.name, "digits");
  EXPECT_EQ(sets.train.size(), 40U);
  EXPECT_EQ(sets.test.size(), 20U);
  EXPECT_TRUE(sets.test.origin.generated);
  EXPECT_TRUE(sets.test.origin.files.empty());
  EXPECT_EQ(sets.train.origin.description, "generated digits, 40 training images, seed 1 (MNIST was not found)");
}

TEST(DatasetCatalogue, PrefersMnistToGeneratedDigits) {
  const TemporaryFolder folder;
  write_mnist(folder, "data");
  const auto sets = load_dataset(request(DatasetKind::mnist_or_digits, {{folder.path() / "data", "--data", true}}));
  EXPECT_EQ(sets.train.name, "mnist");
  EXPECT_FALSE(sets.train.origin.generated);
}

TEST(DatasetCatalogue, GeneratesDigitsWithoutLookingAtAnyFolder) {
  const auto sets = load_dataset(request(DatasetKind::digits, {{"/nonexistent", "--data", true}}));
  EXPECT_EQ(sets.train.origin.description, "generated digits, 40 training images, seed 1");
  EXPECT_FALSE(std::equal(sets.test.pixels.begin(), sets.test.pixels.end(), sets.train.pixels.begin()));
  ThreadPool pool(2);
  EXPECT_EQ(load_dataset(request(DatasetKind::digits, {}), &pool).train.pixels, sets.train.pixels);
}

TEST(DatasetCatalogue, UsesTheCifarBatchesThatAreThereAndCountsThem) {
  const TemporaryFolder folder;
  folder.write("data/cifar10/data_batch_2.bin.gz", gzip(cifar_records(4, 2)));
  folder.write("data/cifar10/data_batch_1.bin", cifar_records(3));
  folder.write("data/cifar10/test_batch.bin", cifar_records(2));
  const DatasetRequest wanted = request(DatasetKind::cifar10, {{folder.path() / "data", "--data", true}});
  const auto sets = load_dataset(wanted);
  EXPECT_EQ(sets.train.labels, (std::vector<std::uint8_t>{0, 1, 2, 2, 3, 4, 5}));
  EXPECT_EQ(sets.train.origin.description, "CIFAR-10, 7 training images from 2 files of 5");
  EXPECT_EQ(sets.train.origin.files[1].name, "cifar10/data_batch_2.bin.gz");
  EXPECT_EQ(sets.test.origin.description, "CIFAR-10, 2 test images from 1 file");
  std::filesystem::remove(folder.path() / "data/cifar10/test_batch.bin");
  EXPECT_THAT(user_error([&] { load_dataset(wanted); }), HasSubstr("test_batch.bin: this file of cifar10 is missing"));
}

TEST(DatasetCatalogue, LoadsSvhnInTheSameRecord) {
  const TemporaryFolder folder;
  folder.write("data/svhn/svhn_train.bin.gz", gzip(cifar_records(3)));
  folder.write("data/svhn/svhn_test.bin", cifar_records(2));
  const auto sets = load_dataset(request(DatasetKind::svhn, {{folder.path() / "data", "--data", true}}));
  EXPECT_EQ(sets.train.name, "svhn");
  EXPECT_EQ(sets.train.origin.description, "SVHN cropped digits, 3 training images from 1 file");
  const std::string error = user_error([] { load_dataset(request(DatasetKind::svhn, {})); });
  EXPECT_THAT(error, HasSubstr("put svhn_train.bin and svhn_test.bin"));
  EXPECT_THAT(error, Not(HasSubstr("fetch it with")));
}

}  // namespace
}  // namespace crossloom
