#include "training/projection/relaxant_projection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace crossloom {
namespace {

using Mask = std::vector<std::uint8_t>;

/// The `count` largest values; of equal ones the first.
Mask largest(const std::vector<double>& values, std::uint32_t count) {
  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&values](std::uint32_t a, std::uint32_t b) { return values[a] > values[b]; });
  Mask mask(values.size(), 0);
  for (std::uint32_t k = 0; k < count; ++k) mask[order[k]] = 1;
  return mask;
}

std::vector<double> absolute(const std::vector<double>& values) {
  std::vector<double> magnitudes(values.size());
  std::transform(values.begin(), values.end(), magnitudes.begin(), [](double value) { return std::fabs(value); });
  return magnitudes;
}

/// `count` terms drawn without replacement, with probabilities proportional to the weights: those of the largest
/// u^(1 / weight) (Efraimidis and Spirakis, Information Processing Letters 97, 2006). Terms of weight 0 come last.
Mask draw(const std::vector<double>& weights, std::uint32_t count, RandomStream& stream) {
  std::vector<double> keys(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double uniform = 1.0 - stream.uniform();  // in (0, 1]
    // log(u) / weight has the order of u^(1 / weight) and does not underflow.
    keys[i] = weights[i] > 0.0 ? std::log(uniform) / weights[i] : -std::numeric_limits<double>::infinity();
  }
  return largest(keys, count);
}

/// The terms scaled to length 1.
class UnitTerms {
 public:
  explicit UnitTerms(const Gram& gram) : gram_(gram), lengths_(gram.terms) {
    for (std::uint32_t i = 0; i < gram.terms; ++i) lengths_[i] = std::sqrt(std::max(0.0, gram.at(i, i)));
    // No eigenvalue exceeds the largest sum of magnitudes of a row (Gershgorin), so this step never overshoots.
    double most = 0.0;
    for (std::uint32_t i = 0; i < gram.terms; ++i) {
      double sum = 0.0;
      for (std::uint32_t k = 0; k < gram.terms; ++k) sum += std::fabs(product(i, k));
      most = std::max(most, sum);
    }
    step_ = most > 0.0 ? 1.0 / most : 0.0;
  }
  [[nodiscard]] const std::vector<double>& lengths() const { return lengths_; }
  void descend(std::vector<double>& coefficients) const {
    std::vector<double> gradient(gram_.terms, 0.0);
    for (std::uint32_t i = 0; i < gram_.terms; ++i) {
      for (std::uint32_t k = 0; k < gram_.terms; ++k) gradient[i] += product(i, k) * (coefficients[k] - lengths_[k]);
    }
    for (std::uint32_t i = 0; i < gram_.terms; ++i) coefficients[i] -= step_ * gradient[i];
  }

 private:
  [[nodiscard]] double product(std::uint32_t i, std::uint32_t k) const {
    const double lengths = lengths_[i] * lengths_[k];
    return lengths > 0.0 ? gram_.at(i, k) / lengths : 0.0;
  }
  const Gram& gram_;
  std::vector<double> lengths_;
  double step_ = 0.0;
};

}  // namespace

double dropped_energy(const Gram& gram, const Mask& kept) {
  double energy = 0.0;
  for (std::uint32_t i = 0; i < gram.terms; ++i) {
    if (kept[i] != 0) continue;
    for (std::uint32_t k = 0; k < gram.terms; ++k) energy += kept[k] == 0 ? gram.at(i, k) : 0.0;
  }
  return energy;
}

Mask select_terms(const Gram& gram, std::uint32_t kept, std::uint32_t iterations, RandomKey key) {
  const std::uint32_t count = std::min(kept, gram.terms);
  const UnitTerms terms(gram);
  RandomStream stream(key);
  std::vector<double> coefficients = terms.lengths();
  Mask best = largest(coefficients, count);
  double least = dropped_energy(gram, best);
  for (std::uint32_t t = 1; t <= iterations; ++t) {
    terms.descend(coefficients);
    const std::vector<double> importance = absolute(coefficients);
    const Mask candidate = largest(importance, count);
    const double energy = dropped_energy(gram, candidate);
    if (energy < least) {
      least = energy;
      best = candidate;
    }
    const double slack = (gram.terms - count) * (1.0 - static_cast<double>(t) / static_cast<double>(iterations));
    const Mask support = draw(importance, count + static_cast<std::uint32_t>(slack), stream);
    for (std::uint32_t i = 0; i < gram.terms; ++i) {
      if (support[i] == 0) coefficients[i] = 0.0;
    }
  }
  return best;
}

}  // namespace crossloom
