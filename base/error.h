// Error kinds and the exit codes they end in. Library code throws these and never prints, exits or aborts.
#pragma once

#include <stdexcept>
#include <string>

namespace crossloom {

/// Exit codes of the program; `crossloom --help` and docs/config.md list them.
enum class ExitCode : int { success = 0, user_error = 1, does_not_fit = 2, bug = 3, interrupted = 130 };

/// The user's fault: bad configuration, bad data, unwritable folder. The text says what to do about it.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The experiment is valid but the network does not fit the chip. The text gives the reasons and what would fit.
class DoesNotFit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Our fault: a broken invariant.
class Bug : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// The user pressed Ctrl-C (or SIGTERM came); thrown at the next safe point.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

[[noreturn]] void fail_check(const char* condition, const char* file, int line, const std::string& message);

}  // namespace crossloom

/// Always-on invariant; throws Bug naming the condition that must hold.
#define CROSSLOOM_CHECK(condition, message) \
  ((condition) ? static_cast<void>(0) : ::crossloom::fail_check(#condition, __FILE__, __LINE__, (message)))
