// Tests of the progress line, with a clock and a screen of our own.
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "base/console_progress.h"

namespace crossloom {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class Screen {
 public:
  explicit Screen(bool is_terminal) {
    surroundings_.write = [this](std::string_view text) { written += text; };
    surroundings_.seconds = [this] { return now; };
    surroundings_.line_width = [this] { return width; };
    surroundings_.is_terminal = is_terminal;
  }
  ConsoleProgress progress(double seconds_between_lines = 10.0) {
    return ConsoleProgress(surroundings_, seconds_between_lines);
  }

  std::string written;
  double now = 100.0;
  std::size_t width = 79;

 private:
  ConsoleSurroundings surroundings_;
};

TEST(ConsoleProgress, ShowsPercentRateAndRemainingTimeOnATerminal) {
  Screen screen(true);
  ConsoleProgress progress = screen.progress();
  progress.update("train", 0, 1000, "");
  screen.now += 10.0;
  screen.written.clear();
  progress.update("train", 250, 1000, "loss 0.034");
  EXPECT_EQ(screen.written, "\r\x1b[Ktrain: 25% (250/1000), 25/s, 30 s left, loss 0.034");
}

TEST(ConsoleProgress, RewritesTheLineAtMostTenTimesASecond) {
  Screen screen(true);
  ConsoleProgress progress = screen.progress();
  for (std::uint64_t i = 0; i < 1000; ++i) {
    screen.now = 100.0 + static_cast<double>(i) / 1000.0;
    progress.update("simulate", i, 1'000'000, "");
  }
  const auto drawings = std::count(screen.written.begin(), screen.written.end(), '\r');
  EXPECT_GE(drawings, 9);
  EXPECT_LE(drawings, 10);
}

TEST(ConsoleProgress, EndsTheLineWhenTheWorkIsDone) {
  Screen screen(true);
  ConsoleProgress progress = screen.progress();
  progress.update("map", 0, 4, "");
  screen.now += 2.0;
  progress.update("map", 4, 4, "");
  EXPECT_THAT(screen.written, EndsWith("map: 100% (4/4), 2/s, took 2 s\n"));
  const std::string before = screen.written;
  progress.update("map", 4, 4, "");
  EXPECT_EQ(screen.written, before) << "the end was drawn twice";
}

TEST(ConsoleProgress, EndsAnUnfinishedLineWhenItGoesAway) {
  Screen screen(true);
  { screen.progress().update("map", 1, 4, ""); }
  EXPECT_THAT(screen.written, EndsWith("map: 25% (1/4)\n"));
}

TEST(ConsoleProgress, CutsTheLineToTheTerminalsWidth) {
  Screen screen(true);
  screen.width = 12;
  ConsoleProgress progress = screen.progress();
  progress.update("\u00b5-train", 1, 4, "a note too long for it");
  EXPECT_EQ(screen.written, "\r\x1b[K\u00b5-train: 25%");
}

TEST(ConsoleProgress, PutsMessagesOnLinesOfTheirOwn) {
  Screen screen(true);
  ConsoleProgress progress = screen.progress();
  progress.update("train", 1, 4, "");
  progress.message("early stop");
  EXPECT_THAT(screen.written, EndsWith("train: 25% (1/4)\r\x1b[Kearly stop\n"));
}

TEST(ConsoleProgress, PrintsAPlainLineNowAndThenElsewhere) {
  Screen screen(false);
  ConsoleProgress progress = screen.progress(10.0);
  for (std::uint64_t i = 0; i <= 25; ++i) {
    progress.update("train", i, 25, "");
    screen.now += 1.0;
  }
  EXPECT_EQ(screen.written,
            "train: 40% (10/25), 1/s, 15 s left\n"
            "train: 80% (20/25), 1/s, 5 s left\n"
            "train: 100% (25/25), 1/s, took 25 s\n");
}

TEST(ConsoleProgress, WritesLongTimesInMinutesAndHours) {
  Screen screen(false);
  ConsoleProgress progress = screen.progress(0.0);
  progress.update("sweep", 0, 10'000, "");
  screen.now += 1.0;
  progress.update("sweep", 1, 10'000, "");
  EXPECT_THAT(screen.written, HasSubstr("2 h 46 min left"));
  progress.update("short", 0, 200, "");
  screen.now += 1.0;
  progress.update("short", 1, 200, "");
  EXPECT_THAT(screen.written, HasSubstr("3 min 19 s left"));
}

TEST(ConsoleProgress, CountsWhereTheTotalIsNotKnown) {
  Screen screen(true);
  ConsoleProgress progress = screen.progress();
  progress.update("events", 512, 0, "");
  EXPECT_EQ(screen.written, "\r\x1b[Kevents: 512");
}

TEST(ConsoleProgress, StartsAnewWhenTheSameWorkComesAgain) {
  Screen screen(false);
  ConsoleProgress progress = screen.progress(1000.0);
  for (int epoch = 0; epoch < 2; ++epoch) {
    progress.update("epoch", 0, 10, "");
    screen.now += 5.0;
    progress.update("epoch", 10, 10, "");
  }
  EXPECT_EQ(screen.written, "epoch: 100% (10/10), 2/s, took 5 s\nepoch: 100% (10/10), 2/s, took 5 s\n");
}

TEST(ConsoleProgress, MayBeCalledFromManyThreads) {
  Screen screen(false);
  ConsoleProgress progress = screen.progress(0.0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&progress, t] {
      for (std::uint64_t i = 0; i < 100; ++i) progress.update("worker " + std::to_string(t), i, 1000, "");
      progress.message("done");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(screen.written.begin(), screen.written.end(), '\n'), 404);
}

TEST(NoProgress, AcceptsAnything) {
  testing::internal::CaptureStderr();
  no_progress().update("train", 1, 2, "");
  no_progress().message("text");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(MakeConsoleProgress, WritesToStandardError) {
  testing::internal::CaptureStderr();
  make_console_progress()->message("hello");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "hello\n");
}

}  // namespace
}  // namespace crossloom
