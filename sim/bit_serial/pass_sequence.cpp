#include "sim/bit_serial/pass_sequence.h"

#include <algorithm>

namespace crossloom::bit_serial {
namespace {

void add_each(std::vector<std::uint64_t>& sums, const std::vector<std::uint64_t>& more) {
  sums.resize(std::max(sums.size(), more.size()), 0);
  for (std::size_t i = 0; i < more.size(); ++i) sums[i] += more[i];
}

// Each pass has made other channels; the rest is 0.
void merge(std::vector<std::int32_t>& values, const std::vector<std::int32_t>& of_pass) {
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (of_pass[k] != 0) values[k] = of_pass[k];
  }
}

}  // namespace

PassSequence::PassSequence(const FixedPointNetwork& network, const PlacedNetwork& placed, const BitSerialChipSpec& chip,
                           const StreamOfImages& images, const CreditCycles& credit_cycles, CrossbarProducts& products,
                           const PlantedFaults& faults)
    : pace_(chip), memory_(network), run_cycles_(placed.passes, 0), write_cycles_(placed.passes, 0) {
  for (std::uint32_t pass = 0; pass < placed.passes; ++pass) {
    tables_.push_back(
        std::make_unique<FlowTables>(build_flow_tables(network, placed, chip, images, credit_cycles, pass)));
    boards_.push_back(std::make_unique<Board>(*tables_.back(), pace_, products, faults, &memory_));
  }
  if (placed.passes > 1) writings_ = write_all_passes(placed, network, chip);
}

void PassSequence::begin_stream(Cycle start) {
  stream_start_ = done_ = start;
  images_.clear();
  memory_.clear();
}

Cycle PassSequence::begin_pass(std::uint32_t pass, Cycle soonest) {
  begun_ = done_;
  if (!writings_.empty()) {
    written_ += writings_[pass].activity;
    begun_ += writings_[pass].cycles.count();
  }
  begun_ = std::max(begun_, soonest);
  write_cycles_[pass] += begun_ - done_;
  return begun_;
}

void PassSequence::finish_pass(std::uint32_t pass) {
  boards_[pass]->keep_in(memory_);
  std::vector<BitSerialImage> of_pass = boards_[pass]->take_images();
  Cycle last = 0;
  for (BitSerialImage& image : of_pass) {
    last = std::max(last, image.end_cycle);
    image.end_cycle += begun_ - stream_start_;
    if (!writings_.empty()) image.begin_cycle = 0;
  }
  run_cycles_[pass] += last;
  done_ = begun_ + last;
  if (images_.empty()) {
    images_ = std::move(of_pass);
    return;
  }
  for (std::size_t k = 0; k < images_.size(); ++k) {
    BitSerialImage& image = images_[k];
    merge(image.outputs, of_pass[k].outputs);
    for (std::size_t n = 0; n < image.nodes.size(); ++n) merge(image.nodes[NodeId(n)], of_pass[k].nodes[NodeId(n)]);
    image.predicted = static_cast<std::uint32_t>(std::max_element(image.outputs.begin(), image.outputs.end()) -
                                                 image.outputs.begin());
    image.end_cycle = of_pass[k].end_cycle;
  }
}

std::vector<BitSerialImage> PassSequence::take_images() { return std::move(images_); }

BitSerialActivity PassSequence::activity() const {
  BitSerialActivity sum = written_;
  for (const std::unique_ptr<Board>& board : boards_) sum += board->activity();
  return sum;
}

BitSerialUse PassSequence::use() const {
  BitSerialUse sum;
  for (const std::unique_ptr<Board>& board : boards_) {
    const BitSerialUse use = board->use();
    add_each(sum.crossbars, use.crossbars);
    add_each(sum.buses, use.buses);
    add_each(sum.adders, use.adders);
    add_each(sum.activation_units, use.activation_units);
    add_each(sum.pool_units, use.pool_units);
    for (std::size_t i = 0; i < kBitSerialStalls; ++i) sum.stalls[i] += use.stalls[i];
  }
  return sum;
}

}  // namespace crossloom::bit_serial
