#include "training/dense_layer.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/training/tiny_networks.h"
#include "training/dropout.h"

namespace crossloom {
namespace {

constexpr std::uint64_t kStep = 3;

/// A layer in double with plain loops: sum over outputs of upstream x dropout(activation(W x + b)).
struct Reference {
  DenseLayerSpec spec;
  std::uint32_t inputs = 0, rows = 0;
  std::vector<double> x, w, b, upstream, kept;  // w: one row of inputs an output; kept: dropout factors

  [[nodiscard]] double output(std::uint32_t r, std::uint32_t j) const {
    double sum = b.empty() ? 0.0 : b[j];
    for (std::uint32_t i = 0; i < inputs; ++i) sum += x[r * inputs + i] * w[j * inputs + i];
    if (spec.activation == Activation::relu) sum = std::max(sum, 0.0);
    return sum * kept[r * spec.outputs + j];
  }
  [[nodiscard]] double value() const {
    double sum = 0.0;
    for (std::uint32_t r = 0; r < rows; ++r) {
      for (std::uint32_t j = 0; j < spec.outputs; ++j) sum += upstream[r * spec.outputs + j] * output(r, j);
    }
    return sum;
  }
  [[nodiscard]] double difference(double& variable) const {
    constexpr double kStepSize = 1e-5;
    const double before = variable;
    variable = before + kStepSize;
    const double above = value();
    variable = before - kStepSize;
    const double below = value();
    variable = before;
    return (above - below) / (2.0 * kStepSize);
  }
};

struct Case {
  DenseLayerSpec spec;
  std::uint32_t inputs, rows;
  Precision precision;
};

/// A layer and the reference with the same (rounded) numbers.
class LayerUnderTest {
 public:
  LayerUnderTest(const Case& c, std::size_t threads)
      : pool(threads), sink({std::size_t{c.inputs} * c.spec.outputs, c.spec.outputs}) {
    DenseLayerOptions options;
    options.spec = c.spec;
    options.inputs = c.inputs;
    options.precision = c.precision;
    options.dropout_key = RandomKey(9);
    layer = make_dense_layer(options, pool);
    layer->prepare(c.rows, true);
    input = Tensor(c.precision, c.rows, c.inputs);
    input_gradient = Tensor(c.precision, c.rows, c.inputs);
    output = layer->make_output(c.rows);
    gradient = layer->make_output_gradient(c.rows);
    reference.spec = c.spec;
    reference.inputs = c.inputs;
    reference.rows = c.rows;
    RandomStream stream(RandomKey(c.inputs * 100 + c.rows));
    reference.x = fill(input, stream);
    reference.upstream = fill(gradient, stream);
    for (float& w : layer->parameters()[0].values) reference.w.push_back(w = rounded(c.precision, stream.normal()));
    if (c.spec.bias) {
      for (float& b : layer->parameters()[1].values) reference.b.push_back(b = static_cast<float>(stream.normal()));
    }
    layer->parameters_changed();
    const Dropout dropout(RandomKey(9), c.spec.dropout);
    for (std::uint32_t r = 0; r < c.rows; ++r) {
      std::vector<float> ones(c.spec.outputs, 1.0F);
      dropout.apply(kStep, r, ones.size(), ones.data());
      reference.kept.insert(reference.kept.end(), ones.begin(), ones.end());
    }
  }

  void run() {
    const Pass pass{input.rows, true, kStep};
    layer->forward(input, output, pass);
    layer->backward(input, output, gradient, &input_gradient, pass, sink);
  }

  static float rounded(Precision precision, double value) {
    const auto wide = static_cast<float>(value);
    return precision == Precision::f32 ? wide : to_float(to_bf16(wide));
  }
  static std::vector<double> fill(Tensor& tensor, RandomStream& stream) {
    std::vector<double> values;
    for (std::uint32_t r = 0; r < tensor.rows; ++r) {
      for (std::uint32_t i = 0; i < tensor.columns; ++i) {
        const float value = rounded(tensor.precision, stream.normal());
        values.push_back(static_cast<double>(value));
        if (tensor.precision == Precision::f32) {
          tensor.row<float>(r)[i] = value;
        } else {
          tensor.row<Bf16>(r)[i] = to_bf16(value);
        }
      }
    }
    return values;
  }
  static double at(const Tensor& tensor, std::uint32_t r, std::uint32_t i) {
    return static_cast<double>(tensor.precision == Precision::f32 ? tensor.row<float>(r)[i]
                                                                  : to_float(tensor.row<Bf16>(r)[i]));
  }

  ComputePool pool;
  test::RecordingSink sink;
  std::unique_ptr<TrainableLayer> layer;
  Tensor input, input_gradient, output, gradient;
  Reference reference;
};

void check_gradients(const Case& c, double tolerance) {
  LayerUnderTest t(c, 2);
  t.run();
  const auto near = [tolerance](double got, double wanted) {
    return std::fabs(got - wanted) <= tolerance * (1.0 + std::fabs(wanted));
  };
  for (std::uint32_t r = 0; r < c.rows; ++r) {
    for (std::uint32_t j = 0; j < c.spec.outputs; ++j) {
      ASSERT_PRED2(near, LayerUnderTest::at(t.output, r, j), t.reference.output(r, j)) << "output " << r << "," << j;
    }
  }
  for (std::size_t k = 0; k < t.reference.w.size(); k += 1 + t.reference.w.size() / 60) {
    ASSERT_PRED2(near, static_cast<double>(t.sink.gradients[0][k]), t.reference.difference(t.reference.w[k]))
        << "weight " << k;
  }
  for (std::size_t j = 0; j < t.reference.b.size(); ++j) {
    ASSERT_PRED2(near, static_cast<double>(t.sink.gradients[1][j]), t.reference.difference(t.reference.b[j]))
        << "bias " << j;
  }
  for (std::size_t k = 0; k < t.reference.x.size(); k += 1 + t.reference.x.size() / 60) {
    const auto r = static_cast<std::uint32_t>(k / c.inputs);
    const auto i = static_cast<std::uint32_t>(k % c.inputs);
    ASSERT_PRED2(near, LayerUnderTest::at(t.input_gradient, r, i), t.reference.difference(t.reference.x[k]))
        << "input " << k;
  }
  for (const int times : t.sink.times_taken[0]) ASSERT_EQ(times, 1);
}

std::vector<DenseLayerSpec> variants() {
  return {test::dense("d", 5, false, Activation::none), test::dense("d", 5, true, Activation::relu),
          test::dense("d", 170, true, Activation::relu, 0.5), test::dense("d", 13, false, Activation::relu, 0.3),
          test::dense("d", 66, true, Activation::none, 0.25)};
}

TEST(DenseLayer, GradientsAgreeWithCentralDifferences) {
  for (const DenseLayerSpec& spec : variants()) {
    check_gradients({spec, 7, 4, Precision::f32}, 1e-4);
    check_gradients({spec, 20, 1, Precision::f32}, 1e-4);
  }
}

TEST(DenseLayer, GradientsAgreeWithCentralDifferencesAcrossBatchPanels) {
  check_gradients({test::dense("d", 9, true, Activation::relu, 0.5), 11, batch_panel(200) + 5, Precision::f32}, 1e-4);
}

TEST(DenseLayer, Bf16GradientsAgreeToTheirPrecision) {
  if (!has_bf16_products()) GTEST_SKIP() << "no bf16 products on this processor";
  for (const DenseLayerSpec& spec : variants()) check_gradients({spec, 7, 33, Precision::bf16}, 0.06);
}

TEST(DenseLayer, GivesTheSameBytesWithOneAndWithThreeThreads) {
  for (const Precision precision : {Precision::f32, Precision::bf16}) {
    if (precision == Precision::bf16 && !has_bf16_products()) continue;
    const Case c{test::dense("d", 200, true, Activation::relu, 0.5), 90, 300, precision};
    LayerUnderTest one(c, 1);
    LayerUnderTest three(c, 3);
    one.run();
    three.run();
    EXPECT_EQ(one.sink.gradients, three.sink.gradients);
    const std::size_t bytes = std::size_t{300} * 90 * size_of(precision);
    EXPECT_EQ(std::memcmp(one.input_gradient.storage.as<char>(), three.input_gradient.storage.as<char>(), bytes), 0);
  }
}

TEST(DenseLayer, LoadsAndStoresTheMatrixOfTheNetwork) {
  ComputePool pool(1);
  DenseLayerOptions options;
  options.spec = test::dense("d", 3, true, Activation::relu);
  options.inputs = 2;
  const auto layer = make_dense_layer(options, pool);
  Layer stored;
  stored.weights = Matrix(2, 3);
  stored.weights.values = {1, 2, 3, 4, 5, 6};
  stored.bias = {7, 8, 9};
  stored.live = {1, 0, 1, 0, 1, 1};
  layer->load(stored);
  EXPECT_EQ(layer->parameters()[0].values, (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(layer->live_of(stored, 0), (std::vector<std::uint8_t>{1, 0, 0, 1, 1, 1}));
  Layer again;
  layer->store(again);
  EXPECT_EQ(again.weights.values, stored.weights.values);
  EXPECT_EQ(again.bias, stored.bias);
}

}  // namespace
}  // namespace crossloom
