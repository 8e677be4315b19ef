#include "app/stopwatch.h"

#include <unistd.h>

#include <array>
#include <ctime>

#include <nlohmann/json.hpp>

namespace crossloom {

std::string Stopwatch::to_json() const {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  std::array<char, 32> date{};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  nlohmann::json json;
  json["finished"] = date.data();
  json["host"] = host.data();
  json["stages"] = nlohmann::json::array();
  for (const auto& [what, seconds] : laps_) json["stages"].push_back({{"stage", what}, {"seconds", seconds}});
  return json.dump(2) + "\n";
}

}  // namespace crossloom
