// The signal handlers and their one flag.
#include "base/interrupt.h"

#include <atomic>
#include <csignal>

#include "base/error.h"

namespace crossloom {

namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch lock-free atomics only");

extern "C" void crossloom_on_signal(int signal_number) {
  if (!requested.exchange(true)) return;
  // Blocked while this handler runs, so it takes effect, by the default action, as soon as the handler returns.
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

}  // namespace

void install_interrupt_handlers() {
  struct sigaction action = {};
  action.sa_handler = crossloom_on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;  // the flag is looked at between steps; input and output should not fail half-way
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupt_requested() { return requested.load(); }

void throw_if_interrupted() {
  if (interrupt_requested()) throw Interrupted();
}

}  // namespace crossloom
