#include "models/archive_lists.h"

#include <cmath>

namespace crossloom {

void fail_archive(const std::string& kind, const std::string& what) {
  throw UserError("a file of kind \"" + kind + "\" is inconsistent: " + what + "; make the file again");
}

namespace {

const nlohmann::json& field(const std::string& kind, const nlohmann::json& object, const std::string& key) {
  if (!object.is_object() || !object.contains(key)) fail_archive(kind, "its header lacks " + key);
  return object.at(key);
}

}  // namespace

std::uint64_t header_count(const std::string& kind, const nlohmann::json& object, const std::string& key,
                           std::uint64_t limit) {
  const nlohmann::json& value = field(kind, object, key);
  const bool whole = value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
  if (!whole || value.get<std::uint64_t>() > limit) {
    fail_archive(kind, key + " is not a whole number in 0.." + std::to_string(limit));
  }
  return value.get<std::uint64_t>();
}

double header_real(const std::string& kind, const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& value = field(kind, object, key);
  if (!value.is_number() || !std::isfinite(value.get<double>())) fail_archive(kind, key + " is not a finite number");
  return value.get<double>();
}

bool header_flag(const std::string& kind, const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& value = field(kind, object, key);
  if (!value.is_boolean()) fail_archive(kind, key + " is neither true nor false");
  return value.get<bool>();
}

std::string header_text(const std::string& kind, const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& value = field(kind, object, key);
  if (!value.is_string()) fail_archive(kind, key + " is not text");
  return value.get<std::string>();
}

const nlohmann::json& header_list(const std::string& kind, const nlohmann::json& object, const std::string& key) {
  const nlohmann::json& value = field(kind, object, key);
  if (!value.is_array()) fail_archive(kind, key + " is not a list");
  return value;
}

}  // namespace crossloom
