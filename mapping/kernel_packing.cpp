#include "mapping/kernel_packing.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "mapping/reach_packing.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kOutside = std::numeric_limits<std::uint32_t>::max();

// Input of each row of the kernel's matrix at one position, the bias row included; kOutside in the padding.
std::vector<std::uint32_t> inputs_at(const SpikingLayer& layer, std::uint32_t position) {
  const SharedKernel& kernel = *layer.kernel;
  const WindowSpec& window = kernel.window;
  const std::int64_t left = std::int64_t{position % kernel.output.width} * window.stride - window.padding;
  const std::int64_t top = std::int64_t{position / kernel.output.width} * window.stride - window.padding;
  std::vector<std::uint32_t> inputs;
  inputs.reserve(kernel.rows() + 1);
  for (std::uint32_t c = 0; c < kernel.input.channels; ++c) {
    for (std::int64_t y = top; y < top + window.size; ++y) {
      for (std::int64_t x = left; x < left + window.size; ++x) {
        const bool inside = y >= 0 && x >= 0 && y < kernel.input.height && x < kernel.input.width;
        inputs.push_back(inside ? static_cast<std::uint32_t>((c * kernel.input.height + y) * kernel.input.width + x)
                                : kOutside);
      }
    }
  }
  if (layer.has_bias) inputs.push_back(layer.inputs);
  return inputs;
}

// One position of a copy; absent row parts are those that its window does not cover.
PackedBank bank_at(const SpikingLayer& layer, LayerId id, const PackedKernel& kernel, std::uint32_t position) {
  const std::vector<std::uint32_t> inputs = inputs_at(layer, position);
  struct Part {
    std::vector<std::uint32_t> rows, lines;
    std::uint32_t of_kernel;
  };
  std::vector<Part> parts;
  for (std::uint32_t p = 0; p < kernel.row_parts.size(); ++p) {
    Part part{{}, {}, p};
    const std::vector<std::uint32_t>& rows = kernel.row_parts[p];
    for (std::uint32_t k = 0; k < rows.size(); ++k) {
      if (inputs[rows[k]] == kOutside) continue;
      part.rows.push_back(inputs[rows[k]]);
      part.lines.push_back(k);
    }
    if (part.rows.size() == rows.size()) part.lines.clear();
    if (!part.rows.empty()) parts.push_back(std::move(part));
  }
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.rows.front() < b.rows.front(); });
  PackedBank bank{id, {}, {}, {}, {}};
  for (const std::uint32_t channel : kernel.columns) {
    bank.columns.push_back(channel * layer.kernel->positions() + position);
  }
  for (Part& part : parts) {
    bank.row_parts.push_back(std::move(part.rows));
    bank.kernel_parts.push_back({part.of_kernel, std::move(part.lines)});
  }
  return bank;
}

std::uint32_t ceil_div(std::uint32_t a, std::uint32_t b) { return a / b + (a % b != 0 ? 1U : 0U); }

}  // namespace

SpikingLayer kernel_layer(const SpikingLayer& layer) {
  const SharedKernel& kernel = *layer.kernel;
  SpikingLayer result;
  result.name = layer.name;
  result.inputs = kernel.rows();
  result.outputs = kernel.output.channels;
  result.has_bias = layer.has_bias;
  result.threshold = layer.threshold;
  result.level_weight = layer.level_weight;
  const std::size_t size = std::size_t{result.rows()} * result.outputs;
  result.weights.assign(size, 0);
  result.live.assign(size, 0);
  std::vector<std::uint8_t> seen(size, 0);
  for (std::uint32_t position = 0; position < kernel.positions(); ++position) {
    const std::vector<std::uint32_t> inputs = inputs_at(layer, position);
    for (std::uint32_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] == kOutside) continue;
      for (std::uint32_t j = 0; j < result.outputs; ++j) {
        const std::uint32_t output = j * kernel.positions() + position;
        const std::int16_t weight = layer.weight(inputs[i], output);
        const std::uint8_t live = layer.is_live(inputs[i], output) ? 1 : 0;
        const std::size_t at = std::size_t{i} * result.outputs + j;
        CROSSLOOM_CHECK(seen[at] == 0 || (result.weights[at] == weight && result.live[at] == live),
                        "a kernel is the same at every position");
        seen[at] = 1;
        result.weights[at] = weight;
        result.live[at] = live;
      }
    }
  }
  result.blocks = kernel.blocks;
  return result;
}

std::uint32_t most_positions(std::uint32_t columns, const ChipSpec& chip) {
  return chip.tile.neurons / columns * reach_of(chip).tiles;
}

void add_kernel_banks(const SpikingLayer& layer, LayerId id, const std::vector<PackedBank>& stripes,
                      std::uint32_t replication, const ChipSpec& chip, PackedNetwork& packed) {
  const std::uint32_t positions = layer.kernel->positions();
  std::uint32_t copies = replication;
  for (const PackedBank& stripe : stripes) {
    const auto columns = static_cast<std::uint32_t>(stripe.columns.size());
    copies = std::max(copies, ceil_div(positions, most_positions(columns, chip)));
  }
  copies = std::min(copies, positions);
  for (const PackedBank& stripe : stripes) {
    for (std::uint32_t copy = 0; copy < copies; ++copy) {
      const auto index = static_cast<std::uint32_t>(packed.kernels.size());
      PackedKernel kernel{id, copy, stripe.columns, stripe.row_parts, {}};
      kernel.arrays.resize(stripe.row_parts.size());
      const auto first = static_cast<std::uint32_t>(std::uint64_t{copy} * positions / copies);
      const auto last = static_cast<std::uint32_t>(std::uint64_t{copy + 1} * positions / copies);
      for (std::uint32_t position = first; position < last; ++position) {
        PackedBank bank = bank_at(layer, id, kernel, position);
        if (bank.row_parts.empty()) continue;
        bank.kernel = index;
        const auto number = static_cast<std::uint32_t>(packed.banks.size());
        for (std::uint32_t p = 0; p < bank.row_parts.size(); ++p) {
          kernel.arrays[bank.kernel_parts[p].part].push_back({number, p});
        }
        packed.banks.push_back(std::move(bank));
      }
      // Rows that no position of this copy covers take no array.
      packed.kernels.push_back(std::move(kernel));
    }
  }
}

}  // namespace crossloom
