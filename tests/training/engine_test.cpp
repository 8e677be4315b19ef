#include "training/engine.h"

#include <cmath>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace crossloom {
namespace {

template <class T>
void check_product(std::uint32_t m, std::uint32_t k, std::uint32_t n, bool with_bias, bool relu, double tolerance) {
  ComputePool pool(1);
  const MatrixProduct product({m, k, n, precision_of<T>(), Precision::f32, with_bias, relu});
  RandomStream stream(RandomKey(m * 1000003ULL + k * 1009 + n));
  std::vector<T> a, b;
  std::vector<float> bias, c(std::size_t{m} * n);
  for (std::size_t i = 0; i < std::size_t{m} * k; ++i) a.push_back(from_float<T>(static_cast<float>(stream.normal())));
  for (std::size_t i = 0; i < std::size_t{k} * n; ++i) b.push_back(from_float<T>(static_cast<float>(stream.normal())));
  for (std::uint32_t j = 0; j < n; ++j) bias.push_back(static_cast<float>(stream.normal()));
  AlignedBuffer packed(product.packing().elements * sizeof(T));
  pack_rows(b.data(), n, 0, k, product.packing(), packed.as<T>());
  product.run(a.data(), packed.as<T>(), bias.data(), c.data(), pool.scratch(0, 0));
  for (std::uint32_t i = 0; i < m; ++i) {
    for (std::uint32_t j = 0; j < n; ++j) {
      double sum = with_bias ? static_cast<double>(bias[j]) : 0.0;
      for (std::uint32_t s = 0; s < k; ++s) {
        sum += static_cast<double>(to_float(a[std::size_t{i} * k + s])) *
               static_cast<double>(to_float(b[std::size_t{s} * n + j]));
      }
      if (relu && sum < 0.0) sum = 0.0;
      ASSERT_NEAR(static_cast<double>(c[std::size_t{i} * n + j]), sum, tolerance * std::sqrt(k)) << i << "," << j;
    }
  }
}

TEST(MatrixProduct, EqualsPlainLoopsForAwkwardSizes) {
  for (const auto& [m, k, n] : {std::tuple{1U, 1U, 1U}, {3U, 17U, 10U}, {128U, 33U, 70U}, {5U, 64U, 130U}}) {
    check_product<float>(m, k, n, false, false, 1e-5);
    check_product<float>(m, k, n, true, true, 1e-5);
  }
}

TEST(MatrixProduct, Bf16EqualsPlainLoopsOverTheSameRoundedInputs) {
  if (!has_bf16_products()) GTEST_SKIP() << "no bf16 products on this processor";
  for (const auto& [m, k, n] : {std::tuple{1U, 1U, 1U}, {3U, 17U, 10U}, {128U, 33U, 70U}, {5U, 64U, 130U}}) {
    check_product<Bf16>(m, k, n, false, false, 1e-5);
    check_product<Bf16>(m, k, n, true, true, 1e-5);
  }
}

TEST(MatrixProduct, TakesAPackingMadeForAnotherNumberOfRows) {
  const MatrixProduct many({128, 50, 70, Precision::f32, Precision::f32, false, false});
  const MatrixProduct one({1, 50, 70, Precision::f32, Precision::f32, false, false}, &many.packing());
  ComputePool pool(1);
  std::vector<float> a(50, 1.0F), b(50 * 70), c(70);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 70);
  AlignedBuffer packed(many.packing().elements * sizeof(float));
  pack_rows(b.data(), 70, 0, 50, many.packing(), packed.as<float>());
  one.run(a.data(), packed.as<float>(), nullptr, c.data(), pool.scratch(0, 0));
  for (std::size_t j = 0; j < 70; ++j) EXPECT_FLOAT_EQ(c[j], 50.0F * static_cast<float>(j));
}

}  // namespace
}  // namespace crossloom
