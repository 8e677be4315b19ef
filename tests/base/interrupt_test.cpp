// Tests of signals. Each runs in a process of its own, since the flag stays up once raised.
#include "base/interrupt.h"

#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>

#include "base/error.h"

namespace crossloom {
namespace {

[[noreturn]] void exit_with(bool good) { std::exit(good ? 0 : 1); }

TEST(InterruptDeathTest, IsNotRequestedBeforeASignal) {
  install_interrupt_handlers();
  EXPECT_FALSE(interrupt_requested());
  EXPECT_NO_THROW(throw_if_interrupted());
}

void raise_and_look(int signal_number) {
  install_interrupt_handlers();
  std::raise(signal_number);
  bool thrown = false;
  try {
    throw_if_interrupted();
  } catch (const Interrupted&) {
    thrown = true;
  }
  exit_with(thrown && interrupt_requested());
}

TEST(InterruptDeathTest, NotesTheFirstSignalAndGoesOn) {
  EXPECT_EXIT(raise_and_look(SIGINT), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(raise_and_look(SIGTERM), testing::ExitedWithCode(0), "");
}

void raise_twice(int first, int second) {
  install_interrupt_handlers();
  std::raise(first);
  std::raise(second);
  exit_with(true);
}

// A shell shows a process ended by SIGINT as exit code 130.
TEST(InterruptDeathTest, EndsTheProcessAtTheSecondSignal) {
  EXPECT_EXIT(raise_twice(SIGINT, SIGINT), testing::KilledBySignal(SIGINT), "");
  EXPECT_EXIT(raise_twice(SIGINT, SIGTERM), testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace crossloom
