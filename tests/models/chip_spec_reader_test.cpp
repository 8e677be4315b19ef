#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "models/chip_spec.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

const std::filesystem::path kConfigs = std::filesystem::path(CROSSLOOM_SOURCE_DIR) / "configs";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("no '" + from + "' in the text");
  return text.replace(at, from.size(), to);
}

/// resparc.yaml with its device inline, so that one text holds everything.
std::string chip_text() {
  std::string device;
  for (char c : "\n" + read_file(kConfigs / "devices" / "ag_si.yaml")) {
    device += c;
    if (c == '\n') device += "  ";
  }
  return replaced(read_file(kConfigs / "chips" / "resparc.yaml"), " ../devices/ag_si.yaml", device);
}

ChipSpec read(const std::string& text, const std::vector<ConfigOverride>& overrides = {}) {
  ConfigDocument document = ConfigDocument::from_text(text, "chip.yaml", overrides);
  const ChipSpec chip = read_chip_spec(document.root());
  document.finish();
  return chip;
}

std::string problems_of(const std::string& text, const std::vector<ConfigOverride>& overrides = {}) {
  try {
    read(text, overrides);
  } catch (const UserError& error) {
    return error.what();
  }
  return "no problem";
}

/// The problems, without their places, of the chip with one key overridden.
std::string problems_with(const std::string& key, const std::string& value) {
  return problems_of(chip_text(), {{key, value}});
}

/// The chip with this wires section.
std::string with_wires(const std::string& wires) {
  return replaced(chip_text(), "  read_time:", "  wires: " + wires + "\n  read_time:");
}

TEST(ChipSpecReader, ReadsWiresAndLeavesThemOutWhereNoneAreGiven) {
  EXPECT_TRUE(read(chip_text()).crossbar.wires.ideal());
  const ChipSpec chip =
      read(with_wires("{wordline: 1 ohm, bitline: 2.5 ohm, driver: 1 kohm, sides: both, source: a test}"));
  EXPECT_EQ(chip.crossbar.wires.wordline, Resistance::from_si(1.0));
  EXPECT_EQ(chip.crossbar.wires.bitline, Resistance::from_si(2.5));
  EXPECT_EQ(chip.crossbar.wires.driver, 1_kohm);
  EXPECT_EQ(chip.crossbar.wires.sense, Resistance());
  EXPECT_EQ(chip.crossbar.wires.sides, DriverSides::both);
  EXPECT_FALSE(chip.ideal());
  const auto constants = sourced_constants(chip);
  EXPECT_TRUE(std::any_of(constants.begin(), constants.end(), [](const SourcedConstant& constant) {
    return constant.name == "crossbar.wires.bitline" && constant.value == "2.5 ohm" && constant.source == "a test";
  }));
}

TEST(ChipSpecReader, RefusesWiresThatAreNone) {
  const auto problems = [](const std::string& wires) { return problems_of(with_wires(wires)); };
  EXPECT_THAT(problems("{wordline: -1 ohm, bitline: 1 ohm, source: x}"), HasSubstr("wires.wordline"));
  EXPECT_THAT(problems("{wordline: 1 S, bitline: 1 ohm, source: x}"), HasSubstr("expected a resistance"));
  EXPECT_THAT(problems("{wordline: 1 ohm, source: x}"), HasSubstr("bitline"));
  EXPECT_THAT(problems("{wordline: 1 ohm, bitline: 1 ohm, sides: three, source: x}"), HasSubstr("wires.sides"));
  EXPECT_THAT(problems("{wordline: 1 ohm, bitline: 1 ohm, source: ''}"), HasSubstr("wires.source"));
  EXPECT_THAT(problems("{wordline: 1 ohm, bitline: 1e-18 ohm, source: x}"), HasSubstr("must be 0, or from"));
  EXPECT_THAT(problems("{wordline: 1 ohm, bitline: 1 ohm, resistance: 1 ohm, source: x}"), HasSubstr("resistance"));
}

TEST(ChipSpecReader, ReadsTheShippedChip) {
  ConfigDocument document = ConfigDocument::from_file(kConfigs / "chips" / "resparc.yaml");
  const ChipSpec chip = read_chip_spec(document.root());
  document.finish();
  EXPECT_EQ(chip.name, "RESPARC-like");
  EXPECT_EQ(chip.clock, 200_MHz);
  EXPECT_EQ(chip.device.name, "Ag-Si");
  EXPECT_EQ(chip.device.minimum_conductance, 5_uS);
  EXPECT_TRUE(chip.device.ideal());
  EXPECT_EQ(chip.crossbar.rows, 64U);
  EXPECT_EQ(chip.slot_cycles().count(), 1U);
  EXPECT_EQ(chip.tile.crossbars, 4U);
  EXPECT_EQ(chip.tile_group.tiles, 16U);
  EXPECT_EQ(chip.tile_group.analog_reach, AnalogReach::tile_group);
  EXPECT_EQ(chip.interconnect.packet_flits(chip.tile.packet_bits), 1U);
  EXPECT_EQ(chip.tiles, std::nullopt);
  EXPECT_FALSE(chip.power_gating);
  EXPECT_EQ(chip.costs.of(Action::neuron_fire), 100_fJ);
  EXPECT_EQ(chip.costs.of(Component::router).leakage, Power::from_si(1.04e-3));
}

TEST(ChipSpecReader, ReadsEveryShippedDevice) {
  std::size_t devices = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kConfigs / "devices")) {
    ConfigDocument document = ConfigDocument::from_file(entry.path());
    const DeviceSpec device = read_device_spec(document.root());
    document.finish();
    EXPECT_NE(device.source, "") << entry.path();
    ++devices;
  }
  EXPECT_GE(devices, 3U);
}

TEST(ChipSpecReader, TakesOtherSizesFromTheCommandLine) {
  const ChipSpec chip = read(chip_text(), {{"crossbar.rows", "128"},
                                           {"crossbar.columns", "128"},
                                           {"tiles", "64"},
                                           {"crossbar.signed_scheme", "paired_arrays"},
                                           {"crossbar.selector", "cut_off"}});
  EXPECT_EQ(chip.crossbar.rows, 128U);
  EXPECT_EQ(chip.tiles, 64U);
  EXPECT_EQ(chip.crossbar.signed_scheme, SignedScheme::paired_arrays);
  EXPECT_EQ(chip.crossbar.selector, Selector::cut_off);
}

TEST(ChipSpecReader, PrintsAConfigurationThatReadsBackToTheSame) {
  ConfigDocument document = ConfigDocument::from_text(chip_text(), "chip.yaml", {{"tiles", "64"}});
  read_chip_spec(document.root());
  document.finish();
  const std::string resolved = document.resolved();
  ConfigDocument again = ConfigDocument::from_text(resolved, "resolved.yaml");
  const ChipSpec chip = read_chip_spec(again.root());
  again.finish();
  EXPECT_EQ(chip.tiles, 64U);
  EXPECT_EQ(again.resolved(), resolved);
}

TEST(ChipSpecReader, FillsDefaultsIntoTheResolvedConfiguration) {
  std::string text = chip_text();
  for (const char* line : {"  weight_slices: 1\n", "  selector: none\n", "tiles: auto\n", "power_gating: false\n",
                           "  programming_error: 0\n"}) {
    text = replaced(text, line, "");
  }
  ConfigDocument document = ConfigDocument::from_text(text, "chip.yaml");
  const ChipSpec chip = read_chip_spec(document.root());
  document.finish();
  EXPECT_EQ(chip.crossbar.weight_slices, 1U);
  for (const char* line : {"  weight_slices: 1\n", "  selector: none\n", "tiles: auto\n", "power_gating: false\n",
                           "  programming_error: 0\n"}) {
    EXPECT_THAT(document.resolved(), HasSubstr(line));
  }
}

struct Broken {
  const char* key;
  const char* value;
  const char* message;
};

class BrokenChip : public testing::TestWithParam<Broken> {};

TEST_P(BrokenChip, IsRefusedWithThePathAndTheReason) {
  const Broken& broken = GetParam();
  EXPECT_EQ(problems_with(broken.key, broken.value),
            "1 problem in the configuration:\n--set: " + std::string(broken.message));
}

INSTANTIATE_TEST_SUITE_P(
    ChipSpecReader, BrokenChip,
    testing::Values(
        Broken{
            "clock", "3 GHz",
            "clock: the period of 3 GHz is not a whole number of femtoseconds; 3.000003000003 GHz is the nearest clock "
            "with one"},
        Broken{"clock", "5 ns", "clock: expected a frequency such as \"1.2 GHz\", got \"5 ns\""},
        Broken{"device.maximum_conductance", "4 uS",
               "device.maximum_conductance: must be larger than minimum_conductance (5 uS), got 4 uS"},
        Broken{"device.minimum_conductance", "0 S",
               "device.minimum_conductance: expected a conductance from 100 pS to 10 mS, got \"0 S\""},
        Broken{"device.levels", "1", "device.levels: expected an integer from 2 to 32768, got \"1\""},
        Broken{"device.programming_error", "1.5",
               "device.programming_error: expected a number from 0 to 1, got \"1.5\""},
        Broken{"device.write_energy", "3 J", "device.write_energy: expected an energy from 0 J to 1 uJ, got \"3 J\""},
        Broken{"crossbar.weight_slices", "4",
               "crossbar.weight_slices: 4 slices of 16 levels make weights that do not fit 16 bits; "
               "levels^weight_slices - 1 "
               "may be at most 32767"},
        Broken{"crossbar.rows", "0", "crossbar.rows: expected an integer from 1 to 4096, got \"0\""},
        Broken{"crossbar.signed_scheme", "offset",
               "crossbar.signed_scheme: expected one of paired_columns, paired_arrays, got \"offset\""},
        Broken{"crossbar.selector", "cutoff",
               "crossbar.selector: expected one of none, cut_off, got \"cutoff\"; did you mean 'cut_off'?"},
        Broken{"crossbar.read_voltage", "0.5",
               "crossbar.read_voltage: expected a voltage such as \"0.5 V\", got \"0.5\", which has no unit"},
        Broken{"crossbar.read_time", "100 us",
               "crossbar.read_time: reading one row with all its cells at G_max would take 160 nJ, more than 100 pJ; "
               "lower "
               "read_time, read_voltage or the conductances"},
        Broken{"tile.neurons", "63",
               "tile.neurons: a tile with 63 neurons cannot serve one crossbar of 64 columns; give at least 64"},
        Broken{"tile.packet_bits", "65", "tile.packet_bits: expected an integer from 1 to 64, got \"65\""},
        Broken{"tile_group.analog_reach", "chip",
               "tile_group.analog_reach: expected one of tile, tile_group, got \"chip\""},
        Broken{"interconnect.header_bits", "81",
               "interconnect.header_bits: a step-done token is one flit, so the header of 81 bits must fit into "
               "flit_bits (80)"},
        Broken{"interconnect.tiles_per_router", "0",
               "interconnect.tiles_per_router: expected an integer from 1 to 59, got \"0\""},
        Broken{"interconnect.tiles_per_router", "60",
               "interconnect.tiles_per_router: expected an integer from 1 to 59, got \"60\""},
        Broken{"interconnect.router_cycles", "0",
               "interconnect.router_cycles: expected an integer from 1 to 1000000, got \"0\""},
        Broken{"tiles", "some", "tiles: expected auto or an integer from 1 to 1000000, got \"some\""},
        Broken{"tiles", "0", "tiles: expected auto or an integer from 1 to 1000000, got \"0\""},
        Broken{"power_gating", "maybe", "power_gating: expected true or false, got \"maybe\""},
        Broken{"costs.router.area", "0.2 m2",
               "costs.router.area: expected an area from 0 m2 to 100 mm2, got \"0.2 m2\""},
        Broken{"costs.array.area", "0.1 mm2",
               "costs.array.area: expected an area from 0 m2 to 100 um2, got \"0.1 mm2\""},
        Broken{"costs.control.leakage", "1 MW",
               "costs.control.leakage: expected a power from 0 W to 10 W, got \"1 MW\""},
        Broken{"costs.neuron.fire", "-1 pJ", "costs.neuron.fire: expected an energy from 0 J to 1 uJ, got \"-1 pJ\""},
        Broken{"costs.neuron.source", " ",
               "costs.neuron.source: must not be empty: give the paper or tool that the numbers come from, or "
               "\"recalled: ...\""},
        Broken{"name", " ", "name: must not be empty: give the chip a name"}));

TEST(ChipSpecReader, RefusesABufferThatCannotHoldAPacket) {
  EXPECT_EQ(problems_of(chip_text(), {{"interconnect.flit_bits", "16"}, {"interconnect.buffer_flits", "4"}}),
            "1 problem in the configuration:\n--set: interconnect.buffer_flits: a buffer of 4 flits cannot hold one "
            "packet of 5 "
            "flits (16 header and 64 packet bits at 16 bits a flit)");
}

TEST(ChipSpecReader, RefusesStuckCellsBeyondAllCells) {
  EXPECT_EQ(problems_of(chip_text(), {{"device.stuck_at_minimum", "0.6"}, {"device.stuck_at_maximum", "0.5"}}),
            "1 problem in the configuration:\n--set: device.stuck_at_maximum: stuck_at_minimum (0.6) and "
            "stuck_at_maximum (0.5) "
            "are shares of the same cells and may add up to 1 at most");
}

TEST(ChipSpecReader, TakesMoreHostPortsThanAMeshHasRowsSinceAMeshUsesOneARowAtMost) {
  EXPECT_EQ(problems_of(chip_text(), {{"tiles", "8"}, {"interconnect.host_ports", "64"}}), "no problem");
}

std::string chip_text_with(const std::string& crossbar_lines, const std::string& neurons) {
  return replaced(chip_text(), "\ncrossbar:\n", "\n" + neurons + "crossbar:\n" + crossbar_lines);
}

TEST(ChipSpecReader, ReadsRemediesAndCircuitsThatAreNotAlike) {
  EXPECT_TRUE(read(chip_text()).ideal());
  const ChipSpec chip =
      read(chip_text_with("  write_verify: {attempts: 5, tolerance: 0.02}\n  calibration: column_gain\n"
                          "  driver_variation: 0.01\n",
                          "neurons: {threshold_variation: 0.05, comparator_offset: -0.02, source: a test}\n"));
  EXPECT_FALSE(chip.ideal());
  EXPECT_TRUE(chip.device.ideal());
  ASSERT_TRUE(chip.crossbar.write_verify.has_value());
  EXPECT_EQ(chip.crossbar.write_verify->attempts, 5U);
  EXPECT_EQ(chip.crossbar.write_verify->tolerance, 0.02);
  EXPECT_EQ(chip.crossbar.calibration, Calibration::column_gain);
  EXPECT_EQ(chip.crossbar.driver_variation, 0.01);
  EXPECT_EQ(chip.neurons.threshold_variation, 0.05);
  EXPECT_EQ(chip.neurons.comparator_offset, -0.02);
  EXPECT_EQ(chip.neurons.comparator_noise, 0.0);
}

TEST(ChipSpecReader, RefusesRemediesAndCircuitsThatMakeNoSense) {
  EXPECT_THAT(problems_of(chip_text_with("  write_verify: {attempts: 0, tolerance: 0.02}\n", "")),
              HasSubstr("crossbar.write_verify.attempts: expected an integer from 1 to 10000, got \"0\""));
  EXPECT_THAT(problems_of(chip_text_with("  write_verify: {attempts: 2, tolerance: -1}\n", "")),
              HasSubstr("crossbar.write_verify.tolerance: expected a number from 0 to 1, got \"-1\""));
  EXPECT_THAT(problems_of(chip_text_with("  calibration: row_gain\n", "")),
              HasSubstr("crossbar.calibration: expected one of none, column_gain, got \"row_gain\""));
  EXPECT_THAT(problems_of(chip_text_with("  driver_variation: .inf\n", "")),
              HasSubstr("crossbar.driver_variation: expected a number from 0 to 1"));
  EXPECT_THAT(problems_of(chip_text_with("", "neurons: {comparator_noise: -0.1, source: a test}\n")),
              HasSubstr("neurons.comparator_noise: expected a number from 0 to 1, got \"-0.1\""));
  EXPECT_THAT(problems_of(chip_text_with("", "neurons: {comparator_noise: 0.1}\n")),
              HasSubstr("neurons.source: missing"));
}

TEST(ChipSpecReader, NamesThePlaceOfAProblem) {
  const std::string text = replaced(chip_text(), "packet_bits: 64", "packet_bits: 128");
  const std::size_t at = text.find("packet_bits: 128");
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  EXPECT_EQ(problems_of(text), "1 problem in the configuration:\nchip.yaml:" + std::to_string(line) +
                                   ":16: tile.packet_bits: expected an integer from 1 to 64, got \"128\"");
}

TEST(ChipSpecReader, RefusesAMissingSourceAndAnUnknownKeyTogether) {
  std::string text = replaced(chip_text(), "    compare: 8 fJ\n", "    compared: 8 fJ\n");
  const std::size_t source = text.find("    source:", text.find("  link:"));
  text.erase(source, text.find('\n', source) - source + 1);
  const std::string problems = problems_of(text);
  EXPECT_THAT(problems, HasSubstr("3 problems in the configuration:"));
  EXPECT_THAT(problems, HasSubstr("costs.neuron.compared: unknown key"));
  EXPECT_THAT(problems, HasSubstr("did you mean 'compare'?"));
  EXPECT_THAT(problems, HasSubstr("costs.neuron.compare: missing; expected an energy from 0 J to 1 uJ"));
  EXPECT_THAT(problems, HasSubstr("costs.link.source: missing; expected a text"));
}

TEST(ChipSpecReader, ReportsEachMissingSectionOnce) {
  const std::string problems = problems_of("name: a\ntechnology: b\nsource: c\nclock: 1 GHz\n");
  for (const char* section : {"device", "crossbar", "tile", "tile_group", "interconnect", "costs"}) {
    EXPECT_THAT(problems, HasSubstr(std::string(": ") + section + ": missing")) << section;
  }
  EXPECT_THAT(problems, HasSubstr("6 problems in the configuration:"));
}

TEST(ChipSpecReader, SpikeSimsTableAddsUpToItsToolsEnergyOfAKernelPositionWithinATenth) {
  const ChipSpec chip = read(read_file(kConfigs / "chips" / "spikesim.yaml"));
  constexpr double kArrays = 9.0, kColumns = 64.0;
  const auto picojoules = [&](Action action) { return chip.costs.of(action).si() * 1e12; };
  const double ours = kArrays * 1.764 + kArrays * kColumns * picojoules(Action::neuron_integrate) +
                      kColumns * picojoules(Action::neuron_compare) + kArrays * picojoules(Action::input_buffer_read) +
                      picojoules(Action::tile_control);
  // SpikeSim's formula for one crossbar cycle of a tile: 64 inputs and outputs, 8 processing elements, 8 ADCs each.
  const double theirs = 157.1 + 4.64 + 5.096 + 8.0 * (kArrays * 1.764 + 8.0 * (2.031 + 0.0942)) + 8.0 * 0.2 + 397.0;
  EXPECT_NEAR(theirs, 828.5, 0.1);
  EXPECT_NEAR(ours / theirs, 1.0, 0.1);
}

}  // namespace
}  // namespace crossloom
