#include "training/layer_stack.h"

#include <cmath>
#include <numeric>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/training/tiny_networks.h"
#include "training/dropout.h"
#include "training/loss.h"

namespace crossloom {
namespace {

constexpr std::uint64_t kStep = 5;
constexpr double kInputDropout = 0.25;

NetworkSpec three_layers(Activation last) {
  return test::network_spec(
      {4, 4, 1}, {test::dense("a", 12, true, Activation::relu, 0.5), test::dense("b", 9, false, Activation::relu, 0.25),
                  test::dense("c", 3, true, last)});
}

std::vector<std::uint32_t> all_of(const Dataset& dataset) {
  std::vector<std::uint32_t> indices(dataset.size());
  std::iota(indices.begin(), indices.end(), 0U);
  return indices;
}

/// Mean loss of a batch in double with plain loops, with the dropout draws of kStep.
class ReferenceNetwork {
 public:
  ReferenceNetwork(const NetworkSpec& spec, const Dataset& dataset, RandomKey key) : spec_(spec), dataset_(dataset) {
    input_kept_ = kept(Dropout(key.child("input"), kInputDropout), spec.input.size());
    for (std::size_t l = 0; l < spec.layers.size(); ++l) {
      const DenseLayerSpec& layer = spec.layers[LayerId(l)];
      kept_.push_back(kept(Dropout(key.child("layer").child(l), layer.dropout), layer.outputs));
    }
  }
  /// weights[2 l]: one row of inputs an output; biases where there are any follow their layer.
  [[nodiscard]] double loss(const std::vector<std::vector<double>>& parameters, LossKind kind) const {
    double sum = 0.0;
    for (std::uint32_t r = 0; r < dataset_.size(); ++r) {
      std::vector<double> values;
      for (std::uint32_t i = 0; i < spec_.input.size(); ++i) {
        values.push_back(dataset_.image(r)[i] / 255.0 * input_kept_[r][i]);
      }
      std::size_t p = 0;
      for (std::size_t l = 0; l < spec_.layers.size(); ++l) {
        const DenseLayerSpec& layer = spec_.layers[LayerId(l)];
        const std::vector<double>& weights = parameters[p++];
        std::vector<double> next(layer.outputs, 0.0);
        if (layer.bias) next = parameters[p++];
        for (std::size_t j = 0; j < next.size(); ++j) {
          for (std::size_t i = 0; i < values.size(); ++i) next[j] += values[i] * weights[j * values.size() + i];
          if (layer.activation == Activation::relu) next[j] = std::max(next[j], 0.0);
          next[j] *= kept_[l][r][j];
        }
        values = next;
      }
      sum += loss_in_double(kind, values, dataset_.labels[r]);
    }
    return sum / static_cast<double>(dataset_.size());
  }

 private:
  static double loss_in_double(LossKind kind, const std::vector<double>& y, std::size_t label) {
    double sum = 0.0;
    for (std::size_t j = 0; j < y.size(); ++j) {
      const double error = y[j] - (j == label ? 1.0 : 0.0);
      sum += kind == LossKind::mean_squared ? 0.5 * error * error : std::exp(y[j]);
    }
    return kind == LossKind::mean_squared ? sum : std::log(sum) - y[label];
  }
  [[nodiscard]] std::vector<std::vector<double>> kept(const Dropout& dropout, std::uint32_t columns) const {
    std::vector<std::vector<double>> rows;
    for (std::uint32_t r = 0; r < dataset_.size(); ++r) {
      std::vector<float> ones(columns, 1.0F);
      dropout.apply(kStep, r, columns, ones.data());
      rows.emplace_back(ones.begin(), ones.end());
    }
    return rows;
  }
  const NetworkSpec& spec_;
  const Dataset& dataset_;
  std::vector<std::vector<double>> input_kept_;
  std::vector<std::vector<std::vector<double>>> kept_;
};

TEST(LayerStack, WholeNetworkGradientsAgreeWithCentralDifferences) {
  const Dataset dataset = test::noisy_prototypes(10, 4, 3, 21);
  const std::vector<std::uint32_t> indices = all_of(dataset);
  for (const LossKind loss : {LossKind::mean_squared, LossKind::cross_entropy}) {
    for (const Activation last : {Activation::none, Activation::relu}) {
      const NetworkSpec spec = three_layers(last);
      ComputePool pool(2);
      LayerStack stack(spec, {Precision::f32, kInputDropout, RandomKey(8)}, pool);
      stack.load(test::random_network(spec, 31, 0.6));
      std::vector<std::vector<double>> values;
      std::vector<std::size_t> sizes;
      for (const Parameter* parameter : stack.parameters()) {
        values.emplace_back(parameter->values.begin(), parameter->values.end());
        sizes.push_back(parameter->values.size());
      }
      test::RecordingSink sink(sizes);
      const BatchResult result = stack.train({&dataset, indices.data(), 10}, loss, kStep, sink);
      const ReferenceNetwork reference(spec, dataset, RandomKey(8));
      EXPECT_NEAR(result.loss / 10.0, reference.loss(values, loss), 1e-5);
      for (std::size_t p = 0; p < values.size(); ++p) {
        for (std::size_t k = 0; k < values[p].size(); ++k) {
          ASSERT_EQ(sink.times_taken[p][k], 1);
          const double before = values[p][k];
          values[p][k] = before + 1e-6;
          const double above = reference.loss(values, loss);
          values[p][k] = before - 1e-6;
          const double below = reference.loss(values, loss);
          values[p][k] = before;
          ASSERT_NEAR(static_cast<double>(sink.gradients[p][k]), (above - below) / 2e-6, 2e-5)
              << "parameter " << p << ", " << k;
        }
      }
    }
  }
}

TEST(LayerStack, ForwardAgreesWithTheNetworksOwnLoops) {
  const NetworkSpec spec = three_layers(Activation::none);
  const Network network = test::random_network(spec, 3, 0.5);
  const Dataset dataset = test::noisy_prototypes(300, 4, 3, 5);
  const std::vector<std::uint32_t> indices = all_of(dataset);
  ComputePool pool(2);
  LayerStack stack(spec, {}, pool);
  stack.load(network);
  stack.forward({&dataset, indices.data(), 300});
  std::vector<float> values;
  for (const std::uint32_t n : {0U, 127U, 128U, 299U}) {
    std::vector<float> image;
    for (std::size_t i = 0; i < dataset.image_size(); ++i)
      image.push_back(static_cast<float>(dataset.image(n)[i]) / 255.0F);
    const auto wanted = forward(network, image);
    for (std::size_t l = 0; l < wanted.size(); ++l) {
      stack.copy_outputs(LayerId(l), n, values);
      EXPECT_THAT(values, testing::Pointwise(testing::FloatNear(1e-4F), wanted[l])) << "layer " << l;
    }
  }
}

TEST(LayerStack, StoresWhatItLoaded) {
  const NetworkSpec spec = three_layers(Activation::relu);
  const Network network = test::random_network(spec, 3, 0.5);
  ComputePool pool(1);
  LayerStack stack(spec, {}, pool);
  stack.load(network);
  Network stored = make_network(spec);
  stack.store(stored);
  for (std::size_t l = 0; l < 3; ++l) {
    EXPECT_EQ(stored.layers[LayerId(l)].weights.values, network.layers[LayerId(l)].weights.values);
    EXPECT_EQ(stored.layers[LayerId(l)].bias, network.layers[LayerId(l)].bias);
  }
}

TEST(LayerStack, RefusesImagesOrClassesThatDoNotFit) {
  EXPECT_THROW(check_fits(three_layers(Activation::none), test::noisy_prototypes(4, 5, 3, 1)), UserError);
  EXPECT_THROW(check_fits(three_layers(Activation::none), test::noisy_prototypes(4, 4, 4, 1)), UserError);
  EXPECT_NO_THROW(check_fits(three_layers(Activation::none), test::noisy_prototypes(4, 4, 2, 1)));
}

}  // namespace
}  // namespace crossloom
