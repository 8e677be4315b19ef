#include "training/layer_inputs.h"

#include <algorithm>

#include "base/error.h"
#include "training/layer_stack.h"

namespace crossloom {
namespace {

/// Windows of one image; more would be nearly the same image again.
constexpr std::uint32_t kPlacesAnImage = 8;

/// Shapes of what the layer reads and of its outputs.
struct LayerShapes {
  ImageShape input, output;
};

LayerShapes shapes_around(const NetworkSpec& spec, LayerId layer) {
  const auto nodes = spec.graph();
  const auto shapes = shapes_of(spec);
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    const NodeSpec& node = nodes[NodeId(n)];
    if (node.layer == layer) return {shapes[node.inputs.front()], shapes[NodeId(n)]};
  }
  throw Bug("a layer has a node");
}

/// The values under the window at one place, in the order of the matrix's rows; outside the plane they are 0.
void append_window(const std::vector<float>& planes, const ImageShape& shape, const WindowSpec& window,
                   std::uint32_t column, std::uint32_t row, std::vector<float>& values) {
  for (std::uint32_t c = 0; c < shape.channels; ++c) {
    for (std::uint32_t y = 0; y < window.size; ++y) {
      for (std::uint32_t x = 0; x < window.size; ++x) {
        const std::int64_t at_y = std::int64_t{row} * window.stride + y - window.padding;
        const std::int64_t at_x = std::int64_t{column} * window.stride + x - window.padding;
        const bool inside = at_y >= 0 && at_y < shape.height && at_x >= 0 && at_x < shape.width;
        const std::int64_t at = (std::int64_t{c} * shape.height + at_y) * shape.width + at_x;
        values.push_back(inside ? planes[static_cast<std::size_t>(at)] : 0.0F);
      }
    }
  }
}

}  // namespace

InputSamples sample_inputs(const Network& network, LayerId layer, const DatasetView& images, std::uint32_t count,
                           RandomKey key, std::size_t threads) {
  const auto& convolution = network.spec.layers[layer].convolution;
  CROSSLOOM_CHECK(!convolution || convolution->groups == 1, "the rows of a group are channels of its own");
  const LayerShapes shapes = shapes_around(network.spec, layer);
  const std::uint32_t places = convolution ? kPlacesAnImage : 1;
  const auto used = static_cast<std::uint32_t>(std::min<std::size_t>(images.size(), (count + places - 1) / places));
  InputSamples samples{0, network.spec.inputs_of(layer), {}};
  ComputePool pool(threads);
  LayerStack stack(network.spec, {}, pool);
  stack.load(network);
  RandomStream stream(key);
  std::vector<float> planes;
  const std::uint32_t most = evaluation_rows(network.spec);
  for (std::uint32_t first = 0; first < used; first += most) {
    const std::uint32_t rows = std::min(most, used - first);
    stack.forward({&images.dataset(), images.indices().data() + first, rows});
    for (std::uint32_t r = 0; r < rows; ++r) {
      stack.copy_inputs(layer, r, planes);
      for (std::uint32_t place = 0; place < places && samples.count < count; ++place) {
        ++samples.count;
        if (convolution) {
          const std::uint32_t column = stream.below(shapes.output.width);
          append_window(planes, shapes.input, convolution->window, column, stream.below(shapes.output.height),
                        samples.values);
        } else {
          samples.values.insert(samples.values.end(), planes.begin(), planes.end());
        }
      }
    }
  }
  return samples;
}

}  // namespace crossloom
