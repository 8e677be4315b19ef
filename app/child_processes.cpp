#include "app/child_processes.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/interrupt.h"

extern "C" char** environ;

namespace crossloom {
namespace {

/// One running child with the read ends of its two pipes.
struct Child {
  std::size_t index = 0;
  pid_t pid = -1;
  int output = -1, errors = -1;
  std::string output_rest, error_text;
};

struct Pipe {
  int read_end = -1, write_end = -1;
};

Pipe open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw UserError(fmt::format("cannot open a pipe: {}", std::strerror(errno)));
  return {ends[0], ends[1]};
}

Child start(const ChildCommand& command, std::size_t index) {
  const Pipe output = open_pipe();
  const Pipe errors = open_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.write_end, 1);
  posix_spawn_file_actions_adddup2(&actions, errors.write_end, 2);
  std::string program = "/proc/self/exe";
  std::vector<char*> argv{program.data()};
  std::vector<std::string> arguments = command.arguments;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  Child child;
  child.index = index;
  const int failure = posix_spawn(&child.pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(output.write_end);
  close(errors.write_end);
  child.output = output.read_end;
  child.errors = errors.read_end;
  if (failure != 0) {
    close(child.output);
    close(child.errors);
    throw UserError(fmt::format("cannot start {}: {}", command.name, std::strerror(failure)));
  }
  return child;
}

/// Appends what can be read; false at the end of the stream.
bool read_some(int descriptor, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t size = read(descriptor, buffer.data(), buffer.size());
  if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
  return size > 0 || (size < 0 && errno == EINTR);
}

void take_lines(Child& child, const std::function<void(std::size_t, const std::string&)>& on_line) {
  std::size_t end = 0;
  while ((end = child.output_rest.find('\n')) != std::string::npos) {
    on_line(child.index, child.output_rest.substr(0, end));
    child.output_rest.erase(0, end + 1);
  }
}

[[noreturn]] void throw_failure(const ChildCommand& command, int status, std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (WIFSIGNALED(status)) {
    throw Bug(fmt::format("{} was ended by signal {} ({}){}{}", command.name, WTERMSIG(status),
                          strsignal(WTERMSIG(status)), text.empty() ? "" : ": ", text));
  }
  const std::string prefix = "error: ";
  if (text.compare(0, prefix.size(), prefix) == 0) text.erase(0, prefix.size());
  switch (WEXITSTATUS(status)) {
    case static_cast<int>(ExitCode::user_error):
      throw UserError(text);
    case static_cast<int>(ExitCode::does_not_fit):
      throw DoesNotFit(text);
    case static_cast<int>(ExitCode::interrupted):
      throw Interrupted();
    default:
      throw Bug(fmt::format("{} failed with exit code {}: {}", command.name, WEXITSTATUS(status), text));
  }
}

/// Owns the running children and never leaves one behind.
class Children {
 public:
  Children() = default;
  ~Children() {
    for (Child& child : running_) kill(child.pid, SIGKILL);
    for (Child& child : running_) (void)reap(child);
  }
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  void add(Child child) { running_.push_back(std::move(child)); }
  [[nodiscard]] std::size_t size() const { return running_.size(); }

  /// Waits for output or an end; hands out lines and returns a child that ended, with its status.
  std::optional<std::pair<Child, int>> wait(const std::function<void(std::size_t, const std::string&)>& on_line) {
    std::vector<pollfd> descriptors;
    for (const Child& child : running_) {
      descriptors.push_back({child.output, POLLIN, 0});
      descriptors.push_back({child.errors, POLLIN, 0});
    }
    constexpr int kMilliseconds = 200;  // how soon Ctrl-C is noticed
    if (poll(descriptors.data(), descriptors.size(), kMilliseconds) <= 0) return std::nullopt;
    for (std::size_t i = 0; i < running_.size(); ++i) {
      Child& child = running_[i];
      if (descriptors[2 * i + 1].revents != 0 && !read_some(child.errors, child.error_text))
        child.errors = closed(child.errors);
      if (descriptors[2 * i].revents == 0) continue;
      const bool open = read_some(child.output, child.output_rest);
      take_lines(child, on_line);
      if (open) continue;
      while (child.errors >= 0 && read_some(child.errors, child.error_text)) {
      }
      Child ended = child;
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      const int status = reap(ended);
      return std::make_pair(std::move(ended), status);
    }
    return std::nullopt;
  }

 private:
  static int closed(int descriptor) {
    close(descriptor);
    return -1;
  }
  static int reap(Child& child) {
    int status = 0;
    while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(child.output);
    if (child.errors >= 0) close(child.errors);
    return status;
  }
  std::vector<Child> running_;
};

}  // namespace

void run_children(const std::vector<ChildCommand>& commands, std::size_t at_once,
                  const std::function<void(std::size_t, const std::string&)>& on_line) {
  CROSSLOOM_CHECK(at_once > 0, "at least one child at a time");
  Children children;
  std::size_t next = 0;
  while (next < commands.size() || children.size() > 0) {
    while (next < commands.size() && children.size() < at_once) {
      children.add(start(commands[next], next));
      ++next;
    }
    if (const auto ended = children.wait(on_line)) {
      const auto& [child, status] = *ended;
      if (status != 0) throw_failure(commands[child.index], status, child.error_text);
    }
    throw_if_interrupted();
  }
}

}  // namespace crossloom
