#include "training/transform/crossbar_cuts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "training/projection/relaxant_projection.h"

namespace crossloom {
namespace {

std::uint32_t count_of(const RowGroups& groups) { return *std::max_element(groups.begin(), groups.end()) + 1; }

/// Adds the inner products of the groups' partial sums of one output.
void add_output(const InputSamples& samples, const float* weights, const RowGroups& groups, Gram& gram) {
  std::vector<double> sums(gram.terms);
  for (std::uint32_t s = 0; s < samples.count; ++s) {
    std::fill(sums.begin(), sums.end(), 0.0);
    const float* const inputs = samples.sample(s);
    for (std::uint32_t i = 0; i < samples.rows; ++i) {
      sums[groups[i]] += static_cast<double>(inputs[i]) * static_cast<double>(weights[i]);
    }
    for (std::uint32_t a = 0; a < gram.terms; ++a) {
      if (sums[a] == 0.0) continue;
      for (std::uint32_t b = 0; b < gram.terms; ++b) gram.at(a, b) += sums[a] * sums[b];
    }
  }
}

std::vector<KeptColumns> empty_columns(const RowGroups& groups) {
  std::vector<KeptColumns> kept(count_of(groups));
  for (std::uint32_t i = 0; i < groups.size(); ++i) kept[groups[i]].rows.push_back(i);
  return kept;
}

}  // namespace

RowGroups group_rows(std::uint32_t rows, std::uint32_t feature_rows, std::uint32_t features,
                     const std::vector<double>& importance) {
  std::vector<std::uint32_t> order(rows / feature_rows);
  std::iota(order.begin(), order.end(), 0U);
  if (!importance.empty()) {
    std::stable_sort(order.begin(), order.end(),
                     [&importance](std::uint32_t a, std::uint32_t b) { return importance[a] > importance[b]; });
  }
  RowGroups groups(rows);
  for (std::uint32_t k = 0; k < order.size(); ++k) {
    for (std::uint32_t r = 0; r < feature_rows; ++r) groups[order[k] * feature_rows + r] = k / features;
  }
  return groups;
}

std::vector<double> feature_importance(const InputSamples& samples, const OutputMajor& weights,
                                       std::uint32_t feature_rows) {
  std::vector<double> importance(samples.rows / feature_rows, 0.0);
  const std::size_t columns = weights.size() / samples.rows;
  for (std::size_t j = 0; j < columns; ++j) {
    const float* const column = weights.data() + j * samples.rows;
    for (std::uint32_t s = 0; s < samples.count; ++s) {
      for (std::uint32_t f = 0; f < importance.size(); ++f) {
        double sum = 0.0;
        for (std::uint32_t i = f * feature_rows; i < (f + 1) * feature_rows; ++i) {
          sum += static_cast<double>(samples.sample(s)[i]) * static_cast<double>(column[i]);
        }
        importance[f] += sum * sum;
      }
    }
  }
  return importance;
}

std::vector<std::vector<KeptColumns>> cut_layer(const InputSamples& samples, const OutputMajor& weights,
                                                const RowGroups& groups, CutGrain grain, std::uint32_t block_outputs,
                                                const std::vector<double>& sparsities, std::uint32_t iterations,
                                                RandomKey key) {
  std::vector<std::vector<KeptColumns>> cuts(sparsities.size(), empty_columns(groups));
  const auto columns = static_cast<std::uint32_t>(weights.size() / samples.rows);
  const std::uint32_t together = grain == CutGrain::crossbar ? block_outputs : 1;
  for (std::uint32_t first = 0; first < columns; first += together) {
    const std::uint32_t end = std::min(columns, first + together);
    Gram gram(count_of(groups));
    for (std::uint32_t j = first; j < end; ++j) {
      add_output(samples, weights.data() + std::size_t{j} * samples.rows, groups, gram);
    }
    for (std::size_t k = 0; k < sparsities.size(); ++k) {
      const auto kept = static_cast<std::uint32_t>(
          std::max<long long>(1, std::llround((1.0 - sparsities[k]) * static_cast<double>(gram.terms))));
      const auto chosen = select_terms(gram, kept, iterations, key.child(first).child(k));
      for (std::uint32_t g = 0; g < gram.terms; ++g) {
        for (std::uint32_t j = first; j < end && chosen[g] != 0; ++j) cuts[k][g].columns.push_back(j);
      }
    }
  }
  return cuts;
}

OutputMajorMask mask_of(const std::vector<KeptColumns>& kept, std::uint32_t rows, std::uint32_t columns) {
  OutputMajorMask mask(std::size_t{rows} * columns, 0);
  for (const KeptColumns& group : kept) {
    for (const std::uint32_t j : group.columns) {
      for (const std::uint32_t i : group.rows) mask[std::size_t{j} * rows + i] = 1;
    }
  }
  return mask;
}

std::vector<KeptColumns> kept_of(const OutputMajorMask& mask, const RowGroups& groups) {
  std::vector<KeptColumns> kept = empty_columns(groups);
  const std::size_t rows = groups.size();
  for (KeptColumns& group : kept) {
    for (std::uint32_t j = 0; j < mask.size() / rows; ++j) {
      const auto live = [&](std::uint32_t i) { return mask[j * rows + i] != 0; };
      if (std::any_of(group.rows.begin(), group.rows.end(), live)) group.columns.push_back(j);
    }
  }
  return kept;
}

std::uint32_t crossbars_of(const std::vector<KeptColumns>& kept, std::uint32_t block_outputs, ArraySize array) {
  std::uint32_t crossbars = 0;
  for (const Block& block : recombined(kept, block_outputs)) {
    crossbars += (static_cast<std::uint32_t>(block.rows.size()) + array.rows - 1) / array.rows;
  }
  return crossbars;
}

}  // namespace crossloom
