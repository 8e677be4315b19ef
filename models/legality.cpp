#include "models/legality.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "models/legality_checks.h"

namespace crossloom {
namespace {

bool outside_matrix(const LegalityContext& in, const BlockPart& part) {
  const SpikingLayer& layer = in.network.layers[part.layer];
  for (std::uint32_t use = 0; use < part.uses(); ++use) {
    if (part.rows_of(use).back() >= layer.rows() || outputs_of(in.mapped, part, use).back() >= layer.outputs)
      return true;
  }
  return false;
}

// Every index that a part or packet names exists in the network; the other checks rely on it.
void check_indices(const LegalityContext& in) {
  for (std::size_t x = 0; x < in.mapped.crossbars.size(); ++x) {
    for (const BlockPart& part : in.mapped.crossbars[CrossbarId(x)].parts) {
      if (part.layer.value() >= in.network.layers.size()) {
        in.faults.add("unknown layer",
                      fmt::format("crossbar {} has a part of layer {}, which does not exist", x, part.layer.value()));
      } else if (outside_matrix(in, part)) {
        in.faults.add("outside the matrix", fmt::format("crossbar {} has a part outside the matrix of layer {}", x,
                                                        in.network.layers[part.layer].name));
      }
    }
  }
  for (std::size_t b = 0; b < in.mapped.banks.size(); ++b) {
    const NeuronBank& bank = in.mapped.banks[NeuronBankId(b)];
    const bool layer_exists = bank.layer.value() < in.network.layers.size();
    for (const std::vector<std::uint32_t>& window : bank.windows) {
      if (layer_exists && window.back() < in.network.layers[bank.layer].inputs) continue;
      in.faults.add("unknown counted input", fmt::format("neuron bank {} counts inputs that do not exist", b));
    }
    if (!layer_exists || bank.neurons.back() >= in.network.layers[bank.layer].outputs) {
      in.faults.add("unknown neuron", fmt::format("neuron bank {} has neurons that do not exist", b));
    }
  }
  for (std::size_t p = 0; p < in.mapped.packet_groups.size(); ++p) {
    const PacketGroup& group = in.mapped.packet_groups[p];
    if (group.layer.value() >= in.network.layers.size() || group.rows.back() >= in.network.layers[group.layer].rows()) {
      in.faults.add("unknown packet rows", fmt::format("packet group {} carries inputs that do not exist", p));
    }
  }
  if (in.mapped.input_rows_per_crossbar != in.chip.crossbar.rows ||
      in.mapped.columns_per_crossbar != in.chip.crossbar.columns) {
    in.faults.add("crossbar size", fmt::format("mapped for crossbars of {} x {}, but the chip has {} x {}: map again",
                                               in.mapped.input_rows_per_crossbar, in.mapped.columns_per_crossbar,
                                               in.chip.crossbar.rows, in.chip.crossbar.columns));
  }
}

void check_coverage(const LegalityContext& in) {
  IdVector<LayerId, std::vector<std::uint8_t>> covered;
  for (const SpikingLayer& layer : in.network.layers) {
    covered.push_back(std::vector<std::uint8_t>(std::size_t{layer.rows()} * layer.outputs, 0));
  }
  for (const MappedCrossbar& crossbar : in.mapped.crossbars) {
    for (const BlockPart& part : crossbar.parts) {
      for (std::uint32_t use = 0; use < part.uses(); ++use) {
        for (const std::uint32_t i : part.rows_of(use)) {
          std::uint8_t* const row = covered[part.layer].data() + std::size_t{i} * in.network.layers[part.layer].outputs;
          for (const std::uint32_t j : outputs_of(in.mapped, part, use)) {
            row[j] = static_cast<std::uint8_t>(std::min(row[j] + 1, 2));
          }
        }
      }
    }
  }
  for (const NeuronBank& bank : in.mapped.banks) {
    const std::uint32_t outputs = in.network.layers[bank.layer].outputs;
    for (std::size_t k = 0; k < bank.windows.size(); ++k) {
      for (const std::uint32_t i : bank.windows[k]) {
        std::uint8_t& times = covered[bank.layer][std::size_t{i} * outputs + bank.neurons[k]];
        times = static_cast<std::uint8_t>(std::min(times + 1, 2));
      }
    }
  }
  for (std::size_t l = 0; l < in.network.layers.size(); ++l) {
    const SpikingLayer& layer = in.network.layers[LayerId(l)];
    const std::vector<std::uint8_t>& of_layer = covered[LayerId(l)];
    for (std::size_t k = 0; k < of_layer.size(); ++k) {
      const bool live = layer.live.empty() || layer.live[k] != 0;
      if (!live || of_layer[k] == 1) continue;
      const bool missing = of_layer[k] == 0;
      in.faults.add(
          missing ? "missing weight" : "weight placed twice",
          fmt::format("layer {}: the live weight from input {} to output {} lies in {}", layer.name, k / layer.outputs,
                      k % layer.outputs, missing ? "no crossbar" : "more than one block part"));
    }
  }
}

// A cell holds one weight: all positions that share it want the same.
void check_positions(const LegalityContext& in) {
  for (std::size_t x = 0; x < in.mapped.crossbars.size(); ++x) {
    for (const BlockPart& part : in.mapped.crossbars[CrossbarId(x)].parts) {
      if (part.positions.empty()) continue;
      const SpikingLayer& layer = in.network.layers[part.layer];
      std::vector<HeldRow> held;
      for (std::size_t k = 0; k < part.rows.size(); ++k) {
        held.push_back(held_row(in.mapped, part, k).value_or(HeldRow{}));
      }
      for (std::uint32_t use = 0; use < part.uses(); ++use) {
        const std::vector<std::uint32_t>& rows = part.rows_of(use);
        const std::vector<std::uint32_t>& outputs = outputs_of(in.mapped, part, use);
        for (std::size_t k = 0; k < rows.size(); ++k) {
          const HeldRow& of_cell = held[part.wordline(use, k) - part.first_wordline];
          for (std::size_t j = 0; j < outputs.size(); ++j) {
            if (layer.weight(rows[k], outputs[j]) == layer.weight(of_cell.input, (*of_cell.outputs)[j])) continue;
            in.faults.add(
                "shared cell",
                fmt::format("layer {}: the weight from input {} to output {} shares a cell of crossbar {} with "
                            "a different weight of another position",
                            layer.name, rows[k], outputs[j], x));
          }
        }
      }
    }
  }
}

// A counter adds one for each spike and fires when its whole window's worth has come.
void check_counters(const LegalityContext& in) {
  for (std::size_t b = 0; b < in.mapped.banks.size(); ++b) {
    const NeuronBank& bank = in.mapped.banks[NeuronBankId(b)];
    const SpikingLayer& layer = in.network.layers[bank.layer];
    for (std::size_t k = 0; k < bank.windows.size(); ++k) {
      const std::vector<std::uint32_t>& window = bank.windows[k];
      const std::int32_t one = layer.weight(window.front(), bank.neurons[k]);
      bool counts = one > 0 && layer.threshold == one * static_cast<std::int32_t>(window.size());
      for (const std::uint32_t i : window) counts = counts && layer.weight(i, bank.neurons[k]) == one;
      if (counts) continue;
      in.faults.add("counter", fmt::format("layer {}: neuron {} of bank {} is no count of its window", layer.name,
                                           bank.neurons[k], b));
    }
  }
}

void check_clashes(const LegalityContext& in) {
  for (std::size_t x = 0; x < in.mapped.crossbars.size(); ++x) {
    std::vector<bool> wordlines(in.mapped.input_rows_per_crossbar, false);
    std::vector<bool> columns(in.mapped.columns_per_crossbar, false);
    const auto take = [&](std::vector<bool>& lines, std::uint32_t first, std::size_t count, const char* what) {
      for (std::size_t k = first; k < first + count; ++k) {
        if (lines[k])
          in.faults.add(fmt::format("shared {}", what),
                        fmt::format("crossbar {}: two block parts share {} {}", x, what, k));
        lines[k] = true;
      }
    };
    for (const BlockPart& part : in.mapped.crossbars[CrossbarId(x)].parts) {
      take(wordlines, part.first_wordline, part.rows.size(), "wordline");
      take(columns, part.first_column, part.columns.size(), "column");
    }
  }
}

void check_reach(const LegalityContext& in, std::uint32_t index, const NeuronBank& bank) {
  const MappedTile& home = in.mapped.tiles[bank.home];
  bool in_tile = true;
  bool in_group = true;
  for (const NeuronBank::RowPart& slot : bank.row_parts) {
    const TileId tile = in.mapped.crossbars[slot.crossbar].tile;
    in_tile = in_tile && tile == bank.home;
    in_group = in_group && in.mapped.tiles[tile].group == home.group;
  }
  const bool within = in.chip.tile_group.analog_reach == AnalogReach::tile ? in_tile : in_group;
  if (within) return;
  in.faults.add("analog reach",
                fmt::format("neuron bank {} of layer {}: a row part lies beyond its analog reach ({})", index,
                            in.network.layers[bank.layer].name, in_group ? "its tile" : "its tile group"));
  if (in_group) {
    in.suggestions.insert("tile_group.analog_reach: tile_group");
  } else {
    const std::uint64_t crossbars = in.chip.tile.crossbars;
    in.suggestions.insert(fmt::format("tile_group.analog_reach: tile_group with tile_group.tiles: {}",
                                      std::max<std::uint64_t>(1, (bank.row_parts.size() + crossbars - 1) / crossbars)));
  }
}

void check_banks(const LegalityContext& in) {
  IdVector<LayerId, std::vector<std::uint32_t>> banks_of;
  for (const SpikingLayer& layer : in.network.layers) banks_of.push_back(std::vector<std::uint32_t>(layer.outputs, 0));
  for (std::size_t b = 0; b < in.mapped.banks.size(); ++b) {
    const NeuronBank& bank = in.mapped.banks[NeuronBankId(b)];
    if (bank.layer.value() >= in.network.layers.size() ||
        bank.neurons.back() >= in.network.layers[bank.layer].outputs) {
      in.faults.add("unknown neuron", fmt::format("neuron bank {} has neurons that do not exist", b));
      continue;
    }
    for (const std::uint32_t neuron : bank.neurons) ++banks_of[bank.layer][neuron];
    std::optional<std::uint32_t> last;
    for (const NeuronBank::RowPart& slot : bank.row_parts) {
      const std::uint32_t first = in.mapped.crossbars[slot.crossbar].parts[slot.part].rows_of(slot.position).front();
      if (last && first <= *last) {
        in.faults.add("slot order", fmt::format("neuron bank {}: its row parts are not in ascending order of rows", b));
      }
      last = first;
    }
    check_reach(in, static_cast<std::uint32_t>(b), bank);
  }
  for (std::size_t l = 0; l < in.network.layers.size(); ++l) {
    const SpikingLayer& layer = in.network.layers[LayerId(l)];
    std::vector<std::uint8_t> has_live(layer.outputs, layer.live.empty() ? 1 : 0);
    for (std::size_t k = 0; k < layer.live.size(); ++k) has_live[k % layer.outputs] |= layer.live[k];
    for (std::uint32_t j = 0; j < layer.outputs; ++j) {
      const std::uint32_t count = banks_of[LayerId(l)][j];
      if (count == 1 || (count == 0 && has_live[j] == 0)) continue;
      in.faults.add("neuron banks",
                    fmt::format("layer {}: neuron {} is in {} neuron banks instead of one", layer.name, j, count));
    }
  }
}

}  // namespace

std::vector<std::string> LegalityReasons::finish() {
  for (const auto& [kind, count] : counts_) {
    if (count > kMostOfAKind) reasons_.push_back(fmt::format("... and {} more of: {}", count - kMostOfAKind, kind));
  }
  return std::move(reasons_);
}

std::vector<std::string> legality_faults(const MappedNetwork& mapped, const SpikingNetwork& network,
                                         const ChipSpec& chip, std::vector<std::string>* what_would_fit) {
  std::vector<std::string> structural = mapped_network_faults(mapped);
  if (!structural.empty()) return structural;
  LegalityReasons faults;
  std::set<std::string> suggestions;
  const LegalityContext in{mapped, network, chip, faults, suggestions};
  check_indices(in);
  if (!faults.none()) return faults.finish();
  check_coverage(in);
  check_positions(in);
  check_counters(in);
  check_clashes(in);
  check_banks(in);
  check_tiles(in);
  check_packets(in);
  if (what_would_fit != nullptr) what_would_fit->assign(suggestions.begin(), suggestions.end());
  return faults.finish();
}

}  // namespace crossloom
