// A unit's time in pieces: by hand, and cycle by cycle against a plain table.
#include "sim/bit_serial/unit_time.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/random.h"

namespace crossloom::bit_serial {
namespace {

using testing::ElementsAre;

/// What was told, in order.
struct Told : SimulationObserver {
  void on_busy(const BusyInterval& i) override {
    texts.push_back(fmt::format("{} {}+{}", i.label, i.start_cycle, i.duration_cycles));
    for (std::uint64_t k = 0; k < i.duration_cycles; ++k) by_cycle.push_back(i.label);
  }
  void on_wait(const WaitInterval& i) override {
    texts.push_back(fmt::format("wait {} {}+{}", wait_reason_name(i.reason), i.start_cycle, i.duration_cycles));
    for (std::uint64_t k = 0; k < i.duration_cycles; ++k) by_cycle.emplace_back(wait_reason_name(i.reason));
  }
  std::vector<std::string> texts, by_cycle;
};

Work work(const char* label) {
  Work work;
  work.label = label;
  return work;
}

struct Scene {
  Told told;
  Listeners listeners{{&told}, {&told}, {&told}, {}, {}, {}};
  UnitTime unit{{UnitKind::home, 0, 0}};
};

TEST(UnitTime, IsIdleForTheReasonOfThatTimeAndDoneAtTheEnd) {
  Scene scene;
  scene.unit.begin(10, WaitReason::input);
  scene.unit.idle(14, WaitReason::buffer, scene.listeners);
  scene.unit.add_work(20, 23, 1, work("keep"));
  scene.unit.finish(scene.listeners);
  EXPECT_THAT(scene.told.texts, ElementsAre("wait input 10+4", "wait buffer 14+6", "keep 20+3"));
}

TEST(UnitTime, IsTheHighestPieceAndTellsEqualOnesTogether) {
  Scene scene;
  scene.unit.begin(0, WaitReason::input);
  scene.unit.add_wait(0, 5, 0, WaitReason::unit);
  scene.unit.add_work(5, 9, 1, work("load"));
  scene.unit.add_work(7, 12, 2, work("drive"));
  scene.unit.advance(8, scene.listeners);
  scene.unit.add_work(12, 15, 2, work("drive"));
  scene.unit.finish(scene.listeners);
  EXPECT_THAT(scene.told.texts, ElementsAre("wait unit 0+5", "load 5+2", "drive 7+8"));
}

TEST(UnitTime, AgreesCycleByCycleWithATable) {
  RandomStream random(RandomKey(5).child("pieces"));
  const char* const labels[] = {"a", "b", "c"};
  for (int trial = 0; trial < 200; ++trial) {
    Scene scene;
    scene.unit.begin(0, WaitReason::input);
    std::vector<std::string> expected(60, "input");
    std::vector<int> ranks(60, -1);
    std::vector<Cycle> begins(60, 0);
    Cycle last = 0;
    for (Cycle now = 0; now < 40; now += random.below(6)) {
      if (random.below(4) == 0) {
        const WaitReason reason = random.below(2) == 0 ? WaitReason::buffer : WaitReason::credit;
        scene.unit.idle(now, reason, scene.listeners);
        for (Cycle c = now; c < 60; ++c) {
          if (ranks[c] < 0) expected[c] = wait_reason_name(reason);
        }
      }
      const Cycle begin = now + random.below(5), end = begin + 1 + random.below(8);
      const auto rank = static_cast<int>(random.below(3));
      const char* const label = labels[random.below(3)];
      scene.unit.add_work(begin, end, rank, work(label));
      last = std::max(last, end);
      for (Cycle c = begin; c < end; ++c) {
        if (rank < ranks[c] || (rank == ranks[c] && begin >= begins[c])) continue;
        ranks[c] = rank;
        begins[c] = begin;
        expected[c] = label;
      }
      if (random.below(2) == 0) scene.unit.advance(now, scene.listeners);
    }
    scene.unit.finish(scene.listeners);
    expected.resize(last);
    EXPECT_EQ(scene.told.by_cycle, expected);
  }
}

}  // namespace
}  // namespace crossloom::bit_serial
