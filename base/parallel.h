// A fixed pool of threads. What is computed never depends on how many there are.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace crossloom {

class ThreadPool {
 public:
  /// At least one; the caller's thread is worker 0. `on_start` runs once in each worker's own thread (e.g. to set
  /// omp_set_num_threads(1)).
  explicit ThreadPool(std::size_t threads, std::function<void()> on_start = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] std::size_t threads() const;
  /// Calls task(item, worker) once for each item in [0, items); returns when all are done. The first exception (lowest
  /// item) is rethrown. Not reentrant.
  void for_each(std::size_t items, const std::function<void(std::size_t item, std::size_t worker)>& task);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace crossloom
