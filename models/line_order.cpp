#include "models/line_order.h"

namespace crossloom {

std::vector<std::uint16_t> inverse_order(const std::vector<std::uint16_t>& order) {
  std::vector<std::uint16_t> inverse(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) inverse[order[k]] = static_cast<std::uint16_t>(k);
  return inverse;
}

bool is_order(const std::vector<std::uint16_t>& order, std::size_t count) {
  if (order.empty()) return true;
  if (order.size() != count) return false;
  std::vector<bool> seen(count, false);
  for (const std::uint16_t line : order) {
    if (line >= count || seen[line]) return false;
    seen[line] = true;
  }
  return true;
}

}  // namespace crossloom
