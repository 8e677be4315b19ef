// crossloom worker JOB: one share of a simulation; started by `run` and `simulate`, not by people.
#include <sys/prctl.h>

#include <csignal>
#include <memory>
#include <string>

#include "app/bit_serial_job.h"
#include "app/command_line.h"
#include "app/simulation_job.h"

namespace crossloom {

void add_worker_command(CLI::App& app) {
  auto job = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("worker", "Simulate one share of the images (started by the program itself)");
  command->group("");  // hidden from --help
  command->add_option("job", *job, "Job file")->required();
  command->callback([job] {
    // A worker whose parent was killed must not go on by itself.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (is_bit_serial_job(*job)) {
      run_bit_serial_worker(*job);
    } else {
      run_worker(*job);
    }
  });
}

}  // namespace crossloom
