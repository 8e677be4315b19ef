// How many crossbars of 64 x 64 layers take, mapped in several ways; the figures of docs/mapping.md.
//
//   grid       boxes of a plain grid with a live weight
//   in order   stripes of neighbouring columns, rows compacted, nothing shared
//   mapped     what map_network makes of the layer
//   wordlines  were a crossbar allowed to serve several banks on the same wordlines: the planted clusters and a cover
//              of all other weights by its own stripes; drives = driven wordlines of all reads if every input fires,
//              against those of `mapped`. One read serves one bank, and drives the whole wordline.
#include <chrono>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "bench/workload.h"
#include "mapping/block_sharing.h"
#include "mapping/leftover_cover.h"
#include "mapping/mapper.h"
#include "models/binary_matrix.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kSide = 1200;
constexpr std::uint32_t kArray = 64;

// The generator of a planted matrix: blocks on the diagonal, then rows and columns shuffled.
class Planted {
 public:
  Planted(std::uint32_t side, double inside, double outside) {
    std::vector<std::uint8_t> straight;
    for (std::uint32_t i = 0; i < kSide; ++i) {
      for (std::uint32_t j = 0; j < kSide; ++j) {
        straight.push_back(draw() < (i / side == j / side ? inside : outside) ? 1 : 0);
      }
    }
    const std::vector<std::uint32_t> rows = shuffled(), columns = shuffled();
    for (std::uint32_t a = 0; a < kSide; ++a) {
      row_cluster.push_back(rows[a] / side);
      column_cluster.push_back(columns[a] / side);
      for (std::uint32_t b = 0; b < kSide; ++b) live.push_back(straight[rows[a] * kSide + columns[b]]);
    }
  }
  std::vector<std::uint8_t> live;
  std::vector<std::uint32_t> row_cluster, column_cluster;

 private:
  double draw() {
    state_ = 1664525U * state_ + 1013904223U;
    return state_ / 4294967296.0;
  }
  std::vector<std::uint32_t> shuffled() {
    std::vector<std::uint32_t> order(kSide);
    std::iota(order.begin(), order.end(), 0U);
    for (std::uint32_t i = kSide - 1; i > 0; --i)
      std::swap(order[i], order[static_cast<std::uint32_t>(draw() * (i + 1))]);
    return order;
  }
  std::uint32_t state_ = 12345;
};

// Each column live in `rows` rows, the same ones for a stripe of columns that are no neighbours.
std::vector<std::uint8_t> row_subsets(std::uint32_t rows) {
  std::vector<std::uint8_t> live(std::size_t{kSide} * kSide, 0);
  RandomStream random(RandomKey(1).child("row subsets"));
  const std::uint32_t stripes = kSide / kArray + 1;
  for (std::uint32_t s = 0; s < stripes; ++s) {
    for (std::uint32_t n = 0; n < rows; ++n) {
      const std::uint32_t i = random.below(kSide);
      for (std::uint32_t j = s; j < kSide; j += stripes) live[i * kSide + j] = 1;
    }
  }
  return live;
}

SpikingNetwork network_of(const std::vector<std::uint8_t>& live) {
  SpikingNetwork network;
  network.input = {kSide, 1, 1};
  SpikingLayer layer;
  layer.name = "layer";
  layer.inputs = layer.outputs = kSide;
  layer.live = live;
  for (const std::uint8_t one : live) layer.weights.push_back(one);
  std::vector<std::uint32_t> all(kSide);
  std::iota(all.begin(), all.end(), 0U);
  layer.blocks = {{all, all}};
  network.layers.push_back(std::move(layer));
  return network;
}

std::size_t in_order(const std::vector<std::uint8_t>& live) {
  std::size_t arrays = 0;
  for (std::uint32_t j0 = 0; j0 < kSide; j0 += kArray) {
    std::uint32_t rows = 0;
    for (std::uint32_t i = 0; i < kSide; ++i) {
      bool any = false;
      for (std::uint32_t j = j0; j < std::min(kSide, j0 + kArray); ++j) any = any || live[i * kSide + j] != 0;
      rows += any ? 1 : 0;
    }
    arrays += (rows + kArray - 1) / kArray;
  }
  return arrays;
}

struct Count {
  std::size_t arrays = 0;
  std::uint64_t drives = 0;
};

Count mapped_count(const MappedNetwork& mapped) {
  Count count{mapped.crossbars.size(), 0};
  for (const MappedCrossbar& crossbar : mapped.crossbars) {
    for (const BlockPart& part : crossbar.parts) count.drives += part.rows.size();
  }
  return count;
}

// Clusters and leftovers in blocks that share wordlines among banks: columns with the same blocks are a bank, and each
// block is read once for each bank that has columns in it.
Count with_shared_wordlines(const Planted& planted) {
  std::map<std::uint32_t, Block> clusters;
  std::vector<std::uint8_t> rest = planted.live;
  for (std::uint32_t k = 0; k < kSide; ++k) {
    clusters[planted.row_cluster[k]].rows.push_back(k);
    clusters[planted.column_cluster[k]].columns.push_back(k);
  }
  for (const auto& [number, block] : clusters) {
    for (const std::uint32_t i : block.rows) {
      for (const std::uint32_t j : block.columns) rest[i * kSide + j] = 0;
    }
  }
  std::vector<Block> blocks = cover_leftovers(binary_matrix(rest, kSide, kSide), {kArray, kArray});
  for (const auto& [number, block] : clusters) blocks.push_back(block);
  std::vector<ArraySize> sizes;
  std::vector<std::vector<std::uint32_t>> blocks_of(kSide);
  for (std::uint32_t b = 0; b < blocks.size(); ++b) {
    sizes.push_back(
        {static_cast<std::uint32_t>(blocks[b].rows.size()), static_cast<std::uint32_t>(blocks[b].columns.size())});
    for (const std::uint32_t j : blocks[b].columns) blocks_of[j].push_back(b);
  }
  std::map<std::vector<std::uint32_t>, std::uint32_t> banks;
  for (const auto& of_column : blocks_of) ++banks[of_column];
  Count count{share_arrays(sizes, {kArray, kArray}).size(), 0};
  for (const auto& [of_bank, columns] : banks) {
    for (const std::uint32_t b : of_bank) count.drives += blocks[b].rows.size();
  }
  return count;
}

void show(const std::string& name, const std::vector<std::uint8_t>& live, const Planted* planted) {
  const SpikingNetwork network = network_of(live);
  ChipSpec chip = bench::chip();
  const auto start = std::chrono::steady_clock::now();
  const MappedNetwork mapped = map_network(network, chip, {}, RandomKey(1)).mapped;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const Count count = mapped_count(mapped);
  fmt::print("{:34} {:5} {:5} {:5} {:7.2f} s", name, grid_boxes(binary_matrix(live, kSide, kSide), {kArray, kArray}),
             in_order(live), count.arrays, seconds.count());
  if (planted != nullptr) {
    const Count shared = with_shared_wordlines(*planted);
    fmt::print("   {:5} {:6.1f}", shared.arrays,
               static_cast<double>(shared.drives) / static_cast<double>(count.drives));
  }
  fmt::print("\n");
}

}  // namespace
}  // namespace crossloom

int main() {
  using namespace crossloom;
  fmt::print("{:34}  grid order mapped    time   wordlines drives\n", "layer of 1200 x 1200");
  for (const double outside : {0.0, 0.001, 0.005, 0.01, 0.02}) {
    const Planted planted(64, 0.8, outside);
    show(fmt::format("blocks of 64 at 80 % + {:g} %", 100 * outside), planted.live, &planted);
  }
  for (const double outside : {0.0, 0.01}) {
    const Planted planted(30, 0.8, outside);
    show(fmt::format("blocks of 30 at 80 % + {:g} %", 100 * outside), planted.live, &planted);
  }
  for (const double density : {0.001, 0.01, 0.02, 0.05, 0.15, 1.0}) {
    show(fmt::format("random {:g} %", 100 * density), Planted(kSide, density, density).live, nullptr);
  }
  for (const std::uint32_t rows : {60U, 300U})
    show(fmt::format("stripes of {} random rows", rows), row_subsets(rows), nullptr);
  return 0;
}
