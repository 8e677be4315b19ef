// The IDX format of MNIST and its relatives (Y. LeCun, "The MNIST database of handwritten digits", file formats).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/dataset.h"

namespace crossloom {

/// Contents of an IDX file of grey images (magic number 2051: unsigned bytes, three dimensions).
struct IdxImages {
  std::size_t count = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  /// count x height x width, row by row.
  std::vector<std::uint8_t> pixels;
  std::string sha256;
};

/// Contents of an IDX file of labels (magic number 2049: unsigned bytes, one dimension).
struct IdxLabels {
  std::vector<std::uint8_t> labels;
  std::string sha256;
};

/// Plain or gzip, told by content. Throws UserError naming the file for a wrong magic number, sizes that no image has
/// (sides above 4096, none, more than 4 GiB in all), more or fewer bytes than announced, damage and truncation.
IdxImages read_idx_images(const std::filesystem::path& file);

/// As above; also throws where a label is not below `classes`.
IdxLabels read_idx_labels(const std::filesystem::path& file, std::size_t classes);

/// Images with their labels. Throws UserError where their counts differ. The caller completes the origin's
/// description; its files are named as given here.
Dataset read_idx_dataset(const std::string& name, const std::filesystem::path& images,
                         const std::filesystem::path& labels, std::size_t classes);

}  // namespace crossloom
