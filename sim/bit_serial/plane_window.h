// The part of a window at one position that lies inside its plane.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/bit_serial/fixed_point_network.h"

namespace crossloom::bit_serial {

/// Rows [top, bottom) and columns [left, right) of a plane of this width.
struct PlaneWindow {
  PlaneWindow(const FixedPointNode& node, const ImageShape& plane, std::uint32_t position) : width(plane.width) {
    const WindowSpec& spec = node.spec.window;
    const std::int64_t y = std::int64_t{position / node.shape.width} * spec.stride - spec.padding;
    const std::int64_t x = std::int64_t{position % node.shape.width} * spec.stride - spec.padding;
    const auto inside = [](std::int64_t place, std::uint32_t side) {
      return static_cast<std::uint32_t>(std::clamp<std::int64_t>(place, 0, side));
    };
    top = inside(y, plane.height);
    bottom = inside(y + spec.size, plane.height);
    left = inside(x, plane.width);
    right = inside(x + spec.size, plane.width);
  }
  std::uint32_t width = 0, top = 0, bottom = 0, left = 0, right = 0;
};

}  // namespace crossloom::bit_serial
