// Timed runs give, node by node and value by value, what the `chip` reference says, whatever the mapping.
#include <gmock/gmock.h>

#include "base/error.h"
#include "mapping/bit_serial/network_placement.h"
#include "models/bit_serial/dataflow.h"
#include "tests/support/board_run.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/small_bit_serial_chip.h"
#include "tests/support/smallest_buffer.h"

namespace crossloom {
namespace {

using test::BoardOptions;
using test::BoardRun;
using test::fixed_point_layers;
using test::small_bit_serial_chip;

std::vector<std::vector<std::uint8_t>> images_for(const FixedPointNetwork& network, std::size_t count) {
  std::vector<std::vector<std::uint8_t>> images;
  for (std::size_t k = 0; k < count; ++k) {
    images.push_back(test::random_pixels(network.nodes[NodeId(0)].shape.size(), 100 + k));
  }
  return images;
}

struct Case {
  Folding folding = Folding::folded;
  double density = 1.0;
  std::uint32_t images = 1, in_flight = 1;
};

std::string run_case(const std::string& layers, const Case& what, BitSerialChipSpec chip = small_bit_serial_chip(),
                     const BoardOptions& base = {}) {
  const FixedPointNetwork network = test::eight_bit_network(layers, what.density);
  BitSerialMappingSpec spec;
  spec.folding = what.folding;
  spec.packing = BlockPacking::fewest_crossbars;  // small parts share crossbars without limit
  const PlacedNetwork placed = place_network(network, chip, spec, RandomKey(1)).placed;
  const ProgrammedArrays arrays =
      ProgrammedArrays::program(placed, network, chip, fixed_adc_shifts(network, chip), RandomKey(1));
  const auto images = images_for(network, what.images);
  BoardOptions options = base;
  options.images_in_flight = what.in_flight;
  return test::difference_from_reference(network, chip, test::run_board(network, placed, arrays, images, options),
                                         images);
}

TEST(BoardValues, EqualTheChipReferenceForEveryKindOfNode) {
  for (const std::string& layers : fixed_point_layers()) EXPECT_EQ(run_case(layers, {}), "");
}

TEST(BoardValues, EqualTheChipReferenceWithMasksAndBlocks) {
  for (const std::string& layers : fixed_point_layers()) {
    Case what;
    what.density = 0.4;
    EXPECT_EQ(run_case(layers, what), "");
  }
}

TEST(BoardValues, EqualTheChipReferenceWithCopiesOfKernels) {
  for (const std::string& layers : fixed_point_layers()) {
    for (const Folding folding : {Folding::semi_folded, Folding::unfolded, Folding::balanced}) {
      Case what;
      what.folding = folding;
      BitSerialChipSpec chip = small_bit_serial_chip();
      chip.tiles = 2000;
      EXPECT_EQ(run_case(layers, what, chip), "");
    }
  }
}

TEST(BoardValues, EqualTheChipReferenceWithSeveralImagesInFlight) {
  for (const std::string& layers : fixed_point_layers()) {
    for (const std::uint32_t in_flight : {1U, 2U, 5U}) {
      Case what;
      what.images = 5;
      what.in_flight = in_flight;
      EXPECT_EQ(run_case(layers, what), "");
    }
  }
}

TEST(BoardValues, EqualTheChipReferenceWhereAdcsClipOrAreShared) {
  for (const std::string& layers : fixed_point_layers()) {
    BitSerialChipSpec chip = small_bit_serial_chip();
    chip.adc.bits = 4;
    chip.processing_element.adcs = 1;
    EXPECT_EQ(run_case(layers, {}, chip), "");
    chip.processing_element.crossbars_in_parallel = false;
    chip.adc.sample_and_hold_stages = 0;
    EXPECT_EQ(run_case(layers, {}, chip), "");
    chip.adc.sample_and_hold_stages = 3;
    chip.array.flip_encoding = true;
    EXPECT_EQ(run_case(layers, {}, chip), "");
  }
}

TEST(BoardValues, EqualTheChipReferenceWithSmallRegistersAndSlicesInArraysOfTheirOwn) {
  for (const std::string& layers : fixed_point_layers()) {
    BitSerialChipSpec chip = small_bit_serial_chip();
    chip.processing_element.input_register_bits = 128;
    chip.processing_element.output_register_bits = 20;
    chip.processing_element.arrays = chip.processing_element.adcs = 8;
    chip.array.slice_placement = SlicePlacement::arrays;
    EXPECT_EQ(run_case(layers, {}, chip), "");
    chip.array.weight_encoding = WeightEncoding::differential;
    chip.processing_element.arrays = chip.processing_element.adcs = 16;
    EXPECT_EQ(run_case(layers, {}, chip), "");
  }
}

NetworkOnChipSpec mesh(std::uint32_t width, std::uint32_t height) {
  NetworkOnChipSpec spec;
  spec.width = width;
  spec.height = height;
  spec.flit_bits = 32;
  return spec;
}

TEST(BoardValues, EqualTheChipReferenceOverAMeshWithAndWithoutMulticast) {
  for (const std::string& layers : fixed_point_layers()) {
    BoardOptions options;
    options.network = mesh(16, 17);
    Case what;
    what.images = 3;
    what.in_flight = 2;
    EXPECT_EQ(run_case(layers, what, small_bit_serial_chip(), options), "");
    options.network->multicast_virtual_channels = 2;
    options.network->buffer_flits = 16;
    EXPECT_EQ(run_case(layers, what, small_bit_serial_chip(), options), "");
  }
}

TEST(BoardValues, EqualTheChipReferenceOnSeveralChipsOnALink) {
  for (const std::string& layers : fixed_point_layers()) {
    BitSerialChipSpec chip = small_bit_serial_chip();
    chip.tiles = 2;
    chip.chips = 200;
    chip.chip_link = ChipLinkSpec{};
    chip.chip_link->bits_per_second = 4e9;
    chip.chip_link->latency = 20_ns;
    BoardOptions options;
    Case what;
    what.folding = Folding::semi_folded;
    for (const std::uint32_t nodes : {2U, 3U}) {  // the port is at a tile's node, or has its own
      options.network = mesh(nodes, 1);
      EXPECT_EQ(run_case(layers, what, chip, options), "");
    }
  }
}

TEST(BoardValues, EqualTheChipReferenceInTheSmallestBuffersThatAreAccepted) {
  for (const std::string& layers : fixed_point_layers()) {
    for (const Folding folding : {Folding::folded, Folding::semi_folded}) {
      BitSerialChipSpec chip = small_bit_serial_chip();
      chip.tiles = 2000;
      Case what;
      what.folding = folding;
      what.images = 3;
      what.in_flight = 3;
      BitSerialMappingSpec spec;
      spec.folding = folding;
      spec.packing = BlockPacking::fewest_crossbars;  // small parts share crossbars without limit
      chip = test::with_smallest_buffers(chip, test::eight_bit_network(layers), spec);
      EXPECT_EQ(run_case(layers, what, chip), "") << chip.tile.buffer_bits << " bits";
    }
  }
}

TEST(BoardValues, NoticeASwappedRowAndALostMessage) {
  BoardOptions swapped;
  swapped.faults.swap_two_rows = true;
  EXPECT_NE(run_case(fixed_point_layers()[1], {}, small_bit_serial_chip(), swapped), "");
  BoardOptions lost;
  lost.faults.lose_one_message = true;
  const std::string verdict = run_case(fixed_point_layers()[1], {}, small_bit_serial_chip(), lost);
  EXPECT_THAT(verdict, testing::HasSubstr("deadlock"));
  EXPECT_THAT(verdict, testing::HasSubstr("waits for input"));
}

}  // namespace
}  // namespace crossloom
