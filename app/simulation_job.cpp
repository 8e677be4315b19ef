#include "app/simulation_job.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include <fmt/format.h>

#include "app/child_processes.h"
#include "app/experiment.h"
#include "app/streams.h"
#include "base/archive.h"
#include "base/error.h"
#include "base/files.h"
#include "models/encoding.h"
#include "models/programmed_chip.h"
#include "sim/simulation.h"

namespace crossloom {
namespace {

namespace fs = std::filesystem;

/// Tells the parent how far the share is, by lines that it understands.
class LineProgress : public ProgressSink {
 public:
  void update(const std::string&, std::uint64_t done, std::uint64_t, const std::string&) override {
    std::printf("progress %llu\n", static_cast<unsigned long long>(done));
    std::fflush(stdout);
  }
  void message(const std::string& text) override {
    std::printf("message %s\n", text.c_str());
    std::fflush(stdout);
  }
};

std::vector<StimulusImage> images_of_share(const Stimulus& stimulus, std::uint32_t first, std::uint32_t count) {
  if (std::size_t{first} + count > stimulus.images.size()) throw UserError("the share lies outside the stimulus");
  std::vector<StimulusImage> images;
  for (std::uint32_t k = first; k < first + count; ++k) {
    images.push_back({stimulus.images[k], stimulus.pixels.data() + std::size_t{k} * stimulus.image_size});
  }
  return images;
}

std::vector<std::string> layer_names(const SpikingNetwork& network) {
  std::vector<std::string> names;
  for (const SpikingLayer& layer : network.layers) names.push_back(layer.name);
  return names;
}

std::vector<SimulationJob> shares_of(const SimulationJob& whole, const SharingOptions& options) {
  std::vector<SimulationJob> shares;
  for (std::uint32_t first = whole.first; first < whole.first + whole.count; first += options.images_per_share) {
    SimulationJob share = whole;
    share.first = first;
    share.count = std::min(options.images_per_share, whole.first + whole.count - first);
    share.result = options.scratch / fmt::format("share_{}.result", first);
    share.watch = watch_of_share(whole.watch, share.first, share.count);
    shares.push_back(std::move(share));
  }
  return shares;
}

}  // namespace

Stimulus stimulus_of(const DatasetView& images) {
  Stimulus stimulus;
  stimulus.image_size = static_cast<std::uint32_t>(images.dataset().image_size());
  for (std::size_t k = 0; k < images.size(); ++k) {
    stimulus.images.push_back(images.index(k));
    stimulus.labels.push_back(images.label(k));
    stimulus.pixels.insert(stimulus.pixels.end(), images.image(k), images.image(k) + stimulus.image_size);
  }
  return stimulus;
}

void save_stimulus(const Stimulus& stimulus, const fs::path& file) {
  Archive archive("stimulus", 1);
  archive.header["image_size"] = stimulus.image_size;
  archive.put("images", stimulus.images);
  archive.put("labels", stimulus.labels);
  archive.put("pixels", stimulus.pixels);
  archive.save(file);
}

Stimulus load_stimulus(const fs::path& file) {
  const Archive archive = Archive::load(file, "stimulus", 1);
  Stimulus stimulus;
  try {
    stimulus.image_size = archive.header.at("image_size").get<std::uint32_t>();
  } catch (const nlohmann::json::exception&) {
    throw UserError(fmt::format("{}: image_size is missing", file.string()));
  }
  stimulus.images = archive.get<std::uint32_t>("images");
  stimulus.labels = archive.get<std::uint8_t>("labels");
  stimulus.pixels = archive.get<std::uint8_t>("pixels");
  if (stimulus.images.size() != stimulus.labels.size() ||
      stimulus.pixels.size() != stimulus.images.size() * stimulus.image_size) {
    throw UserError(fmt::format("{}: images, labels and pixels do not belong together", file.string()));
  }
  return stimulus;
}

void save_job(const SimulationJob& job, const fs::path& file) {
  const nlohmann::json json = {{"configuration", job.configuration.string()},
                               {"spiking_network", job.spiking_network.string()},
                               {"mapped_network", job.mapped_network.string()},
                               {"programmed_chip", job.programmed_chip.string()},
                               {"stimulus", job.stimulus.string()},
                               {"seed", job.seed},
                               {"first", job.first},
                               {"count", job.count},
                               {"result", job.result.string()},
                               {"watch", watch_json(job.watch)},
                               {"keep_rasters", job.keep_rasters}};
  write_file_atomically(file, json.dump(2));
}

SimulationJob load_job(const fs::path& file) {
  try {
    const nlohmann::json json = nlohmann::json::parse(read_file(file));
    SimulationJob job;
    job.configuration = json.at("configuration").get<std::string>();
    job.spiking_network = json.at("spiking_network").get<std::string>();
    job.mapped_network = json.at("mapped_network").get<std::string>();
    job.programmed_chip = json.at("programmed_chip").get<std::string>();
    job.stimulus = json.at("stimulus").get<std::string>();
    job.seed = json.at("seed").get<std::uint64_t>();
    job.first = json.at("first").get<std::uint32_t>();
    job.count = json.at("count").get<std::uint32_t>();
    job.result = json.at("result").get<std::string>();
    job.watch = watch_from_json(json.at("watch"));
    job.keep_rasters = json.at("keep_rasters").get<bool>();
    return job;
  } catch (const nlohmann::json::exception& error) {
    throw UserError(fmt::format("{} is not a simulation job: {}", file.string(), error.what()));
  }
}

void run_worker(const fs::path& job_file) {
  const SimulationJob job = load_job(job_file);
  const Experiment experiment = load_experiment(job.configuration).experiment;
  const SpikingNetwork network =
      spiking_network_from_archive(Archive::load(job.spiking_network, "spiking_network", kSpikingNetworkVersion));
  const MappedNetwork mapped =
      mapped_network_from_archive(Archive::load(job.mapped_network, "mapped_network", kMappedNetworkVersion));
  const ProgrammedChip programmed = ProgrammedChip::from_archive(
      Archive::load(job.programmed_chip, "programmed_chip", kProgrammedChipVersion), mapped, experiment.chip);
  const Stimulus stimulus = load_stimulus(job.stimulus);
  const SpikeEncoder encoder(network.spec, Streams(job.seed).encoding());
  LineProgress progress;
  SimulationOptions options;
  options.keep_rasters = job.keep_rasters;
  options.progress = &progress;
  Watchers watchers(job.watch, job.first, experiment.chip.clock, layer_names(network),
                    static_cast<std::uint32_t>(kActions));
  options.observers = watchers.watches();
  SimulationResult result = simulate(mapped, network, programmed, experiment.chip, encoder,
                                     images_of_share(stimulus, job.first, job.count), options);
  result.observations = watchers.finish(mapped.mesh_width);
  to_archive(result).save(job.result);
}

std::unique_ptr<ProgressSink> worker_progress() { return std::make_unique<LineProgress>(); }

void run_shares(const std::vector<WorkerShare>& shares, const SharingOptions& options, ProgressSink& progress) {
  std::vector<std::uint64_t> done(shares.size(), 0);
  std::uint64_t images = 0;
  std::vector<ChildCommand> commands;
  std::vector<std::size_t> share_of_command;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    images += shares[k].count;
    if (fs::exists(shares[k].result)) {
      done[k] = shares[k].count;
      continue;
    }
    commands.push_back(
        {{"worker", shares[k].job_file.string()},
         fmt::format("simulation worker of images {}..{}", shares[k].first, shares[k].first + shares[k].count - 1)});
    share_of_command.push_back(k);
  }
  run_children(commands, std::max<std::size_t>(1, options.workers), [&](std::size_t index, const std::string& line) {
    const std::string word = "progress ";
    if (line.compare(0, word.size(), word) != 0) return;
    done[share_of_command[index]] = std::strtoull(line.c_str() + word.size(), nullptr, 10);
    progress.update(options.what, std::accumulate(done.begin(), done.end(), std::uint64_t{0}), images, "images");
  });
}

SimulationResult simulate_in_workers(const SimulationJob& whole, const SharingOptions& options,
                                     ProgressSink& progress) {
  fs::create_directories(options.scratch);
  const std::vector<SimulationJob> shares = shares_of(whole, options);
  std::vector<WorkerShare> wanted;
  for (const SimulationJob& share : shares) {
    const fs::path job_file = options.scratch / fmt::format("share_{}.json", share.first);
    if (!fs::exists(share.result)) save_job(share, job_file);
    wanted.push_back({job_file, share.result, share.first, share.count});
  }
  run_shares(wanted, options, progress);
  SimulationResult result;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    SimulationResult share =
        simulation_result_from_archive(Archive::load(shares[k].result, "simulation_result", kSimulationResultVersion));
    if (k == 0) {
      result = std::move(share);
    } else {
      result += share;
    }
  }
  return result;
}

}  // namespace crossloom
