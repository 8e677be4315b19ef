// RapidCheck with a fixed seed, so that a test run is the same every time; RC_PARAMS overrides it (seed=...,
// max_success=...).
#pragma once

#include <rapidcheck/gtest.h>

#include <cstdlib>

namespace crossloom::test {

inline const int kPropertySeedSet = setenv("RC_PARAMS", "seed=20240229", 0);

}  // namespace crossloom::test
