// What is done with data sets before training: holding out validation images, counting, conversion to grey.
#pragma once

#include <cstddef>
#include <vector>

#include "base/random.h"
#include "models/dataset.h"

namespace crossloom {

/// Two views that share no image and together hold all. Both keep the order of the data set.
struct ValidationSplit {
  DatasetView training;
  DatasetView validation;
};

/// How the validation images are chosen.
enum class HoldOut {
  /// The last ones.
  last,
  /// Any, each set of the wanted size equally likely.
  random,
  /// Random within each class, in the proportions of the classes (largest remainder).
  stratified,
};

/// Holds out `count` images; the same key gives the same images on every machine. `last` does not use the key.
/// Throws UserError where fewer than one image would be left to train on.
ValidationSplit hold_out(const Dataset& dataset, std::size_t count, HoldOut how, RandomKey key);

/// Images of each class; `classes` entries.
std::vector<std::size_t> class_counts(const DatasetView& images);

/// Mean over all pixels of all images as a part of full intensity, in [0, 1]; 0 where there is no image.
double mean_intensity(const DatasetView& images);

/// Luma of red, green and blue, Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601-7, section 2.5.1), rounded to nearest.
/// A grey set comes back as it is; throws Bug for any other number of channels.
Dataset to_grey(Dataset dataset);

}  // namespace crossloom
