#include "sim/bit_serial/chip_observation.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "models/bit_serial/weight_writing.h"

namespace crossloom::bit_serial {
namespace {

std::vector<const FlowTables*> tables_of(const PassSequence& sequence) {
  std::vector<const FlowTables*> tables;
  for (std::uint32_t pass = 0; pass < sequence.passes(); ++pass) tables.push_back(&sequence.tables(pass));
  return tables;
}

}  // namespace

ChipObservation::ChipObservation(std::vector<Watch> watches, const PassSequence& sequence,
                                 const std::optional<NetworkOnChipSpec>& network)
    : watches_(std::move(watches)), sequence_(sequence), units_(tables_of(sequence), network) {}

// ---- streams and passes --------------------------------------------------------------------------------------------

void ChipObservation::tell_units() {
  if (told_units_) return;
  told_units_ = true;
  std::vector<LevelStart> levels;
  for (const UnitName& unit : units_.names()) {
    if (unit.kind == UnitKind::part_group) levels.push_back({unit, kUnderWayLevel, 0});
    if (unit.kind == UnitKind::home) levels.push_back({unit, kToSendLevel, 0});
  }
  for (const Watch& watch : watches_) watch.observer->on_chip(units_.names(), levels);
}

void ChipObservation::begin_stream(std::uint32_t position, const std::vector<std::uint32_t>& images, Cycle start) {
  listeners_ = {};
  for (const Watch& watch : watches_) {
    if (!watch.images.meets(position, position + static_cast<std::uint32_t>(images.size()))) continue;
    tell_units();  // what some observers ask for depends on it
    const Interests interests = watch.observer->interests();
    listeners_.all.push_back(watch.observer);
    if (interests.busy) listeners_.busy.push_back(watch.observer);
    if (interests.waits) listeners_.waits.push_back(watch.observer);
    if (interests.path) listeners_.path.push_back(watch.observer);
    if (interests.actions) listeners_.actions.push_back(watch.observer);
    if (interests.levels) listeners_.levels.push_back(watch.observer);
  }
  if (listeners_.all.empty()) return;
  images_ = images;
  start_ = done_ = start;
  steps_ = root_ = done_with_ = 0;
  for (UnitTime& unit : units_.all()) unit.begin(start, WaitReason::weights);
  for (SimulationObserver* observer : listeners_.all) observer->on_image_begin(images.front(), start);
}

void ChipObservation::begin_pass(std::uint32_t pass, Cycle begun) {
  if (listeners_.all.empty()) return;
  pass_ = pass;
  tables_ = &sequence_.tables(pass);
  base_ = begun;
  ends_with_.assign(1, 0);
  if (sequence_.passes() > 1) write_weights_of(pass, begun);
  root_ = done_with_;
  // The part groups and homes of other passes go on without their weights; those of this one say what they wait for.
  for (UnitTime& unit : units_.all()) {
    const UnitKind kind = unit.name().kind;
    if (kind == UnitKind::part_group || kind == UnitKind::home || kind == UnitKind::sender) continue;
    unit.idle(begun, WaitReason::input, listeners_);
  }
  for (std::uint32_t m = 0; m < tables_->makers.size(); ++m) {
    const MakerKind kind = tables_->makers[m].kind;
    if (kind != MakerKind::output_slice && kind != MakerKind::digital_slice) continue;
    units_.maker(pass, m).idle(begun, WaitReason::input, listeners_);
  }
  for (std::uint32_t s = 0; s < tables_->sends.size(); ++s) {
    if (!tables_->sends[s].is_local) units_.send(pass, s).idle(begun, WaitReason::input, listeners_);
  }
}

// From the cycle on in which the pass before had its last value.
void ChipObservation::write_weights_of(std::uint32_t pass, Cycle begun) {
  const Cycle from = done_;
  RowWrite last;
  const auto take = [&](const RowWrite& row) {
    const Work work{name_of(BitSerialStage::reload), 0, images_.front(), 0, row.node.value(), {}, 0, false};
    serve(units_.of(UnitKind::crossbar, row.crossbar), from + row.begin, from + row.end, work);
    for (std::size_t action = 0; action < kBitSerialActions; ++action) {
      if (row.counts.actions[action] == 0) continue;
      for (SimulationObserver* observer : listeners_.actions) {
        observer->on_action({static_cast<std::uint32_t>(action), row.counts.actions[action], from + row.begin});
      }
    }
    if (row.end > last.end) last = row;
  };
  write_weights(*tables_->placed, *tables_->network, *tables_->chip, pass, take);
  BitSerialInterval writing;
  writing.node = last.node;
  const UnitName crossbar{UnitKind::crossbar, last.crossbar, 0};
  done_with_ = step(done_with_, writing, crossbar, from, from + last.end, name_of(BitSerialStage::reload));
  done_with_ = step(done_with_, writing, crossbar, from + last.end, begun, "waiting");
}

void ChipObservation::end_pass() {
  if (listeners_.all.empty()) return;
  const WaitReason rest = pass_ + 1 < sequence_.passes() ? WaitReason::weights : WaitReason::done;
  for (UnitTime& unit : units_.all()) {
    const UnitKind kind = unit.name().kind;
    const bool elsewhere = kind == UnitKind::part_group || kind == UnitKind::home || kind == UnitKind::sender;
    if (!elsewhere) unit.settle_all(listeners_);
    unit.idle(done_, rest, listeners_);
  }
}

void ChipObservation::end_stream() {
  for (UnitTime& unit : units_.all()) {
    if (!listeners_.all.empty()) unit.finish(listeners_);
  }
  for (SimulationObserver* observer : listeners_.all) observer->on_image_end(images_.front(), done_, 0);
  listeners_ = {};
}

void ChipObservation::on_image_done(std::uint64_t image, std::uint64_t begin, std::uint64_t end, std::uint32_t cause) {
  const Cycle cycle = base_ + end;
  if (cycle >= done_) {
    done_ = cycle;
    done_with_ = step_of(cause);
  }
  if (pass_ + 1 < sequence_.passes()) return;
  const Cycle begun = sequence_.passes() > 1 ? start_ : base_ + begin;
  for (SimulationObserver* observer : listeners_.all) {
    observer->on_answer(images_[image], begun, cycle, step_of(cause));
  }
}

// ---- energy --------------------------------------------------------------------------------------------------------

void ChipObservation::on_action(BitSerialAction action, std::uint64_t count, std::uint64_t cycle) {
  if (count == 0) return;
  for (SimulationObserver* observer : listeners_.actions) {
    observer->on_action({static_cast<std::uint32_t>(action), count, base_ + cycle});
  }
}

void ChipObservation::on_array_energy(std::uint64_t zeptojoules, std::uint64_t cycle) {
  for (SimulationObserver* observer : listeners_.actions) observer->on_array_drive(zeptojoules, base_ + cycle);
}

}  // namespace crossloom::bit_serial
