// What the untimed run looks up: which wordlines an input drives, and which weights a bank of neurons reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/aligned_vector.h"
#include "models/counter_lines.h"
#include "models/mapped_network.h"
#include "models/neuron.h"
#include "models/programmed_chip.h"
#include "models/spiking_network.h"

namespace crossloom {

/// Where one input goes: this wordline of all that share the list.
struct WordlineTarget {
  std::uint32_t list;
  std::uint16_t wordline;
};

/// Columns of several crossbars' parts one under another.
template <class Weight>
struct PanelWeights {
  std::size_t stride = 0;
  AlignedVector<Weight> values;    ///< [row][stride], in units of one level
  AlignedVector<float> variances;  ///< the same of noisy reads, in levels squared; empty without
  std::int32_t largest = 1;        ///< value in size
};

/// Up to 32 neighbouring neurons of a bank all of whose row parts start at column 0: the rows of these parts stand one
/// under another in one matrix, which stays in the nearest caches through all steps. Rows are added in the order in
/// which the chip adds them, so the bytes are the same.
template <class Weight>
struct NeuronPanel {
  std::shared_ptr<const PanelWeights<Weight>> weights;  ///< of all positions of a kernel
  std::uint32_t first_list = 0, lists = 0;              ///< those of its row parts, one after another
  const std::uint32_t* neurons = nullptr;
  std::size_t count = 0;
  std::size_t first_membrane = 0;  ///< weights->stride of them
};

/// Any other bank: part by part in its crossbar.
struct NeuronSlots {
  struct Slot {
    const ProgrammedCrossbar* crossbar;
    const BlockPart* part;
    std::uint32_t list;
  };
  std::vector<Slot> slots;
  const std::vector<std::uint32_t>* neurons;
  std::size_t first_membrane;  ///< a crossbar's width of them
};

/// A mean pool's bank in counters.
struct CountingBank {
  CounterLines lines;
  std::uint32_t list;
  const std::vector<std::uint32_t>* neurons;
  std::size_t first_membrane;
};

/// One layer's tables. Parts with the same rows at the same wordlines share one list of driven wordlines, so that
/// distributing a spike costs one step a list and not one a crossbar.
template <class Weight>
struct LayerTables {
  NeuronRule rule;
  std::vector<std::vector<WordlineTarget>> targets;  ///< by input row
  std::size_t lists = 0;
  std::vector<NeuronPanel<Weight>> panels;
  std::vector<NeuronSlots> banks;
  std::vector<CountingBank> counting;
  std::size_t membranes = 0;
};

/// 16-bit target weights of a chip that is ideal, actual ones otherwise. Once panels take `most_panel_bytes`, no more
/// are made. Refers to the arguments.
template <class Weight>
std::vector<LayerTables<Weight>> functional_tables(const MappedNetwork& mapped, const SpikingNetwork& network,
                                                   const ProgrammedChip& chip, std::size_t most_panel_bytes);
extern template std::vector<LayerTables<std::int16_t>> functional_tables(const MappedNetwork&, const SpikingNetwork&,
                                                                         const ProgrammedChip&, std::size_t);
extern template std::vector<LayerTables<float>> functional_tables(const MappedNetwork&, const SpikingNetwork&,
                                                                  const ProgrammedChip&, std::size_t);

/// The driven wordlines of one step, list after list.
class DrivenWordlines {
 public:
  /// `rows`: the layer's driven input rows, ascending.
  void assign(const std::vector<std::vector<WordlineTarget>>& targets, std::size_t lists,
              const std::vector<std::uint32_t>& rows);
  [[nodiscard]] const std::uint16_t* begin(std::uint32_t list) const { return wordlines_.data() + first(list); }
  /// Of `lists` lists from this one on.
  [[nodiscard]] std::size_t size(std::uint32_t list, std::uint32_t lists = 1) const {
    return first(list + lists) - first(list);
  }

 private:
  [[nodiscard]] std::uint32_t first(std::uint32_t list) const { return list == 0 ? 0 : end_[list - 1]; }
  std::vector<std::uint32_t> end_;
  std::vector<std::uint16_t> wordlines_;
};

}  // namespace crossloom
