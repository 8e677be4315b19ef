// The data sets that an experiment can name, where they lie, and how they are loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "models/dataset.h"

namespace crossloom {

enum class DatasetKind {
  /// FOLDER/mnist: {train,t10k}-{images-idx3,labels-idx1}-ubyte, each plain or with .gz.
  mnist,
  /// FOLDER/cifar10: data_batch_1.bin to data_batch_5.bin, as many as there are, and test_batch.bin; plain or .gz.
  cifar10,
  /// FOLDER/svhn: svhn_train.bin and svhn_test.bin, cropped digits in CIFAR-10's record; plain or .gz.
  svhn,
  /// Generated handwriting (training/generated_digits.h); needs no file.
  digits,
  /// mnist where any of its files is found, otherwise digits; the origin says which.
  mnist_or_digits,
};

/// Every kind with its name in an experiment, for ConfigReader::choice.
const std::vector<std::pair<std::string, DatasetKind>>& dataset_kinds();
std::string name_of(DatasetKind kind);

/// Where a user may have said that data lie. Passed in, so that looking up is a function of its arguments.
struct DataFolderHints {
  /// --data; then no other folder is tried.
  std::optional<std::filesystem::path> given;
  /// CROSSLOOM_DATA; empty is as good as absent.
  std::optional<std::string> environment;
  /// XDG_DATA_HOME, by default HOME/.local/share (XDG Base Directory Specification); "crossloom" is added.
  std::optional<std::string> xdg_data_home;
  /// HOME.
  std::optional<std::string> home;
};

/// A folder to look into and who named it, e.g. "--data".
struct DataFolder {
  std::filesystem::path path;
  std::string named_by;
  /// The user named it, so its absence is a mistake.
  bool must_exist = false;
};

/// The folders in the order in which they are tried: `given` alone, or the environment's and then the user's own.
/// Does not look at the disk.
std::vector<DataFolder> data_folders(const DataFolderHints& hints);

/// The first folder in which a file of the set lies, or none. Throws UserError where a folder that must
/// exist does not.
std::optional<DataFolder> find_data_folder(DatasetKind kind, const std::vector<DataFolder>& folders);

struct DatasetRequest {
  DatasetKind kind = DatasetKind::mnist_or_digits;
  std::vector<DataFolder> folders;
  /// The generated set; the seed is the set's own, so that experiments with different seeds share one set.
  std::size_t generated_train = 60000;
  std::size_t generated_test = 10000;
  std::uint64_t generated_seed = 1;
};

struct TrainAndTest {
  Dataset train;
  Dataset test;
};

/// Loads or generates the set. Dataset::name is the name of the set used ("digits" after a fall-back), and the origin
/// says in a line what was used and how many images. `pool` speeds up the generated set only; the bytes do not depend
/// on it. Throws UserError where the set is not found, with all places that were looked at and how to get it, and as
/// the readers do for bad files. Half a set is an error, never a fall-back.
TrainAndTest load_dataset(const DatasetRequest& request, ThreadPool* pool = nullptr);

}  // namespace crossloom
