// Transfer matrices against ngspice: small arrays of every shape and kind.
#include <gtest/gtest.h>

#include "tests/models/circuit/spice_comparison.h"

namespace crossloom {
namespace {

class AgainstSpice : public testing::TestWithParam<std::uint32_t> {};

TEST_P(AgainstSpice, EveryOutputAgreesToOneInAMillion) {
  const test::SpiceCase example = test::spice_case(GetParam(), 24);
  EXPECT_LT(test::worst_difference(example), 1e-6) << example.text;
}

INSTANTIATE_TEST_SUITE_P(RandomArrays, AgainstSpice, testing::Range(0U, 40U));

}  // namespace
}  // namespace crossloom
