// Validation split, counts and conversion to grey.
#include "training/dataset.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

namespace crossloom {
namespace {

/// The `count` members with the smallest draws of their own index: a random choice that needs no shuffled order.
std::vector<std::uint32_t> choose(std::vector<std::uint32_t> members, std::size_t count, const RandomField& field) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> draws;
  draws.reserve(members.size());
  for (const std::uint32_t member : members) {
    const auto words = field.words(member, 0, 0);
    draws.emplace_back((std::uint64_t{words[0]} << 32) | words[1], member);
  }
  std::sort(draws.begin(), draws.end());
  members.clear();
  for (std::size_t i = 0; i < count; ++i) members.push_back(draws[i].second);
  return members;
}

std::vector<std::uint32_t> range(std::size_t from, std::size_t to) {
  std::vector<std::uint32_t> indices(to - from);
  std::iota(indices.begin(), indices.end(), static_cast<std::uint32_t>(from));
  return indices;
}

/// Shares of `count` in proportion to `sizes`: rounded down, then one more to the largest remainders, lower class
/// first.
std::vector<std::size_t> proportional_shares(const std::vector<std::size_t>& sizes, std::size_t total,
                                             std::size_t count) {
  std::vector<std::size_t> shares(sizes.size());
  std::vector<std::pair<std::size_t, std::size_t>> remainders;
  std::size_t given = 0;
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    shares[c] = sizes[c] * count / total;
    given += shares[c];
    remainders.emplace_back(sizes[c] * count % total, c);
  }
  std::stable_sort(remainders.begin(), remainders.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; given < count; ++i, ++given) ++shares[remainders[i].second];
  return shares;
}

std::vector<std::uint32_t> choose_stratified(const Dataset& dataset, std::size_t count, const RandomField& field) {
  std::vector<std::vector<std::uint32_t>> members(dataset.classes);
  for (std::size_t i = 0; i < dataset.size(); ++i) members[dataset.labels[i]].push_back(static_cast<std::uint32_t>(i));
  const auto shares = proportional_shares(class_counts(DatasetView(dataset)), dataset.size(), count);
  std::vector<std::uint32_t> chosen;
  for (std::size_t c = 0; c < members.size(); ++c) {
    const auto of_class = choose(std::move(members[c]), shares[c], field);
    chosen.insert(chosen.end(), of_class.begin(), of_class.end());
  }
  return chosen;
}

}  // namespace

ValidationSplit hold_out(const Dataset& dataset, std::size_t count, HoldOut how, RandomKey key) {
  if (count >= dataset.size()) {
    throw UserError("cannot hold out " + std::to_string(count) + " validation images of the " +
                    std::to_string(dataset.size()) + " training images of " + dataset.name +
                    ": none would be left to train on; hold out fewer");
  }
  const RandomField field(key.child("validation"));
  std::vector<std::uint32_t> held;
  switch (how) {
    case HoldOut::last:
      held = range(dataset.size() - count, dataset.size());
      break;
    case HoldOut::random:
      held = choose(range(0, dataset.size()), count, field);
      break;
    case HoldOut::stratified:
      held = choose_stratified(dataset, count, field);
      break;
  }
  std::sort(held.begin(), held.end());
  std::vector<std::uint32_t> kept;
  kept.reserve(dataset.size() - count);
  const std::vector<std::uint32_t> all = range(0, dataset.size());
  std::set_difference(all.begin(), all.end(), held.begin(), held.end(), std::back_inserter(kept));
  return {DatasetView(dataset, std::move(kept)), DatasetView(dataset, std::move(held))};
}

std::vector<std::size_t> class_counts(const DatasetView& images) {
  std::vector<std::size_t> counts(images.dataset().classes, 0);
  for (std::size_t i = 0; i < images.size(); ++i) ++counts.at(images.label(i));
  return counts;
}

double mean_intensity(const DatasetView& images) {
  const std::size_t image_size = images.dataset().image_size();
  if (images.empty() || image_size == 0) return 0.0;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < images.size(); ++i) {
    sum = std::accumulate(images.image(i), images.image(i) + image_size, sum);
  }
  return static_cast<double>(sum) / (255.0 * static_cast<double>(image_size) * static_cast<double>(images.size()));
}

Dataset to_grey(Dataset dataset) {
  if (dataset.channels == 1) return dataset;
  CROSSLOOM_CHECK(dataset.channels == 3, "luma is defined for red, green and blue only");
  const std::size_t plane = dataset.width * dataset.height;
  std::vector<std::uint8_t> grey(dataset.size() * plane);
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const std::uint8_t* rgb = dataset.image(i);
    for (std::size_t p = 0; p < plane; ++p) {
      const unsigned luma = 299U * rgb[p] + 587U * rgb[plane + p] + 114U * rgb[2 * plane + p];
      grey[i * plane + p] = static_cast<std::uint8_t>((luma + 500U) / 1000U);
    }
  }
  dataset.pixels = std::move(grey);
  dataset.channels = 1;
  dataset.origin.description += ", converted to grey";
  return dataset;
}

}  // namespace crossloom
