// Progress of long work: one line rewritten with an estimate on a terminal, plain lines now and then elsewhere.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace crossloom {

/// Where progress goes; library code is handed one and never prints by itself. Thread-safe.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  /// `done` of `total` units of `what`; `note` is free text such as "loss 0.034". Called as often as convenient.
  virtual void update(const std::string& what, std::uint64_t done, std::uint64_t total, const std::string& note) = 0;
  /// A message of its own line.
  virtual void message(const std::string& text) = 0;
};

/// Says nothing.
ProgressSink& no_progress();
/// Standard error: rewritten line with remaining time on a terminal, else a line every `seconds_between_lines`.
std::unique_ptr<ProgressSink> make_console_progress(double seconds_between_lines = 10.0);

}  // namespace crossloom
