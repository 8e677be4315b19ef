// Transfer matrices against ngspice: the large arrays, which take it seconds to minutes.
#include <gtest/gtest.h>

#include "tests/models/circuit/spice_comparison.h"

namespace crossloom {
namespace {

class LargeAgainstSpice : public testing::TestWithParam<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> {};

TEST_P(LargeAgainstSpice, EveryOutputAgreesToOneInAMillion) {
  const auto [draw, rows, lines] = GetParam();
  const test::SpiceCase example = test::spice_case(draw, rows, lines);
  EXPECT_LT(test::worst_difference(example), 1e-6) << example.text;
}

INSTANTIATE_TEST_SUITE_P(RandomArrays, LargeAgainstSpice,
                         testing::Values(std::tuple{100U, 64U, 16U}, std::tuple{101U, 16U, 64U},
                                         std::tuple{102U, 64U, 16U}, std::tuple{103U, 16U, 64U},
                                         std::tuple{104U, 64U, 64U}, std::tuple{105U, 64U, 64U},
                                         std::tuple{106U, 128U, 128U}));

}  // namespace
}  // namespace crossloom
