// The binary file form of large values: a JSON header and named arrays of bytes, with a digest over all of it.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace crossloom {

/// `kind` and `version` say what it holds ("network", 1); arrays are little-endian. Same contents, same bytes.
class Archive {
 public:
  Archive(std::string kind, int version) : kind_(std::move(kind)), version_(version) {}

  nlohmann::json header = nlohmann::json::object();

  template <class T>
  void put(const std::string& name, const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>, "only plain values have a file form");
    std::string& bytes = arrays_[name];
    bytes.resize(values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  }
  /// Throws UserError where the array is missing or its size is not a multiple of the element's.
  template <class T>
  std::vector<T> get(const std::string& name) const {
    const std::string& bytes = array(name, sizeof(T));
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  [[nodiscard]] bool has(const std::string& name) const { return arrays_.count(name) != 0; }
  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] int version() const { return version_; }

  [[nodiscard]] std::string to_bytes() const;
  /// `origin` names the source in messages. Throws UserError on damage, truncation, wrong kind or version.
  static Archive from_bytes(const std::string& bytes, const std::string& origin, const std::string& kind, int version);
  /// Atomic (base/files.h).
  void save(const std::filesystem::path& file) const;
  static Archive load(const std::filesystem::path& file, const std::string& kind, int version);

 private:
  const std::string& array(const std::string& name, std::size_t element_size) const;
  std::string kind_;
  int version_;
  std::string origin_ = "archive";
  std::map<std::string, std::string> arrays_;
};

}  // namespace crossloom
