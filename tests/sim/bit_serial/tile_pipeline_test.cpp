// Cycle by cycle: published pipelines from the parameters of their chips, and scenarios worked out by hand.
#include <gmock/gmock.h>

#include <map>

#include "base/config_reader.h"
#include "mapping/bit_serial/network_placement.h"
#include "models/bit_serial/chip_reference.h"
#include "tests/support/board_run.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/small_bit_serial_chip.h"

namespace crossloom {
namespace {

using Cycles2 = std::pair<std::uint64_t, std::uint64_t>;

BitSerialChipSpec published_chip(const std::string& name, const std::vector<ConfigOverride>& overrides = {}) {
  ConfigDocument document =
      ConfigDocument::from_file(std::string(CROSSLOOM_SOURCE_DIR) + "/configs/chips/" + name + ".yaml", overrides);
  BitSerialChipSpec chip = read_bit_serial_chip(document.root());
  document.finish();
  return chip;
}

/// Intervals by stage and element (of a home: by tile), counted from the first load on.
class Recorder : public BitSerialObserver {
 public:
  void on_interval(const BitSerialInterval& interval) override {
    if (!first_ || interval.begin_cycle < *first_) {
      if (interval.stage == BitSerialStage::load) first_ = interval.begin_cycle;
    }
    intervals_.push_back(interval);
  }
  /// Of one position of image 0, in the order in which they were told.
  [[nodiscard]] std::vector<Cycles2> of(BitSerialStage stage, std::uint32_t position = 0) const {
    std::vector<Cycles2> result;
    for (const BitSerialInterval& interval : intervals_) {
      if (interval.stage != stage || interval.position != position || interval.image != 0) continue;
      result.emplace_back(interval.begin_cycle - *first_, interval.end_cycle - *first_);
    }
    return result;
  }

 private:
  std::optional<std::uint64_t> first_;
  std::vector<BitSerialInterval> intervals_;
};

FixedPointNetwork network_of(const std::string& layers, const std::string& input, std::uint32_t bits) {
  test::ConvolutionOptions options;
  options.layers = layers;
  options.input = input;
  FixedPointSpec spec;
  spec.weight_bits = spec.activation_bits = bits;
  return test::random_fixed_point_network(options, spec);
}

Recorder record(const FixedPointNetwork& network, const BitSerialChipSpec& chip,
                const BitSerialMappingSpec& mapping = {}) {
  const PlacedNetwork placed = place_network(network, chip, mapping, RandomKey(1)).placed;
  const ProgrammedArrays arrays =
      ProgrammedArrays::program(placed, network, chip, fixed_adc_shifts(network, chip), RandomKey(1));
  Recorder recorder;
  test::BoardOptions options;
  options.observer = &recorder;
  const test::BoardRun run = test::run_board(network, placed, arrays,
                                             {test::random_pixels(network.nodes[NodeId(0)].shape.size(), 1)}, options);
  EXPECT_TRUE(run.finished);
  return recorder;
}

std::vector<Cycles2> at(std::uint64_t begin, std::uint64_t end) { return {{begin, end}}; }

TEST(TilePipeline, OfIsaacTakesTwentyTwoOfItsCyclesFromBufferToBuffer) {
  // ISAAC's cycle of 100 ns as the clock: what a tile moves in 100 ns it moves in one cycle.
  const BitSerialChipSpec chip = published_chip("isaac", {{"clock", "10 MHz"},
                                                          {"processing_element.load_cycles", "0"},
                                                          {"processing_element.finish_cycles", "1"},
                                                          {"tile.activation_cycles", "0"},
                                                          {"tile.activation_units", "200"},
                                                          {"tile.buffer_port_bits", "25600"},
                                                          {"tile.bus_bits", "38400"}});
  const Recorder run = record(
      network_of("  - {name: only, dense: {outputs: 16, activation: relu}}\n", "width: 16, height: 8, channels: 1", 16),
      chip);
  EXPECT_EQ(run.of(BitSerialStage::load), at(0, 1));
  EXPECT_EQ(run.of(BitSerialStage::drive), at(1, 17));    // sixteen slices
  EXPECT_EQ(run.of(BitSerialStage::convert), at(2, 18));  // one behind
  EXPECT_EQ(run.of(BitSerialStage::finish), at(18, 19));  // shift-and-add
  EXPECT_EQ(run.of(BitSerialStage::move), at(19, 20));    // output register
  EXPECT_EQ(run.of(BitSerialStage::activate), at(20, 21));
  EXPECT_EQ(run.of(BitSerialStage::keep), at(21, 22));
}

TEST(TilePipeline, OfIsaacReadsAPositionEverySixteenCyclesOnceItIsFull) {
  const BitSerialChipSpec chip = published_chip("isaac");
  const Recorder run = record(network_of("  - {name: only, conv2d: {outputs: 16, kernel: 3, activation: relu}}\n"
                                         "  - {name: line, flatten: {}}\n",
                                         "width: 8, height: 3, channels: 3", 16),
                              chip);
  for (std::uint32_t position = 1; position < 6; ++position) {
    EXPECT_EQ(run.of(BitSerialStage::drive, position).front().first,
              run.of(BitSerialStage::drive, position - 1).front().first + 1600);
  }
}

TEST(TilePipeline, OfPumaMultipliesAFullMatrixIn2304Nanoseconds) {
  const BitSerialChipSpec chip = published_chip("puma");
  const Recorder run = record(network_of("  - {name: only, dense: {outputs: 128, activation: none}}\n",
                                         "width: 16, height: 8, channels: 1", 16),
                              chip);
  const Cycles2 drive = run.of(BitSerialStage::drive).front();
  EXPECT_EQ(drive.second - drive.first, 16U * 128U);
  EXPECT_EQ(run.of(BitSerialStage::finish).front().second - drive.first, 2304U);
}

TEST(TilePipeline, AddsTwoRowPartsAsWorkedOutByHand) {
  // 32 inputs of 8 bits: two row parts in the two crossbars of an element. Loads share port and bus (128 bits, 2
  // cycles). A slice is read in 10 cycles and its 16 bit lines converted in 16, so from the second on slices wait for
  // the ADC: the last is sampled 10 + 7 x 16 = 122 cycles after the first began, and converted 16 later. Sums are 4 x
  // 20 bits.
  const Recorder run = record(
      network_of("  - {name: only, dense: {outputs: 4, activation: relu}}\n", "width: 8, height: 4, channels: 1", 8),
      test::small_bit_serial_chip());
  EXPECT_EQ(run.of(BitSerialStage::load), (std::vector<Cycles2>{{0, 2}, {2, 4}}));
  EXPECT_EQ(run.of(BitSerialStage::drive), (std::vector<Cycles2>{{3, 125}, {5, 127}}));
  EXPECT_EQ(run.of(BitSerialStage::convert), (std::vector<Cycles2>{{13, 141}, {15, 143}}));
  EXPECT_EQ(run.of(BitSerialStage::finish), (std::vector<Cycles2>{{141, 143}, {143, 145}}));
  EXPECT_EQ(run.of(BitSerialStage::move), (std::vector<Cycles2>{{143, 145}, {145, 147}}));
  EXPECT_EQ(run.of(BitSerialStage::add), (std::vector<Cycles2>{{145, 146}, {147, 148}}));
  EXPECT_EQ(run.of(BitSerialStage::activate), at(148, 150));
  EXPECT_EQ(run.of(BitSerialStage::keep), at(150, 151));
  EXPECT_EQ(run.of(BitSerialStage::read_out), at(151, 152));
}

TEST(TilePipeline, SlicesOfTwoCrossbarsTakeTurnsOnASharedAdc) {
  // One ADC for both crossbars, conversions of a slice 16 cycles: after the start, where each waits for the other's, a
  // slice of either is converted every 32 cycles.
  BitSerialChipSpec chip = test::small_bit_serial_chip();
  chip.processing_element.adcs = 1;
  const Recorder run = record(
      network_of("  - {name: only, dense: {outputs: 4, activation: relu}}\n", "width: 8, height: 4, channels: 1", 8),
      chip);
  // First: slice t done at 13 + 16 + 32 t. Second: 16 later.
  EXPECT_EQ(run.of(BitSerialStage::convert), (std::vector<Cycles2>{{13, 29 + 7 * 32}, {15, 45 + 7 * 32}}));
  EXPECT_EQ(run.of(BitSerialStage::drive), (std::vector<Cycles2>{{3, 29 + 6 * 32}, {5, 45 + 6 * 32}}));
}

TEST(TilePipeline, PartsOfOneCrossbarAreDrivenOneAfterAnother) {
  // Three kernels of 4 rows and a column each share a crossbar: each is ready long before the one before it is done.
  BitSerialMappingSpec mapping;
  mapping.packing = BlockPacking::fewest_crossbars;
  const Recorder run =
      record(network_of("  - {name: only, conv2d: {outputs: 3, kernel: 2, groups: 3, activation: relu}}\n"
                        "  - {name: line, flatten: {}}\n",
                        "width: 2, height: 2, channels: 3", 8),
             test::small_bit_serial_chip(), mapping);
  const std::vector<Cycles2> drives = run.of(BitSerialStage::drive);
  const std::vector<Cycles2> loads = run.of(BitSerialStage::load);
  ASSERT_EQ(drives.size(), 3U);
  EXPECT_LT(loads[2].second, drives[0].second);
  EXPECT_EQ(drives[1].first, drives[0].second);
  EXPECT_EQ(drives[2].first, drives[1].second);
}

}  // namespace
}  // namespace crossloom
