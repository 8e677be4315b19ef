#include "sim/recorders.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {

// ---- use ------------------------------------------------------------------------------------------------------------

void UseRecorder::on_chip(const std::vector<UnitName>& units, const std::vector<LevelStart>& /*levels*/) {
  for (const UnitName& unit : units) {
    Places& places = places_[static_cast<std::size_t>(unit.kind)];
    places.ports = std::max(places.ports, unit.port + 1);
  }
  for (const UnitName& unit : units) {
    Places& places = places_[static_cast<std::size_t>(unit.kind)];
    const std::size_t at = std::size_t{unit.index} * places.ports + unit.port;
    if (places.at.size() <= at) places.at.resize(at + 1, std::numeric_limits<std::uint32_t>::max());
    places.at[at] = static_cast<std::uint32_t>(in_all_.size());
    in_all_.push_back({unit, 0, {}});
  }
  in_image_ = in_all_;
}

void UseRecorder::on_image_begin(std::uint32_t /*image*/, std::uint64_t cycle) {
  begin_ = quiet_from_ = cycle;
  for (UnitUse& use : in_image_) {
    use.busy_cycles = 0;
    use.wait_cycles = {};
  }
}

void UseRecorder::on_image_end(std::uint32_t image, std::uint64_t cycle, std::uint32_t /*last_step*/) {
  note_end(cycle);
  const std::uint64_t elapsed = quiet_from_ - begin_;
  ++images_;
  elapsed_ += elapsed;
  std::array<KindUse, kUnitKinds> kinds{};
  for (std::size_t k = 0; k < in_image_.size(); ++k) {
    UnitUse& use = in_image_[k];
    const std::uint64_t told = std::accumulate(use.wait_cycles.begin(), use.wait_cycles.end(), use.busy_cycles);
    CROSSLOOM_CHECK(told <= elapsed, fmt::format("{} {} was at work for longer than the image",
                                                 unit_kind_name(use.unit.kind), use.unit.index));
    use.wait_cycles[static_cast<std::size_t>(WaitReason::done)] += elapsed - told;
    KindUse& kind = kinds[static_cast<std::size_t>(use.unit.kind)];
    ++kind.units;
    kind.busy_cycles += use.busy_cycles;
    kind.most_busy_cycles = std::max(kind.most_busy_cycles, use.busy_cycles);
    in_all_[k].busy_cycles += use.busy_cycles;
    for (std::size_t reason = 0; reason < kWaitReasons; ++reason) {
      kind.wait_cycles[reason] += use.wait_cycles[reason];
      in_all_[k].wait_cycles[reason] += use.wait_cycles[reason];
    }
  }
  for (std::size_t k = 0; k < kUnitKinds; ++k) {
    if (kinds[k].units == 0) continue;
    kinds[k].image = image;
    kinds[k].kind = static_cast<UnitKind>(k);
    kinds[k].elapsed_cycles = elapsed;
    kinds_by_image_.push_back(kinds[k]);
  }
}

void UseRecorder::add_to(Observations& observations) const {
  observations.images = images_;
  observations.elapsed_cycles = elapsed_;
  observations.units = in_all_;
  observations.kinds_by_image = kinds_by_image_;
}

// ---- paths ----------------------------------------------------------------------------------------------------------

void PathRecorder::on_image_begin(std::uint32_t /*image*/, std::uint64_t cycle) {
  steps_.clear();
  begin_ = cycle;
  too_many_ = answered_ = false;
}

void PathRecorder::on_path_step(const PathStep& step) {
  if (steps_.size() >= most_steps_) {
    too_many_ = true;
    return;
  }
  steps_.push_back({step.start_cycle, step.label, step.cause, static_cast<std::uint32_t>(step.duration_cycles),
                    step.unit.index, step.step, static_cast<std::uint16_t>(step.unit.port),
                    static_cast<std::uint16_t>(step.layer), step.unit.kind});
}

void PathRecorder::on_image_end(std::uint32_t image, std::uint64_t cycle, std::uint32_t last_step) {
  if (!answered_) record(image, begin_, cycle, last_step);
}

void PathRecorder::on_answer(std::uint32_t image, std::uint64_t begin, std::uint64_t cycle, std::uint32_t last_step) {
  answered_ = true;
  record(image, begin, cycle, last_step);
}

// In a stream the chain may lead on to what was done for images before this one; it counts from the image's begin on.
void PathRecorder::record(std::uint32_t image, std::uint64_t begin, std::uint64_t cycle, std::uint32_t last_step) {
  if (too_many_) {
    ++recorded_.paths_left_out;
    return;
  }
  std::map<std::pair<std::string, UnitKind>, std::uint64_t> shares;
  std::vector<PathPlace> path;
  std::uint64_t end = cycle;
  for (std::uint32_t id = last_step; id != 0 && end > begin; id = steps_[id - 1].cause) {
    const Kept& step = steps_.at(id - 1);
    CROSSLOOM_CHECK(step.start + step.duration == end && step.cause < id,
                    fmt::format("a path step \"{}\" ends at cycle {}, and what it causes begins at {}", step.label,
                                step.start + step.duration, end));
    const std::uint64_t start = std::max(step.start, begin), duration = end - start;
    end = start;
    shares[{step.label, step.kind}] += duration;
    if (first_) {
      path.push_back({{step.kind, step.index, step.port}, step.label, start - begin, duration, step.step, step.layer});
    }
  }
  CROSSLOOM_CHECK(end == begin || last_step == 0, "a critical path goes back to the image's begin");
  for (const auto& [key, cycles] : shares) recorded_.path_shares.push_back({image, key.first, key.second, cycles});
  if (!first_) return;
  first_ = false;
  recorded_.path_image = image;
  recorded_.path.assign(path.rbegin(), path.rend());
}

void PathRecorder::add_to(Observations& observations) const {
  observations.path_shares = recorded_.path_shares;
  observations.path_image = recorded_.path_image;
  observations.path = recorded_.path;
  observations.paths_left_out = recorded_.paths_left_out;
}

// ---- actions --------------------------------------------------------------------------------------------------------

ActionRecorder::ActionRecorder(std::uint32_t actions, std::uint64_t window_cycles) {
  CROSSLOOM_CHECK(window_cycles > 0, "a window has a length");
  windows_.actions = actions;
  windows_.window_cycles = window_cycles;
}

std::size_t ActionRecorder::window_of(std::uint64_t cycle) {
  const std::size_t window = (cycle - begin_) / windows_.window_cycles;
  if (window >= windows_.windows()) {
    windows_.counts.resize((window + 1) * windows_.actions);
    windows_.array_zeptojoules.resize(window + 1);
    windows_.array_drives.resize(window + 1);
  }
  return window;
}

void ActionRecorder::on_image_end(std::uint32_t /*image*/, std::uint64_t cycle, std::uint32_t /*last_step*/) {
  if (cycle == begin_) return;
  const std::uint64_t length = windows_.window_cycles, elapsed = cycle - begin_;
  (void)window_of(cycle - 1);
  windows_.elapsed_cycles.resize(windows_.windows());
  for (std::uint64_t from = 0; from < elapsed; from += length) {
    windows_.elapsed_cycles[from / length] += std::min(length, elapsed - from);
  }
}

void ActionRecorder::add_to(Observations& observations) const { observations.windows = windows_; }

// ---- all ------------------------------------------------------------------------------------------------------------

void Recording::watch(const ImageSelection& images, std::vector<Watch>& watches) {
  watches.push_back({&use_, images});
  watches.push_back({&path_, images});
  watches.push_back({&actions_, images});
}

Observations Recording::observations() const {
  Observations observations;
  use_.add_to(observations);
  path_.add_to(observations);
  actions_.add_to(observations);
  return observations;
}

}  // namespace crossloom
