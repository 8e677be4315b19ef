// Tests of the always-on check.
#include "base/error.h"

#include <gmock/gmock.h>

namespace crossloom {
namespace {

TEST(Check, PassesAConditionThatHoldsAndEvaluatesItOnce) {
  int evaluated = 0;
  CROSSLOOM_CHECK(++evaluated == 1, "counted wrongly");
  EXPECT_EQ(evaluated, 1);
}

TEST(Check, ThrowsABugThatNamesTheConditionAndThePlace) {
  const int packets = -1;
  try {
    CROSSLOOM_CHECK(packets >= 0, "packets got lost");
    FAIL() << "a broken condition passed";
  } catch (const Bug& bug) {
    EXPECT_THAT(bug.what(),
                testing::MatchesRegex("packets got lost \\(base/error_test.cpp:[0-9]+: packets >= 0 does not hold\\)"));
  }
}

}  // namespace
}  // namespace crossloom
