// One neuron bank at its home tile: the slots of a step, then integration and comparison.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/activity.h"
#include "models/counter_lines.h"
#include "sim/chip_tables.h"
#include "sim/message.h"
#include "sim/observation.h"
#include "sim/tile_part.h"

namespace crossloom {

/// Which wordlines each row part drives, for two steps, with the bias rows set for ever, and how often each was driven.
class DrivenRows {
 public:
  /// take() may be called so often for a row part between two calls of take_counts().
  static constexpr std::uint32_t kMostDrives = (1U << 14) - 1;

  explicit DrivenRows(const TileGroupTable& table);
  /// Empties both steps.
  void reset();
  /// Adds a packet's bits.
  void add(const BitRun* run, const BitRun* end, std::uint32_t step, std::uint64_t bits);
  /// Moves the driven wordlines, ascending, to `rows` (room for all of them), counts them, and returns how many.
  std::size_t take(std::uint32_t row_part, std::uint32_t step, std::uint16_t* rows);
  /// How often wordlines were driven since the last call, as a sum of powers: calls add(exponent, wordline) for each
  /// bit of each wordline's count.
  template <class Add>
  void take_counts(std::uint32_t row_part, Add&& add) {
    const Place& place = places_[row_part];
    for (std::uint32_t w = 0; w < place.words; ++w) {
      std::array<std::uint64_t, kPlanes>& counts = words_[place.first_word + w].counts;
      for (std::uint32_t plane = 0; plane < kPlanes; ++plane) {
        for (std::uint64_t bits = counts[plane]; bits != 0; bits &= bits - 1) {
          add(plane, w * 64 + static_cast<std::uint32_t>(__builtin_ctzll(bits)));
        }
      }
      counts = {};
    }
  }

 private:
  static constexpr std::uint32_t kPlanes = 14;
  /// 64 wordlines. Their counts are kept bit by bit: plane p holds bit p of all of them, so one addition counts all
  /// that a slot drives, and hardly ever reaches the second cache line.
  struct alignas(64) Word {
    std::array<std::uint64_t, 2> driven{};  ///< by parity of the step
    std::array<std::uint64_t, kPlanes> counts{};
  };
  static constexpr std::uint16_t kNoBias = 0xffff;
  /// Of a row part; small, since every packet looks some of them up.
  struct Place {
    std::uint32_t first_word;
    std::uint16_t words;
    std::uint16_t bias_wordline;  ///< or kNoBias
  };
  static void count(std::uint64_t driven, std::array<std::uint64_t, kPlanes>& counts);
  void clear(const Place& place, std::uint32_t step);
  std::vector<Place> places_;  ///< by row part
  std::vector<Word> words_;
};

/// What a bank needs of its tile group.
struct BankSurroundings {
  const TileGroupTable& table;
  std::vector<TilePart>& parts;
  DrivenRows& driven;
  std::vector<Cycle>& array_free;  ///< when each crossbar is free next
  Observation& observation;
  std::uint32_t released_path_step = 0;  ///< that ended when the output buffer was free
};

class NeuronBankUnit {
 public:
  /// Counts into `activity`, which outlives it and stays where it is.
  NeuronBankUnit(const BankTable& table, const ChipTables& chip, const TileGroupTable& group, Activity& activity);

  /// `image` names the draws of its noise; it may begin at `start`.
  void begin_image(std::uint32_t image, Cycle start);
  /// It is known that a tile part will be ready for the step at hand at `cycle`.
  void part_ready(Cycle cycle) {
    --parts_missing_;
    parts_ready_at_ = std::max(parts_ready_at_, cycle);
  }
  [[nodiscard]] bool parts_known() const { return parts_missing_ == 0; }
  /// When all tile parts are ready; parts_known().
  [[nodiscard]] Cycle parts_ready_at() const { return parts_ready_at_; }

  /// Takes the driven rows of the step at hand, lays out its slots and returns the cycle in which it fires. `released`
  /// is when its output buffer was free. All parts are ready.
  Cycle plan(Cycle now, Cycle released, BankSurroundings& around);
  /// Integrates and compares. Returns which neurons fired (k of the table), ascending, valid until the next call.
  const std::vector<std::uint32_t>& fire();

  /// Step that it works for or waits for.
  [[nodiscard]] std::uint32_t step() const { return step_; }
  [[nodiscard]] const BankTable& table() const { return table_; }
  [[nodiscard]] double membrane(std::uint32_t k) const;
  /// In an observed image: the path step that ends when the step that was planned last fires.
  [[nodiscard]] std::uint32_t fire_path_step() const { return fire_path_step_; }
  /// Counts what its slots have done; until then they are only noted. Every step that was planned has fired.
  void settle(DrivenRows& driven);

 private:
  /// A row part as it is used in every step.
  struct Row {
    std::uint32_t index;  ///< in the group
    std::uint32_t tile_part;
    std::uint32_t array;
    std::uint32_t slot_cycles;  ///< transfer from another tile included
    bool remote;
    std::uint32_t drives;  ///< slots that are not yet counted
    const ProgrammedCrossbar* crossbar;
    const BlockPart* block;
    ActivityCounts* counts;  ///< of the crossbar's tile
  };
  void settle(Row& row, DrivenRows& driven);
  Cycle plan_counters(Cycle now, Cycle released, BankSurroundings& around);
  void fire_counters();
  void fire_neurons();
  void integrate(const Row& row, const std::uint16_t* rows, std::size_t driven);
  void compare();
  // What a step was laid out as, told to observers (bank_observation.cpp).
  struct Slot {
    std::size_t row = 0;   ///< of row_list_
    Cycle array_free = 0;  ///< the crossbar was, before
    Cycle start = 0;
    std::uint64_t zeptojoules = 0;
  };
  void observe(Cycle released, Cycle integrated, Cycle fire, BankSurroundings& around);
  void observe_counters(Cycle released, Cycle start, Cycle counted, Cycle fire, BankSurroundings& around);
  void observe_slot(const Slot& slot, const Row& row, const TilePart& part, Cycle cursor, Cycle released,
                    BankSurroundings& around) const;
  void observe_fire(Cycle integrated, Cycle fire, std::uint32_t path_step, Observation& observation);
  [[nodiscard]] const TilePart& last_part(const BankSurroundings& around) const;
  [[nodiscard]] UnitName unit() const { return {UnitKind::neuron_bank, table_.id.value(), 0}; }

  const BankTable& table_;
  const ChipTables& chip_;
  std::uint32_t image_ = 0;
  std::uint32_t step_ = 0;
  std::uint32_t parts_missing_ = 0;
  Cycle parts_ready_at_ = 0;
  std::vector<Row> row_list_;
  std::optional<CounterLines> counters_;  ///< instead of rows
  ActivityCounts& home_;
  std::vector<std::int32_t> levels_;  ///< membranes of ideal devices
  std::vector<double> charges_;       ///< membranes of any other
  std::vector<std::int32_t> level_scratch_;
  std::vector<double> charge_scratch_;
  std::vector<float> variances_;  ///< of the step's sums, where reads are noisy; else empty
  std::vector<float> variance_scratch_;
  std::vector<std::uint16_t> rows_;     ///< driven wordlines of all row parts, one after another
  std::vector<std::uint32_t> rows_of_;  ///< how many of each
  std::vector<std::uint32_t> numbers_;  ///< 0, 1, 2, ...
  std::vector<std::uint32_t> fired_;
  // In an observed image:
  std::vector<Slot> slots_;  ///< of the step that is being planned
  Cycle free_since_ = 0;     ///< it fired last, or the image began
  std::uint32_t fire_path_step_ = 0;
};

}  // namespace crossloom
