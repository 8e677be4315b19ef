#include "models/chip_spec.h"

#include <array>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/models/small_chip.h"

namespace crossloom {
namespace {

using test::small_chip;

TEST(ChipSpec, CountsCyclesUpToTheNextWholeOne) {
  ChipSpec chip = small_chip();  // 200 MHz: 5 ns
  EXPECT_EQ(chip.period_fs(), 5'000'000U);
  EXPECT_EQ(chip.cycles_for(Time()).count(), 0U);
  EXPECT_EQ(chip.cycles_for(1_ps).count(), 1U);
  EXPECT_EQ(chip.cycles_for(5_ns).count(), 1U);
  EXPECT_EQ(chip.cycles_for(Time::from_si(5.000001e-9)).count(), 2U);
  EXPECT_EQ(chip.cycles_for(Time::from_si(104e-9)).count(), 21U);
}

TEST(ChipSpec, TakesWholeMultiplesOfThePeriodAsThatManyCycles) {
  ChipSpec chip = small_chip();
  for (const double period : {5e-9, 0.78125e-9, 1e-9, 3e-9}) {
    chip.clock = Frequency::from_si(1.0 / period);
    for (unsigned n = 1; n <= 3000; ++n) {
      const Time time = Time::from_si(period * n);
      ASSERT_EQ(chip.cycles_for(time).count(), n) << period;
      ASSERT_EQ(chip.cycles_for(chip.time_of(Cycles(n))).count(), n) << period;
    }
  }
}

TEST(ChipSpec, TurnsCyclesIntoTime) {
  const ChipSpec chip = small_chip();
  EXPECT_DOUBLE_EQ(chip.time_of(Cycles(3)).si(), 15e-9);
  EXPECT_EQ(chip.slot_cycles().count(), 1U);
}

TEST(ChipSpec, HasTwoArraysForPairedArraysAndOneASliceOtherwise) {
  CrossbarSpec crossbar = small_chip(8, 4, 3).crossbar;
  EXPECT_EQ(crossbar.arrays_per_crossbar(), 3U);
  EXPECT_EQ(crossbar.cells_per_crossbar(), 8U * 4 * 2 * 3);
  crossbar.signed_scheme = SignedScheme::paired_arrays;
  EXPECT_EQ(crossbar.arrays_per_crossbar(), 6U);
  EXPECT_EQ(crossbar.cells_per_crossbar(), 8U * 4 * 2 * 3);
}

TEST(ChipSpec, RoundsPacketsUpToWholeFlits) {
  InterconnectSpec interconnect;
  interconnect.header_bits = 16;
  for (const auto& [flit, packet, flits] :
       std::vector<std::array<std::uint32_t, 3>>{{80, 64, 1}, {79, 64, 2}, {16, 64, 5}, {17, 1, 1}, {16, 1, 2}}) {
    interconnect.flit_bits = flit;
    EXPECT_EQ(interconnect.packet_flits(packet), flits) << flit << " " << packet;
  }
}

TEST(ChipSpec, LimitsWeightsToSixteenBits) {
  EXPECT_EQ(weight_level_limit(16, 1), 15);
  EXPECT_EQ(weight_level_limit(4, 2), 15);
  EXPECT_EQ(weight_level_limit(2, 15), 32767);
  EXPECT_EQ(weight_level_limit(32768, 1), 32767);
  EXPECT_EQ(weight_level_limit(16, 4), std::nullopt);
  EXPECT_EQ(weight_level_limit(32768, 1000), std::nullopt);
}

TEST(ChipSpec, NamesEveryComponentOnceAndEveryActionOnceWithinItsComponent) {
  std::set<std::string> components, actions;
  for (const Component component : all_components()) {
    EXPECT_TRUE(components.insert(component_info(component).name).second);
    EXPECT_NE(std::string(component_info(component).counted_per), "");
  }
  for (const Action action : all_actions()) {
    const ActionInfo& info = action_info(action);
    EXPECT_TRUE(actions.insert(std::string(component_info(info.component).name) + "." + info.name).second) << info.name;
    EXPECT_NE(std::string(info.counted_per), "");
  }
  EXPECT_EQ(components.size(), kComponents);
  EXPECT_EQ(actions.size(), kActions);
}

TEST(ChipSpec, PlacesEveryActionInTheComponentThatSpendsIt) {
  EXPECT_EQ(action_info(Action::wordline_drive).component, Component::wordline_driver);
  EXPECT_EQ(action_info(Action::neuron_fire).component, Component::neuron);
  EXPECT_EQ(action_info(Action::target_lookup).component, Component::target_buffer);
  EXPECT_EQ(action_info(Action::zero_check).component, Component::zero_check);
  EXPECT_EQ(action_info(Action::router_traversal).component, Component::router);
  EXPECT_EQ(action_info(Action::token).component, Component::synchronisation);
  EXPECT_EQ(action_info(Action::global_control).component, Component::global_control);
  EXPECT_EQ(component_info(Component::link).group, CostGroup::network);
  EXPECT_EQ(component_info(Component::array).group, CostGroup::array);
  EXPECT_EQ(component_info(Component::neuron).group, CostGroup::periphery);
}

TEST(SourcedConstants, ListEveryNumberWithTheSourceOfItsSection) {
  ChipSpec chip = small_chip();
  chip.tiles = 40;
  chip.tile.counters = 12;
  std::map<std::string, SourcedConstant> constants;
  for (const SourcedConstant& constant : sourced_constants(chip)) {
    EXPECT_TRUE(constants.emplace(constant.name, constant).second) << constant.name << " twice";
    EXPECT_NE(constant.source, "") << constant.name;
    EXPECT_NE(constant.value, "") << constant.name;
  }
  EXPECT_EQ(constants.at("neuron.fire").value, "4 pJ");
  EXPECT_EQ(constants.at("neuron.fire").source, "source 2");
  EXPECT_EQ(constants.at("clock").value, "200 MHz");
  EXPECT_EQ(constants.at("clock").source, "chip source");
  EXPECT_EQ(constants.at("tiles").value, "40");
  EXPECT_EQ(constants.at("device.write_pulses").value, "3");
  EXPECT_EQ(constants.at("crossbar.read_voltage").source, "crossbar source");
  EXPECT_EQ(constants.at("interconnect.buffer_flits").source, "interconnect source");
  for (const Component component : all_components()) {
    EXPECT_EQ(constants.count(std::string(component_info(component).name) + ".area"), 1U);
    EXPECT_EQ(constants.count(std::string(component_info(component).name) + ".leakage"), 1U);
  }
  for (const Action action : all_actions()) {
    const ActionInfo& info = action_info(action);
    EXPECT_EQ(constants.count(std::string(component_info(info.component).name) + "." + info.name), 1U);
  }
}

}  // namespace
}  // namespace crossloom
