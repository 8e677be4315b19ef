// What each epoch of a training came to: kept beside the network, and shown as a table and a picture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/table.h"
#include "models/network.h"
#include "training/trainer.h"

namespace crossloom {

struct TrainedNetwork {
  Network network;
  std::vector<EpochRecord> epochs;  ///< none of random weights and of methods that do not train
};

/// Both files, each whole or not at all, the epochs (JSON) first: where the network is, they are.
void save_trained(const TrainedNetwork& trained, const std::filesystem::path& network,
                  const std::filesystem::path& epochs);
/// None where the file is missing or no list of epochs: a curve is no reason to train again.
std::vector<EpochRecord> load_epochs(const std::filesystem::path& file);

struct TrainingCurve {
  std::string array;    ///< "64x64"; empty where that decides nothing
  std::string network;  ///< what a picture calls it: "dense", or the variant
  std::string setting;  ///< of a sweep; empty without
  std::uint64_t seed = 0;
  std::vector<EpochRecord> epochs;
  bool pictured = true;  ///< not only in the table
};

/// `training_curves`: a row an epoch. Accuracies are shares; empty cells where there were no validation images.
Table training_curves_table(const std::vector<TrainingCurve>& curves);
/// Validation accuracy by epoch, training accuracy where there are no validation images, of curves with epochs.
std::string training_curves_svg(const std::vector<TrainingCurve>& curves, const std::string& experiment);

/// The table beside a network file, as FILE.epochs.csv; nothing where there are no epochs.
void write_curve(const std::string& network, std::uint64_t seed, const std::vector<EpochRecord>& epochs,
                 const std::filesystem::path& file);

/// Both, as tables/training_curves.csv and training_curves.svg of the folder; nothing where nothing was trained.
void write_curves(const std::vector<TrainingCurve>& curves, const std::string& experiment,
                  const std::filesystem::path& folder);

}  // namespace crossloom
