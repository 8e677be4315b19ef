// Every shared resource: blocked one cycle too early, ready in its cycle.
#include <gtest/gtest.h>

#include "sim/bit_serial/fabric.h"
#include "sim/bit_serial/network_fabric.h"
#include "sim/bit_serial/server.h"
#include "sim/bit_serial/stream.h"

namespace crossloom::bit_serial {
namespace {

TEST(Gates, AServerStartsWhatComesTooEarlyWhenItIsFreeAndNotBefore) {
  for (const Cycle now : {Cycle{14}, Cycle{15}, Cycle{16}}) {
    Server server;
    EXPECT_EQ(server.take(10, 5), 15U);
    EXPECT_EQ(server.take(now, 2), std::max<Cycle>(now, 15) + 2);
    EXPECT_EQ(server.busy_cycles(), 7U);
  }
}

TEST(Gates, ABufferPortAndTheBusHoldUpWhatNeedsBothUntilBothAreFree) {
  const BufferAccess::Rates rates{64, 1, 128, 1};
  BufferAccess by_port(rates);
  EXPECT_EQ(by_port.port_only(0, 640), 10U);  // port until 10
  EXPECT_EQ(by_port.over_bus(9, 64), 11U);    // blocked at 9
  BufferAccess at_port(rates);
  at_port.port_only(0, 640);
  EXPECT_EQ(at_port.over_bus(10, 64), 11U);  // ready at 10
  BufferAccess by_bus(rates);
  EXPECT_EQ(by_bus.bus_only(0, 1280), 10U);  // bus until 10
  EXPECT_EQ(by_bus.port_only(3, 64), 4U);    // the port is free
  EXPECT_EQ(by_bus.over_bus(9, 64), 11U);
  EXPECT_EQ(by_bus.bus_only(10, 128), 12U);
}

TEST(Gates, ASecondPortServesBesideTheFirst) {
  BufferAccess one({64, 1, 128, 1});
  BufferAccess two({64, 2, 128, 1});
  EXPECT_EQ(one.port_only(0, 640), 10U);
  EXPECT_EQ(one.port_only(0, 64), 11U);
  EXPECT_EQ(two.port_only(0, 640), 10U);
  EXPECT_EQ(two.port_only(0, 64), 1U);
}

StreamTable stream_table() {
  StreamTable table;
  table.channels = {0, 1};
  table.positions = 8;
  table.depth = 3;
  table.fragments = {2};  // two messages bring a position
  table.readers = {7};
  return table;
}

TEST(Gates, AStreamIsCompleteWithTheLastMessageOfAPositionAndInOrder) {
  const StreamTable table = stream_table();
  Stream stream(table);
  EXPECT_FALSE(stream.came(0));
  EXPECT_FALSE(stream.came(1));
  EXPECT_FALSE(stream.came(1));  // position 0 lacks a message
  EXPECT_EQ(stream.complete(), 0U);
  EXPECT_TRUE(stream.came(0));
  EXPECT_EQ(stream.complete(), 2U);
}

TEST(Gates, ASenderKnowsOfRoomWhenTheCreditHasTravelledAndNotBefore) {
  const StreamTable table = stream_table();
  Stream stream(table);
  EXPECT_EQ(stream.room_until(100, 4), 3U);
  stream.release(0, 2, 100);
  EXPECT_EQ(stream.room_until(103, 4), 3U);
  EXPECT_EQ(stream.next_news(103, 4).cycle, 104U);
  EXPECT_EQ(stream.room_until(104, 4), 5U);
  EXPECT_EQ(stream.next_news(104, 4).cycle, kNever);
  EXPECT_EQ(stream.room_until(100, 0), 5U);  // in the tile itself
}

TEST(Gates, AStreamRefusesWhatItHasNoRoomForAndForgetsWhatNobodyWants) {
  const StreamTable table = stream_table();
  Stream stream(table);
  EXPECT_THROW(stream.came(3), Bug);
  stream.release(0, 1, 5);
  EXPECT_FALSE(stream.came(3));
  EXPECT_FALSE(stream.wants_still(0));  // given up before it came
  EXPECT_TRUE(stream.wants_still(1));
}

struct Arrivals : FabricSink {
  std::vector<Cycle> cycles;
  void arrived(std::uint32_t /*message*/, std::uint32_t /*tile*/, Cycle cycle, Cycle /*alone*/) override {
    cycles.push_back(cycle);
  }
};

void run_out(Fabric& fabric) {
  for (Cycle now = fabric.next_due(); now != kNever; now = fabric.next_due()) fabric.advance(now);
}

TEST(Gates, ASendersMessagesLeaveOneAfterAnother) {
  FlowTables tables;
  tables.tiles = tables.host = 2;
  tables.fan_outs = {{0, {1}}};
  for (const Cycle second : {Cycle{11}, Cycle{12}, Cycle{13}}) {
    Arrivals arrivals;
    FixedLatencyFabric fabric(tables, {4, 32}, arrivals);
    fabric.send(0, 0, 64, 10);  // two flits: the port is free at 12
    fabric.send(1, 0, 32, second);
    run_out(fabric);
    EXPECT_EQ(arrivals.cycles, (std::vector<Cycle>{16, std::max<Cycle>(second, 12) + 5}));
  }
}

TEST(Gates, AMessageToAnotherChipWaitsForTheLinkAndTakesItsTime) {
  BitSerialChipSpec chip;
  chip.clock = Frequency::from_si(1e9);
  chip.tiles = 1;
  chip.chips = 2;
  chip.chip_link = ChipLinkSpec{};
  chip.chip_link->bits_per_second = 2e9;  // 320 bits in 160 cycles
  chip.chip_link->latency = 20_ns;
  PlacedNetwork placed;
  placed.tiles = 2;
  placed.sites = {0, 0};
  placed.chips = {0, 1};
  FlowTables tables;
  tables.chip = &chip;
  tables.placed = &placed;
  tables.tiles = tables.host = 2;
  tables.fan_outs = {{0, {1}}};
  NetworkOnChipSpec spec;
  spec.flit_bits = 32;
  struct Free : NetworkFabric::Ledger {
    BitSerialCounts counts;
    BitSerialCounts& counts_of(std::uint32_t, std::uint32_t) override { return counts; }
    BitSerialCounts& chip_counts() override { return counts; }
  } ledger;
  Arrivals arrivals;
  NetworkFabric fabric(tables, spec, arrivals, ledger);
  fabric.send(0, 0, 320, 10);
  fabric.send(1, 0, 320, 10);
  run_out(fabric);
  // Ten flits through one router to the port and through one from it, a cycle before the link, 160 on it, 20 of
  // latency.
  const Cycle through = spec.zero_load_cycles(1, 10);
  ASSERT_EQ(arrivals.cycles.size(), 2U);
  EXPECT_EQ(arrivals.cycles[0], 10 + through + 1 + 160 + 20 + through);
  EXPECT_EQ(arrivals.cycles[1], arrivals.cycles[0] + 160);
  EXPECT_EQ(ledger.counts.of(BitSerialAction::chip_link_transfer), 640U);
}

}  // namespace
}  // namespace crossloom::bit_serial
