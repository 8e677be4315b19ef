// The pool: items are handed out in ascending order to whoever is free.
#include "base/parallel.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {

struct ThreadPool::State {
  using Task = std::function<void(std::size_t, std::size_t)>;

  std::mutex mutex;
  std::condition_variable work_waits;
  std::condition_variable all_idle;
  // All below is guarded by the mutex.
  std::uint64_t round = 0;
  std::size_t busy = 0;
  bool running = false;
  bool stopping = false;
  const Task* task = nullptr;
  std::size_t items = 0;
  std::size_t next = 0;
  std::size_t failed_item = 0;
  std::exception_ptr failure;

  std::vector<std::thread> threads;

  void note_failure(std::size_t item, std::exception_ptr error) {
    const std::lock_guard lock(mutex);
    if (!failure || item < failed_item) {
      failed_item = item;
      failure = std::move(error);
    }
    // Every lower item is already with a worker, so the lowest failing item is the same whatever the timing.
    next = items;
  }

  void work(std::size_t worker) {
    while (true) {
      std::size_t item = 0;
      {
        const std::lock_guard lock(mutex);
        if (next >= items) return;
        item = next++;
      }
      try {
        (*task)(item, worker);
      } catch (...) {
        note_failure(item, std::current_exception());
      }
    }
  }

  void finish_round(std::unique_lock<std::mutex>& lock) {
    if (!lock.owns_lock()) lock.lock();
    if (--busy == 0) all_idle.notify_all();
  }

  void serve(std::size_t worker, const std::function<void()>& on_start) {
    std::exception_ptr start_error;
    try {
      if (on_start) on_start();
    } catch (...) {
      start_error = std::current_exception();
    }
    std::unique_lock lock(mutex);
    if (start_error && (!failure || worker < failed_item)) {
      failed_item = worker;
      failure = start_error;
    }
    std::uint64_t seen = round;
    finish_round(lock);
    while (true) {
      work_waits.wait(lock, [&] { return stopping || round != seen; });
      if (stopping) return;
      seen = round;
      lock.unlock();
      work(worker);
      finish_round(lock);
    }
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    work_waits.notify_all();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }

  void start(std::size_t count, const std::function<void()>& on_start) {
    for (std::size_t worker = 1; worker < count; ++worker) {
      {
        const std::lock_guard lock(mutex);
        ++busy;
      }
      try {
        threads.emplace_back([this, worker, on_start] { serve(worker, on_start); });
      } catch (const std::system_error& error) {
        throw UserError(fmt::format("cannot start {} threads: {}; ask for fewer", count, error.what()));
      }
    }
    if (on_start) on_start();
    std::unique_lock lock(mutex);
    all_idle.wait(lock, [&] { return busy == 0; });
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  }
};

ThreadPool::ThreadPool(std::size_t threads, std::function<void()> on_start) : state_(std::make_unique<State>()) {
  CROSSLOOM_CHECK(threads > 0, "a thread pool without threads");
  try {
    state_->start(threads, on_start);
  } catch (...) {
    state_->stop();
    throw;
  }
}

ThreadPool::~ThreadPool() { state_->stop(); }

std::size_t ThreadPool::threads() const { return state_->threads.size() + 1; }

void ThreadPool::for_each(std::size_t items, const std::function<void(std::size_t, std::size_t)>& task) {
  State& state = *state_;
  {
    const std::lock_guard lock(state.mutex);
    CROSSLOOM_CHECK(!state.running, "ThreadPool::for_each called while it runs");
    state.running = true;
    state.task = &task;
    state.items = items;
    state.next = 0;
    state.failure = nullptr;
    state.busy = state.threads.size();
    ++state.round;
  }
  state.work_waits.notify_all();
  state.work(0);
  std::exception_ptr failure;
  {
    std::unique_lock lock(state.mutex);
    state.all_idle.wait(lock, [&] { return state.busy == 0; });
    state.running = false;
    state.task = nullptr;
    failure = std::exchange(state.failure, nullptr);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace crossloom
