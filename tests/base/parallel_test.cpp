// Tests of the thread pool.
#include "base/parallel.h"

#include <atomic>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"

namespace crossloom {
namespace {

TEST(ThreadPool, CallsTheTaskOnceForEachItem) {
  for (const std::size_t threads : {1U, 2U, 5U}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const std::size_t items : {0U, 1U, 3U, 1000U}) {
      std::vector<int> calls(items);
      pool.for_each(items, [&](std::size_t item, std::size_t worker) {
        ++calls[item];
        if (worker >= threads) throw std::logic_error("no such worker");
      });
      EXPECT_EQ(calls, std::vector<int>(items, 1));
    }
  }
}

TEST(ThreadPool, GivesTheSameResultWhateverTheNumberOfThreads) {
  const auto sums = [](std::size_t threads) {
    std::vector<double> result(200);
    ThreadPool(threads).for_each(200, [&](std::size_t item, std::size_t) {
      for (std::size_t k = 1; k < 500; ++k) result[item] += 1.0 / static_cast<double>(item * k + 1);
    });
    return result;
  };
  EXPECT_EQ(sums(1), sums(4));
}

TEST(ThreadPool, NeverRunsTwoItemsOfOneWorkerAtOnce) {
  ThreadPool pool(4);
  std::vector<std::uint64_t> plain_counters(4 * 64);  // one a worker, a cache line apart, not atomic on purpose
  for (int round = 0; round < 50; ++round) {
    pool.for_each(100, [&](std::size_t, std::size_t worker) { ++plain_counters[worker * 64]; });
  }
  EXPECT_EQ(std::accumulate(plain_counters.begin(), plain_counters.end(), std::uint64_t{0}), 5000U);
}

TEST(ThreadPool, RethrowsTheExceptionOfTheLowestItem) {
  ThreadPool pool(4);
  for (int round = 0; round < 50; ++round) {
    try {
      pool.for_each(100, [&](std::size_t item, std::size_t) {
        if (item == 17) std::this_thread::sleep_for(std::chrono::microseconds(200));
        if (item >= 17) throw std::runtime_error(std::to_string(item));
      });
      FAIL() << "no exception came through";
    } catch (const std::runtime_error& error) {
      ASSERT_STREQ(error.what(), "17");
    }
  }
}

TEST(ThreadPool, WorksOnAfterAnException) {
  ThreadPool pool(3);
  EXPECT_THROW(pool.for_each(10, [](std::size_t, std::size_t) { throw std::runtime_error("bad"); }),
               std::runtime_error);
  std::atomic<int> calls{0};
  pool.for_each(10, [&](std::size_t, std::size_t) { ++calls; });
  EXPECT_EQ(calls, 10);
}

TEST(ThreadPool, RunsTheStartFunctionOnceInEachThread) {
  std::atomic<int> started{0};
  thread_local bool was_started = false;
  ThreadPool pool(4, [&] {
    was_started = true;
    ++started;
  });
  EXPECT_EQ(started, 4);
  std::atomic<int> without{0};
  pool.for_each(200, [&](std::size_t, std::size_t) { without += was_started ? 0 : 1; });
  EXPECT_EQ(without, 0);
}

TEST(ThreadPool, ReportsAStartFunctionThatFails) {
  const std::thread::id here = std::this_thread::get_id();
  const auto fail_elsewhere = [&] {
    if (std::this_thread::get_id() != here) throw UserError("no library");
  };
  EXPECT_THROW(ThreadPool(3, fail_elsewhere), UserError);
  EXPECT_THROW(ThreadPool(3, [] { throw UserError("no library"); }), UserError);
}

TEST(ThreadPool, RefusesToBeCalledFromItsOwnTask) {
  ThreadPool pool(2);
  EXPECT_THROW(pool.for_each(1, [&](std::size_t, std::size_t) { pool.for_each(1, [](std::size_t, std::size_t) {}); }),
               Bug);
}

TEST(ThreadPool, RefusesToHaveNoThreads) { EXPECT_THROW(ThreadPool(0), Bug); }

}  // namespace
}  // namespace crossloom
