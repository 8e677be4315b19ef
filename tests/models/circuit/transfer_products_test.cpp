// Products with and without read noise.
#include <cmath>

#include <gmock/gmock.h>

#include "models/circuit/transfer_products.h"
#include "tests/models/circuit/random_array.h"

namespace crossloom {
namespace {

using test::random_cells;
using test::wires_of;

TEST(TransferProducts, AreTheBytesOfAPlainLoop) {
  RandomStream stream(RandomKey(1));
  for (const auto& [rows, lines, vectors] :
       {std::tuple{1U, 1U, 1U}, {3U, 5U, 7U}, {64U, 33U, 4U}, {128U, 128U, 9U}, {17U, 200U, 6U}}) {
    const TransferMatrix transfer = solve_transfer(random_cells(rows, lines, stream), wires_of(1, 1));
    const std::vector<double> volts = test::random_volts(rows * vectors, stream);
    std::vector<double> currents(std::size_t{lines} * vectors, -1.0);
    TransferProducts(transfer).multiply(volts.data(), vectors, currents.data());
    for (std::size_t v = 0; v < vectors; ++v) {
      for (std::uint32_t j = 0; j < lines; ++j) {
        double sum = 0.0;
        for (std::uint32_t i = 0; i < rows; ++i) sum += volts[v * rows + i] * transfer.at(i, j);
        ASSERT_EQ(currents[v * lines + j], sum);
      }
    }
  }
}

TEST(DrawNormals, AreStandardNormal) {
  constexpr std::size_t kDraws = 400'000;
  std::vector<double> normals(128);
  double sum = 0.0, squares = 0.0, cubes = 0.0, fourths = 0.0, inside = 0.0, products = 0.0;
  const RandomKey key(2);
  for (std::size_t v = 0; v < kDraws / 128; ++v) {
    draw_normals(key, v, 128, normals.data());
    for (std::size_t j = 0; j < 128; ++j) {
      const double z = normals[j];
      sum += z;
      squares += z * z;
      cubes += z * z * z;
      fourths += z * z * z * z;
      inside += std::abs(z) < 1.0 ? 1.0 : 0.0;
      if (j > 0) products += z * normals[j - 1];
    }
  }
  // Four standard errors of each moment of a standard normal (variances 1, 2, 15, 96, p (1 - p), 1).
  constexpr double kCount = kDraws / 128 * 128;
  const double unit = 4.0 / std::sqrt(kCount);
  EXPECT_NEAR(sum / kCount, 0.0, unit);
  EXPECT_NEAR(squares / kCount, 1.0, unit * std::sqrt(2.0));
  EXPECT_NEAR(cubes / kCount, 0.0, unit * std::sqrt(15.0));
  EXPECT_NEAR(fourths / kCount, 3.0, unit * std::sqrt(96.0));
  EXPECT_NEAR(inside / kCount, 0.6826894921, unit * 0.4655);
  EXPECT_NEAR(products / kCount, 0.0, unit);
}

TEST(DrawNormals, BelongToTheirVectorAndPlaceWhateverIsDrawnBeside) {
  const RandomKey key(3);
  std::vector<double> few(4), many(600), other(4);
  draw_normals(key, 77, 3, few.data());
  draw_normals(key, 77, 600, many.data());
  draw_normals(key, 78, 3, other.data());
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(few[k], many[k]);
    EXPECT_NE(few[k], other[k]);
  }
}

/// Mean and variance of each output over many reads.
struct Moments {
  std::vector<double> mean, variance;
};
template <class Draw>
Moments moments(std::size_t lines, std::size_t reads, const Draw& draw) {
  Moments result{std::vector<double>(lines), std::vector<double>(lines)};
  std::vector<double> first(lines);
  for (std::size_t n = 0; n < reads; ++n) {
    const std::vector<double> currents = draw(n);
    if (n == 0) first = currents;
    for (std::size_t j = 0; j < lines; ++j) {
      result.mean[j] += currents[j] - first[j];
      result.variance[j] += (currents[j] - first[j]) * (currents[j] - first[j]);
    }
  }
  const auto count = static_cast<double>(reads);
  for (std::size_t j = 0; j < lines; ++j) {
    result.mean[j] /= count;
    result.variance[j] = result.variance[j] / count - result.mean[j] * result.mean[j];
    result.mean[j] += first[j];
  }
  return result;
}

TEST(TransferProducts, NoiseHasTheMeanAndVarianceOfCellByCellSampling) {
  // Without wires; each cell's conductance is redrawn at every read, G (1 + 0.05 n). Both ways of drawing against the
  // same law, and against each other, at four standard errors of 20,000 reads.
  RandomStream stream(RandomKey(4));
  constexpr std::uint32_t kRows = 12, kLines = 6;
  constexpr std::size_t kReads = 20'000;
  const ConductanceMatrix cells = random_cells(kRows, kLines, stream);
  std::vector<double> variances;
  for (const double siemens : cells.siemens) variances.push_back(0.05 * siemens * 0.05 * siemens);
  const TransferMatrix transfer = solve_transfer(cells, {});
  const std::vector<double> volts = test::random_volts(kRows, stream);
  const TransferProducts products(transfer, transfer_variances(cells, transfer, variances));
  const Moments drawn = moments(kLines, kReads, [&](std::size_t read) {
    std::vector<double> currents(kLines);
    products.multiply_noisy(volts.data(), 1, RandomKey(5), read, currents.data());
    return currents;
  });
  const Moments sampled = moments(kLines, kReads, [&](std::size_t) {
    std::vector<double> currents(kLines, 0.0);
    for (std::uint32_t i = 0; i < kRows; ++i) {
      for (std::uint32_t j = 0; j < kLines; ++j)
        currents[j] += volts[i] * cells.at(i, j) * (1.0 + 0.05 * stream.normal());
    }
    return currents;
  });
  for (std::uint32_t j = 0; j < kLines; ++j) {
    double mean = 0.0, variance = 0.0;
    for (std::uint32_t i = 0; i < kRows; ++i) {
      mean += volts[i] * cells.at(i, j);
      variance += volts[i] * volts[i] * variances[std::size_t{i} * kLines + j];
    }
    const double mean_error = 4.0 * std::sqrt(variance / kReads),
                 variance_error = 4.0 * variance * std::sqrt(2.0 / kReads);
    EXPECT_NEAR(drawn.mean[j], mean, mean_error);
    EXPECT_NEAR(drawn.variance[j], variance, variance_error);
    EXPECT_NEAR(sampled.mean[j], mean, mean_error);
    EXPECT_NEAR(sampled.variance[j], variance, variance_error);
  }
}

TEST(TransferProducts, NoiseBehindWiresIsNearTheCircuitsOwn) {
  // 24 x 24 cells of 10 to 100 uS, 2 ohm: the circuit is solved anew for every read. The noise of a cell is taken to
  // reach its own output only, by its share of the current, so the law is good to the voltage lost, not exact.
  RandomStream stream(RandomKey(6));
  constexpr std::uint32_t kSize = 24;
  constexpr std::size_t kReads = 1'000;
  const ConductanceMatrix cells = random_cells(kSize, kSize, stream);
  std::vector<double> variances;
  for (const double siemens : cells.siemens) variances.push_back(0.05 * siemens * 0.05 * siemens);
  ArraySolver solver(kSize, kSize, wires_of(2, 2));
  solver.solve(cells);
  const TransferMatrix transfer = solver.transfer();
  const std::vector<double> volts(kSize, 0.2);
  const std::vector<double> expected = transfer_variances(cells, transfer, variances);
  const Moments sampled = moments(kSize, kReads, [&](std::size_t) {
    ConductanceMatrix noisy = cells;
    for (double& siemens : noisy.siemens) siemens *= 1.0 + 0.05 * stream.normal();
    solver.solve(noisy);
    std::vector<double> currents(kSize);
    TransferProducts(solver.transfer()).multiply(volts.data(), 1, currents.data());
    return currents;
  });
  double total = 0.0, total_expected = 0.0;
  for (std::uint32_t j = 0; j < kSize; ++j) {
    total += sampled.variance[j];
    for (std::uint32_t i = 0; i < kSize; ++i)
      total_expected += volts[i] * volts[i] * expected[std::size_t{i} * kSize + j];
  }
  EXPECT_NEAR(total / total_expected, 1.0, 0.08);
}

}  // namespace
}  // namespace crossloom
