// One constraint of the alternating direction method of multipliers: weights that shall end in a set.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/archive.h"

namespace crossloom {

/// Minimises f(W) with W in S: W is trained on f + rho / 2 |W - Z + U|^2, and from time to time the auxiliary Z becomes
/// the projection of W + U on S, and the scaled dual U grows by W - Z (Boyd et al., Foundations and Trends in Machine
/// Learning 3, 2011, section 3.1.1; Yuan et al., ISLPED 2019).
class AdmmConstraint {
 public:
  /// The nearest point of S.
  using Projection = std::function<std::vector<float>(const std::vector<float>&)>;
  explicit AdmmConstraint(Projection project) : project_(std::move(project)) {}

  /// Z = projection of W, U = 0.
  void start(const std::vector<float>& weights);
  /// Z = projection of W + U, then U = U + W - Z.
  void update(const std::vector<float>& weights);
  /// Z - U: where the quadratic term draws W.
  [[nodiscard]] std::vector<float> target() const;

  void save(Archive& archive, const std::string& name) const;
  void restore(const Archive& archive, const std::string& name);

 private:
  Projection project_;
  std::vector<float> auxiliary_, dual_;
};

}  // namespace crossloom
