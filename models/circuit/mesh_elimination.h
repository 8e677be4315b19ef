// Star-mesh transformation of many nodes at once: the innermost loop of circuits of conductances. Private to circuit.
//
// Taking out a node p that is joined to nodes q by conductances g_pq leaves a conductance g_pi g_pj / sum_q g_pq
// between each two of its neighbours i and j (Rosen, Journal of the IEE 62, 1924). Conductances are only ever added,
// multiplied and divided, all of them positive: nothing cancels, so every result is good to a few hundred roundings in
// itself, however far apart cells and wires are. That is Gaussian elimination without subtraction (Grassmann, Taksar
// and Heyman, Operations Research 33, 1985; for the error, O'Cinneide, Numerische Mathematik 65, 1993).
#pragma once

#include <cstddef>
#include <vector>

#include "models/aligned_vector.h"

namespace crossloom {

/// Columns of a mesh are padded to whole multiples of this.
inline constexpr std::size_t kMeshTile = 16;
constexpr std::size_t padded_nodes(std::size_t nodes) { return (nodes + kMeshTile - 1) / kMeshTile * kMeshTile; }

/// Conductances in siemens between the nodes of a piece of circuit: `inner` nodes to be taken out and `outer` ones that
/// stay. A node's index counts inner nodes from 0 and outer ones from first_outer(). Diagonals mean nothing.
class Mesh {
 public:
  /// No conductance anywhere; memory is kept between calls.
  void reset(std::size_t inner, std::size_t outer);
  [[nodiscard]] std::size_t inner() const { return inner_; }
  [[nodiscard]] std::size_t outer() const { return outer_; }
  [[nodiscard]] std::size_t first_outer() const { return inner_padded_; }
  [[nodiscard]] std::size_t width() const { return width_; }
  /// Conductances of an inner node, one a node index; of an outer node, one an outer node.
  double* inner_row(std::size_t node) { return panel_.data() + node * width_; }
  double* outer_row(std::size_t outer_node) { return outer_part_.data() + outer_node * outer_padded_; }
  /// Adds a resistor between the nodes a < b.
  void join(std::size_t a, std::size_t b, double siemens) {
    if (a < inner_padded_) {
      inner_row(a)[b] += siemens;
      if (b < inner_padded_) inner_row(b)[a] += siemens;
    } else {
      outer_row(a - inner_padded_)[b - inner_padded_] += siemens;
      outer_row(b - inner_padded_)[a - inner_padded_] += siemens;
    }
  }
  /// Takes the inner nodes out. Then row p < inner() holds g_pq / sqrt(s_p) for q > p, s_p being the sum of the g_pq
  /// when p went, and scale()[p] = 1 / sqrt(s_p) (0 for a node joined to nothing).
  void eliminate();
  [[nodiscard]] const double* panel() const { return panel_.data(); }
  [[nodiscard]] const std::vector<double>& scale() const { return scale_; }
  /// outer() rows of outer_stride() conductances, symmetric.
  [[nodiscard]] const double* outer_part() const { return outer_part_.data(); }
  [[nodiscard]] std::size_t outer_stride() const { return outer_padded_; }

 private:
  void eliminate_rows(std::size_t first, std::size_t last);

  std::size_t inner_ = 0, outer_ = 0, inner_padded_ = 0, outer_padded_ = 0, width_ = 0;
  AlignedVector<double> panel_, outer_part_, packed_;
  std::vector<double> scale_;
};

}  // namespace crossloom
