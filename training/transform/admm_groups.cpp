#include "training/transform/admm_groups.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "training/transform/live_weights.h"

namespace crossloom {

ArraySize group_size(Grain grain, std::uint32_t rows, std::uint32_t columns, ArraySize array) {
  switch (grain) {
    case Grain::filter:
      return {rows, 1};
    case Grain::shape:
      return {1, columns};
    case Grain::column:
      return {array.rows, 1};
    case Grain::row:
      return {1, array.columns};
    case Grain::block:
      return array;
    case Grain::weight:
    case Grain::previous_block:
      break;
  }
  return {1, 1};
}

std::vector<LayerConstraint> layer_constraints(const std::vector<GroupConstraint>& sets, const Layer& layer,
                                               const std::string& name, ArraySize array) {
  std::vector<LayerConstraint> constraints;
  for (const GroupConstraint& set : sets) {
    const double sparsity = set.sparsity.of(name);
    if (sparsity == 0.0) continue;
    const Matrix& matrix = layer.weights;
    const bool previous = set.grain == Grain::previous_block;
    if (previous && layer.blocks.empty()) {
      throw UserError(
          fmt::format("method admm: layer {} has no blocks yet, so that none of them can be dropped", name));
    }
    WeightGroups groups =
        previous ? block_groups(layer)
                 : grid_groups(matrix.rows, matrix.columns, group_size(set.grain, matrix.rows, matrix.columns, array));
    const auto kept = static_cast<std::size_t>(
        std::max<long long>(1, std::llround((1.0 - sparsity) * static_cast<double>(groups.count))));
    // The projection keeps groups of its own, as constraints move.
    AdmmConstraint variables(
        [groups, kept](const OutputMajor& weights) { return project_on_groups(weights, groups, kept); });
    constraints.push_back({std::move(groups), kept, std::move(variables)});
  }
  return constraints;
}

OutputMajorMask hard_mask(const std::vector<LayerConstraint>& constraints, const OutputMajor& weights) {
  OutputMajor left = weights;
  for (const LayerConstraint& constraint : constraints) {
    left = project_on_groups(left, constraint.groups, constraint.kept);
  }
  OutputMajorMask mask(left.size());
  std::transform(left.begin(), left.end(), mask.begin(),
                 [](float weight) { return static_cast<std::uint8_t>(weight != 0.0F ? 1 : 0); });
  return mask;
}

std::vector<Block> grid_cover(const Layer& layer, ArraySize array) {
  std::vector<std::uint32_t> all(layer.weights.columns);
  std::iota(all.begin(), all.end(), 0U);
  std::vector<Block> plain = stripe_pieces(layer, all, array);
  std::vector<Block> packed = stripe_pieces(layer, live_block(layer).columns, array);
  return packed.size() < plain.size() ? packed : plain;
}

}  // namespace crossloom
