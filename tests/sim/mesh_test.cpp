// The plain mesh, without SystemC: gates from both sides, latencies against formulas, conservation, fairness.
#include "sim/mesh.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"

namespace crossloom {
namespace {

constexpr std::uint32_t kEastPort = 0;

struct Event {
  Message message;
  Cycle cycle;
};

class Recorder : public MeshListener {
 public:
  void departed(const Message& message, std::uint32_t endpoint, Cycle start) override {
    departures.push_back({message, start});
    endpoints.push_back(endpoint);
  }
  void delivered(const Message& message, Cycle cycle) override { deliveries.push_back({message, cycle}); }
  void credits_changed(std::uint32_t, MessageClass, Cycle, std::int32_t) override {}
  void waiting_changed(std::uint32_t, std::uint32_t, Cycle, std::int32_t) override {}
  void forwarded(const Message& message, std::uint32_t router, std::uint32_t port, Cycle start, Cycle) override {
    forwards[{router, port}].push_back({message, start});
  }
  std::vector<Event> departures, deliveries;
  std::vector<std::uint32_t> endpoints;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<Event>> forwards;
};

/// A mesh that is told to run until it is empty.
struct Bench {
  explicit Bench(const MeshShape& given) : shape(given), mesh(given, recorder) { mesh.observed = true; }
  Message message(std::uint32_t to, MessageClass kind = MessageClass::data, std::uint16_t flits = 1) const {
    Message made;
    made.sink = to;
    made.kind = kind;
    made.flits = flits;
    return made;
  }
  void run_until(Cycle last) {
    for (Cycle next = mesh.next_due(); next <= last; next = mesh.next_due()) mesh.advance(next);
  }
  void run() { run_until(kNever - 1); }
  /// Output port of a router towards its tile port.
  static std::uint32_t tile_output(std::uint32_t port) { return 4 + port; }

  MeshShape shape;
  Recorder recorder;
  Mesh mesh;
};

MeshShape row_of(std::uint32_t routers) {
  MeshShape shape;
  shape.width = routers;
  return shape;
}

TEST(Mesh, SendsAMessageRouterCyclesAfterItsArrivalAndNotBefore) {
  MeshShape shape = row_of(1);
  shape.router_cycles = 5;
  shape.tile_ports = 2;
  Bench bench(shape);
  bench.mesh.inject(0, bench.message(1), 10);  // at its router's input from cycle 11 on
  bench.run_until(15);
  EXPECT_TRUE(bench.recorder.forwards.empty());
  bench.run_until(16);
  ASSERT_EQ(bench.recorder.forwards.size(), 1U);
  EXPECT_EQ((bench.recorder.forwards[{0, Bench::tile_output(1)}].at(0).cycle), 16U);
}

TEST(Mesh, LetsAMessageLeaveItsSenderWhenReadyAndNotBefore) {
  Bench bench(row_of(2));
  bench.mesh.inject(0, bench.message(1), 10);
  ASSERT_EQ(bench.recorder.departures.size(), 1U);
  EXPECT_EQ(bench.recorder.departures[0].cycle, 10U);
}

TEST(Mesh, SendsOneFlitACycleThroughASendersPort) {
  Bench bench(row_of(2));
  for (int k = 0; k < 3; ++k) bench.mesh.inject(0, bench.message(1, MessageClass::data, 2), 10);
  ASSERT_EQ(bench.recorder.departures.size(), 3U);
  EXPECT_EQ(bench.recorder.departures[0].cycle, 10U);
  EXPECT_EQ(bench.recorder.departures[1].cycle, 12U);
  EXPECT_EQ(bench.recorder.departures[2].cycle, 14U);
}

TEST(Mesh, KeepsAnOutputBusyForEveryFlit) {
  MeshShape shape = row_of(1);
  shape.tile_ports = 3;
  Bench bench(shape);
  bench.mesh.inject(0, bench.message(2, MessageClass::data, 4), 10);
  bench.mesh.inject(1, bench.message(2, MessageClass::data, 4), 10);
  bench.run();
  const std::vector<Event>& sent = bench.recorder.forwards[{0, Bench::tile_output(2)}];
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].cycle, 13U);
  EXPECT_EQ(sent[1].cycle, 17U);
}

TEST(Mesh, HoldsAPacketUntilACreditReturns) {
  // Two flits fit; the first message leaves the second router's buffer at its departure there, and its credit is back a
  // link later.
  MeshShape shape = row_of(2);
  shape.buffer_flits = 2;
  shape.router_cycles = 6;
  shape.link_cycles = 3;
  shape.tile_ports = 2;
  Bench bench(shape);
  for (const std::uint32_t endpoint : {0U, 1U}) {
    bench.mesh.inject(endpoint, bench.message(2), 10);
    bench.mesh.inject(endpoint, bench.message(2), 10);
  }
  bench.run();
  const std::vector<Event>& east = bench.recorder.forwards[{0, kEastPort}];
  const std::vector<Event>& out = bench.recorder.forwards[{1, Bench::tile_output(0)}];
  ASSERT_EQ(east.size(), 4U);
  EXPECT_EQ(east[0].cycle, 17U);  // 10 + 1 + 6
  EXPECT_EQ(east[1].cycle, 18U);
  EXPECT_EQ(out[0].cycle, 26U);                // 17 + 3 + 6
  EXPECT_EQ(east[2].cycle, out[0].cycle + 3);  // blocked at 28, ready at 29
  EXPECT_EQ(east[3].cycle, out[1].cycle + 3);
}

TEST(Mesh, HoldsASenderUntilACreditReturns) {
  MeshShape shape = row_of(1);
  shape.buffer_flits = 1;
  shape.router_cycles = 4;
  shape.link_cycles = 2;
  shape.tile_ports = 2;
  Bench bench(shape);
  bench.mesh.inject(0, bench.message(1), 10);
  bench.mesh.inject(0, bench.message(1), 10);
  EXPECT_EQ(bench.recorder.departures.size(), 1U);
  bench.run();
  ASSERT_EQ(bench.recorder.departures.size(), 2U);
  EXPECT_EQ((bench.recorder.forwards[{0, Bench::tile_output(1)}].at(0).cycle), 15U);  // 10 + 1 + 4
  EXPECT_EQ(bench.recorder.departures[1].cycle, 17U);
}

TEST(Mesh, LetsATokenPassPacketsThatWaitForCredits) {
  MeshShape shape = row_of(2);
  shape.buffer_flits = 1;
  shape.tile_ports = 2;
  shape.router_cycles = 9;
  Bench bench(shape);
  bench.mesh.inject(0, bench.message(2), 10);
  bench.mesh.inject(1, bench.message(2), 11);
  bench.mesh.inject(1, bench.message(3, MessageClass::token), 12);
  bench.run();
  const std::vector<Event>& east = bench.recorder.forwards[{0, kEastPort}];
  ASSERT_EQ(east.size(), 3U);
  EXPECT_EQ(east[0].message.kind, MessageClass::data);
  EXPECT_EQ(east[1].message.kind, MessageClass::token);
  EXPECT_EQ(east[1].cycle, 22U);  // 12 + 1 + 9: not a cycle late
  EXPECT_EQ(east[2].message.kind, MessageClass::data);
}

TEST(Mesh, TakesTheTimeOfTheFormulaBetweenAnyTwoPortsWhenEmpty) {
  for (const std::uint16_t flits : std::vector<std::uint16_t>{1, 3}) {
    MeshShape shape;
    shape.width = 4;
    shape.height = 3;
    shape.tile_ports = 2;
    shape.host_rows = {0, 1, 2};
    shape.router_cycles = 2;
    shape.link_cycles = 3;
    const Bench count(shape);
    for (std::uint32_t from = 0; from < count.mesh.endpoints(); ++from) {
      for (std::uint32_t to = 0; to < count.mesh.endpoints(); ++to) {
        Bench bench(shape);
        const std::uint32_t routers = bench.mesh.routers_between(from, to);
        bench.mesh.inject(from, bench.message(to, MessageClass::data, flits), 5);
        bench.run();
        ASSERT_EQ(bench.recorder.deliveries.size(), 1U);
        EXPECT_EQ(bench.recorder.deliveries[0].cycle, 5 + 1 + routers * 2 + (routers - 1) * 3 + flits);
        EXPECT_EQ(bench.recorder.deliveries[0].message.routers, routers);
        EXPECT_EQ(bench.recorder.deliveries[0].message.sink, to);
      }
    }
  }
}

TEST(Mesh, CountsRoutersAlongXThenY) {
  MeshShape shape;
  shape.width = 3;
  shape.height = 3;
  Bench bench(shape);
  EXPECT_EQ(bench.mesh.routers_between(0, 0), 1U);
  EXPECT_EQ(bench.mesh.routers_between(0, 8), 5U);
  bench.mesh.inject(0, bench.message(8), 1);
  bench.run();
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> path{{0, 0}, {1, 0}, {2, 3}, {5, 3}, {8, 4}};
  for (const auto& hop : path) EXPECT_EQ(bench.recorder.forwards.count(hop), 1U) << hop.first << ' ' << hop.second;
  EXPECT_EQ(bench.recorder.forwards.size(), path.size());
}

TEST(Mesh, ServesContendersInTurn) {
  MeshShape shape = row_of(1);
  shape.tile_ports = 4;
  shape.buffer_flits = 64;
  Bench bench(shape);
  for (int k = 0; k < 30; ++k) {
    for (std::uint32_t endpoint = 0; endpoint < 3; ++endpoint) {
      Message message = bench.message(3);
      message.stage = endpoint;
      bench.mesh.inject(endpoint, message, 1);
    }
  }
  bench.run();
  const std::vector<Event>& sent = bench.recorder.forwards[{0, Bench::tile_output(3)}];
  ASSERT_EQ(sent.size(), 90U);
  for (std::size_t k = 3; k < sent.size(); ++k) EXPECT_EQ(sent[k].message.stage, sent[k - 3].message.stage);
  EXPECT_EQ(sent.back().cycle - sent.front().cycle, 89U);  // no idle cycle
}

TEST(Mesh, LetsTheTwoClassesTakeTurns) {
  MeshShape shape = row_of(1);
  shape.tile_ports = 3;
  shape.buffer_flits = 64;
  shape.router_cycles = 40;  // both wait before the first can leave
  Bench bench(shape);
  for (int k = 0; k < 20; ++k) {
    bench.mesh.inject(0, bench.message(2), 1);
    bench.mesh.inject(1, bench.message(2, MessageClass::token), 1);
  }
  bench.run();
  const std::vector<Event>& sent = bench.recorder.forwards[{0, Bench::tile_output(2)}];
  ASSERT_EQ(sent.size(), 40U);
  for (std::size_t k = 1; k < sent.size(); ++k) EXPECT_NE(sent[k].message.kind, sent[k - 1].message.kind);
}

TEST(Mesh, DeliversEveryMessageOnceInOrderUnderRandomLoad) {
  MeshShape shape;
  shape.width = 4;
  shape.height = 4;
  shape.tile_ports = 2;
  shape.host_rows = {0, 2};
  shape.buffer_flits = 3;
  Bench bench(shape);
  RandomStream random{RandomKey(5)};
  std::uint32_t sent = 0;
  for (Cycle cycle = 1; cycle < 400; ++cycle) {
    for (std::uint32_t n = 0; n < 6; ++n) {
      const bool token = random.below(2) == 0;
      Message message =
          bench.message(random.below(bench.mesh.endpoints()), token ? MessageClass::token : MessageClass::data,
                        static_cast<std::uint16_t>(token ? 1 : 3));
      message.stage = random.below(bench.mesh.endpoints());
      message.step = sent++;
      bench.mesh.inject(message.stage, message, cycle + 1);
    }
    bench.run_until(cycle);
  }
  bench.run();
  EXPECT_EQ(bench.mesh.in_flight(), 0U);
  ASSERT_EQ(bench.recorder.deliveries.size(), sent);
  EXPECT_EQ(bench.recorder.departures.size(), sent);
  std::map<std::tuple<std::uint32_t, std::uint32_t, MessageClass>, std::uint32_t> last;
  std::vector<int> seen(sent, 0);
  for (const Event& event : bench.recorder.deliveries) {
    const Message& message = event.message;
    ++seen.at(message.step);
    const auto [at, first] = last.try_emplace({message.stage, message.sink, message.kind}, message.step);
    if (!first) {
      EXPECT_LT(at->second, message.step) << "overtaken within its class";
      at->second = message.step;
    }
  }
  for (const int times : seen) EXPECT_EQ(times, 1);
  for (const auto& [unit, events] : bench.recorder.forwards) {
    for (std::size_t k = 1; k < events.size(); ++k) {
      EXPECT_GE(events[k].cycle, events[k - 1].cycle + events[k - 1].message.flits) << "an output served two at once";
    }
  }
  bench.mesh.reset();  // throws where credits were lost
}

TEST(Mesh, WorksTheSameAfterAResetAsOnItsFirstDay) {
  MeshShape shape;
  shape.width = 2;
  shape.height = 2;
  shape.buffer_flits = 2;
  Bench bench(shape);
  std::vector<std::vector<Cycle>> runs;
  for (const Cycle start : {Cycle{10}, Cycle{5000}}) {
    bench.recorder.deliveries.clear();
    for (std::uint32_t from = 0; from < 4; ++from) {
      for (int k = 0; k < 9; ++k) bench.mesh.inject(from, bench.message((from + 1) % 4), start);
    }
    bench.run();
    runs.emplace_back();
    for (const Event& event : bench.recorder.deliveries) runs.back().push_back(event.cycle - start);
    bench.mesh.reset();
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST(Mesh, RefusesToResetWhileMessagesAreUnderWayAndNamesThem) {
  Bench bench(row_of(2));
  Message message = bench.message(1);
  message.layer = 3;
  message.step = 7;
  bench.mesh.inject(0, message, 1);
  bench.mesh.advance(4);  // it waits in its router no longer, but is under way
  try {
    bench.mesh.reset();
    FAIL() << "expected a Bug";
  } catch (const Bug& bug) {
    EXPECT_NE(std::string(bug.what()).find("not empty"), std::string::npos);
  }
}

TEST(Mesh, DescribesWhatWaitsInItsQueues) {
  MeshShape shape = row_of(1);
  shape.buffer_flits = 1;
  shape.tile_ports = 2;
  Bench bench(shape);
  Message message = bench.message(1);
  message.layer = 3;
  message.step = 7;
  bench.mesh.inject(0, message, 1);
  bench.mesh.inject(0, message, 1);
  EXPECT_NE(bench.mesh.describe().find("output buffer of endpoint 0: 1 waiting, the first a packet for endpoint 1 "
                                       "(layer 3, step 7)"),
            std::string::npos)
      << bench.mesh.describe();
}

TEST(Mesh, HasItsHostPortsInTheRowsGiven) {
  MeshShape shape;
  shape.width = 2;
  shape.height = 5;
  shape.host_rows = {0, 3};
  Bench bench(shape);
  EXPECT_EQ(bench.mesh.endpoints(), 12U);
  EXPECT_EQ(bench.mesh.routers_between(10, 0), 1U);
  EXPECT_EQ(bench.mesh.routers_between(11, 6), 1U);
  EXPECT_EQ(bench.mesh.routers_between(11, 1), 5U);
  bench.mesh.inject(11, bench.message(6), 1);
  bench.run();
  ASSERT_EQ(bench.recorder.forwards.size(), 1U);
  EXPECT_EQ(bench.recorder.forwards.begin()->first, (std::pair<std::uint32_t, std::uint32_t>{6, 4}));
}

TEST(Mesh, RefusesMoreTilePortsThanARequestHasBits) {
  MeshShape shape;
  shape.tile_ports = 60;
  Recorder recorder;
  EXPECT_THROW(Mesh(shape, recorder), UserError);
  shape.tile_ports = 59;
  EXPECT_NO_THROW(Mesh(shape, recorder));
}

}  // namespace
}  // namespace crossloom
