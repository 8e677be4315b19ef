#include "sim/calendar_queue.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "sim/delay_line.h"

namespace crossloom {
namespace {

std::vector<int> drained(CalendarQueue<int>& queue, Cycle now) {
  std::vector<int> all;
  queue.drain(now, [&all](const std::vector<int>& batch) { all.insert(all.end(), batch.begin(), batch.end()); });
  std::sort(all.begin(), all.end());
  return all;
}

TEST(CalendarQueue, IsEmptyUntilSomethingIsPushed) {
  CalendarQueue<int> queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.next_due(), kNever);
  queue.push(7, 1);
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(queue.next_due(), 7U);
}

TEST(CalendarQueue, HandsOverAnEventInItsCycleAndNotBefore) {
  CalendarQueue<int> queue;
  queue.push(7, 1);
  EXPECT_EQ(drained(queue, 6), std::vector<int>());
  EXPECT_EQ(drained(queue, 7), std::vector<int>{1});
  EXPECT_TRUE(queue.empty());
}

TEST(CalendarQueue, HandsOverWhatIsPushedForTheCycleAtHand) {
  CalendarQueue<int> queue;
  queue.push(3, 1);
  std::vector<int> seen;
  queue.drain(3, [&](const std::vector<int>& batch) {
    for (const int item : batch) {
      seen.push_back(item);
      if (item < 4) queue.push(3, item + 1);
    }
  });
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3, 4}));
}

TEST(CalendarQueue, KeepsTheFarFuture) {
  CalendarQueue<int> queue;
  const Cycle far = 10 * CalendarQueue<int>::kSpan + 3;
  queue.push(far, 1);
  queue.push(far + 1, 2);
  EXPECT_EQ(queue.next_due(), far);
  EXPECT_EQ(drained(queue, far), std::vector<int>{1});
  EXPECT_EQ(drained(queue, far + 1), std::vector<int>{2});
}

TEST(CalendarQueue, RefusesThePastAndToPassAnEvent) {
  CalendarQueue<int> queue;
  queue.push(5, 1);
  EXPECT_THROW(drained(queue, 6), Bug);
  drained(queue, 5);
  EXPECT_THROW(queue.push(4, 1), Bug);
}

TEST(CalendarQueue, AgreesWithASortedMapOnRandomEvents) {
  CalendarQueue<int> queue;
  std::multimap<Cycle, int> expected;
  RandomStream random{RandomKey(3)};
  Cycle now = 0;
  for (int k = 0; k < 5000; ++k) {
    for (std::uint32_t n = random.below(3); n > 0; --n) {
      const Cycle when = now + random.below(random.below(8) == 0 ? 5000 : 60);
      queue.push(when, k);
      expected.emplace(when, k);
    }
    ASSERT_EQ(queue.next_due(), expected.empty() ? kNever : expected.begin()->first);
    if (expected.empty()) continue;
    now = expected.begin()->first;
    std::vector<int> due;
    for (auto at = expected.begin(); at != expected.end() && at->first == now; at = expected.erase(at)) {
      due.push_back(at->second);
    }
    ASSERT_EQ(drained(queue, now), due);
  }
}

TEST(CalendarQueue, ForgetsEverythingWhenCleared) {
  CalendarQueue<int> queue;
  queue.push(5, 1);
  queue.push(50000, 2);
  queue.clear();
  EXPECT_TRUE(queue.empty());
  queue.push(6, 3);
  EXPECT_EQ(drained(queue, 6), std::vector<int>{3});
}

TEST(DelayLine, GivesEachItemInItsCycle) {
  DelayLine<int> line(5);
  line.put(3, 1);
  line.put(5, 2);
  EXPECT_EQ(line.next_after(0), 3U);
  std::vector<int> seen;
  const auto take = [&seen](int item) { seen.push_back(item); };
  line.take(2, take);
  EXPECT_TRUE(seen.empty());
  line.take(3, take);
  EXPECT_EQ(seen, std::vector<int>{1});
  EXPECT_EQ(line.next_after(3), 5U);
  line.take(5, take);
  EXPECT_EQ(seen, (std::vector<int>{1, 2}));
  EXPECT_EQ(line.next_after(5), kNever);
}

}  // namespace
}  // namespace crossloom
