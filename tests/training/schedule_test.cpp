#include "training/schedule.h"

#include <gtest/gtest.h>

namespace crossloom {
namespace {

TEST(Schedule, ConstantStaysAtOne) {
  EXPECT_EQ(schedule_factor({}, 0.0, 10.0), 1.0);
  EXPECT_EQ(schedule_factor({}, 9.9, 10.0), 1.0);
}

TEST(Schedule, WarmUpRisesLinearlyFromZero) {
  ScheduleSpec schedule;
  schedule.warmup_epochs = 2.0;
  EXPECT_EQ(schedule_factor(schedule, 0.0, 10.0), 0.0);
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 0.5, 10.0), 0.25);
  EXPECT_EQ(schedule_factor(schedule, 2.0, 10.0), 1.0);
}

TEST(Schedule, StepMultipliesAfterEachInterval) {
  ScheduleSpec schedule;
  schedule.shape = ScheduleShape::step;
  schedule.step_epochs = 3.0;
  schedule.step_factor = 0.5;
  EXPECT_EQ(schedule_factor(schedule, 2.99, 10.0), 1.0);
  EXPECT_EQ(schedule_factor(schedule, 3.0, 10.0), 0.5);
  EXPECT_EQ(schedule_factor(schedule, 6.5, 10.0), 0.25);
}

TEST(Schedule, CosineFallsFromOneAfterTheWarmUpToItsFinalFraction) {
  ScheduleSpec schedule;
  schedule.shape = ScheduleShape::cosine;
  schedule.warmup_epochs = 1.0;
  schedule.final_fraction = 0.1;
  EXPECT_DOUBLE_EQ(schedule_factor(schedule, 1.0, 11.0), 1.0);
  EXPECT_NEAR(schedule_factor(schedule, 6.0, 11.0), 0.55, 1e-12);
  EXPECT_NEAR(schedule_factor(schedule, 11.0, 11.0), 0.1, 1e-12);
}

}  // namespace
}  // namespace crossloom
