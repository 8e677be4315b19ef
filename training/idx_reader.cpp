// IDX: four bytes of magic number, 32-bit big-endian dimensions, then the values.
#include "training/idx_reader.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "training/data_file.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kImageMagic = 2051;
constexpr std::uint32_t kLabelMagic = 2049;
constexpr std::uint32_t kMaxSide = 4096;
constexpr std::uint64_t kMaxBytes = std::uint64_t{4} << 30;

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return (std::uint32_t{bytes[0]} << 24) | (std::uint32_t{bytes[1]} << 16) | (std::uint32_t{bytes[2]} << 8) | bytes[3];
}

std::string magic_meaning(std::uint32_t magic) {
  if (magic == kImageMagic) return ", which marks images: are the images and the labels swapped?";
  if (magic == kLabelMagic) return ", which marks labels: are the images and the labels swapped?";
  return ", so it is not such a file";
}

/// Magic number and dimensions; `what` is "images" or "labels".
std::vector<std::uint32_t> read_header(DataFileReader& reader, std::uint32_t magic, std::size_t dimensions,
                                       const std::string& what) {
  const std::vector<std::uint8_t> bytes = reader.read(4 + 4 * dimensions);
  if (bytes.size() >= 4 && big_endian(bytes.data()) != magic) {
    const std::uint32_t found = big_endian(bytes.data());
    reader.fail("an IDX file of " + what + " begins with the magic number " + std::to_string(magic) +
                ", this one with " + std::to_string(found) + magic_meaning(found));
  }
  if (bytes.size() < 4 + 4 * dimensions) {
    reader.fail("the file ends inside its header, after " + std::to_string(bytes.size()) + " of " +
                std::to_string(4 + 4 * dimensions) + " bytes");
  }
  std::vector<std::uint32_t> sizes;
  for (std::size_t d = 0; d < dimensions; ++d) sizes.push_back(big_endian(bytes.data() + 4 + 4 * d));
  if (sizes[0] == 0) reader.fail("the header announces no " + what);
  return sizes;
}

std::vector<std::uint8_t> read_values(DataFileReader& reader, std::uint64_t announced, const std::string& contents) {
  if (announced > kMaxBytes) {
    reader.fail("the header announces " + contents + ", more than 4 GiB: the header is damaged");
  }
  std::vector<std::uint8_t> values = reader.read(static_cast<std::size_t>(announced));
  const std::string promise = "the header announces " + contents + " (" + std::to_string(announced) + " bytes), but ";
  if (values.size() < announced) reader.fail(promise + "only " + std::to_string(values.size()) + " bytes follow it");
  if (!reader.read(1).empty()) reader.fail(promise + "more bytes follow it");
  return values;
}

}  // namespace

IdxImages read_idx_images(const std::filesystem::path& file) {
  DataFileReader reader(file);
  const std::vector<std::uint32_t> sizes = read_header(reader, kImageMagic, 3, "images");
  const std::string side = std::to_string(sizes[1]) + " rows and " + std::to_string(sizes[2]) + " columns";
  if (sizes[1] == 0 || sizes[2] == 0 || sizes[1] > kMaxSide || sizes[2] > kMaxSide) {
    reader.fail("the header announces images of " + side + "; both must be between 1 and " + std::to_string(kMaxSide));
  }
  IdxImages images;
  images.count = sizes[0];
  images.height = sizes[1];
  images.width = sizes[2];
  images.sha256 = reader.sha256();
  images.pixels = read_values(reader, std::uint64_t{sizes[0]} * sizes[1] * sizes[2],
                              std::to_string(sizes[0]) + " images of " + side);
  return images;
}

IdxLabels read_idx_labels(const std::filesystem::path& file, std::size_t classes) {
  DataFileReader reader(file);
  const std::vector<std::uint32_t> sizes = read_header(reader, kLabelMagic, 1, "labels");
  IdxLabels labels;
  labels.sha256 = reader.sha256();
  labels.labels = read_values(reader, sizes[0], std::to_string(sizes[0]) + " labels");
  const auto bad = std::find_if(labels.labels.begin(), labels.labels.end(),
                                [classes](std::uint8_t label) { return label >= classes; });
  if (bad != labels.labels.end()) {
    reader.fail("label " + std::to_string(bad - labels.labels.begin()) + " (counted from 0) is " +
                std::to_string(*bad) + ", but the set has the classes 0 to " + std::to_string(classes - 1));
  }
  return labels;
}

Dataset read_idx_dataset(const std::string& name, const std::filesystem::path& images,
                         const std::filesystem::path& labels, std::size_t classes) {
  IdxImages read_images = read_idx_images(images);
  IdxLabels read_labels = read_idx_labels(labels, classes);
  if (read_images.count != read_labels.labels.size()) {
    throw UserError(images.string() + " holds " + std::to_string(read_images.count) + " images, but " +
                    labels.string() + " holds " + std::to_string(read_labels.labels.size()) +
                    " labels: the two do not belong together; fetch or copy both again");
  }
  Dataset dataset;
  dataset.name = name;
  dataset.width = read_images.width;
  dataset.height = read_images.height;
  dataset.channels = 1;
  dataset.classes = classes;
  dataset.pixels = std::move(read_images.pixels);
  dataset.labels = std::move(read_labels.labels);
  dataset.origin.files = {{images.string(), read_images.sha256}, {labels.string(), read_labels.sha256}};
  return dataset;
}

}  // namespace crossloom
