#include "models/bit_serial/placed_network.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "models/bit_serial/dataflow.h"
#include "models/bit_serial/network_passes.h"

namespace crossloom {
namespace {

using Faults = std::vector<std::string>;
constexpr std::size_t kMostFaults = 20;

bool ascending(const std::vector<std::uint32_t>& values) {
  return !values.empty() && std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
}

bool overlap(std::uint32_t first_a, std::size_t size_a, std::uint32_t first_b, std::size_t size_b) {
  return first_a < first_b + size_b && first_b < first_a + size_a;
}

// Everything that later checks index with.
void check_indices(const PlacedNetwork& placed, const FixedPointNetwork& network, Faults& faults) {
  if (placed.copies.size() != network.layers.size()) faults.push_back("copies are not given for every layer");
  for (const std::uint32_t copies : placed.copies) {
    if (copies == 0) faults.push_back("a layer has no copy");
  }
  if (placed.sites.size() != placed.tiles || placed.chips.size() != placed.tiles) {
    faults.push_back(fmt::format("sites and chips are not given for {} tiles", placed.tiles));
    return;
  }
  std::set<std::pair<std::uint32_t, std::uint32_t>> taken;
  for (std::uint32_t t = 0; t < placed.tiles; ++t) {
    if (!taken.emplace(placed.chips[t], placed.sites[t]).second) {
      faults.push_back(fmt::format("tile {} is at a site that another tile has", t));
    }
  }
}

void check_part(const CrossbarPart& part, std::size_t x, const PlacedNetwork& placed, const FixedPointNetwork& network,
                Faults& faults) {
  if (part.layer.value() >= network.layers.size() || part.copy >= placed.copies[part.layer]) {
    faults.push_back(fmt::format("crossbar {} has a part of a layer or copy that does not exist", x));
    return;
  }
  const FixedPointLayer& layer = network.layers[part.layer];
  if (!ascending(part.rows) || !ascending(part.columns) || part.rows.back() >= layer.rows ||
      part.columns.back() >= layer.columns) {
    faults.push_back(fmt::format(
        "crossbar {} has a part of {} whose rows or columns are none, not ascending or outside", x, layer.name));
    return;
  }
  const std::uint32_t per_group = layer.columns / layer.groups;
  if (part.columns.front() / per_group != part.columns.back() / per_group) {
    faults.push_back(fmt::format("crossbar {} has a part of {} with columns of two groups", x, layer.name));
  }
  if (part.block >= layer.blocks.size() ||
      !std::includes(layer.blocks[part.block].rows.begin(), layer.blocks[part.block].rows.end(), part.rows.begin(),
                     part.rows.end())) {
    faults.push_back(fmt::format("crossbar {} has a part of {} that is not of its block", x, layer.name));
  }
}

void check_crossbars(const PlacedNetwork& placed, const FixedPointNetwork& network, Faults& faults) {
  for (std::size_t x = 0; x < placed.crossbars.size() && faults.size() < kMostFaults; ++x) {
    const PlacedCrossbar& crossbar = placed.crossbars[PlacedCrossbarId(x)];
    if (crossbar.pass >= placed.passes)
      faults.push_back(fmt::format("crossbar {} is of a pass that does not exist", x));
    for (std::size_t p = 0; p < crossbar.parts.size(); ++p) {
      const CrossbarPart& part = crossbar.parts[p];
      check_part(part, x, placed, network, faults);
      for (std::size_t q = 0; q < p; ++q) {
        const CrossbarPart& other = crossbar.parts[q];
        if (overlap(part.first_wordline, part.rows.size(), other.first_wordline, other.rows.size()) ||
            overlap(part.first_column, part.columns.size(), other.first_column, other.columns.size())) {
          faults.push_back(fmt::format("crossbar {} has parts that share wordlines or columns", x));
        }
      }
    }
  }
}

// Every live weight in exactly one part of each copy.
void check_weights(const PlacedNetwork& placed, const FixedPointNetwork& network, Faults& faults) {
  IdVector<LayerId, std::vector<std::vector<const CrossbarPart*>>> parts(network.layers.size());
  for (std::size_t l = 0; l < parts.size(); ++l) parts[LayerId(l)].resize(placed.copies[LayerId(l)]);
  for (const PlacedCrossbar& crossbar : placed.crossbars) {
    for (const CrossbarPart& part : crossbar.parts) parts[part.layer][part.copy].push_back(&part);
  }
  std::vector<std::uint8_t> times;
  for (std::size_t l = 0; l < parts.size() && faults.size() < kMostFaults; ++l) {
    const FixedPointLayer& layer = network.layers[LayerId(l)];
    for (std::size_t copy = 0; copy < parts[LayerId(l)].size(); ++copy) {
      times.assign(std::size_t{layer.rows} * layer.columns, 0);
      for (const CrossbarPart* part : parts[LayerId(l)][copy]) {
        for (const std::uint32_t i : part->rows) {
          for (const std::uint32_t j : part->columns) {
            std::uint8_t& count = times[std::size_t{i} * layer.columns + j];
            count = static_cast<std::uint8_t>(std::min(count + 1, 2));
          }
        }
      }
      for (std::size_t w = 0; w < times.size(); ++w) {
        const bool live = layer.live.empty() || layer.live[w] != 0;
        if (times[w] == (live ? 1 : 0) || (!live && times[w] == 1)) continue;
        faults.push_back(fmt::format("{}, copy {}: the weight from input {} to output {} is held {} times", layer.name,
                                     copy, w / layer.columns, w % layer.columns, times[w] == 2 ? "several" : "no"));
        break;
      }
    }
  }
}

void check_output_slices(const PlacedNetwork& placed, const FixedPointNetwork& network, Faults& faults) {
  IdVector<LayerId, std::vector<std::vector<std::uint32_t>>> slice_of(network.layers.size());  // by copy and column
  constexpr std::uint32_t kNone = ~std::uint32_t{0};
  for (std::size_t l = 0; l < slice_of.size(); ++l) {
    slice_of[LayerId(l)].assign(placed.copies[LayerId(l)],
                                std::vector<std::uint32_t>(network.layers[LayerId(l)].columns, kNone));
  }
  std::vector<std::set<std::pair<std::uint32_t, std::uint32_t>>> listed(placed.output_slices.size());
  for (std::uint32_t s = 0; s < placed.output_slices.size(); ++s) {
    const OutputSlice& slice = placed.output_slices[s];
    const bool exists = slice.layer.value() < network.layers.size() && slice.copy < placed.copies[slice.layer] &&
                        slice.home.value() < placed.tiles && ascending(slice.columns) &&
                        slice.columns.back() < network.layers[slice.layer].columns && slice.pass < placed.passes;
    if (!exists) {
      faults.push_back(fmt::format("output slice {} has a layer, copy, home, pass or columns that do not exist", s));
      return;
    }
    for (const std::uint32_t j : slice.columns) {
      std::uint32_t& of_column = slice_of[slice.layer][slice.copy][j];
      if (of_column != kNone) faults.push_back(fmt::format("column {} of a layer is in two output slices", j));
      of_column = s;
    }
    for (const OutputSlice::RowPart& row_part : slice.row_parts) {
      if (!listed[s].emplace(row_part.crossbar.value(), row_part.part).second) {
        faults.push_back(fmt::format("output slice {} lists a row part twice", s));
      }
    }
  }
  for (std::size_t l = 0; l < slice_of.size(); ++l) {
    for (const auto& of_copy : slice_of[LayerId(l)]) {
      if (std::find(of_copy.begin(), of_copy.end(), kNone) == of_copy.end()) continue;
      faults.push_back(fmt::format("a column of {} is in no output slice", network.layers[LayerId(l)].name));
      return;
    }
  }
  std::vector<std::size_t> wanted(placed.output_slices.size(), 0);
  for (std::size_t x = 0; x < placed.crossbars.size(); ++x) {
    const PlacedCrossbar& crossbar = placed.crossbars[PlacedCrossbarId(x)];
    for (std::uint32_t p = 0; p < crossbar.parts.size(); ++p) {
      std::set<std::uint32_t> slices;
      for (const std::uint32_t j : crossbar.parts[p].columns) {
        slices.insert(slice_of[crossbar.parts[p].layer][crossbar.parts[p].copy][j]);
      }
      for (const std::uint32_t s : slices) {
        ++wanted[s];
        if (listed[s].count({static_cast<std::uint32_t>(x), p}) != 0) continue;
        faults.push_back(fmt::format("output slice {} does not list part {} of crossbar {}", s, p, x));
      }
    }
  }
  for (std::size_t s = 0; s < wanted.size(); ++s) {
    if (wanted[s] < listed[s].size())
      faults.push_back(fmt::format("output slice {} lists parts that are not its own", s));
  }
}

void check_digital_slices(const PlacedNetwork& placed, const FixedPointNetwork& network, Faults& faults) {
  IdVector<NodeId, std::uint32_t> next(network.nodes.size(), 0);
  for (const DigitalSlice& slice : placed.digital_slices) {
    if (slice.node.value() >= network.nodes.size() || slice.home.value() >= placed.tiles ||
        slice.first_channel != next[slice.node] || slice.channels == 0) {
      faults.push_back("a digital slice has a node, home or channels that do not exist or do not follow on");
      return;
    }
    next[slice.node] += slice.channels;
    if (slice.pass >= placed.passes) faults.push_back("a digital slice is of a pass that does not exist");
  }
  for (std::size_t n = 0; n < network.nodes.size(); ++n) {
    const FixedPointNode& node = network.nodes[NodeId(n)];
    const bool sliced = node.spec.kind != NodeKind::input && !is_view(node.spec.kind) && !is_weighted(node.spec.kind);
    if (next[NodeId(n)] == (sliced ? node.shape.channels : 0)) continue;
    faults.push_back(fmt::format("the digital slices of {} hold {} of its {} channels", node.spec.name, next[NodeId(n)],
                                 sliced ? node.shape.channels : 0));
  }
}

void check_kept_slices(const PlacedNetwork& placed, const FixedPointNetwork& network, Faults& faults) {
  for (const KeptSlice& slice : placed.kept_slices) {
    if (slice.node.value() < network.nodes.size() && slice.channels > 0 &&
        std::uint64_t{slice.first_channel} + slice.channels <= network.nodes[slice.node].shape.channels &&
        slice.made < slice.last_read && slice.last_read < placed.passes &&
        (!slice.tile || slice.tile->value() < placed.tiles)) {
      continue;
    }
    faults.push_back("a kept slice has a node, channels, passes or a tile that do not exist");
  }
}

}  // namespace

std::vector<std::string> placed_network_faults(const PlacedNetwork& placed, const FixedPointNetwork& network) {
  Faults faults;
  check_indices(placed, network, faults);
  if (!faults.empty()) return faults;
  check_crossbars(placed, network, faults);
  if (!faults.empty()) return faults;
  check_weights(placed, network, faults);
  check_output_slices(placed, network, faults);
  check_digital_slices(placed, network, faults);
  check_kept_slices(placed, network, faults);
  if (faults.empty()) faults = pass_faults(placed, network);
  if (faults.size() > kMostFaults) faults.resize(kMostFaults);
  return faults;
}

}  // namespace crossloom
