// The run in SystemC: the same values and cycles as the plain board, streams, and the watchdog.
#include "sim/bit_serial/simulation.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "mapping/bit_serial/network_placement.h"
#include "tests/support/board_run.h"
#include "tests/support/random_fixed_point.h"
#include "tests/support/small_bit_serial_chip.h"

namespace crossloom {
namespace {

struct Scenario {
  BitSerialChipSpec chip = test::small_bit_serial_chip();
  FixedPointNetwork network;
  PlacedNetwork placed;
  ProgrammedArrays arrays;
  std::vector<std::vector<std::uint8_t>> images;

  explicit Scenario(std::size_t which, std::size_t count)
      : network(make_network(which)),
        placed(place(network, chip)),
        arrays(ProgrammedArrays::program(placed, network, chip, fixed_adc_shifts(network, chip), RandomKey(1))) {
    for (std::size_t k = 0; k < count; ++k) {
      images.push_back(test::random_pixels(network.nodes[NodeId(0)].shape.size(), k));
    }
  }
  static FixedPointNetwork make_network(std::size_t which) {
    test::ConvolutionOptions options;
    options.layers = test::fixed_point_layers()[which];
    FixedPointSpec spec;
    spec.weight_bits = spec.activation_bits = 8;
    return test::random_fixed_point_network(options, spec);
  }
  static PlacedNetwork place(const FixedPointNetwork& network, BitSerialChipSpec& chip) {
    chip.interconnect.width = 16;
    chip.interconnect.height = 17;
    chip.interconnect.flit_bits = 32;
    return place_network(network, chip, {}, RandomKey(1)).placed;
  }
  [[nodiscard]] std::vector<BitSerialStimulus> stimulus() const {
    std::vector<BitSerialStimulus> result;
    for (std::uint32_t k = 0; k < images.size(); ++k) result.push_back({k, images[k].data()});
    return result;
  }
};

TEST(BitSerialSimulation, GivesTheValuesAndCyclesOfThePlainBoard) {
  const Scenario scenario(2, 3);
  BitSerialSimulationOptions options;
  options.stream_length = 3;
  options.images_in_flight = 2;
  options.keep_nodes = true;
  const BitSerialResult timed =
      simulate_bit_serial(scenario.network, scenario.placed, scenario.arrays, scenario.stimulus(), options);
  test::BoardOptions plain;
  plain.network = scenario.chip.interconnect;
  plain.images_in_flight = 2;
  const test::BoardRun board =
      test::run_board(scenario.network, scenario.placed, scenario.arrays, scenario.images, plain);
  ASSERT_EQ(timed.images.size(), 3U);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(timed.images[k].outputs, board.images[k].outputs);
    EXPECT_EQ(timed.images[k].nodes.raw(), board.images[k].nodes.raw());
    EXPECT_EQ(timed.images[k].begin_cycle, board.images[k].begin_cycle);
    EXPECT_EQ(timed.images[k].end_cycle, board.images[k].end_cycle);
  }
  EXPECT_EQ(timed.activity.total(), board.activity.total());
  EXPECT_EQ(timed.elapsed_cycles, board.images.back().end_cycle);
  EXPECT_GT(timed.cycles_per_image, 0.0);
  EXPECT_GT(timed.flits, 0U);
}

TEST(BitSerialSimulation, BeginsEveryStreamOnAnEmptyChip) {
  const Scenario scenario(1, 2);
  BitSerialSimulationOptions options;
  options.stream_length = 1;
  auto stimulus = scenario.stimulus();
  stimulus[1].pixels = stimulus[0].pixels;
  const BitSerialResult timed =
      simulate_bit_serial(scenario.network, scenario.placed, scenario.arrays, stimulus, options);
  EXPECT_EQ(timed.images[0].end_cycle, timed.images[1].end_cycle);
  EXPECT_EQ(timed.images[0].outputs, timed.images[1].outputs);
  EXPECT_EQ(timed.elapsed_cycles, 2 * timed.images[0].end_cycle);
}

TEST(BitSerialSimulation, ReportsALostMessageAsDeadlockWithWhatWaits) {
  const Scenario scenario(1, 1);
  bit_serial::PlantedFaults faults;
  faults.lose_one_message = true;
  try {
    simulate_bit_serial(scenario.network, scenario.placed, scenario.arrays, scenario.stimulus(), {}, faults);
    FAIL() << "nothing was lost";
  } catch (const Bug& bug) {
    EXPECT_THAT(bug.what(), testing::HasSubstr("deadlock"));
    EXPECT_THAT(bug.what(), testing::HasSubstr("waits for input since cycle"));
  }
}

}  // namespace
}  // namespace crossloom
