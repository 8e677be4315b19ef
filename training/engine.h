// What the trainer asks of oneDNN: matrix products on a pool of threads, one thread a call.
//
// oneDNN may split a reduction over its own threads, and then the bytes depend on their number. So each call runs on
// one thread, and the work is cut into panels whose size never depends on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/parallel.h"
#include "training/kernels.h"
#include "training/tensor.h"

namespace crossloom {

/// Rows of a batch in one forward or backward-data task. Larger batches can afford larger panels, which reuse the
/// packed weights more often.
constexpr std::uint32_t batch_panel(std::uint32_t rows) { return rows >= 1024 ? 256 : 128; }
/// Outputs (columns of the weight matrix) in one backward-weights task: even parts of at most 160, measured fastest for
/// 1200 x 1200 with a gradient panel that stays in the second-level cache. Even, so that no pair of bf16 is shared.
constexpr std::uint32_t output_panel(std::uint32_t outputs) {
  const std::uint32_t parts = (outputs + 159) / 160;
  return ((outputs + parts - 1) / parts + 1) / 2 * 2;
}

/// Images in one task of a node with planes.
constexpr std::uint32_t image_panel(std::uint32_t rows) {
  const std::uint32_t part = (rows + 15) / 16;
  return part < 4 ? 4 : part > 32 ? 32 : part;
}

/// Threads with their scratch memory. While one lives, oneDNN calls from the thread that made it use that thread only.
class ComputePool {
 public:
  explicit ComputePool(std::size_t threads);
  ~ComputePool();
  ComputePool(const ComputePool&) = delete;
  ComputePool& operator=(const ComputePool&) = delete;

  [[nodiscard]] ThreadPool& threads() { return pool_; }
  /// A worker's own buffers; `slot` < 4. Their contents last until the same slot is asked for again.
  [[nodiscard]] AlignedBuffer& scratch(std::size_t worker, std::size_t slot) { return scratch_[worker * 4 + slot]; }

 private:
  int previous_threads_;
  ThreadPool pool_;
  std::vector<AlignedBuffer> scratch_;
};

/// C (m x n) = A (m x k) B (k x n), optionally plus a bias a column, optionally through ReLU. A and C are row-major
/// without gaps; B is packed as packing() says. B may be shared by products of other m.
class MatrixProduct {
 public:
  struct Spec {
    std::uint32_t m = 0, k = 0, n = 0;
    Precision inputs = Precision::f32;
    Precision output = Precision::f32;
    bool bias = false;
    bool relu = false;
  };
  /// With `packing`, B is taken in that form; without, in the form that oneDNN finds fastest.
  explicit MatrixProduct(const Spec& spec, const PackedShape* packing = nullptr);
  ~MatrixProduct();
  MatrixProduct(MatrixProduct&&) noexcept;
  MatrixProduct& operator=(MatrixProduct&&) noexcept;

  [[nodiscard]] const PackedShape& packing() const;
  /// The library's name of its implementation, e.g. "brg:avx512_core_amx_bf16".
  [[nodiscard]] std::string implementation() const;
  /// `bias` may be null where there is none. Thread-safe with different `scratch`.
  void run(const void* a, const void* b, const float* bias, void* c, AlignedBuffer& scratch) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether this processor multiplies bf16 natively (AVX512-BF16, AMX): asked of the library by making a product.
bool has_bf16_products();

}  // namespace crossloom
