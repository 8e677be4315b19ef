#include "training/evaluate.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/interrupt.h"
#include "training/layer_stack.h"
#include "training/loss.h"

namespace crossloom {
namespace {

/// Calls visit(first position, rows, outputs of the last layer) for batches of the images in order.
template <class Visit>
void for_each_batch(LayerStack& stack, std::uint32_t most, const DatasetView& images, const Visit& visit) {
  for (std::size_t first = 0; first < images.size(); first += most) {
    throw_if_interrupted();
    const auto rows = static_cast<std::uint32_t>(std::min<std::size_t>(most, images.size() - first));
    visit(first, rows, stack.forward({&images.dataset(), images.indices().data() + first, rows}));
  }
}

/// Nearest rank; reorders the values.
float nearest_rank(std::vector<float>& values, double percent) {
  const auto count = static_cast<double>(values.size());
  const double rank = std::clamp(std::ceil(percent / 100.0 * count), 1.0, count);
  const auto position = values.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::nth_element(values.begin(), position, values.end());
  return *position;
}

/// Values that each layer puts out for an image.
std::vector<std::size_t> outputs_by_layer(LayerStack& stack, std::size_t layers, const DatasetView& images) {
  (void)stack.forward({&images.dataset(), images.indices().data(), 1});
  std::vector<std::size_t> outputs;
  std::vector<float> row;
  for (std::size_t l = 0; l < layers; ++l) {
    stack.copy_outputs(LayerId(l), 0, row);
    outputs.push_back(row.size());
  }
  return outputs;
}

/// The end of the layers from `first` on whose values of all images are held at once: one, and as many as fit besides.
std::size_t end_of_layers_at_once(const std::vector<std::size_t>& outputs, std::size_t first, std::size_t images) {
  constexpr std::size_t kMostValues = std::size_t{64} << 20U;
  std::size_t last = first + 1;
  for (std::size_t values = images * outputs[first]; last < outputs.size(); ++last) {
    values += images * outputs[last];
    if (values > kMostValues) break;
  }
  return last;
}

}  // namespace

Evaluation evaluate(const Network& network, const DatasetView& images, std::size_t threads) {
  check_fits(network.spec, images.dataset());
  ComputePool pool(threads);
  LayerStack stack(network.spec, {}, pool);
  stack.load(network);
  const std::uint32_t outputs_per_image = network.spec.output_count();
  Evaluation result;
  result.predictions.resize(images.size());
  for_each_batch(stack, evaluation_rows(network.spec), images,
                 [&](std::size_t first, std::uint32_t rows, const float* outputs) {
                   for (std::uint32_t i = 0; i < rows; ++i) {
                     result.predictions[first + i] = static_cast<std::uint8_t>(
                         predicted_class(outputs + std::size_t{i} * outputs_per_image, outputs_per_image));
                   }
                 });
  std::vector<std::uint32_t> correct(images.dataset().classes);
  result.class_images.resize(images.dataset().classes);
  std::uint32_t all_correct = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::uint8_t label = images.label(i);
    ++result.class_images[label];
    if (result.predictions[i] != label) continue;
    ++correct[label];
    ++all_correct;
  }
  for (std::size_t c = 0; c < correct.size(); ++c) {
    result.class_accuracy.push_back(
        result.class_images[c] == 0 ? 0.0 : static_cast<double>(correct[c]) / result.class_images[c]);
  }
  if (!images.empty()) result.accuracy = static_cast<double>(all_correct) / static_cast<double>(images.size());
  return result;
}

Evaluation evaluate(const Network& network, const Dataset& dataset, std::size_t threads) {
  return evaluate(network, DatasetView(dataset), threads);
}

std::vector<ActivationStatistics> layer_activation_percentile(const Network& network, const DatasetView& images,
                                                              double percent, std::size_t threads) {
  CROSSLOOM_CHECK(percent > 0.0 && percent <= 100.0, "a percentile is above 0 and at most 100");
  check_fits(network.spec, images.dataset());
  ComputePool pool(threads);
  LayerStack stack(network.spec, {}, pool);
  stack.load(network);
  std::vector<ActivationStatistics> statistics(network.layers.size());
  if (images.empty()) return statistics;
  const std::vector<std::size_t> outputs = outputs_by_layer(stack, statistics.size(), images);
  std::vector<float> row;
  for (std::size_t first = 0; first < statistics.size();) {
    const std::size_t last = end_of_layers_at_once(outputs, first, images.size());
    std::vector<std::vector<float>> non_zero(last - first);
    for_each_batch(stack, evaluation_rows(network.spec), images,
                   [&](std::size_t /*first*/, std::uint32_t rows, const float* /*outputs*/) {
                     for (std::size_t l = first; l < last; ++l) {
                       for (std::uint32_t i = 0; i < rows; ++i) {
                         stack.copy_outputs(LayerId(l), i, row);
                         statistics[l].count += row.size();
                         std::copy_if(row.begin(), row.end(), std::back_inserter(non_zero[l - first]),
                                      [](float value) { return value != 0.0F; });
                       }
                     }
                   });
    for (std::size_t l = first; l < last; ++l) {
      std::vector<float>& values = non_zero[l - first];
      statistics[l].non_zero = values.size();
      if (values.empty()) continue;
      statistics[l].maximum = *std::max_element(values.begin(), values.end());
      statistics[l].percentile = nearest_rank(values, percent);
    }
    first = last;
  }
  return statistics;
}

}  // namespace crossloom
