// How a broken invariant is reported.
#include "base/error.h"

#include <string_view>

#include <fmt/format.h>

namespace crossloom {

namespace {

/// "base/table.cpp" of any longer path: messages must not depend on where the source was built.
std::string_view last_two_components(std::string_view path) {
  const std::size_t last = path.rfind('/');
  if (last == std::string_view::npos || last == 0) return path;
  const std::size_t before = path.rfind('/', last - 1);
  return before == std::string_view::npos ? path : path.substr(before + 1);
}

}  // namespace

void fail_check(const char* condition, const char* file, int line, const std::string& message) {
  throw Bug(fmt::format("{} ({}:{}: {} does not hold)", message, last_two_components(file), line, condition));
}

}  // namespace crossloom
