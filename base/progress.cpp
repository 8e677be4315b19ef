// Progress on the console.
#include "base/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "base/console_progress.h"

namespace crossloom {

namespace {

constexpr double kSecondsBetweenDrawings = 0.1;
constexpr std::string_view kClearLine = "\r\x1b[K";

class NoProgress final : public ProgressSink {
 public:
  void update(const std::string&, std::uint64_t, std::uint64_t, const std::string&) override {}
  void message(const std::string&) override {}
};

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::ceil(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

/// At most `width` characters, cut between code points.
std::string_view fitting(std::string_view text, std::size_t width) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U;
    if (starts_character && ++characters > width) return text.substr(0, i);
  }
  return text;
}

std::size_t width_of_terminal() {
  struct winsize size = {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return 79;
  return static_cast<std::size_t>(size.ws_col - 1);
}

}  // namespace

ConsoleProgress::~ConsoleProgress() {
  if (line_open_) console_.write("\n");
}

bool ConsoleProgress::due(const Task& task, double now, bool finished) const {
  if (finished) return true;
  if (console_.is_terminal) return !task.drawn || now - task.last_drawn >= kSecondsBetweenDrawings;
  return now - task.last_drawn >= seconds_between_lines_;
}

std::string ConsoleProgress::line(const std::string& what, const Task& task, std::uint64_t total, double now,
                                  const std::string& note) const {
  std::string text = total > 0 ? fmt::format("{}: {}% ({}/{})", what, 100 * task.done / total, task.done, total)
                               : fmt::format("{}: {}", what, task.done);
  const double elapsed = now - task.first_seen;
  const auto moved = static_cast<double>(task.done - task.done_at_first);
  if (elapsed > 0.0 && moved > 0.0) {
    text += fmt::format(", {:.3g}/s", moved / elapsed);
    const bool finished = task.done >= total;
    if (total > 0 && finished) text += fmt::format(", took {}", duration_text(elapsed));
    if (total > 0 && !finished) {
      text += fmt::format(", {} left", duration_text(static_cast<double>(total - task.done) * elapsed / moved));
    }
  }
  if (!note.empty()) text += ", " + note;
  return text;
}

void ConsoleProgress::draw(const std::string& text, bool finished) {
  if (!console_.is_terminal) {
    console_.write(text + "\n");
    return;
  }
  console_.write(fmt::format("{}{}{}", kClearLine, fitting(text, console_.line_width()), finished ? "\n" : ""));
  line_open_ = !finished;
}

void ConsoleProgress::update(const std::string& what, std::uint64_t done, std::uint64_t total,
                             const std::string& note) {
  const std::lock_guard lock(mutex_);
  const double now = console_.seconds();
  const bool finished = total > 0 && done >= total;
  auto [found, is_new] = tasks_.try_emplace(what);
  Task& task = found->second;
  if (task.finished && finished) return;
  if (is_new || task.finished || done < task.done) task = {now, now, done, done, false, false};
  task.done = done;
  task.finished = finished;
  if (!due(task, now, finished)) return;
  draw(line(what, task, total, now, note), finished);
  task.last_drawn = now;
  task.drawn = true;
}

void ConsoleProgress::message(const std::string& text) {
  const std::lock_guard lock(mutex_);
  console_.write(fmt::format("{}{}\n", line_open_ ? kClearLine : "", text));
  line_open_ = false;
}

ProgressSink& no_progress() {
  static NoProgress sink;
  return sink;
}

std::unique_ptr<ProgressSink> make_console_progress(double seconds_between_lines) {
  ConsoleSurroundings console;
  console.write = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  };
  console.seconds = [] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  };
  console.line_width = width_of_terminal;
  console.is_terminal = ::isatty(STDERR_FILENO) == 1;
  return std::make_unique<ConsoleProgress>(std::move(console), seconds_between_lines);
}

}  // namespace crossloom
