// Checked reading of archive headers and of lists of lists; private to the file forms of models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/archive.h"
#include "base/error.h"

namespace crossloom {

/// Throws UserError: the archive of this kind is inconsistent, with what and what to do.
[[noreturn]] void fail_archive(const std::string& kind, const std::string& what);

/// A whole number in [0, limit] at `key` of a header object; throws UserError otherwise.
std::uint64_t header_count(const std::string& kind, const nlohmann::json& object, const std::string& key,
                           std::uint64_t limit = std::numeric_limits<std::uint32_t>::max());
/// A finite number; throws UserError otherwise.
double header_real(const std::string& kind, const nlohmann::json& object, const std::string& key);
bool header_flag(const std::string& kind, const nlohmann::json& object, const std::string& key);
std::string header_text(const std::string& kind, const nlohmann::json& object, const std::string& key);
/// The list at `key`; throws UserError where it is not one.
const nlohmann::json& header_list(const std::string& kind, const nlohmann::json& object, const std::string& key);

/// Stores lists as two arrays: all values one after another, and where each list ends.
template <class T>
void put_lists(Archive& archive, const std::string& name, const std::vector<std::vector<T>>& lists) {
  std::vector<std::uint64_t> ends;
  std::vector<T> values;
  ends.reserve(lists.size());
  for (const std::vector<T>& list : lists) {
    values.insert(values.end(), list.begin(), list.end());
    ends.push_back(values.size());
  }
  archive.put(name + ".ends", ends);
  archive.put(name, values);
}

/// Reads what put_lists stored; throws UserError where the two arrays do not belong together.
template <class T>
std::vector<std::vector<T>> get_lists(const Archive& archive, const std::string& name) {
  const auto ends = archive.get<std::uint64_t>(name + ".ends");
  const auto values = archive.get<T>(name);
  std::vector<std::vector<T>> lists;
  lists.reserve(ends.size());
  std::uint64_t begin = 0;
  for (const std::uint64_t end : ends) {
    if (end < begin || end > values.size())
      fail_archive(archive.kind(), "the lists of " + name + " overlap or overrun");
    lists.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(begin),
                       values.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end;
  }
  if (begin != values.size()) fail_archive(archive.kind(), "the lists of " + name + " leave values over");
  return lists;
}

}  // namespace crossloom
