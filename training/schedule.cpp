#include "training/schedule.h"

#include <algorithm>
#include <cmath>

namespace crossloom {
namespace {

constexpr double kPi = 3.14159265358979323846;

}  // namespace

double schedule_factor(const ScheduleSpec& schedule, double epoch, double epochs) {
  const double warmup = schedule.warmup_epochs;
  if (epoch < warmup) return epoch / warmup;
  switch (schedule.shape) {
    case ScheduleShape::constant:
      return 1.0;
    case ScheduleShape::step:
      return std::pow(schedule.step_factor, std::floor(epoch / schedule.step_epochs));
    case ScheduleShape::cosine:
      break;
  }
  if (epochs <= warmup) return 1.0;
  const double done = std::clamp((epoch - warmup) / (epochs - warmup), 0.0, 1.0);
  return schedule.final_fraction + (1.0 - schedule.final_fraction) * 0.5 * (1.0 + std::cos(kPi * done));
}

}  // namespace crossloom
