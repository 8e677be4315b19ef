#include "training/loss.h"

#include <algorithm>
#include <cmath>

namespace crossloom {
namespace {

double half_squares(const float* outputs, std::size_t classes, std::uint32_t label) {
  double sum = 0.0;
  for (std::size_t j = 0; j < classes; ++j) {
    const double error = static_cast<double>(outputs[j]) - (j == label ? 1.0 : 0.0);
    sum += error * error;
  }
  return sum / 2.0;
}

/// log(sum exp(outputs)), safe for large outputs.
double log_sum_exp(const float* outputs, std::size_t classes) {
  const double largest = static_cast<double>(*std::max_element(outputs, outputs + classes));
  double sum = 0.0;
  for (std::size_t j = 0; j < classes; ++j) sum += std::exp(static_cast<double>(outputs[j]) - largest);
  return largest + std::log(sum);
}

}  // namespace

double loss_of(LossKind kind, const float* outputs, std::size_t classes, std::uint32_t label) {
  if (kind == LossKind::mean_squared) return half_squares(outputs, classes, label);
  return log_sum_exp(outputs, classes) - static_cast<double>(outputs[label]);
}

double loss_and_gradient(LossKind kind, const float* outputs, std::size_t classes, std::uint32_t label, float weight,
                         float* gradient) {
  const double log_sum = kind == LossKind::cross_entropy ? log_sum_exp(outputs, classes) : 0.0;
  for (std::size_t j = 0; j < classes; ++j) {
    const auto output = static_cast<double>(outputs[j]);
    const double value = kind == LossKind::cross_entropy ? std::exp(output - log_sum) : output;
    gradient[j] = weight * static_cast<float>(value - (j == label ? 1.0 : 0.0));
  }
  return kind == LossKind::cross_entropy ? log_sum - static_cast<double>(outputs[label])
                                         : half_squares(outputs, classes, label);
}

std::uint32_t predicted_class(const float* outputs, std::size_t classes) {
  return static_cast<std::uint32_t>(std::max_element(outputs, outputs + classes) - outputs);
}

}  // namespace crossloom
