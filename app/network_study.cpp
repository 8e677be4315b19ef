#include "app/network_study.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "models/bit_serial/bit_serial_chip.h"
#include "sim/noc/load_measurement.h"

namespace crossloom {
namespace {

/// Processor time of this thread.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

NetworkFile network_of(const BitSerialChipSpec& chip) {
  NetworkEnergies energies;
  energies.router_traversal = chip.costs.of(BitSerialAction::router_traversal);
  energies.link_traversal = chip.costs.of(BitSerialAction::link_traversal);
  energies.source = fmt::format("router: {}; link: {}", chip.costs.of(BitSerialComponent::router).source,
                                chip.costs.of(BitSerialComponent::link).source);
  return {chip.name, chip.interconnect, energies};
}

double parse_load(const std::string& text) {
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    throw UserError(fmt::format("--loads: \"{}\" is not a number; give 0.1,0.2,0.3 or 0.05:0.4:0.05", text));
  }
  return value;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

NetworkFile read_network_file(const std::filesystem::path& file, const std::vector<ConfigOverride>& overrides) {
  ConfigDocument document = ConfigDocument::from_file(file, overrides);
  ConfigReader root = document.root();
  NetworkFile result;
  if (root.has("execution") && read_chip_execution(root) == ChipExecution::bit_serial) {
    result = network_of(read_bit_serial_chip(root));
  } else if (root.has("crossbar")) {
    throw UserError(
        fmt::format("{}: a spiking chip has a mesh of its own kind, which runs with the chip (crossloom run); "
                    "crossloom noc takes a bit-serial chip, or a file with interconnect: alone such as "
                    "configs/chips/booksim_mesh8.yaml",
                    file.string()));
  } else {
    result.name = root.text("name");
    root.text_or("source", "");
    result.network = read_network_on_chip(root.section("interconnect"));
    if (auto energies = root.optional_section("energies")) result.energies = read_network_energies(*energies);
  }
  document.finish();
  return result;
}

std::vector<double> parse_loads(const std::string& text) {
  constexpr std::size_t kMostLoads = 1000;
  std::vector<double> loads;
  const std::vector<std::string> range = split(text, ':');
  if (range.size() == 3) {
    const double first = parse_load(range[0]);
    const double last = parse_load(range[1]);
    const double step = parse_load(range[2]);
    if (!(step > 0.0) || last < first || (last - first) / step > static_cast<double>(kMostLoads)) {
      throw UserError(
          fmt::format("--loads {}: give first:last:step with last above first and at most {} loads", text, kMostLoads));
    }
    // Half a step beyond, so that rounding does not lose the last one; written to nine digits, so that 0.1 + 2 x 0.1
    // is the load that 0.3 is.
    for (std::size_t k = 0; first + static_cast<double>(k) * step < last + step / 2.0; ++k) {
      loads.push_back(std::round((first + static_cast<double>(k) * step) * 1e9) / 1e9);
    }
  } else {
    for (const std::string& part : split(text, ',')) loads.push_back(parse_load(part));
    std::sort(loads.begin(), loads.end());
    loads.erase(std::unique(loads.begin(), loads.end()), loads.end());
  }
  return loads;
}

std::vector<MeasuredLoad> measure_loads(const NetworkOnChipSpec& network, const TrafficSpec& traffic,
                                        const std::vector<double>& loads, std::uint32_t seeds, std::size_t threads,
                                        ProgressSink& progress) {
  // All at once, so that a wrong load is known before the others were measured.
  std::vector<TrafficSpec> tasks;
  for (const double load : loads) {
    for (std::uint32_t seed = 0; seed < seeds; ++seed) {
      TrafficSpec task = traffic;
      task.load = load;
      task.seed = traffic.seed + seed;
      check_traffic(task, network.nodes());
      tasks.push_back(task);
    }
  }
  std::vector<MeasuredLoad> measured(loads.size());
  for (MeasuredLoad& load : measured) load.by_seed.resize(seeds);
  std::vector<double> seconds(tasks.size(), 0.0);
  std::atomic<std::uint64_t> done = 0;
  ThreadPool pool(std::min(std::max<std::size_t>(threads, 1), tasks.size()));
  pool.for_each(tasks.size(), [&](std::size_t backwards, std::size_t) {
    // The highest loads take longest, so they begin.
    const std::size_t item = tasks.size() - 1 - backwards;
    const double start = thread_seconds();
    measured[item / seeds].by_seed[item % seeds] = measure_load(network, tasks[item]);
    seconds[item] = thread_seconds() - start;
    progress.update("loads", ++done, tasks.size(), fmt::format("load {:g}", tasks[item].load));
  });
  for (std::size_t item = 0; item < tasks.size(); ++item) measured[item / seeds].seconds += seconds[item];
  return measured;
}

}  // namespace crossloom
