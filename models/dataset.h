// Labelled images as plain bytes, views of a part of them, and where they came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace crossloom {

/// A file that images or labels were read from.
struct DatasetFile {
  /// Relative to the data folder where it was found there, e.g. mnist/train-images-idx3-ubyte.gz.
  std::string name;
  /// Of the file as stored (packed where it is packed), lower-case hexadecimal.
  std::string sha256;
};

/// What a run can say about the data it used.
struct DatasetOrigin {
  /// One line for people, e.g. "MNIST, 60000 training images from 2 files".
  std::string description;
  /// Made by the program rather than read; then there are no files.
  bool generated = false;
  std::vector<DatasetFile> files;
};

/// Images of one size with a class each.
struct Dataset {
  std::string name;
  std::size_t width = 0;
  std::size_t height = 0;
  /// 1 is grey; 3 is red, green, blue.
  std::size_t channels = 0;
  /// Labels are below this.
  std::size_t classes = 0;
  /// Image after image; in an image channel plane after plane; in a plane row by row from the top. 0 dark, 255 bright.
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;
  DatasetOrigin origin;

  [[nodiscard]] std::size_t size() const { return labels.size(); }
  /// Values in one image, all channels.
  [[nodiscard]] std::size_t image_size() const { return width * height * channels; }
  /// `image_size()` bytes; index < size().
  [[nodiscard]] const std::uint8_t* image(std::size_t index) const { return pixels.data() + index * image_size(); }
};

/// Some images of a data set in a given order, without copying pixels. The data set must outlive it.
class DatasetView {
 public:
  /// All images in order.
  explicit DatasetView(const Dataset& dataset) : dataset_(&dataset), indices_(dataset.size()) {
    std::iota(indices_.begin(), indices_.end(), std::uint32_t{0});
  }
  /// Throws Bug where an index is not below dataset.size(). The same image may come more than once.
  DatasetView(const Dataset& dataset, std::vector<std::uint32_t> indices)
      : dataset_(&dataset), indices_(std::move(indices)) {
    for (const std::uint32_t index : indices_) {
      CROSSLOOM_CHECK(index < dataset.size(),
                      "a view names image " + std::to_string(index) + " of " + std::to_string(dataset.size()));
    }
  }

  [[nodiscard]] const Dataset& dataset() const { return *dataset_; }
  [[nodiscard]] std::size_t size() const { return indices_.size(); }
  [[nodiscard]] bool empty() const { return indices_.empty(); }
  /// Index in the data set of the image at `position` of this view.
  [[nodiscard]] std::uint32_t index(std::size_t position) const { return indices_[position]; }
  [[nodiscard]] const std::vector<std::uint32_t>& indices() const { return indices_; }
  [[nodiscard]] const std::uint8_t* image(std::size_t position) const { return dataset_->image(indices_[position]); }
  [[nodiscard]] std::uint8_t label(std::size_t position) const { return dataset_->labels[indices_[position]]; }

  /// The first `count` images of this view, or all where there are fewer.
  [[nodiscard]] DatasetView first(std::size_t count) const {
    DatasetView part = *this;
    if (count < part.indices_.size()) part.indices_.resize(count);
    return part;
  }

 private:
  const Dataset* dataset_;
  std::vector<std::uint32_t> indices_;
};

}  // namespace crossloom
