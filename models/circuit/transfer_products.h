// Many inputs times one transfer matrix, with and without read noise: what an array costs once it has been solved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "models/aligned_vector.h"
#include "models/circuit/array_solver.h"

namespace crossloom {

/// Using it is thread-safe.
class TransferProducts {
 public:
  /// `variances` (siemens squared, [row][bit line], or empty): of the entries of the transfer matrix from one read to
  /// the next, independent of each other. Throws Bug where sizes differ.
  explicit TransferProducts(const TransferMatrix& transfer, const std::vector<double>& variances = {});

  /// currents[v][j] = sum over i of volts[v][i] * T[i][j], in double, i ascending: the bytes of a plain loop. Volts in
  /// volt, [vector][row]; currents in ampere, [vector][bit line].
  void multiply(const double* volts, std::size_t vectors, double* currents) const;
  /// The same with fresh noise: column j of vector v is drawn from the normal distribution whose mean is the product
  /// and whose variance is sum over i of volts^2 * variances[i][j]. That is the exact law where cells' noise is normal
  /// and wires carry no drop, and its exact mean and variance whatever the law of the cells. Draws are keyed by (key,
  /// number of the vector, bit line): the first vector has number `first`.
  void multiply_noisy(const double* volts, std::size_t vectors, RandomKey key, std::uint64_t first,
                      double* currents) const;
  [[nodiscard]] std::uint32_t rows() const { return rows_; }
  [[nodiscard]] std::uint32_t bit_lines() const { return bit_lines_; }

 private:
  std::uint32_t rows_, bit_lines_;
  std::size_t stride_;
  AlignedVector<double> means_, variances_;  ///< rows of stride_, zero behind bit_lines_
};

/// Variances of the entries of a transfer matrix for cells whose conductances have these variances (siemens squared,
/// [row][bit line]), to first order: a change of cell (i, j) moves T_ij by what it moves the current of its own cell,
/// (T_ij / G_ij)^2 of the variance. Exact without wires; with wires what a cell's noise does to other entries is left
/// out (docs/physics.md says how much that is). Entries of open cells get none.
std::vector<double> transfer_variances(const ConductanceMatrix& cells, const TransferMatrix& transfer,
                                       const std::vector<double>& cell_variances);

/// Standard normal draws, four from each four words of the generator (Box and Muller 1958; 32-bit uniforms, so none is
/// larger than 6.8): normals[4 k + m] belongs to (vector, 4 k + m). Room for count rounded up to whole fours.
void draw_normals(RandomKey key, std::uint64_t vector, std::size_t count, double* normals);

}  // namespace crossloom
