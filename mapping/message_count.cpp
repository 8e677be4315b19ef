#include "mapping/message_count.h"

#include <algorithm>
#include <bitset>
#include <limits>
#include <map>

namespace crossloom {
namespace {

constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kWordBits = 64;

std::uint32_t count(std::uint64_t rows) { return static_cast<std::uint32_t>(std::bitset<kWordBits>(rows).count()); }

}  // namespace

MessageCounter::MessageCounter(const std::vector<PackedBank>& banks, const SpikingNetwork& network,
                               const std::vector<std::uint32_t>& home_of, std::uint32_t packet_bits)
    : packet_bits_(packet_bits) {
  for (const SpikingLayer& layer : network.layers) position_.emplace_back(layer.rows(), kNowhere);
  const auto add_source = [&](std::size_t layer, const std::vector<std::uint32_t>& rows) {
    const auto source = static_cast<std::uint32_t>(rows_of_source_.size());
    rows_of_source_.push_back(0);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      if (k % kWordBits == 0) source_of_word_.push_back(source);
      position_[layer][rows[k]] = static_cast<std::uint32_t>((source_of_word_.size() - 1) * kWordBits + k % kWordBits);
    }
  };
  std::vector<std::uint8_t> used(network.layers[LayerId(0)].inputs, 0);
  std::map<std::uint32_t, std::vector<std::uint32_t>> members;  // banks of each home
  for (std::uint32_t b = 0; b < banks.size(); ++b) {
    members[home_of[b]].push_back(b);
    if (banks[b].layer.value() != 0) continue;
    for (const auto& part : banks[b].row_parts) {
      for (const std::uint32_t row : part) {
        if (row < used.size()) used[row] = 1;
      }
    }
  }
  std::vector<std::uint32_t> from_host;
  for (std::uint32_t row = 0; row < used.size(); ++row) {
    if (used[row] != 0) from_host.push_back(row);
  }
  add_source(0, from_host);
  for (const auto& [home, of_home] : members) {
    const std::size_t next_layer = banks[of_home.front()].layer.value() + 1U;
    if (next_layer >= network.layers.size()) continue;
    std::vector<std::uint32_t> rows;
    for (const std::uint32_t b : of_home) rows.insert(rows.end(), banks[b].columns.begin(), banks[b].columns.end());
    add_source(next_layer, rows);
  }
  rows_of_word_.assign(source_of_word_.size(), 0);
}

ArrayInputs MessageCounter::inputs(LayerId layer, const std::vector<std::uint32_t>& rows) const {
  std::map<std::uint32_t, std::uint64_t> words;
  for (const std::uint32_t row : rows) {
    const std::uint32_t position = position_[layer.value()][row];
    if (position != kNowhere) words[position / kWordBits] |= std::uint64_t{1} << (position % kWordBits);
  }
  ArrayInputs inputs;
  for (const auto& [word, bits] : words) inputs.push_back({word, bits});
  return inputs;
}

std::vector<std::uint32_t> MessageCounter::sources(const ArrayInputs& inputs) const {
  std::vector<std::uint32_t> sources;
  for (const InputWord& input : inputs) {
    const std::uint32_t source = source_of_word_[input.word];
    if (sources.empty() || sources.back() != source) sources.push_back(source);
  }
  return sources;
}

Messages MessageCounter::to_tile(const std::vector<const ArrayInputs*>& arrays) {
  for (const ArrayInputs* const array : arrays) {
    if (array == nullptr) continue;
    for (const InputWord& input : *array) {
      if (rows_of_word_[input.word] == 0) words_.push_back(input.word);
      rows_of_word_[input.word] |= input.rows;
    }
  }
  for (const std::uint32_t word : words_) {
    std::uint32_t& rows = rows_of_source_[source_of_word_[word]];
    if (rows == 0) sources_.push_back(source_of_word_[word]);
    rows += count(rows_of_word_[word]);
    rows_of_word_[word] = 0;
  }
  Messages messages;
  for (const std::uint32_t source : sources_) {
    messages.packets += (rows_of_source_[source] + packet_bits_ - 1) / packet_bits_;
    rows_of_source_[source] = 0;
  }
  messages.tokens = sources_.size();
  words_.clear();
  sources_.clear();
  return messages;
}

}  // namespace crossloom
