// Return times of credits against a plain list of all of them.
#include "sim/credit_returns.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "base/random.h"

namespace crossloom {
namespace {

TEST(CreditReturns, KnowsEveryCreditThatIsNotBackYet) {
  constexpr std::size_t kBuffers = 3;
  constexpr Cycle kLink = 23;
  CreditReturns returns(kBuffers);
  std::array<std::vector<Cycle>, kBuffers> all;
  const auto left_of = [&all](std::size_t buffer) { return static_cast<std::uint32_t>(all.at(buffer).size()); };
  RandomStream random{RandomKey(3)};
  for (Cycle now = 1; now < 2000; ++now) {
    for (std::size_t buffer = 0; buffer < kBuffers; ++buffer) {
      // Now and then, so that the ring is grown while some buffers have left little and others much.
      if (random.below(static_cast<std::uint32_t>(1 + 2 * buffer)) != 0) continue;
      returns.leave(buffer, left_of(buffer), now + kLink, now, left_of);
      all.at(buffer).push_back(now + kLink);
    }
    for (std::size_t buffer = 0; buffer < kBuffers; ++buffer) {
      const std::vector<Cycle>& times = all.at(buffer);
      for (std::size_t flit = times.size() > 60 ? times.size() - 60 : 0; flit < times.size(); ++flit) {
        const Cycle back = returns.back(buffer, static_cast<std::uint32_t>(flit), left_of(buffer));
        if (times[flit] > now) {
          ASSERT_EQ(back, times[flit]);
        } else {
          ASSERT_LE(back, now);
        }
      }
    }
  }
}

TEST(CreditReturns, TakesWhatNeverLeftAsBack) {
  const CreditReturns returns(1);
  EXPECT_EQ(returns.back(0, ~std::uint32_t{0}, 0), 0U);
  EXPECT_EQ(returns.back(0, ~std::uint32_t{0} - 100, 0), 0U);
}

TEST(CreditReturns, ForgetsEverythingOnReset) {
  CreditReturns returns(1);
  returns.leave(0, 0, 50, 1, [](std::size_t) { return 0U; });
  ASSERT_EQ(returns.back(0, 0, 1), 50U);
  returns.reset();
  EXPECT_EQ(returns.back(0, 0, 1), 0U);
}

}  // namespace
}  // namespace crossloom
