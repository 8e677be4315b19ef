// What leaves a tile for a layer: zero checks, tokens, step credits.
#include "sim/output_stage.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace crossloom {
namespace {

class Collector : public MessageOutlet {
 public:
  void send(const Message& message, Cycle ready) override { sent.push_back({message, ready}); }
  struct Sent {
    Message message;
    Cycle ready;
  };
  std::vector<Sent> sent;
};

/// Two destinations; packet groups 0 and 1 to the first (patterns 0, 1), group 2 to the second (pattern 0).
OutputStageTable table_of_three() {
  OutputStageTable table;
  table.tile = TileId(0);
  table.patterns = 2;
  table.groups = {{0, 0, 5}, {1, 0, 6}, {0, 1, 7}};
  table.destinations = {{11, 1, 3, 2}, {12, 2, 4, 2}};
  return table;
}

struct Fixture {
  explicit Fixture(Cycle test_cycles = 3) : stage(table, 9, {test_cycles, 2}) { stage.begin_image(1); }
  OutputStage::Progress run(Cycle now) { return stage.run(now, unit_free, collector); }
  /// Everything that was put into the outlet leaves at once.
  void let_leave() {
    for (const Collector::Sent& sent : collector.sent) {
      const Cycle handed_over = stage.departed(sent.message, sent.ready);
      if (handed_over != kNever) stage.release(handed_over);
    }
    collector.sent.clear();
  }
  OutputStageTable table = table_of_three();
  OutputStage stage;
  Collector collector;
  Cycle unit_free = 0;
};

TEST(OutputStage, TestsOneGroupAfterAnotherAndSavesEmptyPackets) {
  Fixture fixture;
  fixture.stage.patterns()[0] = 0b101;
  const OutputStage::Progress progress = fixture.run(20);
  EXPECT_EQ(progress.sent, 2U);
  EXPECT_EQ(progress.saved, 1U);
  const auto& sent = fixture.collector.sent;
  ASSERT_EQ(sent.size(), 4U);
  EXPECT_EQ(sent[0].ready, 23U);
  EXPECT_EQ(sent[0].message.bits, 0b101U);
  EXPECT_EQ(sent[0].message.sink, 11U);
  EXPECT_EQ(sent[0].message.sent_as, 5U);
  EXPECT_EQ(sent[0].message.flits, 2U);
  EXPECT_EQ(sent[1].ready, 29U);  // the empty group was tested from 23 to 26
  EXPECT_EQ(sent[1].message.sink, 12U);
  EXPECT_EQ(sent[1].message.part, 2U);
}

TEST(OutputStage, EndsAStepWithATokenToEachDestinationThatAnnouncesItsPackets) {
  Fixture fixture;
  fixture.stage.patterns()[0] = fixture.stage.patterns()[1] = 1;
  fixture.run(20);
  const auto& sent = fixture.collector.sent;
  ASSERT_EQ(sent.size(), 5U);
  EXPECT_EQ(sent[3].message.kind, MessageClass::token);
  EXPECT_EQ(sent[3].message.sink, 11U);
  EXPECT_EQ(sent[3].message.sent_as, 3U);
  EXPECT_EQ(sent[3].message.bits, 2U);
  EXPECT_EQ(sent[3].ready, 30U);
  EXPECT_EQ(sent[4].message.sink, 12U);
  EXPECT_EQ(sent[4].message.bits, 1U);
  EXPECT_EQ(sent[4].ready, 31U);
}

TEST(OutputStage, SendsTokensWhereNothingSpiked) {
  Fixture fixture;
  const OutputStage::Progress progress = fixture.run(20);
  EXPECT_EQ(progress.saved, 3U);
  ASSERT_EQ(fixture.collector.sent.size(), 2U);
  EXPECT_EQ(fixture.collector.sent[0].message.bits, 0U);
}

TEST(OutputStage, WaitsForTheTilesOutputUnit) {
  Fixture fixture;
  fixture.unit_free = 100;
  fixture.stage.patterns()[0] = 1;
  fixture.run(20);
  EXPECT_EQ(fixture.collector.sent[0].ready, 103U);
  EXPECT_EQ(fixture.unit_free, 111U);  // three tests of 3, two tokens
}

TEST(OutputStage, IsHandedOverWhenItsLastMessageHasLeft) {
  Fixture fixture;
  fixture.stage.patterns()[0] = 1;
  fixture.run(20);
  const auto sent = fixture.collector.sent;
  ASSERT_EQ(sent.size(), 4U);
  EXPECT_EQ(fixture.stage.departed(sent[0].message, 23), kNever);
  EXPECT_EQ(fixture.stage.departed(sent[1].message, 40), kNever);
  EXPECT_EQ(fixture.stage.departed(sent[2].message, 31), kNever);
  EXPECT_EQ(fixture.stage.departed(sent[3].message, 32), 42U);
  EXPECT_THROW(fixture.stage.departed(sent[3].message, 33), Bug);
}

TEST(OutputStage, SendsTwoStepsWithoutAndTheThirdOnlyWithTheCreditOfTheFirst) {
  Fixture fixture;
  for (int step = 0; step < 2; ++step) {
    EXPECT_FALSE(fixture.run(100).stalled);
    fixture.let_leave();
  }
  EXPECT_EQ(fixture.stage.step(), 2U);
  OutputStage::Progress progress = fixture.run(200);
  EXPECT_TRUE(progress.stalled);
  EXPECT_EQ(progress.resume, kNever);  // nobody knows yet
  EXPECT_EQ(fixture.stage.credit(1, 0, 230), kNever) << "it waits for the other destination";
  EXPECT_EQ(fixture.stage.credit(0, 0, 250), 250U);
  progress = fixture.run(249);
  EXPECT_TRUE(progress.stalled) << "the credit is not there yet";
  EXPECT_EQ(progress.resume, 250U);
  EXPECT_TRUE(fixture.collector.sent.empty());
  progress = fixture.run(250);
  EXPECT_FALSE(progress.stalled);
  EXPECT_EQ(progress.saved, 3U);
  ASSERT_EQ(fixture.collector.sent.size(), 2U);
  EXPECT_EQ(fixture.collector.sent[0].ready, 260U);
}

TEST(OutputStage, StallsBeforeTheFirstGroupOfADestinationWithoutCreditAndGoesOnThere) {
  Fixture fixture;
  for (int step = 0; step < 2; ++step) {
    fixture.run(100);
    fixture.let_leave();
  }
  fixture.stage.credit(0, 0, 120);
  fixture.stage.patterns()[0] = fixture.stage.patterns()[1] = 1;
  EXPECT_EQ(fixture.run(200).sent, 2U);
  EXPECT_EQ(fixture.stage.credit(1, 0, 300), 300U);
  const OutputStage::Progress progress = fixture.run(300);
  EXPECT_EQ(progress.sent, 1U);
  EXPECT_EQ(fixture.collector.sent.at(2).ready, 303U);
  EXPECT_EQ(fixture.collector.sent.at(3).message.bits, 2U);
}

TEST(OutputStage, RefusesAStepCreditThatComesTwice) {
  Fixture fixture;
  fixture.run(100);
  fixture.let_leave();
  fixture.stage.credit(0, 0, 120);
  EXPECT_THROW(fixture.stage.credit(0, 0, 121), Bug);
}

TEST(OutputStage, ReportsToTheHostWithoutCredits) {
  OutputStageTable table;
  table.tile = TileId(0);
  table.reports_to_host = true;
  table.destinations = {{20, 0, 0, 1}};
  OutputStage stage(table, 0, {1, 1});
  stage.begin_image(1);
  Collector collector;
  Cycle unit_free = 0;
  for (std::uint32_t step = 0; step < 5; ++step) {
    const OutputStage::Progress progress = stage.run(100 * step + 50, unit_free, collector);
    EXPECT_FALSE(progress.stalled);
    const Collector::Sent last = collector.sent.back();
    EXPECT_EQ(last.ready, 100 * step + 51);
    EXPECT_EQ(last.message.step, step);
    stage.release(stage.departed(last.message, last.ready));
  }
}

}  // namespace
}  // namespace crossloom
