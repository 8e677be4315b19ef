// Which of many terms of a sum to keep: L0-constrained gradient descent with relaxant probabilistic projection.
//
// The idea is that of Liang et al. (IEEE Access 2018, arXiv 1807.10816), whose exact schedule is not published with it:
// what is below is a reconstruction (docs/transformations.md says which parts).
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"

namespace crossloom {

/// Inner products of n terms x_1 .. x_n, all of whose samples are thus summed up: value(i, k) = <x_i, x_k>.
struct Gram {
  std::uint32_t terms = 0;
  std::vector<double> values;  ///< terms x terms, symmetric
  explicit Gram(std::uint32_t count) : terms(count), values(std::size_t{count} * count, 0.0) {}
  [[nodiscard]] double& at(std::uint32_t i, std::uint32_t k) { return values[std::size_t{i} * terms + k]; }
  [[nodiscard]] double at(std::uint32_t i, std::uint32_t k) const { return values[std::size_t{i} * terms + k]; }
};

/// |sum of the terms that are not kept|^2: the error that keeping the others makes.
double dropped_energy(const Gram& gram, const std::vector<std::uint8_t>& kept);

/// Exactly min(`kept`, terms) terms (by term, 1 = kept) whose sum is near the sum of all. Coefficients b of the terms,
/// each scaled to length 1, take gradient steps on |sum_i x_i - sum_i b_i x_i|^2; after each, a random support is drawn
/// without replacement with probabilities proportional to |b_i|, of `kept` terms and a slack that shrinks to 0 over
/// `iterations`, and the other coefficients become 0 (they come back where the gradient asks for them). Of the `kept`
/// largest coefficients seen after each gradient step (the terms' own lengths before the first), those of the least
/// dropped_energy win. Same key, same result.
std::vector<std::uint8_t> select_terms(const Gram& gram, std::uint32_t kept, std::uint32_t iterations, RandomKey key);

}  // namespace crossloom
