#include "training/optimiser.h"

#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"
#include "training/kernels.h"

namespace crossloom {
namespace {

std::string array_name(const char* what, std::size_t parameter) {
  return std::string("optimiser.") + what + "." + std::to_string(parameter);
}

template <class T>
std::vector<T> get_of_size(const Archive& archive, const std::string& name, std::size_t size) {
  std::vector<T> values = archive.get<T>(name);
  if (values.size() != size) {
    throw UserError("the checkpoint's array '" + name +
                    "' does not have the size of this network; delete the checkpoint "
                    "to start again");
  }
  return values;
}

}  // namespace

Optimiser::Optimiser(const TrainingSpec& spec, const std::vector<std::size_t>& sizes, const std::vector<bool>& decays)
    : spec_(spec.optimiser), weight_decay_(spec.weight_decay), decays_(decays), live_(sizes.size()) {
  const bool adam = std::holds_alternative<AdamSpec>(spec_);
  for (const std::size_t size : sizes) {
    first_moments_.emplace_back(size, 0.0F);
    second_moments_.emplace_back(adam ? size : 0, 0.0F);
  }
}

void Optimiser::begin_step(double rate) {
  rate_ = rate;
  ++steps_;
}

void Optimiser::take(std::size_t parameter, std::size_t first, std::size_t count, const float* gradient,
                     float* values) {
  const std::uint8_t* const live = live_[parameter].empty() ? nullptr : live_[parameter].data() + first;
  const double decay = decays_[parameter] ? weight_decay_ : 0.0;
  float* const first_moment = first_moments_[parameter].data() + first;
  if (const auto* sgd = std::get_if<SgdSpec>(&spec_)) {
    const SgdStep step{static_cast<float>(rate_), static_cast<float>(sgd->momentum), static_cast<float>(decay)};
    sgd_update(step, gradient, live, count, first_moment, values);
    return;
  }
  const auto& adam = std::get<AdamSpec>(spec_);
  const auto t = static_cast<double>(steps_);
  const double correction1 = 1.0 - std::pow(adam.beta1, t);
  const double root_correction2 = std::sqrt(1.0 - std::pow(adam.beta2, t));
  AdamStep step;
  step.rate = static_cast<float>(rate_ * root_correction2 / correction1);
  step.beta1 = static_cast<float>(adam.beta1);
  step.beta2 = static_cast<float>(adam.beta2);
  step.epsilon = static_cast<float>(adam.epsilon * root_correction2);
  step.decay = static_cast<float>(rate_ * decay);
  adam_update(step, gradient, live, count, first_moment, second_moments_[parameter].data() + first, values);
}

void Optimiser::set_live(std::size_t parameter, std::vector<std::uint8_t> live) {
  CROSSLOOM_CHECK(live.empty() || live.size() == first_moments_[parameter].size(), "one mask byte a weight");
  live_[parameter] = std::move(live);
}

void Optimiser::save(Archive& archive) const {
  archive.header["optimiser_steps"] = steps_;
  for (std::size_t p = 0; p < first_moments_.size(); ++p) {
    archive.put(array_name("first_moment", p), first_moments_[p]);
    if (!second_moments_[p].empty()) archive.put(array_name("second_moment", p), second_moments_[p]);
    if (!live_[p].empty()) archive.put(array_name("live", p), live_[p]);
  }
}

void Optimiser::restore(const Archive& archive) {
  steps_ = archive.header.at("optimiser_steps").get<std::uint64_t>();
  for (std::size_t p = 0; p < first_moments_.size(); ++p) {
    const std::size_t size = first_moments_[p].size();
    first_moments_[p] = get_of_size<float>(archive, array_name("first_moment", p), size);
    if (!second_moments_[p].empty()) {
      second_moments_[p] = get_of_size<float>(archive, array_name("second_moment", p), size);
    }
    const std::string live = array_name("live", p);
    live_[p] = archive.has(live) ? get_of_size<std::uint8_t>(archive, live, size) : std::vector<std::uint8_t>{};
  }
}

}  // namespace crossloom
