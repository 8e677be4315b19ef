#include "app/bit_serial_job.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include <fmt/format.h>

#include "app/bit_serial_stages.h"
#include "app/child_processes.h"
#include "app/experiment.h"
#include "base/error.h"
#include "base/files.h"
#include "models/bit_serial/bit_serial_result_file.h"
#include "sim/bit_serial/simulation.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Workers program their arrays anew, so shares are not too small; large networks take seconds an image, so not too
// large.
constexpr std::uint32_t kImagesPerBitSerialShare = 20;

void save(const BitSerialJob& job, const fs::path& file) {
  const Json json = {{"execution", "bit_serial"},
                     {"configuration", job.configuration.string()},
                     {"folder", job.folder.string()},
                     {"stimulus", job.stimulus.string()},
                     {"seed", job.seed},
                     {"first", job.first},
                     {"count", job.count},
                     {"result", job.result.string()},
                     {"watch", watch_json(job.watch)}};
  write_file_atomically(file, json.dump(2));
}

BitSerialJob load(const fs::path& file) {
  try {
    const Json json = Json::parse(read_file(file));
    BitSerialJob job;
    job.configuration = json.at("configuration").get<std::string>();
    job.folder = json.at("folder").get<std::string>();
    job.stimulus = json.at("stimulus").get<std::string>();
    job.seed = json.at("seed").get<std::uint64_t>();
    job.first = json.at("first").get<std::uint32_t>();
    job.count = json.at("count").get<std::uint32_t>();
    job.result = json.at("result").get<std::string>();
    job.watch = watch_from_json(json.at("watch"));
    return job;
  } catch (const Json::exception& error) {
    throw UserError(fmt::format("{} is not a simulation job: {}", file.string(), error.what()));
  }
}

std::vector<BitSerialJob> shares_of(const BitSerialJob& whole, std::uint32_t stream_length, const fs::path& scratch) {
  const std::uint32_t each = std::max(1U, kImagesPerBitSerialShare / stream_length) * stream_length;
  std::vector<BitSerialJob> shares;
  for (std::uint32_t first = whole.first; first < whole.first + whole.count; first += each) {
    BitSerialJob share = whole;
    share.first = first;
    share.count = std::min(each, whole.first + whole.count - first);
    share.result = scratch / fmt::format("share_{}.result", first);
    share.watch = watch_of_share(whole.watch, share.first, share.count);
    shares.push_back(std::move(share));
  }
  return shares;
}

}  // namespace

bool is_bit_serial_job(const fs::path& job_file) {
  const Json json = Json::parse(read_file(job_file), nullptr, false);
  return json.is_object() && json.value("execution", "") == "bit_serial";
}

void run_bit_serial_worker(const fs::path& job_file) {
  const BitSerialJob job = load(job_file);
  const Experiment experiment = load_experiment(job.configuration).experiment;
  const BitSerialFiles files(job.folder);
  const FixedPointNetwork network = files.load_network();
  const PlacedNetwork placed = files.load_placed();
  const ProgrammedArrays arrays = program_stage(experiment, network, placed, files.load_shifts(), job.seed);
  const Stimulus stimulus = load_stimulus(job.stimulus);
  if (std::size_t{job.first} + job.count > stimulus.images.size()) {
    throw UserError("the share lies outside the stimulus");
  }
  std::vector<BitSerialStimulus> images;
  for (std::uint32_t k = job.first; k < job.first + job.count; ++k) {
    images.push_back({stimulus.images[k], stimulus.pixels.data() + std::size_t{k} * stimulus.image_size});
  }
  const std::unique_ptr<ProgressSink> progress = worker_progress();
  BitSerialSimulationOptions options;
  options.stream_length = experiment.stimulus.stream_length;
  options.images_in_flight = experiment.stimulus.images_in_flight;
  options.progress = progress.get();
  std::vector<std::string> names;
  for (const FixedPointNode& node : network.nodes) names.push_back(node.spec.name);
  const BitSerialChipSpec& chip = experiment.bit_serial->chip;
  Watchers watchers(job.watch, job.first, chip.clock, names, static_cast<std::uint32_t>(kBitSerialActions));
  options.observers = watchers.watches();
  BitSerialResult result = simulate_bit_serial(network, placed, arrays, images, options);
  const TopologyKind topology = chip.interconnect.topology;
  const bool grid = topology != TopologyKind::tree && topology != TopologyKind::bus;
  result.observations = watchers.finish(grid ? chip.interconnect.width : 0);
  to_archive(result).save(job.result);
}

BitSerialResult simulate_bit_serial_in_workers(const BitSerialJob& whole, std::uint32_t stream_length,
                                               const SharingOptions& options, ProgressSink& progress) {
  fs::create_directories(options.scratch);
  const std::vector<BitSerialJob> shares = shares_of(whole, stream_length, options.scratch);
  std::vector<WorkerShare> wanted;
  for (const BitSerialJob& share : shares) {
    const fs::path job_file = options.scratch / fmt::format("share_{}.json", share.first);
    if (!fs::exists(share.result)) save(share, job_file);
    wanted.push_back({job_file, share.result, share.first, share.count});
  }
  run_shares(wanted, options, progress);
  BitSerialResult result;
  for (const BitSerialJob& share : shares) {
    append(result,
           bit_serial_result_from_archive(Archive::load(share.result, "bit_serial_result", kBitSerialResultVersion)),
           stream_length);
  }
  return result;
}

}  // namespace crossloom
