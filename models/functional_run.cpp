#include "models/functional_run.h"

#include <algorithm>
#include <type_traits>

#include "base/error.h"
#include "models/crossbar_kernels.h"
#include "models/device/layer_physics.h"
#include "models/functional_tables.h"
#include "models/neuron.h"

namespace crossloom {
namespace {

template <class Membrane>
class Run {
 public:
  Run(const MappedNetwork& mapped, const SpikingNetwork& network, const ProgrammedChip& chip,
      const SpikeEncoder& encoder, std::size_t most_panel_bytes)
      : network_(network),
        encoder_(encoder),
        columns_(mapped.columns_per_crossbar),
        layers_(functional_tables<Weight>(mapped, network, chip, most_panel_bytes)),
        driven_(network.spec.steps),
        output_membranes_(network.spec.steps) {
    for (std::size_t l = 0; kReal && l < layers_.size(); ++l) {
      physics_.emplace_back(chip, LayerId(l), layers_[l].rule, network.layers[LayerId(l)].outputs);
    }
    spikes_.resize(layers_.size() + 1, Steps(network.spec.steps));
    membranes_.resize(layers_.size());
  }

  SpikingOutcome run(std::uint32_t image, const std::uint8_t* pixels, Raster* raster) {
    const std::uint32_t steps = network_.spec.steps;
    for (std::uint32_t step = 0; step < steps; ++step) {
      encoder_.spikes(image, step, pixels, network_.input.size(), spikes_[0][step]);
    }
    for (std::size_t l = 0; l < layers_.size(); ++l) advance(l, image);
    OutcomeRecorder recorder(image, layers_.size(), network_.layers.raw().back().outputs);
    for (std::uint32_t step = 0; step < steps; ++step) {
      for (std::size_t l = 0; l < spikes_.size(); ++l) recorder.add_spikes(l, spikes_[l][step].size());
      recorder.end_step(spikes_.back()[step], output_membranes_[step]);
    }
    if (raster != nullptr) {
      raster->spikes = spikes_;
      raster->final_membranes.clear();
      for (std::size_t l = 0; l < layers_.size(); ++l) raster->final_membranes.push_back(final_membranes(l));
    }
    return recorder.outcome();
  }

 private:
  static constexpr bool kReal = std::is_same_v<Membrane, double>;
  using Weight = std::conditional_t<kReal, float, std::int16_t>;
  using Steps = std::vector<std::vector<std::uint32_t>>;
  struct Neurons {
    const std::uint32_t* first;
    std::size_t count;
  };
  static Neurons all_of(const std::vector<std::uint32_t>& neurons) { return {neurons.data(), neurons.size()}; }

  // All steps of one layer: spikes_[l] in, spikes_[l + 1] out.
  void advance(std::size_t l, std::uint32_t image) {
    const LayerTables<Weight>& layer = layers_[l];
    const SpikingLayer& of_network = network_.layers[LayerId(l)];
    for (std::uint32_t step = 0; step < network_.spec.steps; ++step) {
      rows_ = spikes_[l][step];
      if (of_network.has_bias) rows_.push_back(of_network.inputs);
      driven_[step].assign(layer.targets, layer.lists, rows_);
      spikes_[l + 1][step].clear();
      if (l + 1 == layers_.size()) output_membranes_[step].assign(of_network.outputs, 0.0);
    }
    membranes_[l].assign(layer.membranes, Membrane{0});
    for (const NeuronPanel<Weight>& panel : layer.panels) advance_panel(panel, l, image);
    for (const NeuronSlots& bank : layer.banks) advance_slots(bank, l, image);
    for (const CountingBank& bank : layer.counting) advance_counters(bank, l);
    // Banks of one block follow each other; banks of several blocks may interleave.
    for (std::vector<std::uint32_t>& fired : spikes_[l + 1]) {
      if (!std::is_sorted(fired.begin(), fired.end())) std::sort(fired.begin(), fired.end());
    }
  }

  void advance_panel(const NeuronPanel<Weight>& panel, std::size_t l, std::uint32_t image) {
    Membrane* const membranes = membranes_[l].data() + panel.first_membrane;
    const PanelWeights<Weight>& weights = *panel.weights;
    const Neurons neurons{panel.neurons, panel.count};
    for (std::uint32_t step = 0; step < network_.spec.steps; ++step) {
      const std::uint16_t* const rows = driven_[step].begin(panel.first_list);
      const std::size_t driven = driven_[step].size(panel.first_list, panel.lists);
      if constexpr (kReal) {
        add_driven_rows(weights.values.data(), weights.stride, rows, driven, weights.stride, membranes);
      } else {
        add_driven_rows(weights.values.data(), weights.stride, weights.largest, rows, driven, weights.stride,
                        membranes);
      }
      if (kReal && !weights.variances.empty()) {
        variances_.assign(weights.stride, 0.0F);
        add_driven_rows(weights.variances.data(), weights.stride, rows, driven, weights.stride, variances_.data());
      }
      end_step(neurons, l, image, step, membranes);
    }
  }

  void advance_slots(const NeuronSlots& bank, std::size_t l, std::uint32_t image) {
    Membrane* const membranes = membranes_[l].data() + bank.first_membrane;
    const Neurons neurons = all_of(*bank.neurons);
    const bool noisy = kReal && physics_[l].reads_are_noisy();
    for (std::uint32_t step = 0; step < network_.spec.steps; ++step) {
      const DrivenWordlines& driven = driven_[step];
      if (noisy) variances_.assign(columns_, 0.0F);
      for (const NeuronSlots::Slot& slot : bank.slots) {
        const std::uint16_t* const rows = driven.begin(slot.list);
        const std::size_t count = driven.size(slot.list);
        if (count == 0) continue;
        integrate_row_part(*slot.crossbar, *slot.part, rows, count, membranes, scratch_);
        if (!noisy) continue;
        integrate_row_part_variances(*slot.crossbar, *slot.part, rows, count, variances_.data(), variance_scratch_);
      }
      end_step(neurons, l, image, step, membranes);
    }
  }

  void advance_counters(const CountingBank& bank, std::size_t l) {
    Membrane* const membranes = membranes_[l].data() + bank.first_membrane;
    const Neurons neurons = all_of(*bank.neurons);
    for (std::uint32_t step = 0; step < network_.spec.steps; ++step) {
      bank.lines.add(driven_[step].begin(bank.list), driven_[step].size(bank.list), membranes);
      fire(layers_[l].rule, membranes, neurons.first, neurons.count, spikes_[l + 1][step]);
      if (l + 1 == layers_.size()) note_outputs(neurons, membranes, output_membranes_[step]);
    }
  }

  // With noisy reads, variances_ holds those of the step.
  void end_step(Neurons neurons, std::size_t l, std::uint32_t image, std::uint32_t step, Membrane* membranes) {
    std::vector<std::uint32_t>& fired = spikes_[l + 1][step];
    if constexpr (kReal) {
      const LayerPhysics& physics = physics_[l];
      if (physics.reads_are_noisy()) {
        physics.add_read_noise(image, step, neurons.first, neurons.count, variances_.data(), membranes);
      }
      physics.fire(image, step, neurons.first, neurons.first, neurons.count, membranes, fired);
    } else {
      fire(layers_[l].rule, membranes, neurons.first, neurons.count, fired);
    }
    if (l + 1 == layers_.size()) note_outputs(neurons, membranes, output_membranes_[step]);
  }

  static void note_outputs(Neurons neurons, const Membrane* membranes, std::vector<double>& by_output) {
    for (std::size_t k = 0; k < neurons.count; ++k) by_output[neurons.first[k]] = static_cast<double>(membranes[k]);
  }

  [[nodiscard]] std::vector<double> final_membranes(std::size_t l) const {
    std::vector<double> by_output(network_.layers[LayerId(l)].outputs, 0.0);
    const auto note = [&](Neurons neurons, std::size_t first_membrane) {
      note_outputs(neurons, membranes_[l].data() + first_membrane, by_output);
    };
    const LayerTables<Weight>& layer = layers_[l];
    for (const NeuronPanel<Weight>& panel : layer.panels) note({panel.neurons, panel.count}, panel.first_membrane);
    for (const NeuronSlots& bank : layer.banks) note(all_of(*bank.neurons), bank.first_membrane);
    for (const CountingBank& bank : layer.counting) note(all_of(*bank.neurons), bank.first_membrane);
    return by_output;
  }

  const SpikingNetwork& network_;
  const SpikeEncoder& encoder_;
  std::size_t columns_;  // of a crossbar
  std::vector<LayerTables<Weight>> layers_;
  std::vector<LayerPhysics> physics_;                  // by layer, of real devices
  std::vector<Steps> spikes_;                          // input, then by layer
  std::vector<std::vector<Membrane>> membranes_;       // by layer
  std::vector<DrivenWordlines> driven_;                // by step, of the layer that is running
  std::vector<std::vector<double>> output_membranes_;  // of the last layer after each step, by output
  std::vector<std::uint32_t> rows_;
  std::vector<Membrane> scratch_;
  std::vector<float> variances_, variance_scratch_;
};

}  // namespace

struct FunctionalRun::State {
  std::unique_ptr<Run<std::int32_t>> ideal;
  std::unique_ptr<Run<double>> real;
};

FunctionalRun::FunctionalRun(const MappedNetwork& mapped, const SpikingNetwork& network, const ProgrammedChip& chip,
                             const SpikeEncoder& encoder, std::size_t most_panel_bytes)
    : state_(std::make_unique<State>()) {
  CROSSLOOM_CHECK(chip.size() == mapped.crossbars.size(), "the chip was programmed for this mapping");
  if (chip.ideal()) {
    state_->ideal = std::make_unique<Run<std::int32_t>>(mapped, network, chip, encoder, most_panel_bytes);
  } else {
    state_->real = std::make_unique<Run<double>>(mapped, network, chip, encoder, most_panel_bytes);
  }
}

FunctionalRun::~FunctionalRun() = default;

SpikingOutcome FunctionalRun::run(std::uint32_t image, const std::uint8_t* pixels, Raster* raster) {
  return state_->ideal ? state_->ideal->run(image, pixels, raster) : state_->real->run(image, pixels, raster);
}

}  // namespace crossloom
