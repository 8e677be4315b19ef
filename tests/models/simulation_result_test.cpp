#include "models/simulation_result.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace crossloom {
namespace {

SimulationResult share(std::uint32_t first_image, bool rasters) {
  SimulationResult result;
  result.activity = Activity(2, 2);
  for (std::uint32_t k = 0; k < 3; ++k) {
    TimedImage image;
    image.outcome = {first_image + k, 1, {k, 2}, {9, k}, {0, 1, 1}};
    image.timing.latency_cycles = 100 + k;
    if (k > 0) image.timing.first_spike_cycles = k;
    image.timing.layers = {{1, 50}, {2, 99}};
    result.images.push_back(image);
    result.activity.at(TileId(1), LayerId(0)).count(Action::neuron_fire, 5 + k);
    result.activity.at(TileId(1), LayerId(1)).array_energy += 1000;
    result.elapsed_cycles += image.timing.latency_cycles;
    if (rasters) result.rasters.push_back({{{{0, 1}, {}}, {{}, {k}}}, {{-1.5, 2.0}}});
  }
  result.activity.chip.packets_saved = 4;
  return result;
}

Observations seen(std::uint32_t image) {
  Observations seen;
  seen.images = 1;
  seen.elapsed_cycles = 100;
  seen.mesh_width = 3;
  seen.units = {{{UnitKind::crossbar, 4, 0}, 40, {30, 0, 0, 0, 10, 20, 0}},
                {{UnitKind::router_output, 3, 1}, 10, {80, 0, 0, 5, 0, 0, 5}}};
  seen.kinds_by_image = {{image, UnitKind::crossbar, 1, 100, 40, 40, {30, 0, 0, 0, 10, 20, 0}}};
  seen.path_shares = {{image, "integrate", UnitKind::crossbar, 70}, {image, "link", UnitKind::router_output, 30}};
  seen.path_image = image;
  seen.path = {{{UnitKind::router_output, 3, 1}, "link", 0, 30, 0, 2}};
  seen.windows = {60, 2, {5, 0}, {4}, {1}};
  if (image > 0) seen.windows = {60, 2, {1, 1, 7, 8}, {4, 9}, {1, 2}};
  return seen;
}

TEST(SimulationResult, AddsUpWhatSharesObserved) {
  SimulationResult sum = share(0, false);
  sum.observations = seen(0);
  SimulationResult later = share(3, false);
  sum += later;
  EXPECT_EQ(sum.observations.images, 1U) << "the later share observed nothing";
  later.observations = seen(3);
  sum += later;
  EXPECT_EQ(sum.observations.images, 2U);
  EXPECT_EQ(sum.observations.units[0].busy_cycles, 80U);
  EXPECT_EQ(sum.observations.units[1].wait_cycles[3], 10U);
  EXPECT_EQ(sum.observations.kinds_by_image.size(), 2U);
  EXPECT_EQ(sum.observations.path_image, 0U) << "the path of the first image stays";
  EXPECT_EQ(sum.observations.path.size(), 1U);
  EXPECT_EQ(sum.observations.windows.counts, (std::vector<std::uint64_t>{6, 1, 7, 8}));
  EXPECT_EQ(sum.observations.windows.array_drives, (std::vector<std::uint64_t>{2, 2}));
}

TEST(SimulationResult, KeepsWhatWasObservedInItsFile) {
  SimulationResult result = share(0, false);
  result.observations = seen(0);
  const Archive archive = to_archive(result);
  const SimulationResult read = simulation_result_from_archive(archive);
  EXPECT_EQ(to_archive(read).to_bytes(), archive.to_bytes());
  EXPECT_EQ(read.observations.path_shares[1].label, "link");
  EXPECT_TRUE(read.observations.units[1].unit == (UnitName{UnitKind::router_output, 3, 1}));
}

TEST(SimulationResult, RefusesObservationsThatDoNotBelongTogether) {
  SimulationResult result = share(0, false);
  result.observations = seen(0);
  result.observations.windows.counts.pop_back();
  EXPECT_THROW(simulation_result_from_archive(to_archive(result)), UserError);
  result.observations = seen(0);
  Archive archive = to_archive(result);
  archive.header["observations"]["words"] = nlohmann::json::array();
  EXPECT_THROW(simulation_result_from_archive(archive), UserError);
  archive = to_archive(result);
  archive.put("observed.units", std::vector<std::uint64_t>{99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_THROW(simulation_result_from_archive(archive), UserError);
}

TEST(ImageSelection, CountsEverySoManiethImageFromAnyPlace) {
  const ImageSelection images{3, 20, 5};
  for (std::uint32_t begin = 0; begin < 25; ++begin) {
    const ImageSelection rest = images.counted_from(begin);
    bool any = false;
    for (std::uint32_t position = begin; position < begin + 4; ++position) {
      EXPECT_EQ(rest.contains(position - begin), images.contains(position)) << begin << " " << position;
      any = any || images.contains(position);
    }
    EXPECT_EQ(images.meets(begin, begin + 4), any) << begin;
  }
  EXPECT_FALSE(images.meets(3, 3));
}

TEST(SimulationResult, AppendsSharesOfOneStimulus) {
  SimulationResult sum;
  sum += share(0, true);
  sum += share(3, true);
  ASSERT_EQ(sum.images.size(), 6U);
  EXPECT_EQ(sum.images[3].outcome.image, 3U);
  EXPECT_EQ(sum.elapsed_cycles, 606U);
  EXPECT_EQ(sum.rasters.size(), 6U);
  EXPECT_EQ(sum.activity.at(TileId(1), LayerId(0)).actions[static_cast<std::size_t>(Action::neuron_fire)], 36U);
  EXPECT_EQ(sum.activity.chip.packets_saved, 8U);
}

TEST(SimulationResult, RefusesSharesOfAnotherChip) {
  SimulationResult sum = share(0, false);
  SimulationResult other = share(3, false);
  other.activity = Activity(3, 2);
  EXPECT_THROW(sum += other, Bug);
}

TEST(SimulationResultFile, ReadsBackToTheSameBytes) {
  for (const bool rasters : {false, true}) {
    const Archive archive = to_archive(share(4, rasters));
    const SimulationResult read = simulation_result_from_archive(archive);
    EXPECT_EQ(to_archive(read).to_bytes(), archive.to_bytes());
    EXPECT_FALSE(read.images[0].timing.first_spike_cycles.has_value());
    EXPECT_EQ(read.images[2].timing.first_spike_cycles, 2U);
    EXPECT_EQ(read.images[1].timing.layers[1].last_cycle, 99U);
    EXPECT_EQ(read.rasters == share(4, rasters).rasters, true);
  }
}

TEST(SimulationResultFile, RefusesWhatDoesNotFitTogether) {
  const auto refused = [](auto&& change) {
    Archive archive = to_archive(share(0, true));
    change(archive);
    EXPECT_THROW(simulation_result_from_archive(archive), UserError);
  };
  refused([](Archive& a) { a.header.erase("elapsed_cycles"); });
  refused([](Archive& a) { a.header["layers"] = 3; });
  refused([](Archive& a) { a.put("predicted", std::vector<std::uint32_t>{1, 1}); });
  refused([](Archive& a) { a.put("predicted", std::vector<std::uint32_t>{1, 1, 7}); });
  refused([](Archive& a) {
    a.put("layer_times", std::vector<std::uint64_t>(12));
    a.put("layer_times.ends", std::vector<std::uint64_t>{3, 6, 12});
  });
  refused([](Archive& a) { a.put("activity", std::vector<std::uint64_t>(7)); });
  refused([](Archive& a) { a.put("chip_activity", std::vector<std::uint64_t>()); });
  refused([](Archive& a) { a.put("raster.steps", std::vector<std::uint32_t>{2, 2, 2, 2, 2, 4000000000U}); });
  refused([](Archive& a) { a.put("raster.steps", std::vector<std::uint32_t>{2, 2, 2, 2, 2, 1}); });
  refused([](Archive& a) { a.put("raster.layers", std::vector<std::uint32_t>{2, 2}); });
}

}  // namespace
}  // namespace crossloom
