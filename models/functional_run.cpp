#include "models/functional_run.h"

#include <algorithm>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "models/counter_lines.h"
#include "models/device/layer_physics.h"
#include "models/neuron.h"

namespace crossloom {
namespace {

using WordlineLists = std::vector<std::vector<std::uint16_t>>;

// Where one input goes: wordline `wordline` of the parts that share the list `inputs`.
struct Target {
  std::uint32_t inputs;
  std::uint16_t wordline;
};

// One row part of a bank: a crossbar's part and the list of its driven wordlines.
struct Slot {
  const ProgrammedCrossbar* crossbar;
  const BlockPart* part;
  std::uint32_t inputs;
};

struct Bank {
  std::vector<Slot> slots;
  const std::vector<std::uint32_t>* neurons;
  std::size_t first_membrane;  // in the layer's buffer
};

// A mean pool's bank in counters.
struct CountingBank {
  CounterLines lines;
  std::uint32_t driven;  // the list of its driven lines
  const std::vector<std::uint32_t>* neurons;
  std::size_t first_membrane;
};

// One layer's tables. Parts with the same rows at the same wordlines share one list of driven wordlines, so that
// distributing a spike costs one step a list and not one a crossbar.
struct LayerTables {
  NeuronRule rule;
  std::vector<std::vector<Target>> targets;  // by input row
  std::size_t lists = 0;
  std::vector<Bank> banks;
  std::vector<CountingBank> counting;
  std::size_t membranes = 0;  // a whole crossbar width for each bank
};

std::vector<LayerTables> build_tables(const MappedNetwork& mapped, const SpikingNetwork& network,
                                      const ProgrammedChip& chip) {
  std::vector<LayerTables> layers(network.layers.size());
  using Wired = std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>>;  // inputs and their wordlines
  std::vector<std::map<Wired, std::uint32_t>> lists(network.layers.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    layers[l].rule = neuron_rule(network, LayerId(l));
    layers[l].targets.resize(network.layers[LayerId(l)].rows());
  }
  for (const NeuronBank& bank : mapped.banks) {
    LayerTables& layer = layers.at(bank.layer.value());
    auto& known = lists[bank.layer.value()];
    Bank built{{}, &bank.neurons, layer.membranes};
    layer.membranes += mapped.columns_per_crossbar;
    for (const NeuronBank::RowPart& slot : bank.row_parts) {
      const BlockPart& part = mapped.crossbars[slot.crossbar].parts[slot.part];
      Wired wired{part.rows_of(slot.position), {}};
      for (std::size_t k = 0; k < wired.first.size(); ++k) wired.second.push_back(part.wordline(slot.position, k));
      const auto [at, fresh] = known.emplace(std::move(wired), static_cast<std::uint32_t>(known.size()));
      const auto& [rows, wordlines] = at->first;
      for (std::size_t k = 0; fresh && k < rows.size(); ++k) {
        layer.targets.at(rows[k]).push_back({at->second, static_cast<std::uint16_t>(wordlines[k])});
      }
      built.slots.push_back({&chip.crossbar(slot.crossbar), &part, at->second});
    }
    if (!bank.windows.empty()) {
      CounterLines lines(bank, network.layers[bank.layer]);
      Wired wired{lines.inputs, {}};
      for (std::uint32_t k = 0; k < wired.first.size(); ++k) wired.second.push_back(k);
      const auto [at, fresh] = known.emplace(std::move(wired), static_cast<std::uint32_t>(known.size()));
      for (std::size_t k = 0; fresh && k < lines.inputs.size(); ++k) {
        layer.targets.at(lines.inputs[k]).push_back({at->second, static_cast<std::uint16_t>(k)});
      }
      layer.counting.push_back({std::move(lines), at->second, built.neurons, built.first_membrane});
    } else {
      layer.banks.push_back(std::move(built));
    }
    layer.lists = known.size();
  }
  return layers;
}

template <class Membrane>
class Run {
 public:
  Run(const MappedNetwork& mapped, const SpikingNetwork& network, const ProgrammedChip& chip,
      const SpikeEncoder& encoder)
      : network_(network), encoder_(encoder), layers_(build_tables(mapped, network, chip)) {
    for (std::size_t l = 0; kReal && l < layers_.size(); ++l) {
      physics_.emplace_back(chip, LayerId(l), layers_[l].rule, network.layers[LayerId(l)].outputs);
    }
    variances_.resize(mapped.columns_per_crossbar);
  }

  std::vector<SpikingOutcome> run(const std::vector<NumberedImage>& images, std::vector<Raster>* rasters) {
    begin(images);
    if (rasters != nullptr) rasters->assign(images.size(), {});
    for (std::uint32_t step = 0; step < network_.spec.steps; ++step) {
      for (std::size_t i = 0; i < images.size(); ++i) {
        encoder_.spikes(images[i].number, step, images[i].pixels, network_.input.size(), lanes_[i].spikes[0]);
      }
      for (std::size_t l = 0; l < layers_.size(); ++l) advance(l, images, step);
      for (std::size_t i = 0; i < images.size(); ++i) record_step(lanes_[i], rasters ? &(*rasters)[i] : nullptr);
    }
    std::vector<SpikingOutcome> outcomes;
    for (std::size_t i = 0; i < images.size(); ++i) {
      for (std::size_t l = 0; rasters != nullptr && l < layers_.size(); ++l) {
        (*rasters)[i].final_membranes.push_back(output_membranes(lanes_[i], l));
      }
      outcomes.push_back(lanes_[i].recorder->outcome());
    }
    return outcomes;
  }

 private:
  static constexpr bool kReal = std::is_same_v<Membrane, double>;
  // What one of the images that run side by side has for itself.
  struct Lane {
    std::vector<std::vector<Membrane>> membranes;    // by layer
    std::vector<WordlineLists> driven;               // by layer
    std::vector<std::vector<std::uint32_t>> spikes;  // input, then by layer
    std::optional<OutcomeRecorder> recorder;
  };

  void begin(const std::vector<NumberedImage>& images) {
    while (lanes_.size() < images.size()) {
      Lane lane;
      for (const LayerTables& layer : layers_) {
        lane.membranes.emplace_back(layer.membranes);
        lane.driven.emplace_back(layer.lists);
      }
      lane.spikes.resize(layers_.size() + 1);
      lanes_.push_back(std::move(lane));
    }
    for (std::size_t i = 0; i < images.size(); ++i) {
      for (std::vector<Membrane>& membranes : lanes_[i].membranes) {
        std::fill(membranes.begin(), membranes.end(), Membrane{0});
      }
      lanes_[i].recorder.emplace(images[i].number, layers_.size(), network_.layers.raw().back().outputs);
    }
  }

  void record_step(Lane& lane, Raster* raster) {
    if (raster != nullptr) raster->spikes.resize(lane.spikes.size());
    for (std::size_t l = 0; l < lane.spikes.size(); ++l) {
      lane.recorder->add_spikes(l, lane.spikes[l].size());
      if (raster != nullptr) raster->spikes[l].push_back(lane.spikes[l]);
    }
    lane.recorder->end_step(lane.spikes.back(), output_membranes(lane, layers_.size() - 1));
  }

  void drive(Lane& lane, std::size_t l) {
    const LayerTables& layer = layers_[l];
    WordlineLists& driven = lane.driven[l];
    for (std::vector<std::uint16_t>& list : driven) list.clear();
    const auto drive_row = [&](std::uint32_t row) {
      for (const Target& target : layer.targets[row]) driven[target.inputs].push_back(target.wordline);
    };
    for (const std::uint32_t row : lane.spikes[l]) drive_row(row);
    const SpikingLayer& of_network = network_.layers[LayerId(l)];
    if (of_network.has_bias) drive_row(of_network.inputs);
  }

  // One step of one layer: spikes[l] in, spikes[l + 1] out. Crossbars outside, images inside: what one image
  // has found of a crossbar serves the others.
  void advance(std::size_t l, const std::vector<NumberedImage>& images, std::uint32_t step) {
    const LayerTables& layer = layers_[l];
    for (std::size_t i = 0; i < images.size(); ++i) {
      drive(lanes_[i], l);
      lanes_[i].spikes[l + 1].clear();
    }
    for (const Bank& bank : layer.banks) {
      for (const Slot& slot : bank.slots) {
        for (std::size_t i = 0; i < images.size(); ++i) {
          const std::vector<std::uint16_t>& rows = lanes_[i].driven[l][slot.inputs];
          if (rows.empty()) continue;
          Membrane* const membranes = lanes_[i].membranes[l].data() + bank.first_membrane;
          integrate_row_part(*slot.crossbar, *slot.part, rows.data(), rows.size(), membranes, scratch_);
        }
      }
      for (std::size_t i = 0; i < images.size(); ++i) fire_bank(bank, lanes_[i], l, images[i].number, step);
    }
    for (const CountingBank& bank : layer.counting) {
      for (std::size_t i = 0; i < images.size(); ++i) count_bank(bank, lanes_[i], l);
    }
    // Banks of one block follow each other; banks of several blocks may interleave.
    for (std::size_t i = 0; i < images.size(); ++i) {
      std::vector<std::uint32_t>& fired = lanes_[i].spikes[l + 1];
      if (!std::is_sorted(fired.begin(), fired.end())) std::sort(fired.begin(), fired.end());
    }
  }

  void fire_bank(const Bank& bank, Lane& lane, std::size_t l, std::uint32_t image, std::uint32_t step) {
    Membrane* const membranes = lane.membranes[l].data() + bank.first_membrane;
    const std::uint32_t* const neurons = bank.neurons->data();
    if constexpr (kReal) {
      if (physics_[l].reads_are_noisy()) add_noise(bank, physics_[l], lane.driven[l], image, step, membranes);
      physics_[l].fire(image, step, neurons, neurons, bank.neurons->size(), membranes, lane.spikes[l + 1]);
    } else {
      fire(layers_[l].rule, membranes, neurons, bank.neurons->size(), lane.spikes[l + 1]);
    }
  }

  void count_bank(const CountingBank& bank, Lane& lane, std::size_t l) {
    Membrane* const membranes = lane.membranes[l].data() + bank.first_membrane;
    const std::vector<std::uint16_t>& lines = lane.driven[l][bank.driven];
    bank.lines.add(lines.data(), lines.size(), membranes);
    fire(layers_[l].rule, membranes, bank.neurons->data(), bank.neurons->size(), lane.spikes[l + 1]);
  }

  void add_noise(const Bank& bank, const LayerPhysics& physics, const WordlineLists& driven, std::uint32_t image,
                 std::uint32_t step, double* membranes) {
    std::fill(variances_.begin(), variances_.end(), 0.0F);
    for (const Slot& slot : bank.slots) {
      const std::vector<std::uint16_t>& rows = driven[slot.inputs];
      if (rows.empty()) continue;
      integrate_row_part_variances(*slot.crossbar, *slot.part, rows.data(), rows.size(), variances_.data(),
                                   variance_scratch_);
    }
    physics.add_read_noise(image, step, bank.neurons->data(), bank.neurons->size(), variances_.data(), membranes);
  }

  [[nodiscard]] const std::vector<double>& output_membranes(const Lane& lane, std::size_t l) {
    by_output_.assign(network_.layers[LayerId(l)].outputs, 0.0);
    const auto add = [&](const std::vector<std::uint32_t>& neurons, std::size_t first_membrane) {
      for (std::size_t k = 0; k < neurons.size(); ++k) {
        by_output_[neurons[k]] = static_cast<double>(lane.membranes[l][first_membrane + k]);
      }
    };
    for (const Bank& bank : layers_[l].banks) add(*bank.neurons, bank.first_membrane);
    for (const CountingBank& bank : layers_[l].counting) add(*bank.neurons, bank.first_membrane);
    return by_output_;
  }

  const SpikingNetwork& network_;
  const SpikeEncoder& encoder_;
  std::vector<LayerTables> layers_;
  std::vector<Lane> lanes_;
  std::vector<LayerPhysics> physics_;  // by layer, of real devices
  std::vector<Membrane> scratch_;
  std::vector<float> variances_, variance_scratch_;
  std::vector<double> by_output_;
};

}  // namespace

std::size_t images_side_by_side(const MappedNetwork& mapped) { return mapped.columns_per_crossbar <= 16 ? 8 : 1; }

struct FunctionalRun::State {
  std::unique_ptr<Run<std::int32_t>> ideal;
  std::unique_ptr<Run<double>> real;
};

FunctionalRun::FunctionalRun(const MappedNetwork& mapped, const SpikingNetwork& network, const ProgrammedChip& chip,
                             const SpikeEncoder& encoder)
    : state_(std::make_unique<State>()) {
  CROSSLOOM_CHECK(chip.size() == mapped.crossbars.size(), "the chip was programmed for this mapping");
  if (chip.ideal()) {
    state_->ideal = std::make_unique<Run<std::int32_t>>(mapped, network, chip, encoder);
  } else {
    state_->real = std::make_unique<Run<double>>(mapped, network, chip, encoder);
  }
}

FunctionalRun::~FunctionalRun() = default;

std::vector<SpikingOutcome> FunctionalRun::run(const std::vector<NumberedImage>& images, std::vector<Raster>* rasters) {
  return state_->ideal ? state_->ideal->run(images, rasters) : state_->real->run(images, rasters);
}

SpikingOutcome FunctionalRun::run(std::uint32_t image, const std::uint8_t* pixels, Raster* raster) {
  std::vector<Raster> rasters;
  SpikingOutcome outcome = std::move(run({{image, pixels}}, raster != nullptr ? &rasters : nullptr).front());
  if (raster != nullptr) *raster = std::move(rasters.front());
  return outcome;
}

}  // namespace crossloom
