// A point of a reliability study with its network on crossbars, made when it is first needed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/network_stages.h"
#include "models/encoding.h"
#include "models/mapped_network.h"
#include "models/programmed_chip.h"
#include "models/spiking_network.h"

namespace crossloom {

/// What a point's measurements share: its network on crossbars, and its chip 0 once that has been programmed.
struct PointOnChip {
  std::string identity;
  SpikingNetwork spiking;
  MappedNetwork mapped;
  SpikeEncoder encoder;
  std::shared_ptr<const ProgrammedChip> first_chip;
};

/// Arguments outlive it.
class MeasuredPoint {
 public:
  /// `last` is taken where it is this point's, and is this point's after build(): chips are sampled, timed and looked
  /// into one after another, and large points take long to map and to solve.
  MeasuredPoint(NetworkStages& networks, const TrainAndTest& data, std::size_t threads, ProgressSink& progress,
                const ComparePoint& point, std::uint64_t seed, std::shared_ptr<PointOnChip>& last);

  [[nodiscard]] const Experiment& experiment() const { return point_.file.experiment; }
  [[nodiscard]] const ExperimentFile& file() const { return point_.file; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  /// Everything that its chips depend on.
  [[nodiscard]] const std::string& identity() const { return identity_; }
  /// What its chips are compared with: a network that was retrained on chips is meant for nothing else, so its losses
  /// are those to the network that it came from.
  Network reference();
  /// Throws DoesNotFit where the network cannot be mapped. What follows needs it.
  void build();
  [[nodiscard]] const SpikingNetwork& spiking() const { return on_chip_->spiking; }
  [[nodiscard]] const MappedNetwork& mapped() const { return on_chip_->mapped; }
  [[nodiscard]] const SpikeEncoder& encoder() const { return on_chip_->encoder; }
  /// Thread-safe for different chips.
  [[nodiscard]] std::shared_ptr<const ProgrammedChip> program(std::uint64_t chip, std::size_t threads);

 private:
  const ComparePoint& point_;
  std::uint64_t seed_;
  std::string identity_;
  NetworkStages& networks_;
  const TrainAndTest& data_;
  std::size_t threads_;
  ProgressSink& progress_;
  std::shared_ptr<PointOnChip>& last_;
  std::shared_ptr<PointOnChip> on_chip_;
};

}  // namespace crossloom
