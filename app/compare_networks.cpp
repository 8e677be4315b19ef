#include "app/compare_networks.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "base/files.h"
#include "models/binary_matrix.h"
#include "traces/connectivity_picture.h"

namespace crossloom {

std::uint64_t live_in(const Layer& layer, const Block& block) {
  std::uint64_t live = 0;
  for (const std::uint32_t i : block.rows) {
    for (const std::uint32_t j : block.columns) live += layer.is_live(i, j) ? 1U : 0U;
  }
  return live;
}

void count_qualities(const Network& network, QualityHistogram& histogram) {
  for (const Layer& layer : network.layers) {
    for (const Block& block : layer.blocks) {
      if (block.leftover) continue;
      const double cells = static_cast<double>(block.rows.size()) * static_cast<double>(block.columns.size());
      const double quality = static_cast<double>(live_in(layer, block)) / cells;
      const auto bin = static_cast<std::size_t>(quality * static_cast<double>(histogram.size()));
      ++histogram[std::min(bin, histogram.size() - 1)];
    }
  }
}

void write_connectivity(const Network& network, const std::string& title, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[LayerId(l)];
    const std::string& name = network.spec.layers[LayerId(l)].name;
    const BinaryMatrix live = live_matrix(layer);
    std::vector<Block> clusters;
    std::copy_if(layer.blocks.begin(), layer.blocks.end(), std::back_inserter(clusters),
                 [](const Block& block) { return !block.leftover; });
    write_file_atomically(folder / (name + ".svg"),
                          connectivity_svg(fmt::format("{}, {}", title, name), live, live, clusters));
  }
}

}  // namespace crossloom
