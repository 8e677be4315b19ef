// The console's progress line with its surroundings handed in, so that tests can look at it. Private to base.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/progress.h"

namespace crossloom {

/// What the progress line needs from the outside.
struct ConsoleSurroundings {
  std::function<void(std::string_view)> write;
  std::function<double()> seconds;          ///< a clock that never goes back
  std::function<std::size_t()> line_width;  ///< characters; asked at every drawing, since windows are resized
  bool is_terminal = false;
};

class ConsoleProgress final : public ProgressSink {
 public:
  ConsoleProgress(ConsoleSurroundings surroundings, double seconds_between_lines)
      : console_(std::move(surroundings)), seconds_between_lines_(seconds_between_lines) {}
  ~ConsoleProgress() override;
  void update(const std::string& what, std::uint64_t done, std::uint64_t total, const std::string& note) override;
  void message(const std::string& text) override;

 private:
  struct Task {
    double first_seen = 0.0;
    double last_drawn = 0.0;
    std::uint64_t done_at_first = 0;
    std::uint64_t done = 0;
    bool drawn = false;
    bool finished = false;
  };
  [[nodiscard]] bool due(const Task& task, double now, bool finished) const;
  [[nodiscard]] std::string line(const std::string& what, const Task& task, std::uint64_t total, double now,
                                 const std::string& note) const;
  void draw(const std::string& text, bool finished);

  std::mutex mutex_;
  ConsoleSurroundings console_;
  double seconds_between_lines_;
  std::map<std::string, Task> tasks_;
  bool line_open_ = false;
};

}  // namespace crossloom
