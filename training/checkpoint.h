// What tells a checkpoint of this run from that of another.
#pragma once

#include <string>

#include "base/random.h"
#include "models/dataset.h"
#include "models/network.h"
#include "training/tensor.h"
#include "training/trainer.h"

namespace crossloom {

constexpr const char* kCheckpointKind = "training checkpoint";
constexpr int kCheckpointVersion = 1;

/// Text of everything that decides the bytes of a run: network, data, settings, key, precision and method.
std::string run_identity(const Network& start, const Dataset& dataset, const TrainingSpec& training, RandomKey key,
                         Precision precision, const std::string& method);

/// The history in a checkpoint's header and back.
nlohmann::json to_json(const std::vector<EpochRecord>& history);
std::vector<EpochRecord> history_from_json(const nlohmann::json& json);

}  // namespace crossloom
