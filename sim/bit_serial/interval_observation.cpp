// What an interval of a board is to the units of the chip and to the critical path.
#include <algorithm>

#include "base/error.h"
#include "sim/bit_serial/chip_observation.h"
#include "sim/bit_serial/product_path.h"

namespace crossloom::bit_serial {
namespace {

constexpr std::uint64_t kFlowsOfPass = std::uint64_t{1} << 40U;  // boards count messages by themselves
// Where pieces of a unit's time overlap, the higher counts.
constexpr int kWaitsForUnit = 0, kWorks = 1, kDrives = 2;

}  // namespace

// ---- units ---------------------------------------------------------------------------------------------------------

Work ChipObservation::work_of(const BitSerialInterval& interval) const {
  Work work;
  work.label = name_of(interval.stage);
  work.number = interval.id;
  work.image = images_[interval.image];
  work.position = interval.position;
  work.node = interval.node.value();
  if (interval.message != 0) work.flow = kFlowsOfPass * pass_ + interval.message;
  work.flows = interval.messages;
  work.flow_ends = interval.stage == BitSerialStage::write;
  return work;
}

// Those that take one thing after another. What is on its way is told in the order of its way.
void ChipObservation::serve(UnitTime& unit, Cycle begin, Cycle end, const Work& work) {
  unit.advance(begin, listeners_);
  unit.add_work(begin, end, kWorks, work);
  if (work.flow) unit.tell_until(end, listeners_);
}

UnitTime* ChipObservation::server_of(const BitSerialInterval& interval) {
  switch (interval.stage) {
    case BitSerialStage::move:
      return &units_.of(UnitKind::tile_bus, interval.tile);
    case BitSerialStage::add:
      return &units_.of(UnitKind::adders, interval.tile);
    case BitSerialStage::activate:
      return &units_.of(UnitKind::activation_units, interval.tile);
    case BitSerialStage::pool: {
      const bool activates = tables_->network->nodes[interval.node].spec.kind == NodeKind::activation;
      return &units_.of(activates ? UnitKind::activation_units : UnitKind::pool_units, interval.tile);
    }
    case BitSerialStage::load:
    case BitSerialStage::read:
    case BitSerialStage::keep:
    case BitSerialStage::read_out:
    case BitSerialStage::write:
      return &units_.of(UnitKind::buffer_port, interval.tile, interval.port);
    case BitSerialStage::send:
      return &units_.of(UnitKind::host_port, 0);
    case BitSerialStage::chip_link:
      return &units_.of(UnitKind::chip_link, std::min(interval.port, units_.chips()));
    default:
      return nullptr;
  }
}

UnitTime* ChipObservation::asker_of(const BitSerialInterval& interval) {
  switch (interval.stage) {
    case BitSerialStage::load:
      return &units_.group(pass_, interval.who);
    case BitSerialStage::add:
    case BitSerialStage::activate:
    case BitSerialStage::read:
    case BitSerialStage::pool:
    case BitSerialStage::keep:
      return &units_.maker(pass_, interval.who);
    case BitSerialStage::read_out:
    case BitSerialStage::send:
      return &units_.send(pass_, interval.who);
    default:
      return nullptr;
  }
}

void ChipObservation::on_interval(const BitSerialInterval& interval) {
  const Work work = work_of(interval);
  const Cycle request = base_ + interval.request_cycle, begin = base_ + interval.begin_cycle;
  const Cycle end = base_ + interval.end_cycle, released = base_ + interval.released_cycle;
  if (interval.stage == BitSerialStage::drive) take_product(interval);
  if (interval.stage == BitSerialStage::convert) take_conversions(interval);
  if (interval.stage == BitSerialStage::move) change_level(units_.group(pass_, interval.who), kUnderWayLevel, end, -1);
  if (interval.stage == BitSerialStage::keep) change_level(units_.maker(pass_, interval.who), kToSendLevel, end, 1);
  if (UnitTime* const server = server_of(interval)) serve(*server, begin, released, work);
  if (interval.stage == BitSerialStage::load || interval.stage == BitSerialStage::read ||
      interval.stage == BitSerialStage::keep) {
    serve(units_.of(UnitKind::tile_bus, interval.tile), begin, end, work);
  }
  if (UnitTime* const asker = asker_of(interval)) {
    Work own = work;
    own.flow.reset();  // its way begins at the buffer's port
    const bool loads = interval.stage == BitSerialStage::load;
    // A part group may be at work on what is not known yet (on_slices).
    if (!loads) asker->advance(request, listeners_);
    asker->add_wait(request, begin, kWaitsForUnit, WaitReason::unit);
    asker->add_work(begin, loads ? end + tables_->chip->processing_element.load_cycles.count() : end, kWorks, own);
  }
  if (listeners_.path.empty()) return;
  if (interval.stage == BitSerialStage::drive || interval.stage == BitSerialStage::convert) {
    return end_step(interval, product_steps(interval, interval.stage == BitSerialStage::convert));
  }
  const UnitName place = place_of(interval);
  const std::uint32_t served = step(step_of(interval.cause), interval, place, request, begin, "waiting");
  end_step(interval, step(served, interval, place, begin, end, name_of(interval.stage)));
}

void ChipObservation::on_delay(const BitSerialInterval& delay) {
  if (listeners_.path.empty()) return;
  const UnitName place = place_of(delay);
  const std::uint32_t left =
      step(step_of(delay.cause), delay, place, base_ + delay.request_cycle, base_ + delay.begin_cycle, "waiting");
  end_step(delay, step(left, delay, place, base_ + delay.begin_cycle, base_ + delay.end_cycle, name_of(delay.stage)));
}

void ChipObservation::on_slices(std::uint32_t group, std::uint64_t begin, const std::vector<BitSerialSlice>& slices) {
  slices_begin_ = base_ + begin;
  slices_ = slices;
  for (BitSerialSlice& slice : slices_) {
    slice.sampled += base_;
    slice.converting += base_;
    slice.converted += base_;
  }
  units_.group(pass_, group).advance(slices_begin_, listeners_);
}

void ChipObservation::take_product(const BitSerialInterval& drive) {
  const PartGroupTable& group = tables_->part_groups[drive.who];
  const Work work = work_of(drive);
  const Pace& pace = sequence_.pace();
  const Cycle end = base_ + drive.end_cycle;
  for (const PartGroupTable::Part& part : group.parts) {
    serve(units_.of(UnitKind::crossbar, part.crossbar.value()), slices_begin_, end, work);
  }
  UnitTime& unit = units_.group(pass_, drive.who);
  change_level(unit, kUnderWayLevel, slices_begin_, 1);
  Cycle begin = slices_begin_;
  for (const BitSerialSlice& slice : slices_) {
    const Cycle next = pace.hold_stages > 0 ? slice.sampled : slice.converted;
    unit.add_work(begin, begin + pace.read_cycles, kDrives, work);
    unit.add_wait(begin + pace.read_cycles, next, kDrives, WaitReason::converter);
    begin = next;
  }
}

void ChipObservation::take_conversions(const BitSerialInterval& convert) {
  const PartGroupTable& group = tables_->part_groups[convert.who];
  if (!group.shared_adcs.empty()) return;  // on_conversion
  const Work work = work_of(convert);
  for (const PartGroupTable::Part& part : group.parts) {
    UnitTime& unit = units_.of(UnitKind::converter, part.crossbar.value());
    for (const BitSerialSlice& slice : slices_) {
      serve(unit, slice.converting, slice.converting + part.conversion_cycles, work);
    }
  }
}

void ChipObservation::on_conversion(std::uint32_t adc, std::uint32_t group, std::uint64_t begin, std::uint64_t end) {
  Work work;
  work.label = name_of(BitSerialStage::convert);
  work.number = group;
  work.image = images_.front();
  work.node = tables_->part_groups[group].node.value();
  serve(units_.of(UnitKind::converter, adc), base_ + begin, base_ + end, work);
}

void ChipObservation::on_idle(BitSerialWaiter kind, std::uint32_t who, WaitReason reason, std::uint64_t cycle) {
  UnitTime& unit = kind == BitSerialWaiter::part_group ? units_.group(pass_, who)
                   : kind == BitSerialWaiter::maker    ? units_.maker(pass_, who)
                                                       : units_.send(pass_, who);
  unit.idle(base_ + cycle, reason, listeners_);
}

void ChipObservation::on_positions_sent(std::uint32_t maker, std::uint64_t count, std::uint64_t cycle) {
  if (listeners_.levels.empty()) return;
  change_level(units_.maker(pass_, maker), kToSendLevel, base_ + cycle, -static_cast<std::int32_t>(count));
}

void ChipObservation::change_level(const UnitTime& unit, const char* name, Cycle cycle, std::int32_t change) const {
  for (SimulationObserver* observer : listeners_.levels) observer->on_level_change({unit.name(), name, cycle, change});
}

void ChipObservation::on_flit(std::uint32_t chip, std::uint32_t router, std::uint32_t port, bool link,
                              std::uint64_t cycle) {
  const Work work{"flits", 0, images_.front(), 0, 0, {}, 0, false};
  serve(units_.of(UnitKind::router_port, chip * units_.routers() + router, port), cycle, cycle + 1, work);
  on_action(BitSerialAction::router_traversal, 1, cycle - base_);
  if (link) on_action(BitSerialAction::link_traversal, 1, cycle - base_);
}

// ---- the path ------------------------------------------------------------------------------------------------------

UnitName ChipObservation::place_of(const BitSerialInterval& interval) {
  switch (interval.stage) {
    case BitSerialStage::load:
    case BitSerialStage::finish:
      return units_.group(pass_, interval.who).name();
    case BitSerialStage::read:
    case BitSerialStage::keep:
      return units_.maker(pass_, interval.who).name();
    case BitSerialStage::network:
      return units_.port_to(interval.tile);
    case BitSerialStage::credit:
      if (interval.tile == tables_->host) return {UnitKind::host_port, 0, 0};
      return {UnitKind::home, interval.tile, 0};
    default:
      return server_of(interval)->name();
  }
}

std::uint32_t ChipObservation::step_of(std::uint32_t cause) const {
  if (cause == 0 || listeners_.path.empty()) return root_;
  return ends_with_.at(cause);
}

std::uint32_t ChipObservation::step(std::uint32_t cause, const BitSerialInterval& of, UnitName unit, Cycle begin,
                                    Cycle end, const char* label) {
  if (end <= begin || listeners_.path.empty()) return cause;
  const PathStep told{++steps_, cause, unit, begin, end - begin, of.position, of.node.value(), label};
  for (SimulationObserver* observer : listeners_.path) observer->on_path_step(told);
  return steps_;
}

void ChipObservation::end_step(const BitSerialInterval& interval, std::uint32_t step) {
  if (interval.id == 0) return;
  CROSSLOOM_CHECK(interval.id == ends_with_.size(), "a board numbers what it tells");
  ends_with_.push_back(step);
}

std::uint32_t ChipObservation::product_steps(const BitSerialInterval& interval, bool to_conversion) {
  const PartGroupTable& group = tables_->part_groups[interval.who];
  const Pace& pace = sequence_.pace();
  const std::uint32_t crossbar = group.parts.front().crossbar.value();
  const UnitName converter{UnitKind::converter, group.shared_adcs.empty() ? crossbar : group.shared_adcs.front().adc,
                           0};
  std::uint32_t last = step_of(interval.cause);
  for (const ProductPiece& piece :
       product_path(slices_begin_, slices_, pace.read_cycles, pace.hold_stages, to_conversion)) {
    const bool drives = piece.kind == ProductPiece::Kind::drive;
    const BitSerialStage stage = drives ? BitSerialStage::drive : BitSerialStage::convert;
    last = step(last, interval, drives ? UnitName{UnitKind::crossbar, crossbar, 0} : converter, piece.begin, piece.end,
                piece.kind == ProductPiece::Kind::waiting ? "waiting" : name_of(stage));
  }
  return last;
}

}  // namespace crossloom::bit_serial
