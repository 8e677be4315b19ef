// Wall times of stages, for timing.json only: nothing else in a run folder depends on the clock.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace crossloom {

class Stopwatch {
 public:
  /// Measures until it goes out of scope.
  class Lap {
   public:
    Lap(Stopwatch& stopwatch, std::string what)
        : stopwatch_(stopwatch), what_(std::move(what)), start_(std::chrono::steady_clock::now()) {}
    ~Lap() {
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
      stopwatch_.laps_.emplace_back(std::move(what_), seconds.count());
    }
    Lap(const Lap&) = delete;
    Lap& operator=(const Lap&) = delete;

   private:
    Stopwatch& stopwatch_;
    std::string what_;
    std::chrono::steady_clock::time_point start_;
  };

  [[nodiscard]] Lap time(std::string what) { return Lap(*this, std::move(what)); }
  /// Stages in the order they ended with their seconds, date and host.
  [[nodiscard]] std::string to_json() const;

 private:
  std::vector<std::pair<std::string, double>> laps_;
};

}  // namespace crossloom
