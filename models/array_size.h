// The size of a crossbar array as a transformation or a mapping sees it.
#pragma once

#include <cstdint>

namespace crossloom {

/// Weights (not cells or bit lines) that one logical crossbar holds; not necessarily square. Both at least 1.
struct ArraySize {
  std::uint32_t rows = 64;
  std::uint32_t columns = 64;
};

}  // namespace crossloom
