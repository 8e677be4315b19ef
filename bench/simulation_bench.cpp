// What an image costs in the timed run, beside the untimed run of the same mapped network in the same process.
//
//   simulation_bench [IMAGES]                784-1200-1200-10 on 64 x 64 crossbars, 40 steps: milliseconds an image
//                                            and their ratio
//   simulation_bench network FILE [IMAGES] [COPIES]   the same for a network file (YAML), unfolded, or as positions of
//                                            so many copies of each kernel
//   simulation_bench scale K [IMAGES] [N]    N layers (2) of K x K crossbars and one of K x 1: time an event, memory
//   simulation_bench observed [IMAGES]       the first network: what observing costs, each image run unobserved and
//                                            observed
//
// One line of JSON, times in processor time. Both runs use one thread and the same kernels; their outcomes are
// compared. The untimed run is measured before and after the timed one, and the faster of the two counts.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <string>
#include <vector>

#include "base/config_reader.h"
#include "bench/workload.h"
#include "models/functional_run.h"
#include "sim/recorders.h"
#include "sim/simulation.h"

// libsystemc wants one; it must never be what runs.
extern "C" int sc_main(int, char**);
extern "C" int sc_main(int, char**) { return 1; }

namespace {

using namespace crossloom;

constexpr std::uint32_t kArraySize = 64;

// Processor time of this process: neighbours on the machine do not count.
double milliseconds() { return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

double time_functional(const bench::Workload& work, std::vector<SpikingOutcome>& outcomes) {
  FunctionalRun run(work.mapped, work.spiking, work.programmed, *work.encoder);
  outcomes.clear();
  run.run(0, work.image_data[0].data());
  const double start = milliseconds();
  for (std::uint32_t n = 0; n < work.image_data.size(); ++n) outcomes.push_back(run.run(n, work.image_data[n].data()));
  return (milliseconds() - start) / static_cast<double>(work.image_data.size());
}

int measure(const bench::Workload& work) {
  std::vector<SpikingOutcome> outcomes;
  const double before = time_functional(work, outcomes);
  std::vector<StimulusImage> stimulus;
  for (std::uint32_t n = 0; n < work.image_data.size(); ++n) stimulus.push_back({n, work.image_data[n].data()});
  const double start = milliseconds();
  const SimulationResult result =
      simulate(work.mapped, work.spiking, work.programmed, work.chip_spec, *work.encoder, stimulus);
  const double images = static_cast<double>(stimulus.size());
  const double timed = (milliseconds() - start) / images;
  const double functional = std::min(before, time_functional(work, outcomes));
  for (std::size_t n = 0; n < outcomes.size(); ++n) {
    if (result.images[n].outcome.layer_spikes != outcomes[n].layer_spikes) {
      std::fprintf(stderr, "the two runs computed different spikes for image %zu\n", n);
      return 1;
    }
  }
  const ActivityCounts total = result.activity.total();
  const auto count = [&total](Action action) {
    return static_cast<double>(total.actions[static_cast<std::size_t>(action)]);
  };
  const double traversals = count(Action::router_traversal);
  const double events =
      traversals + count(Action::token) + static_cast<double>(total.array_drives + total.packets_sent);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"crossbars\": %zu, \"tiles\": %zu, \"images\": %.0f, \"functional_ms_per_image\": %.3f, "
      "\"timed_ms_per_image\": %.3f, \"timed_over_functional\": %.2f, \"timed_images_per_s\": %.1f, "
      "\"packets_per_image\": %.0f, \"packets_saved_per_image\": %.0f, \"tokens_and_credits_per_image\": %.0f, "
      "\"router_traversals_per_image\": %.0f, \"array_drives_per_image\": %.0f, \"events_per_image\": %.0f, "
      "\"ns_per_event\": %.1f, \"cycles_per_image\": %.0f, \"peak_memory_mib\": %.0f}\n",
      work.mapped.crossbars.size(), work.mapped.tiles.size(), images, functional, timed, timed / functional,
      1000.0 / timed, static_cast<double>(total.packets_sent) / images,
      static_cast<double>(total.packets_saved) / images, count(Action::token) / images, traversals / images,
      static_cast<double>(total.array_drives) / images, events / images, timed * images * 1e6 / events,
      static_cast<double>(result.elapsed_cycles) / images, static_cast<double>(usage.ru_maxrss) / 1024.0);
  return 0;
}

/// Processor time of each image, taken when the simulation says that it is done.
class ImageTimes : public ProgressSink {
 public:
  void update(const std::string&, std::uint64_t, std::uint64_t, const std::string&) override {
    const double now = milliseconds();
    times.push_back(now - last_);
    last_ = now;
  }
  void message(const std::string&) override {}
  std::vector<double> times;

 private:
  double last_ = milliseconds();
};

// Each image runs once for each way of observing, one after another, so that all ways see the same load.
int measure_observing(const bench::Workload& work) {
  constexpr std::uint32_t kWindow = 100;
  const std::vector<const char*> ways = {"unobserved", "use", "path", "actions", "all"};
  const auto every = static_cast<std::uint32_t>(ways.size());
  const auto images = static_cast<std::uint32_t>(work.image_data.size());
  UseRecorder use;
  PathRecorder path;
  ActionRecorder actions(kActions, kWindow);
  Recording all(kActions, kWindow);
  SimulationOptions options;
  const auto selection = [&](std::uint32_t way) { return ImageSelection{way, images * every, every}; };
  options.observers = {{&use, selection(1)}, {&path, selection(2)}, {&actions, selection(3)}};
  all.watch(selection(4), options.observers);
  std::vector<StimulusImage> stimulus;
  for (std::uint32_t n = 0; n < images * every; ++n) stimulus.push_back({n / every, work.image_data[n / every].data()});
  ImageTimes times;
  options.progress = &times;
  (void)simulate(work.mapped, work.spiking, work.programmed, work.chip_spec, *work.encoder, stimulus, options);
  std::vector<double> sums(every, 0.0);
  for (std::uint32_t n = every; n < times.times.size(); ++n)
    sums[n % every] += times.times[n];  // the first one warms up
  for (std::uint32_t way = 0; way < every; ++way) {
    std::printf("%s\"%s_ms_per_image\": %.3f", way == 0 ? "{" : ", ", ways[way], sums[way] / (images - 1));
  }
  std::printf("}\n");
  return 0;
}

std::uint32_t number(const char* text, std::uint32_t fallback) {
  return text == nullptr ? fallback : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc > 2 && std::strcmp(argv[1], "scale") == 0) {
    const std::uint32_t side = number(argv[2], 1) * kArraySize;
    std::vector<std::uint32_t> layers(number(argc > 4 ? argv[4] : nullptr, 2), side);
    layers.push_back(10);
    return measure(
        bench::Workload(bench::dense_layers(side, layers), std::max(1U, number(argc > 3 ? argv[3] : nullptr, 20))));
  }
  if (argc > 2 && std::strcmp(argv[1], "network") == 0) {
    ConfigDocument document = ConfigDocument::from_file(argv[2]);
    const NetworkSpec spec = read_network_spec(document.root());
    document.finish();
    MappingSpec mapping;
    mapping.replication = number(argc > 4 ? argv[4] : nullptr, 0);
    if (mapping.replication != 0) mapping.convolution = ConvolutionMapping::positions;
    mapping.replication = std::max(1U, mapping.replication);
    return measure(bench::Workload(spec, std::max(1U, number(argc > 3 ? argv[3] : nullptr, 20)), mapping));
  }
  const NetworkSpec perceptron = bench::dense_layers(784, {1200, 1200, 10});
  if (argc > 1 && std::strcmp(argv[1], "observed") == 0) {
    return measure_observing(bench::Workload(perceptron, std::max(2U, number(argc > 2 ? argv[2] : nullptr, 50))));
  }
  return measure(bench::Workload(perceptron, std::max(1U, number(argc > 1 ? argv[1] : nullptr, 200))));
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
