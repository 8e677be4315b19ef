// CIFAR-10: records of label and planes, no header.
#include "training/cifar_reader.h"

#include <cstdint>

#include "base/error.h"
#include "training/data_file.h"

namespace crossloom {
namespace {

constexpr std::size_t kImageBytes = 3 * kCifarSide * kCifarSide;
constexpr std::size_t kRecordBytes = 1 + kImageBytes;
/// The largest known set in this format, the extra part of SVHN, has 531,131.
constexpr std::size_t kMaxRecords = 600000;

void append_file(Dataset& dataset, const std::filesystem::path& file) {
  DataFileReader reader(file);
  std::size_t records = 0;
  for (;; ++records) {
    const std::vector<std::uint8_t> record = reader.read(kRecordBytes);
    if (record.empty()) break;
    if (record.size() < kRecordBytes) {
      reader.fail("a record has " + std::to_string(kRecordBytes) + " bytes, but after " + std::to_string(records) +
                  " records " + std::to_string(record.size()) + " bytes are left: the file is cut short or is not a " +
                  "CIFAR-10 binary file");
    }
    if (records == kMaxRecords) reader.fail("the file holds more than " + std::to_string(kMaxRecords) + " records");
    if (record[0] >= kCifarClasses) {
      reader.fail("the label of record " + std::to_string(records) + " (counted from 0) is " +
                  std::to_string(record[0]) + ", but the classes are 0 to " + std::to_string(kCifarClasses - 1));
    }
    dataset.labels.push_back(record[0]);
    dataset.pixels.insert(dataset.pixels.end(), record.begin() + 1, record.end());
  }
  if (records == 0) reader.fail("the file unpacks to nothing");
  dataset.origin.files.push_back({file.string(), reader.sha256()});
}

}  // namespace

Dataset read_cifar_dataset(const std::string& name, const std::vector<std::filesystem::path>& files) {
  CROSSLOOM_CHECK(!files.empty(), "there must be a file to read");
  Dataset dataset;
  dataset.name = name;
  dataset.width = kCifarSide;
  dataset.height = kCifarSide;
  dataset.channels = 3;
  dataset.classes = kCifarClasses;
  for (const std::filesystem::path& file : files) append_file(dataset, file);
  return dataset;
}

}  // namespace crossloom
