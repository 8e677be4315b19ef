#include "sim/bank_unit.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "models/neuron.h"

namespace crossloom {

DrivenRows::DrivenRows(const TileGroupTable& table) : words_(table.words) {
  for (const RowPartTable& row : table.row_parts) {
    CROSSLOOM_CHECK(row.bias_wordline.value_or(0) < kNoBias, "a crossbar has fewer rows");
    places_.push_back({row.first_word, static_cast<std::uint16_t>(row.words),
                       static_cast<std::uint16_t>(row.bias_wordline.value_or(kNoBias))});
  }
  reset();
}

void DrivenRows::reset() {
  for (const Place& place : places_) {
    clear(place, 0);
    clear(place, 1);
  }
}

inline void DrivenRows::clear(const Place& place, std::uint32_t step) {
  Word* words = words_.data() + place.first_word;
  for (std::uint32_t w = 0; w < place.words; ++w) words[w].driven[step % 2] = 0;
  if (place.bias_wordline != kNoBias) {
    words[place.bias_wordline / 64].driven[step % 2] |= std::uint64_t{1} << (place.bias_wordline % 64);
  }
}

void DrivenRows::add(const BitRun* run, const BitRun* end, std::uint32_t step, std::uint64_t bits) {
  for (; run != end; ++run) {
    const std::uint64_t mask = run->length == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << run->length) - 1;
    const std::uint64_t spikes = (bits >> run->first_bit) & mask;
    if (spikes == 0) continue;
    Word* words = words_.data() + places_[run->row_part].first_word + run->wordline / 64;
    const std::uint32_t shift = run->wordline % 64;
    words[0].driven[step % 2] |= spikes << shift;
    if (shift + run->length > 64) words[1].driven[step % 2] |= spikes >> (64 - shift);
  }
}

// Adds one to the count of each wordline: an addition with carry of 64 numbers at once.
inline void DrivenRows::count(std::uint64_t driven, std::array<std::uint64_t, kPlanes>& counts) {
  constexpr std::uint32_t kInFirstLine = 6;
  std::uint64_t carry = driven;
  const auto add_to = [&carry, &counts](std::uint32_t plane) {
    const std::uint64_t next = counts[plane] & carry;
    counts[plane] ^= carry;
    carry = next;
  };
  for (std::uint32_t plane = 0; plane < kInFirstLine; ++plane) add_to(plane);
  for (std::uint32_t plane = kInFirstLine; carry != 0 && plane < kPlanes; ++plane) add_to(plane);
}

std::size_t DrivenRows::take(std::uint32_t row_part, std::uint32_t step, std::uint16_t* rows) {
  const Place& place = places_[row_part];
  Word* words = words_.data() + place.first_word;
  std::size_t driven = 0;
  for (std::uint32_t w = 0; w < place.words; ++w) {
    std::uint64_t bits = words[w].driven[step % 2];
    if (bits == 0) continue;
    count(bits, words[w].counts);
    for (; bits != 0; bits &= bits - 1) {
      rows[driven++] = static_cast<std::uint16_t>(w * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits)));
    }
  }
  clear(place, step);
  return driven;
}

NeuronBankUnit::NeuronBankUnit(const BankTable& table, const ChipTables& chip, const TileGroupTable& group,
                               Activity& activity)
    : table_(table),
      chip_(chip),
      home_(activity.at(table.home, LayerId(table.layer))),
      rows_(table.row_parts.size() * chip.mapped.input_rows_per_crossbar),
      rows_of_(table.row_parts.size()),
      numbers_(table.neurons.size()) {
  const NeuronBank& mapped = chip.mapped.banks[table.id];
  if (!mapped.windows.empty()) {
    counters_.emplace(mapped, chip.network.layers[mapped.layer]);
    rows_.resize(counters_->inputs.size());
  }
  for (std::size_t k = 0; !counters_ && k < table.row_parts.size(); ++k) {
    const std::uint32_t index = table.row_parts[k];
    const RowPartTable& row = group.row_parts[index];
    const MappedCrossbar& crossbar = chip.mapped.crossbars[row.crossbar];
    const Cycle transfer = row.remote ? chip.chip.tile_group.analog_transfer_cycles : 0;
    row_list_.push_back({index, row.tile_part, row.array, static_cast<std::uint32_t>(chip.slot_cycles + transfer),
                         row.remote, 0, &chip.programmed.crossbar(row.crossbar), &crossbar.parts[row.part_of_crossbar],
                         &activity.at(crossbar.tile, LayerId(table.layer))});
  }
  std::iota(numbers_.begin(), numbers_.end(), 0U);
  fired_.reserve(table.neurons.size());
  const std::size_t columns = chip.mapped.columns_per_crossbar;
  CROSSLOOM_CHECK(table.neurons.size() <= columns, "a bank is no wider than a crossbar");
  if (chip.programmed.ideal()) {
    levels_.resize(columns);
    level_scratch_.resize(columns);
  } else {
    charges_.resize(columns);
    charge_scratch_.resize(columns);
    if (chip.programmed.reads_are_noisy()) variances_.resize(columns);
  }
}

void NeuronBankUnit::begin_image(std::uint32_t image, Cycle start) {
  image_ = image;
  step_ = 0;
  free_since_ = start;
  fire_path_step_ = 0;
  parts_missing_ = static_cast<std::uint32_t>(table_.tile_parts.size());
  parts_ready_at_ = 0;
  std::fill(levels_.begin(), levels_.end(), 0);
  std::fill(charges_.begin(), charges_.end(), 0.0);
}

Cycle NeuronBankUnit::plan(Cycle now, Cycle released, BankSurroundings& around) {
  if (counters_) return plan_counters(now, released, around);
  const Cycle drive = chip_.chip.tile.drive_cycles;
  Cycle cursor = released;
  slots_.clear();
  std::uint16_t* rows = rows_.data();
  for (std::size_t k = 0; k < row_list_.size(); ++k) {
    Row& row = row_list_[k];
    const std::size_t driven = around.driven.take(row.index, step_, rows);
    rows_of_[k] = static_cast<std::uint32_t>(driven);
    if (driven == 0) continue;
    if (++row.drives == DrivenRows::kMostDrives) settle(row, around.driven);
    row.counts->array_energy += row.crossbar->interaction_energy(rows, driven);
    // They have left the caches since the last step, and by the time it fires they are back.
    row.crossbar->prefetch(rows, driven);
    const Cycle ready = around.parts[row.tile_part].ready_at() + drive;
    const Cycle start = std::max({cursor, ready, around.array_free[row.array]});
    cursor = start + row.slot_cycles;
    if (around.observation.on()) {
      slots_.push_back({k, around.array_free[row.array], start,
                        around.observation.actions() ? row.crossbar->drive_energy(rows, driven) : 0});
    }
    around.array_free[row.array] = cursor;
    rows += driven;
  }
  // Tile parts without a driven row take no slot, but the comparison waits for them too.
  const Cycle integrated = std::max(cursor, parts_ready_at_ + drive);
  const Cycle fire = std::max(integrated + chip_.chip.tile.compare_cycles, now + 1);
  if (around.observation.on()) observe(released, integrated, fire, around);
  return fire;
}

// All counters of the bank add what has come to them in one cycle, if anything has.
Cycle NeuronBankUnit::plan_counters(Cycle now, Cycle released, BankSurroundings& around) {
  const std::size_t driven = around.driven.take(table_.row_parts.front(), step_, rows_.data());
  rows_of_.front() = static_cast<std::uint32_t>(driven);
  const Cycle start = std::max(released, parts_ready_at_ + chip_.chip.tile.drive_cycles);
  const Cycle counted = start + (driven == 0 ? 0 : 1);
  const Cycle fire = std::max(counted + chip_.chip.tile.compare_cycles, now + 1);
  if (around.observation.on()) observe_counters(released, start, counted, fire, around);
  return fire;
}

void NeuronBankUnit::fire_counters() {
  const std::size_t neurons = table_.neurons.size();
  const NeuronRule& rule = chip_.rules[table_.layer];
  fired_.clear();
  std::size_t additions = 0;
  if (levels_.empty()) {
    additions = counters_->add(rows_.data(), rows_of_.front(), charges_.data());
    crossloom::fire(rule, charges_.data(), numbers_.data(), neurons, fired_);
  } else {
    additions = counters_->add(rows_.data(), rows_of_.front(), levels_.data());
    crossloom::fire(rule, levels_.data(), numbers_.data(), neurons, fired_);
  }
  home_.count(Action::pool_count, additions + fired_.size());
}

void NeuronBankUnit::integrate(const Row& row, const std::uint16_t* rows, std::size_t driven) {
  if (levels_.empty()) {
    integrate_row_part(*row.crossbar, *row.block, rows, driven, charges_.data(), charge_scratch_);
    if (variances_.empty()) return;
    integrate_row_part_variances(*row.crossbar, *row.block, rows, driven, variances_.data(), variance_scratch_);
  } else {
    integrate_row_part(*row.crossbar, *row.block, rows, driven, levels_.data(), level_scratch_);
  }
}

void NeuronBankUnit::fire_neurons() {
  std::fill(variances_.begin(), variances_.end(), 0.0F);
  const std::uint16_t* rows = rows_.data();
  for (std::size_t k = 0; k < row_list_.size(); ++k) {
    const Row& row = row_list_[k];
    const std::size_t driven = rows_of_[k];
    if (driven == 0) continue;
    integrate(row, rows, driven);
    rows += driven;
  }
  compare();
  home_.count(Action::neuron_compare, table_.neurons.size());
  home_.count(Action::neuron_fire, fired_.size());
}

const std::vector<std::uint32_t>& NeuronBankUnit::fire() {
  if (counters_) {
    fire_counters();
  } else {
    fire_neurons();
  }
  ++step_;
  parts_missing_ = static_cast<std::uint32_t>(table_.tile_parts.size());
  parts_ready_at_ = 0;
  return fired_;
}

void NeuronBankUnit::compare() {
  fired_.clear();
  const std::size_t neurons = table_.neurons.size();
  if (!levels_.empty()) {
    crossloom::fire(chip_.rules[table_.layer], levels_.data(), numbers_.data(), neurons, fired_);
    return;
  }
  const LayerPhysics& physics = chip_.physics[table_.layer];
  const std::uint32_t* const outputs = table_.neurons.data();
  if (!variances_.empty()) physics.add_read_noise(image_, step_, outputs, neurons, variances_.data(), charges_.data());
  physics.fire(image_, step_, outputs, numbers_.data(), neurons, charges_.data(), fired_);
}

void NeuronBankUnit::settle(DrivenRows& driven) {
  for (Row& row : row_list_) settle(row, driven);
}

void NeuronBankUnit::settle(Row& row, DrivenRows& driven) {
  // A row part may hold some of the bank's neurons only.
  const std::size_t columns = row.block->columns.size();
  driven.take_counts(row.index, [&row](std::uint32_t exponent, std::uint32_t wordline) {
    const std::uint16_t one[] = {static_cast<std::uint16_t>(wordline)};
    row.counts->count(Action::wordline_drive, std::uint64_t{1} << exponent);
    row.counts->array_energy += row.crossbar->drive_energy(one, 1) << exponent;
  });
  row.counts->array_drives += row.drives;
  if (row.remote) row.counts->count(Action::analog_transfer, row.drives * columns);
  home_.count(Action::neuron_integrate, row.drives * columns);
  row.drives = 0;
}

double NeuronBankUnit::membrane(std::uint32_t k) const {
  return levels_.empty() ? charges_[k] : static_cast<double>(levels_[k]);
}

}  // namespace crossloom
