#include "training/projection/admm_constraint.h"

#include <algorithm>

#include "base/error.h"

namespace crossloom {
namespace {

std::vector<float> sum(const std::vector<float>& a, const std::vector<float>& b) {
  CROSSLOOM_CHECK(a.size() == b.size(), "one dual a weight");
  std::vector<float> result(a.size());
  std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::plus<>());
  return result;
}

}  // namespace

void AdmmConstraint::start(const std::vector<float>& weights) {
  auxiliary_ = project_(weights);
  dual_.assign(weights.size(), 0.0F);
}

void AdmmConstraint::update(const std::vector<float>& weights) {
  dual_ = sum(dual_, weights);
  auxiliary_ = project_(dual_);
  std::transform(dual_.begin(), dual_.end(), auxiliary_.begin(), dual_.begin(), std::minus<>());
}

std::vector<float> AdmmConstraint::target() const {
  std::vector<float> target(auxiliary_.size());
  std::transform(auxiliary_.begin(), auxiliary_.end(), dual_.begin(), target.begin(), std::minus<>());
  return target;
}

void AdmmConstraint::save(Archive& archive, const std::string& name) const {
  archive.put(name + ".auxiliary", auxiliary_);
  archive.put(name + ".dual", dual_);
}

void AdmmConstraint::restore(const Archive& archive, const std::string& name) {
  auxiliary_ = archive.get<float>(name + ".auxiliary");
  dual_ = archive.get<float>(name + ".dual");
}

}  // namespace crossloom
