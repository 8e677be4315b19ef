#include "tests/support/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace crossloom::test {
namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

[[noreturn]] void become(const std::vector<std::string>& arguments, const ProgramOptions& options, const fs::path& out,
                         const fs::path& err) {
  const int input = open("/dev/null", O_RDONLY);
  const int output = open(out.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  const int errors = open(err.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  if (input < 0 || output < 0 || errors < 0) _exit(126);
  dup2(input, 0);
  dup2(output, 1);
  dup2(errors, 2);
  for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
  if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) _exit(126);
  std::string program = CROSSLOOM_PROGRAM;
  std::vector<std::string> copies = arguments;
  std::vector<char*> argv{program.data()};
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  _exit(127);
}

}  // namespace

ProgramResult run_program(const std::vector<std::string>& arguments, const ProgramOptions& options) {
  const TemporaryFolder folder;
  const fs::path out = folder.path() / "out", err = folder.path() / "err";
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) become(arguments, options, out, err);
  int status = 0;
  if (options.signal) {
    const auto deadline = std::chrono::steady_clock::now() + options.signal_after;
    bool ended = false;
    while (!ended && std::chrono::steady_clock::now() < deadline) {
      ended = waitpid(child, &status, WNOHANG) == child;
      if (!ended) std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
    if (!ended) {
      kill(child, *options.signal);
      waitpid(child, &status, 0);
    }
  } else {
    waitpid(child, &status, 0);
  }
  return {WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status), slurp(out), slurp(err)};
}

std::map<std::string, std::string> files_below(const fs::path& folder, const std::vector<std::string>& except) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = fs::relative(entry.path(), folder).string();
    bool skip = !entry.is_regular_file();
    for (const std::string& other : except) skip = skip || name == other;
    if (!skip) files[name] = slurp(entry.path());
  }
  return files;
}

std::string tiny_experiment() {
  const std::string chips = std::string(CROSSLOOM_SOURCE_DIR) + "/configs/chips/resparc.yaml";
  return "name: tiny\n"
         "seed: 3\n"
         "dataset: {name: digits, training_images: 600, test_images: 60}\n"
         "network:\n"
         "  name: tiny_mlp\n"
         "  input: {width: 28, height: 28, channels: 1}\n"
         "  layers:\n"
         "    - {name: hidden, dense: {outputs: 24, activation: relu}}\n"
         "    - {name: output, dense: {outputs: 10, activation: relu}}\n"
         "training:\n"
         "  epochs: 2\n"
         "  batch: 50\n"
         "  optimiser: {method: adam}\n"
         "  learning_rate: 0.002\n"
         "  loss: cross_entropy\n"
         "  validation_images: 100\n"
         "  precision: f32\n"
         "chip: " +
         chips +
         "\n"
         "spiking: {steps: 8}\n"
         "calibration_images: 100\n"
         "stimulus: {images: 6}\n"
         "variants:\n"
         "  - name: original\n"
         "    transform: {method: none}\n"
         "  - name: pruned\n"
         "    transform: {method: magnitude, threshold: density, density: 0.3, pruning_epochs: 1}\n";
}

}  // namespace crossloom::test
