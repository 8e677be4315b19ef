#include "app/random_network.h"

#include <fmt/format.h>

#include "app/streams.h"
#include "base/random.h"
#include "training/trainer.h"

namespace crossloom {
namespace {

Dataset random_dataset(const NetworkSpec& network, std::size_t count, RandomKey key) {
  Dataset dataset;
  dataset.name = "random images";
  dataset.width = network.input.width;
  dataset.height = network.input.height;
  dataset.channels = network.input.channels;
  dataset.classes = network.output_count();
  dataset.labels.assign(count, 0);
  RandomStream random(key);
  dataset.pixels.reserve(count * dataset.image_size());
  for (std::size_t k = 0; k < count * dataset.image_size(); ++k) {
    dataset.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  }
  dataset.origin.description =
      fmt::format("{} random images of {}x{}x{}", count, dataset.width, dataset.height, dataset.channels);
  dataset.origin.generated = true;
  return dataset;
}

}  // namespace

Network random_network(const Experiment& experiment, std::uint64_t seed) {
  InitialisationSpec initialisation;
  initialisation.kind = InitialisationKind::he_normal;
  return initial_network(experiment.network, initialisation, Streams(seed).weights());
}

TrainAndTest random_images(const Experiment& experiment) {
  const RandomKey images = Streams(experiment.seed).images();
  TrainAndTest data;
  data.train =
      random_dataset(experiment.network, std::size_t{experiment.calibration_images} + 1, images.child("calibration"));
  data.test =
      random_dataset(experiment.network, std::size_t{experiment.stimulus.first_image} + experiment.stimulus.images,
                     images.child("test"));
  return data;
}

}  // namespace crossloom
