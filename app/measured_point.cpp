#include "app/measured_point.h"

#include "app/stages.h"
#include "app/streams.h"
#include "models/unfolding.h"

namespace crossloom {

MeasuredPoint::MeasuredPoint(NetworkStages& networks, const TrainAndTest& data, std::size_t threads,
                             ProgressSink& progress, const ComparePoint& point, std::uint64_t seed,
                             std::shared_ptr<PointOnChip>& last)
    : point_(point),
      seed_(seed),
      identity_(networks.identities(point, seed).mapped()),
      networks_(networks),
      data_(data),
      threads_(threads),
      progress_(progress),
      last_(last) {}

Network MeasuredPoint::reference() {
  const VariantSpec& variant = experiment().variants[point_.variant];
  ComparePoint from = point_;
  if (variant.device_aware) from.variant = variant.from;
  return networks_.transformed(from, seed_);
}

void MeasuredPoint::build() {
  if (on_chip_) return;
  if (last_ && last_->identity == identity_) {
    on_chip_ = last_;
    return;
  }
  last_.reset();  // before the next one takes its memory
  const Network on_chip = unfold(networks_.transformed(point_, seed_), array_of(experiment()));
  SpikingNetwork spiking = convert_stage(experiment(), on_chip, data_.train, threads_);
  MappedNetwork mapped = map_stage(experiment(), spiking, seed_, progress_).mapped;
  SpikeEncoder encoder(spiking.spec, Streams(seed_).encoding());
  on_chip_ =
      std::make_shared<PointOnChip>(PointOnChip{identity_, std::move(spiking), std::move(mapped), encoder, nullptr});
  last_ = on_chip_;
}

std::shared_ptr<const ProgrammedChip> MeasuredPoint::program(std::uint64_t chip, std::size_t threads) {
  if (chip == 0 && on_chip_->first_chip) return on_chip_->first_chip;
  auto made = std::make_shared<const ProgrammedChip>(
      program_stage(experiment(), on_chip_->spiking, on_chip_->mapped, seed_ + chip, threads));
  if (chip == 0) on_chip_->first_chip = made;
  return made;
}

}  // namespace crossloom
