#include "mapping/line_matching.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "base/random.h"

namespace crossloom {
namespace {

using Order = std::vector<std::uint16_t>;

Order in_order(std::size_t count) {
  Order order(count);
  std::iota(order.begin(), order.end(), std::uint16_t{0});
  return order;
}

std::int64_t total(const LineCosts& costs, const Order& order) {
  std::int64_t sum = 0;
  for (std::size_t line = 0; line < order.size(); ++line) sum += costs[line][order[line]];
  return sum;
}

LineCosts random_costs(std::size_t lines, std::uint64_t seed) {
  RandomStream stream(RandomKey(seed).child("costs"));
  LineCosts costs(lines, std::vector<std::int64_t>(lines));
  for (std::vector<std::int64_t>& of_line : costs) {
    for (std::int64_t& cost : of_line) cost = stream.below(4) == 0 ? 0 : stream.below(1000);
  }
  return costs;
}

TEST(LineMatching, IsTheCheapestOfAllPermutations) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const std::size_t lines = 1 + seed % 6;
    const LineCosts costs = random_costs(lines, seed);
    Order all = in_order(lines);
    std::int64_t least = total(costs, all);
    while (std::next_permutation(all.begin(), all.end())) least = std::min(least, total(costs, all));
    EXPECT_EQ(total(costs, match_lines(costs, in_order(lines), lines)), least) << seed;
  }
}

TEST(LineMatching, WithFewCandidatesIsAPermutationAndNeverDearerThanTheStart) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const LineCosts costs = random_costs(40, seed);
    const Order start = match_lines(random_costs(40, seed + 100), in_order(40), 40);
    for (const std::size_t candidates : {1U, 3U, 10U}) {
      Order found = match_lines(costs, start, candidates);
      EXPECT_LE(total(costs, found), total(costs, start));
      std::sort(found.begin(), found.end());
      EXPECT_EQ(found, in_order(40));
    }
  }
}

TEST(LineMatching, StaysWhereNothingIsCheaper) {
  const Order start = {2, 0, 1};
  EXPECT_EQ(match_lines({{1, 1, 0}, {0, 1, 1}, {1, 0, 1}}, start, 3), start);
}

}  // namespace
}  // namespace crossloom
