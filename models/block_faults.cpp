#include "models/block_faults.h"

#include <algorithm>

#include <fmt/core.h>

#include "models/archive_lists.h"

namespace crossloom {
namespace {

bool ascending_below(const std::vector<std::uint32_t>& values, std::uint32_t limit) {
  const bool ascending = std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
  return !values.empty() && ascending && values.back() < limit;
}

}  // namespace

std::vector<std::string> block_faults(const std::vector<Block>& blocks, const std::vector<std::uint8_t>& live,
                                      std::uint32_t rows, std::uint32_t columns) {
  std::vector<std::uint8_t> covered(std::size_t{rows} * columns, 0);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    if (!ascending_below(blocks[b].rows, rows) || !ascending_below(blocks[b].columns, columns)) {
      return {fmt::format("block {} has no rows or columns, or they are not ascending within the matrix", b)};
    }
    for (const std::uint32_t i : blocks[b].rows) {
      std::uint8_t* const row = covered.data() + std::size_t{i} * columns;
      for (const std::uint32_t j : blocks[b].columns) row[j] = static_cast<std::uint8_t>(std::min(row[j] + 1, 2));
    }
  }
  for (std::size_t k = 0; k < covered.size(); ++k) {
    const bool is_live = live.empty() || live[k] != 0;
    if (!is_live || covered[k] == 1) continue;
    return {fmt::format("the live weight from input {} to output {} lies in {}", k / columns, k % columns,
                        covered[k] == 0 ? "no block" : "more than one block")};
  }
  return {};
}

void put_blocks(Archive& archive, const std::string& name, const std::vector<Block>& blocks) {
  std::vector<std::vector<std::uint32_t>> rows;
  std::vector<std::vector<std::uint32_t>> columns;
  std::vector<std::uint8_t> leftover;
  for (const Block& block : blocks) {
    rows.push_back(block.rows);
    columns.push_back(block.columns);
    leftover.push_back(block.leftover ? 1 : 0);
  }
  put_lists(archive, name + ".rows", rows);
  put_lists(archive, name + ".columns", columns);
  archive.put(name + ".leftover", leftover);
}

std::vector<Block> get_blocks(const Archive& archive, const std::string& name) {
  auto rows = get_lists<std::uint32_t>(archive, name + ".rows");
  auto columns = get_lists<std::uint32_t>(archive, name + ".columns");
  const auto leftover = archive.get<std::uint8_t>(name + ".leftover");
  if (rows.size() != columns.size() || rows.size() != leftover.size()) {
    fail_archive(archive.kind(), name + " has rows, columns and kinds of different counts");
  }
  std::vector<Block> blocks;
  for (std::size_t b = 0; b < rows.size(); ++b) {
    blocks.push_back({std::move(rows[b]), std::move(columns[b]), leftover[b] != 0});
  }
  return blocks;
}

ImageShape image_shape_from_header(const std::string& kind, const nlohmann::json& header) {
  constexpr std::uint64_t kLargestSide = 65536;
  constexpr std::uint64_t kLargestImage = std::uint64_t{1} << 28;
  if (!header.contains("input")) fail_archive(kind, "its header lacks input");
  const nlohmann::json& input = header.at("input");
  const std::uint64_t width = header_count(kind, input, "width", kLargestSide);
  const std::uint64_t height = header_count(kind, input, "height", kLargestSide);
  const std::uint64_t channels = header_count(kind, input, "channels", kLargestSide);
  const std::uint64_t size = width * height * channels;
  if (size == 0 || size > kLargestImage) fail_archive(kind, "its input is no image");
  return {static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), static_cast<std::uint32_t>(channels)};
}

}  // namespace crossloom
