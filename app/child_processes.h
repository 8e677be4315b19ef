// Child processes of this same program, some side by side, that report progress by lines on their standard output.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace crossloom {

/// Arguments after the program's own name, and what the child is called in messages.
struct ChildCommand {
  std::vector<std::string> arguments;
  std::string name;
};

/// Runs all commands, at most `at_once` at a time, started by exec in the order given. `on_line(index, line)` receives
/// each line of standard output. If a child fails, the others are ended and its error is thrown with the kind that its
/// exit code says and the text it wrote to standard error; a child killed by a signal is a Bug naming the signal.
/// Throws Interrupted after ending the children where Ctrl-C was pressed.
void run_children(const std::vector<ChildCommand>& commands, std::size_t at_once,
                  const std::function<void(std::size_t index, const std::string& line)>& on_line);

}  // namespace crossloom
