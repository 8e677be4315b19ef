// How good a network is on a set of images, and how large its activations get; fast, in f32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/dataset.h"
#include "models/network.h"

namespace crossloom {

struct Evaluation {
  double accuracy = 0.0;               ///< a share, 0..1; 0 for no images
  std::vector<double> class_accuracy;  ///< by class; 0 for a class without images
  std::vector<std::uint32_t> class_images;
  std::vector<std::uint8_t> predictions;  ///< by position in the view; the lowest of equal outputs wins
};

/// The result does not depend on the number of threads. Throws UserError where network and images do not fit.
Evaluation evaluate(const Network& network, const DatasetView& images, std::size_t threads);
Evaluation evaluate(const Network& network, const Dataset& dataset, std::size_t threads);

/// Of one layer's outputs after the activation, over all its units and some images.
struct ActivationStatistics {
  float percentile = 0.0F;  ///< of the non-zero activations: the smallest that `percent` of them do not exceed
  float maximum = 0.0F;
  std::uint64_t non_zero = 0;
  std::uint64_t count = 0;
};

/// One a layer, for data-based weight normalisation (Diehl et al., IJCNN 2015: maximum; Rueckauer et al., Frontiers in
/// Neuroscience 2017: the 99.9th percentile of the non-zero activations). 0 < percent <= 100; 100 gives the maximum.
/// Percentiles are exact (nearest rank). A layer of which no output differs from 0 has 0 for both.
std::vector<ActivationStatistics> layer_activation_percentile(const Network& network, const DatasetView& images,
                                                              double percent, std::size_t threads);

}  // namespace crossloom
