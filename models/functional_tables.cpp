#include "models/functional_tables.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <type_traits>
#include <utility>

namespace crossloom {
namespace {

constexpr std::size_t kPanelNeurons = 32;

/// Inputs and their wordlines.
using Wired = std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>>;

Wired wired_of(const BlockPart& part, std::uint32_t position) {
  Wired wired{part.rows_of(position), {}};
  for (std::size_t k = 0; k < wired.first.size(); ++k) wired.second.push_back(part.wordline(position, k));
  return wired;
}

template <class Weight>
class TableBuilder {
 public:
  TableBuilder(const MappedNetwork& mapped, const SpikingNetwork& network, const ProgrammedChip& chip,
               std::size_t most_panel_bytes)
      : mapped_(mapped),
        network_(network),
        chip_(chip),
        most_panel_bytes_(most_panel_bytes),
        layers_(network.layers.size()),
        known_(layers_.size()) {
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      layers_[l].rule = neuron_rule(network, LayerId(l));
      layers_[l].targets.resize(network.layers[LayerId(l)].rows());
    }
  }

  std::vector<LayerTables<Weight>> build() {
    for (const NeuronBank& bank : mapped_.banks) {
      if (!bank.windows.empty()) {
        add_counters(bank);
      } else if (fits_panels(bank)) {
        add_panels(bank);
      } else {
        add_slots(bank);
      }
    }
    return std::move(layers_);
  }

 private:
  [[nodiscard]] const BlockPart& part_of(const NeuronBank::RowPart& slot) const {
    return mapped_.crossbars[slot.crossbar].parts[slot.part];
  }

  /// Lists for these rows, one after another: those that are there already, or new ones.
  std::uint32_t lists_of(std::size_t l, std::vector<Wired> sequence) {
    LayerTables<Weight>& layer = layers_[l];
    const auto [at, fresh] = known_[l].emplace(std::move(sequence), static_cast<std::uint32_t>(layer.lists));
    if (!fresh) return at->second;
    for (const auto& [rows, wordlines] : at->first) {
      const auto list = static_cast<std::uint32_t>(layer.lists++);
      for (std::size_t k = 0; k < rows.size(); ++k) {
        layer.targets.at(rows[k]).push_back({list, static_cast<std::uint16_t>(wordlines[k])});
      }
    }
    return at->second;
  }

  std::size_t new_membranes(std::size_t l, std::size_t count) {
    const std::size_t first = layers_[l].membranes;
    layers_[l].membranes += count;
    return first;
  }

  void add_counters(const NeuronBank& bank) {
    const std::size_t l = bank.layer.value();
    CounterLines lines(bank, network_.layers[bank.layer]);
    Wired wired{lines.inputs, {}};
    for (std::uint32_t k = 0; k < wired.first.size(); ++k) wired.second.push_back(k);
    const std::uint32_t list = lists_of(l, {std::move(wired)});
    layers_[l].counting.push_back({std::move(lines), list, &bank.neurons, new_membranes(l, bank.neurons.size())});
  }

  void add_slots(const NeuronBank& bank) {
    const std::size_t l = bank.layer.value();
    NeuronSlots slots{{}, &bank.neurons, new_membranes(l, mapped_.columns_per_crossbar)};
    for (const NeuronBank::RowPart& slot : bank.row_parts) {
      const BlockPart& part = part_of(slot);
      slots.slots.push_back({&chip_.crossbar(slot.crossbar), &part, lists_of(l, {wired_of(part, slot.position)})});
    }
    layers_[l].banks.push_back(std::move(slots));
  }

  /// A part that starts elsewhere, or holds some of the neurons only, is summed by itself first (integrate_row_part).
  bool fits_panels(const NeuronBank& bank) const {
    std::size_t rows = 0;
    for (const NeuronBank::RowPart& slot : bank.row_parts) {
      const BlockPart& part = part_of(slot);
      if (part.first_column != 0 || !part.places.empty()) return false;
      rows += part.rows.size();
    }
    return rows <= UINT16_MAX && panel_bytes_ < most_panel_bytes_;
  }

  void add_panels(const NeuronBank& bank) {
    const std::size_t l = bank.layer.value();
    std::vector<Wired> sequence;
    std::uint32_t above = 0;  // rows of the parts before
    for (const NeuronBank::RowPart& slot : bank.row_parts) {
      const BlockPart& part = part_of(slot);
      Wired wired = wired_of(part, slot.position);
      for (std::uint32_t& wordline : wired.second) wordline += above - part.first_wordline;
      above += static_cast<std::uint32_t>(part.rows.size());
      sequence.push_back(std::move(wired));
    }
    NeuronPanel<Weight> panel;
    panel.lists = static_cast<std::uint32_t>(sequence.size());
    panel.first_list = lists_of(l, std::move(sequence));
    for (std::size_t first = 0; first < bank.neurons.size(); first += kPanelNeurons) {
      panel.neurons = bank.neurons.data() + first;
      panel.count = std::min(bank.neurons.size() - first, kPanelNeurons);
      panel.weights = weights_of(bank, first, panel.count);
      panel.first_membrane = new_membranes(l, panel.weights->stride);
      layers_[l].panels.push_back(panel);
    }
  }

  /// Positions of a kernel have the same parts, and share them.
  std::shared_ptr<const PanelWeights<Weight>> weights_of(const NeuronBank& bank, std::size_t first, std::size_t count) {
    std::vector<const BlockPart*> parts;
    for (const NeuronBank::RowPart& slot : bank.row_parts) parts.push_back(&part_of(slot));
    std::shared_ptr<const PanelWeights<Weight>>& known = panels_[{std::move(parts), first}];
    if (known != nullptr) return known;
    auto made = std::make_shared<PanelWeights<Weight>>();
    made->stride = kReal && count <= kPanelNeurons / 2 ? kPanelNeurons / 2 : kPanelNeurons;
    for (const NeuronBank::RowPart& slot : bank.row_parts) {
      copy_weights(chip_.crossbar(slot.crossbar), part_of(slot), first, count, *made);
    }
    panel_bytes_ += made->values.size() * sizeof(Weight) + made->variances.size() * sizeof(float);
    return known = std::move(made);
  }

  void copy_weights(const ProgrammedCrossbar& crossbar, const BlockPart& part, std::size_t first, std::size_t count,
                    PanelWeights<Weight>& to) {
    for (std::size_t k = 0; k < part.rows.size(); ++k) {
      const auto wordline = static_cast<std::uint16_t>(part.first_wordline + k);
      const std::size_t at = to.values.size();
      sums_.assign(crossbar.columns(), Sum{0});
      crossbar.integrate(&wordline, 1, sums_.data());
      to.values.resize(at + to.stride);
      for (std::size_t j = 0; j < count; ++j) {
        to.values[at + j] = static_cast<Weight>(sums_[first + j]);
        to.largest = std::max(to.largest, static_cast<std::int32_t>(std::abs(sums_[first + j])));
      }
      if (!chip_.reads_are_noisy()) continue;
      variances_.assign(crossbar.columns(), 0.0F);
      crossbar.integrate_variances(&wordline, 1, variances_.data());
      to.variances.resize(at + to.stride);
      std::copy_n(variances_.data() + first, count, to.variances.data() + at);
    }
  }

  static constexpr bool kReal = std::is_same_v<Weight, float>;
  using Sum = std::conditional_t<kReal, double, std::int32_t>;
  const MappedNetwork& mapped_;
  const SpikingNetwork& network_;
  const ProgrammedChip& chip_;
  std::size_t most_panel_bytes_;
  std::vector<LayerTables<Weight>> layers_;
  std::vector<std::map<std::vector<Wired>, std::uint32_t>> known_;  ///< by layer: the first list of each sequence
  std::map<std::pair<std::vector<const BlockPart*>, std::size_t>, std::shared_ptr<const PanelWeights<Weight>>> panels_;
  std::size_t panel_bytes_ = 0;
  std::vector<Sum> sums_;
  std::vector<float> variances_;
};

}  // namespace

template <class Weight>
std::vector<LayerTables<Weight>> functional_tables(const MappedNetwork& mapped, const SpikingNetwork& network,
                                                   const ProgrammedChip& chip, std::size_t most_panel_bytes) {
  return TableBuilder<Weight>(mapped, network, chip, most_panel_bytes).build();
}
template std::vector<LayerTables<std::int16_t>> functional_tables(const MappedNetwork&, const SpikingNetwork&,
                                                                  const ProgrammedChip&, std::size_t);
template std::vector<LayerTables<float>> functional_tables(const MappedNetwork&, const SpikingNetwork&,
                                                           const ProgrammedChip&, std::size_t);

void DrivenWordlines::assign(const std::vector<std::vector<WordlineTarget>>& targets, std::size_t lists,
                             const std::vector<std::uint32_t>& rows) {
  // end_[list] holds the begin of the list until it is filled, which moves it to its end.
  end_.assign(lists + 1, 0);
  for (const std::uint32_t row : rows) {
    for (const WordlineTarget& target : targets[row]) ++end_[target.list + 1];
  }
  for (std::size_t list = 0; list < lists; ++list) end_[list + 1] += end_[list];
  wordlines_.resize(end_[lists]);
  for (const std::uint32_t row : rows) {
    for (const WordlineTarget& target : targets[row]) wordlines_[end_[target.list]++] = target.wordline;
  }
}

}  // namespace crossloom
