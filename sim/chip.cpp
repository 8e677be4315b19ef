#include "sim/chip.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace crossloom {

Chip::Chip(const ChipTables& tables, const SpikeEncoder& encoder, const SimulationOptions& options,
           const PlantedFaults& faults)
    : clock_(tables.chip.period_fs()),
      activity_(tables.mapped.tiles.size(), tables.network.layers.size()),
      observation_(options.observers),
      recorder_(tables, options.keep_rasters),
      interconnect_("interconnect", Timing{clock_, guard_, agenda_}, tables, observation_, faults),
      host_("host", Timing{clock_, guard_, agenda_}, tables, encoder, activity_, observation_, recorder_) {
  const Timing timing{clock_, guard_, agenda_};
  for (std::size_t k = 0; k < tables.groups.size(); ++k) {
    const std::string name = fmt::format("tile_group_{}", k);
    groups_.push_back(
        std::make_unique<TileGroup>(name.c_str(), timing, tables, TileGroupId(k), activity_, observation_, recorder_));
    groups_.back()->network(interconnect_);
    interconnect_.sinks(*groups_.back());
  }
  host_.network(interconnect_);
  interconnect_.sinks(host_);
  for (const std::unique_ptr<TileGroup>& group : groups_) {
    for (const std::unique_ptr<TileGroup>& other : groups_) group->credit_wires(*other);
    group->credit_wires(host_);
  }
  if (observation_.wanted()) observation_.begin(units(tables), interconnect_.levels());
}

std::vector<UnitName> Chip::units(const ChipTables& tables) const {
  std::vector<UnitName> units;
  for (std::uint32_t port = 0; port < tables.host.stages.size(); ++port) {
    units.push_back({UnitKind::host_unit, port, 0});
    units.push_back({UnitKind::host_port, port, port});
  }
  const auto add = [&units](UnitKind kind, std::size_t count) {
    for (std::uint32_t k = 0; k < count; ++k) units.push_back({kind, k, 0});
  };
  for (const UnitKind kind : {UnitKind::tile_input, UnitKind::output_unit, UnitKind::tile_output}) {
    add(kind, tables.mapped.tiles.size());
  }
  add(UnitKind::crossbar, tables.mapped.crossbars.size());
  add(UnitKind::neuron_bank, tables.mapped.banks.size());
  interconnect_.list_units(units);
  return units;
}

TimedImage Chip::run(const StimulusImage& image, std::uint32_t position) {
  const Cycle start = next_start_;
  recorder_.begin_image(image.image, start);
  observation_.begin_image(position, image.image, start);
  interconnect_.begin_image(start);
  host_.begin_image(image, start);
  for (const std::unique_ptr<TileGroup>& group : groups_) group->begin_image(image.image, start);
  // Returns when nothing is left to happen: quiescence, or deadlock.
  sc_core::sc_start();
  guard_.rethrow();
  check_finished();
  observation_.end_image(recorder_.end());
  next_start_ = std::max({clock_.now(), interconnect_.worked_until(), recorder_.end()}) + 1;
  return recorder_.finish();
}

const Activity& Chip::activity() {
  for (const std::unique_ptr<TileGroup>& group : groups_) group->settle();
  return activity_;
}

void Chip::check_finished() {
  bool finished = host_.done();
  for (const std::unique_ptr<TileGroup>& group : groups_) finished = group->end_image() && finished;
  if (finished) return;
  std::string dump = interconnect_.describe() + host_.describe();
  for (const std::unique_ptr<TileGroup>& group : groups_) dump += group->describe();
  throw Bug(fmt::format("deadlock: nothing can happen after cycle {}, but the image is not finished:\n{}", clock_.now(),
                        dump));
}

}  // namespace crossloom
