#include "models/bit_serial/bit_serial_result_file.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace crossloom {

namespace {

constexpr std::size_t kNumbersACount = kBitSerialActions + 2;

void put(std::vector<std::uint64_t>& numbers, const BitSerialCounts& counts) {
  numbers.insert(numbers.end(), counts.actions.begin(), counts.actions.end());
  numbers.push_back(counts.array_zeptojoules);
  numbers.push_back(counts.clipped);
}

BitSerialCounts get(const std::vector<std::uint64_t>& numbers, std::size_t index) {
  BitSerialCounts counts;
  const auto from = numbers.begin() + static_cast<std::ptrdiff_t>(index * kNumbersACount);
  std::copy(from, from + kBitSerialActions, counts.actions.begin());
  counts.array_zeptojoules = from[kBitSerialActions];
  counts.clipped = from[kBitSerialActions + 1];
  return counts;
}

void add_each(std::vector<std::uint64_t>& sums, const std::vector<std::uint64_t>& more) {
  CROSSLOOM_CHECK(sums.size() == more.size(), "results of two different placements cannot be joined");
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += more[i];
}

/// Intervals from one image's end to the next one's, over all streams; with reloads, all images.
std::size_t intervals(std::size_t images, std::uint32_t stream_length, bool reloads) {
  if (reloads) return images;
  return images - (images + stream_length - 1) / stream_length;
}

[[noreturn]] void damaged() { throw UserError("bit_serial_result: its lists do not belong together"); }

}  // namespace

void append(BitSerialResult& all, const BitSerialResult& later, std::uint32_t stream_length) {
  if (all.images.empty()) {
    all = later;
    return;
  }
  const auto before = static_cast<double>(intervals(all.images.size(), stream_length, !all.run_cycles.empty()));
  const auto added = static_cast<double>(intervals(later.images.size(), stream_length, !all.run_cycles.empty()));
  if (before + added > 0.0) {
    all.cycles_per_image = (all.cycles_per_image * before + later.cycles_per_image * added) / (before + added);
  }
  all.images.insert(all.images.end(), later.images.begin(), later.images.end());
  all.activity += later.activity;
  add_each(all.use.crossbars, later.use.crossbars);
  add_each(all.use.buses, later.use.buses);
  add_each(all.use.adders, later.use.adders);
  add_each(all.use.activation_units, later.use.activation_units);
  add_each(all.use.pool_units, later.use.pool_units);
  for (std::size_t i = 0; i < kBitSerialStalls; ++i) all.use.stalls[i] += later.use.stalls[i];
  add_each(all.write_cycles, later.write_cycles);
  add_each(all.run_cycles, later.run_cycles);
  all.elapsed_cycles += later.elapsed_cycles;
  all.flits += later.flits;
  all.observations += later.observations;
}

Archive to_archive(const BitSerialResult& result) {
  Archive archive("bit_serial_result", kBitSerialResultVersion);
  archive.header["nodes"] = result.activity.nodes;
  archive.header["elapsed_cycles"] = result.elapsed_cycles;
  archive.header["cycles_per_image"] = result.cycles_per_image;
  archive.header["flits"] = result.flits;
  std::vector<std::int32_t> outputs;
  std::vector<std::uint64_t> images, activity;
  for (const BitSerialImage& image : result.images) {
    outputs.insert(outputs.end(), image.outputs.begin(), image.outputs.end());
    for (const std::uint64_t number : {std::uint64_t{image.predicted}, image.begin_cycle, image.end_cycle}) {
      images.push_back(number);
    }
  }
  put(activity, result.activity.chip);
  for (const BitSerialCounts& counts : result.activity.by_tile_and_node) put(activity, counts);
  archive.put("outputs", outputs);
  archive.put("images", images);
  archive.put("activity", activity);
  archive.put("crossbars", result.use.crossbars);
  archive.put("buses", result.use.buses);
  archive.put("adders", result.use.adders);
  archive.put("activation_units", result.use.activation_units);
  archive.put("pool_units", result.use.pool_units);
  archive.put("write_cycles", result.write_cycles);
  archive.put("run_cycles", result.run_cycles);
  archive.put("stalls", std::vector<std::uint64_t>(result.use.stalls.begin(), result.use.stalls.end()));
  put_observations(archive, result.observations);
  return archive;
}

BitSerialResult bit_serial_result_from_archive(const Archive& archive) {
  BitSerialResult result;
  try {
    result.activity.nodes = archive.header.at("nodes").get<std::uint32_t>();
    result.elapsed_cycles = archive.header.at("elapsed_cycles").get<std::uint64_t>();
    result.cycles_per_image = archive.header.at("cycles_per_image").get<double>();
    result.flits = archive.header.at("flits").get<std::uint64_t>();
  } catch (const nlohmann::json::exception& error) {
    throw UserError(std::string("bit_serial_result: ") + error.what());
  }
  const auto images = archive.get<std::uint64_t>("images");
  const auto outputs = archive.get<std::int32_t>("outputs");
  const auto activity = archive.get<std::uint64_t>("activity");
  const auto stalls = archive.get<std::uint64_t>("stalls");
  const std::size_t count = images.size() / 3;
  if (count == 0 || images.size() != count * 3 || outputs.size() % count != 0 || activity.empty() ||
      activity.size() % kNumbersACount != 0 || stalls.size() != kBitSerialStalls) {
    damaged();
  }
  const std::size_t each = outputs.size() / count;
  for (std::size_t k = 0; k < count; ++k) {
    BitSerialImage image;
    const auto from = outputs.begin() + static_cast<std::ptrdiff_t>(k * each);
    image.outputs.assign(from, from + static_cast<std::ptrdiff_t>(each));
    image.predicted = static_cast<std::uint32_t>(images[k * 3]);
    image.begin_cycle = images[k * 3 + 1];
    image.end_cycle = images[k * 3 + 2];
    result.images.push_back(std::move(image));
  }
  result.activity.chip = get(activity, 0);
  for (std::size_t i = 1; i < activity.size() / kNumbersACount; ++i) {
    result.activity.by_tile_and_node.push_back(get(activity, i));
  }
  result.use.crossbars = archive.get<std::uint64_t>("crossbars");
  result.use.buses = archive.get<std::uint64_t>("buses");
  result.use.adders = archive.get<std::uint64_t>("adders");
  result.use.activation_units = archive.get<std::uint64_t>("activation_units");
  result.use.pool_units = archive.get<std::uint64_t>("pool_units");
  result.write_cycles = archive.get<std::uint64_t>("write_cycles");
  result.run_cycles = archive.get<std::uint64_t>("run_cycles");
  if (result.write_cycles.size() != result.run_cycles.size()) damaged();
  std::copy(stalls.begin(), stalls.end(), result.use.stalls.begin());
  result.observations = get_observations(archive);
  return result;
}

}  // namespace crossloom
