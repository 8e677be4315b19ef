#include "app/training_curves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/temporary_folder.h"

namespace crossloom {
namespace {

using testing::HasSubstr;
using testing::Not;

EpochRecord epoch(std::uint32_t number, double accuracy) {
  EpochRecord record;
  record.epoch = number;
  record.learning_rate = 0.5;
  record.training_loss = 2.0 / number;
  record.training_accuracy = accuracy - 0.25;
  record.validation_loss = 1.0 / number;
  record.validation_accuracy = accuracy;
  record.synapses = 7;
  return record;
}

TEST(TrainingCurves, HaveARowForEachEpochAndEmptyCellsWithoutValidationImages) {
  EpochRecord without = epoch(1, 0.75);
  without.validation_loss.reset();
  without.validation_accuracy.reset();
  const std::string csv =
      training_curves_table(
          {{"64x64", "pruned", "density = 0.1", 2, {epoch(1, 0.5), epoch(2, 0.75)}}, {"", "dense", "", 2, {without}}})
          .to_csv();
  EXPECT_THAT(csv, HasSubstr("\n64x64,pruned,density = 0.1,2,1,0.5,2,0.25,1,0.5,7\n"
                             "64x64,pruned,density = 0.1,2,2,0.5,1,0.5,0.5,0.75,7\n"));
  EXPECT_THAT(csv, HasSubstr(",dense,"));
  EXPECT_THAT(csv, HasSubstr(",2,1,0.5,2,0.5,,,7\n"));
}

TEST(TrainingCurves, ShowThePicturedOnesThatHaveEpochs) {
  const std::string svg = training_curves_svg({{"", "dense", "", 1, {epoch(1, 0.5), epoch(2, 0.75)}},
                                               {"", "clustered", "", 1, {}},
                                               {"16x16", "other", "", 1, {epoch(1, 0.25)}, false}},
                                              "tiny");
  EXPECT_THAT(svg, HasSubstr("dense"));
  EXPECT_THAT(svg, Not(HasSubstr("clustered")));
  EXPECT_THAT(svg, Not(HasSubstr("other")));
  EXPECT_THAT(training_curves_svg({}, "nothing"), HasSubstr("</svg>"));
}

TEST(TrainingCurves, ComeBackFromBesideTheirNetworkAndADamagedFileIsNone) {
  const TemporaryFolder folder;
  const auto file = folder.write("curve.epochs", "not a list");
  EXPECT_TRUE(load_epochs(file).empty());
  EXPECT_TRUE(load_epochs(folder.path() / "nowhere").empty());
  Network network;
  network.spec.name = "n";
  network.spec.input = {2, 1, 1};
  network.spec.layers.push_back({"only", 2, false, Activation::none, 0.0, std::nullopt});
  save_trained({make_network(network.spec), {epoch(1, 0.5), epoch(2, 0.75)}}, folder.path() / "a.network", file);
  const std::vector<EpochRecord> epochs = load_epochs(file);
  ASSERT_EQ(epochs.size(), 2U);
  EXPECT_EQ(epochs[1].validation_accuracy, 0.75);
  EXPECT_EQ(load_network(folder.path() / "a.network").layers.size(), 1U);
}

TEST(TrainingCurves, LeaveNoFilesWhereNothingWasTrained) {
  const TemporaryFolder folder;
  write_curves({{"", "dense", "", 1, {}}}, "random", folder.path());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  write_curves({{"", "dense", "", 1, {epoch(1, 0.5)}}}, "trained", folder.path());
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "training_curves.svg"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "tables" / "training_curves.csv"));
}

}  // namespace
}  // namespace crossloom
