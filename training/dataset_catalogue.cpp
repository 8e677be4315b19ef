// Names, folders and files of the known sets.
#include "training/dataset_catalogue.h"

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/random.h"
#include "training/cifar_reader.h"
#include "training/generated_digits.h"
#include "training/idx_reader.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMnistClasses = 10;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool reads_files(DatasetKind kind) { return kind != DatasetKind::digits; }

/// The set that has files: what mnist_or_digits looks for is MNIST.
DatasetKind file_kind(DatasetKind kind) { return kind == DatasetKind::mnist_or_digits ? DatasetKind::mnist : kind; }

std::vector<std::string> train_files(DatasetKind kind) {
  if (kind == DatasetKind::mnist) return {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};
  if (kind == DatasetKind::svhn) return {"svhn_train.bin"};
  return {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
}

std::vector<std::string> test_files(DatasetKind kind) {
  if (kind == DatasetKind::mnist) return {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  if (kind == DatasetKind::svhn) return {"svhn_test.bin"};
  return {"test_batch.bin"};
}

/// The plain file, or the packed one, or none.
std::optional<fs::path> find_file(const fs::path& folder, const std::string& name) {
  for (const std::string& candidate : {name, name + ".gz"}) {
    if (is_there(folder / candidate)) return folder / candidate;
  }
  return std::nullopt;
}

std::string how_to_get(DatasetKind kind) {
  const std::string name = name_of(kind);
  if (kind == DatasetKind::svhn) {
    return "put svhn_train.bin and svhn_test.bin (plain or .gz) there; scripts/get-data svhn tells about the format";
  }
  return "fetch it with scripts/get-data " + name + ", or name the folder that has it with --data or CROSSLOOM_DATA";
}

fs::path require_file(const fs::path& folder, const std::string& name, DatasetKind kind) {
  if (auto file = find_file(folder, name)) return *file;
  throw UserError((folder / name).string() + ": this file of " + name_of(kind) +
                  " is missing (nor is there one with .gz) while others are there; " + how_to_get(kind));
}

[[noreturn]] void fail_not_found(DatasetKind kind, const std::vector<DataFolder>& folders) {
  std::string text = "the data set " + name_of(kind) + " was not found; ";
  if (folders.empty()) {
    text += "no folder was named (--data, CROSSLOOM_DATA) and there is no home folder to look into";
  } else {
    text += "looked for";
    for (const DataFolder& folder : folders) {
      const fs::path sample = folder.path / name_of(kind) / train_files(kind).front();
      text += "\n  " + sample.string() + "[.gz] and its companions (" + folder.named_by + ")";
    }
  }
  throw UserError(text + "\n" + how_to_get(kind));
}

/// File names in results are relative to the data folder, so that they are the same on every machine.
void finish(Dataset& dataset, const fs::path& root, const std::string& title, const std::string& part) {
  for (DatasetFile& file : dataset.origin.files)
    file.name = fs::path(file.name).lexically_relative(root).generic_string();
  const std::size_t files = dataset.origin.files.size();
  dataset.origin.description = title + ", " + std::to_string(dataset.size()) + " " + part + " images from " +
                               std::to_string(files) + (files == 1 ? " file" : " files");
}

TrainAndTest load_mnist(const fs::path& root) {
  const fs::path folder = root / name_of(DatasetKind::mnist);
  const auto load = [&](const std::vector<std::string>& names, const std::string& part) {
    const fs::path images = require_file(folder, names[0], DatasetKind::mnist);
    const fs::path labels = require_file(folder, names[1], DatasetKind::mnist);
    Dataset dataset = read_idx_dataset(name_of(DatasetKind::mnist), images, labels, kMnistClasses);
    finish(dataset, root, "MNIST", part);
    return dataset;
  };
  return {load(train_files(DatasetKind::mnist), "training"), load(test_files(DatasetKind::mnist), "test")};
}

TrainAndTest load_cifar_like(const fs::path& root, DatasetKind kind, const std::string& title) {
  const fs::path folder = root / name_of(kind);
  const std::vector<std::string> names = train_files(kind);
  std::vector<fs::path> present;
  for (const std::string& name : names) {
    if (auto file = find_file(folder, name)) present.push_back(*file);
  }
  if (present.empty()) require_file(folder, names.front(), kind);
  TrainAndTest sets;
  sets.train = read_cifar_dataset(name_of(kind), present);
  finish(sets.train, root, title, "training");
  if (present.size() < names.size()) sets.train.origin.description += " of " + std::to_string(names.size());
  sets.test = read_cifar_dataset(name_of(kind), {require_file(folder, test_files(kind).front(), kind)});
  finish(sets.test, root, title, "test");
  return sets;
}

TrainAndTest generate(const DatasetRequest& request, ThreadPool* pool) {
  const RandomKey key = RandomKey(request.generated_seed).child("digits");
  const auto make = [&](std::size_t count, const std::string& part) {
    Dataset dataset = generate_digits(key.child(part), count, pool);
    dataset.origin.description = "generated digits, " + std::to_string(count) + " " + part + " images, seed " +
                                 std::to_string(request.generated_seed);
    if (request.kind == DatasetKind::mnist_or_digits) dataset.origin.description += " (MNIST was not found)";
    return dataset;
  };
  return {make(request.generated_train, "training"), make(request.generated_test, "test")};
}

}  // namespace

const std::vector<std::pair<std::string, DatasetKind>>& dataset_kinds() {
  static const std::vector<std::pair<std::string, DatasetKind>> kinds = {
      {"mnist", DatasetKind::mnist},
      {"cifar10", DatasetKind::cifar10},
      {"svhn", DatasetKind::svhn},
      {"digits", DatasetKind::digits},
      {"mnist_or_digits", DatasetKind::mnist_or_digits}};
  return kinds;
}

std::string name_of(DatasetKind kind) {
  for (const auto& [name, value] : dataset_kinds()) {
    if (value == kind) return name;
  }
  throw Bug("a kind of data set has no name");
}

std::vector<DataFolder> data_folders(const DataFolderHints& hints) {
  if (hints.given) return {{*hints.given, "--data", true}};
  std::vector<DataFolder> folders;
  const auto set = [](const std::optional<std::string>& value) { return value && !value->empty(); };
  if (set(hints.environment)) folders.push_back({*hints.environment, "CROSSLOOM_DATA", true});
  // The specification demands that a relative XDG_DATA_HOME be ignored.
  if (set(hints.xdg_data_home) && fs::path(*hints.xdg_data_home).is_absolute()) {
    folders.push_back({fs::path(*hints.xdg_data_home) / "crossloom", "the user's data folder", false});
  } else if (set(hints.home)) {
    folders.push_back({fs::path(*hints.home) / ".local" / "share" / "crossloom", "the user's data folder", false});
  }
  return folders;
}

std::optional<DataFolder> find_data_folder(DatasetKind kind, const std::vector<DataFolder>& folders) {
  CROSSLOOM_CHECK(reads_files(kind), "only sets with files are looked for");
  std::vector<std::string> names = train_files(file_kind(kind));
  for (const std::string& name : test_files(file_kind(kind))) names.push_back(name);
  for (const DataFolder& folder : folders) {
    if (folder.must_exist && !is_there(folder.path)) {
      throw UserError(folder.path.string() + ": there is no such data folder (named by " + folder.named_by +
                      "); correct it or leave it out");
    }
    const fs::path inside = folder.path / name_of(file_kind(kind));
    const auto found = [&inside](const std::string& name) { return find_file(inside, name).has_value(); };
    if (std::any_of(names.begin(), names.end(), found)) return folder;
  }
  return std::nullopt;
}

TrainAndTest load_dataset(const DatasetRequest& request, ThreadPool* pool) {
  if (!reads_files(request.kind)) return generate(request, pool);
  const std::optional<DataFolder> folder = find_data_folder(request.kind, request.folders);
  if (!folder && request.kind == DatasetKind::mnist_or_digits) return generate(request, pool);
  const DatasetKind kind = file_kind(request.kind);
  if (!folder) fail_not_found(kind, request.folders);
  if (kind == DatasetKind::mnist) return load_mnist(folder->path);
  return load_cifar_like(folder->path, kind, kind == DatasetKind::svhn ? "SVHN cropped digits" : "CIFAR-10");
}

}  // namespace crossloom
