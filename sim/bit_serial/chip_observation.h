// Turns what the boards of a bit-serial chip tell into what observers of any chip are told (models/observer.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/bit_serial/bit_serial_observer.h"
#include "models/observer.h"
#include "sim/bit_serial/observed_units.h"
#include "sim/bit_serial/pass_sequence.h"

namespace crossloom::bit_serial {

/// Levels: of a part group, positions that have been driven and whose sums are not off the bus; of a home, positions in
/// its buffer that are not sent to all who read them.
inline constexpr const char* kUnderWayLevel = "positions_under_way";
inline constexpr const char* kToSendLevel = "positions_to_send";

/// A stream of images is what observers know as one image, named after its first; a stream is watched whole if one of
/// its images is. Who runs the boards calls, for each stream, begin_stream(), for each pass begin_pass() when it knows
/// when the images begin, board and network telling observer(), and end_pass(), then end_stream().
class ChipObservation : private BitSerialObserver {
 public:
  /// The sequence must outlive it; `network`: that between the tiles, if its flits are told.
  ChipObservation(std::vector<Watch> watches, const PassSequence& sequence,
                  const std::optional<NetworkOnChipSpec>& network);

  /// `position` of the first image in the stimulus; the images' numbers in their data set.
  void begin_stream(std::uint32_t position, const std::vector<std::uint32_t>& images, Cycle start);
  /// Whom board and network tell of the stream that has begun: nobody if it is not watched.
  [[nodiscard]] BitSerialObserver* observer() { return listeners_.all.empty() ? nullptr : this; }
  void begin_pass(std::uint32_t pass, Cycle begun);
  void end_pass();
  void end_stream();

 private:
  void on_interval(const BitSerialInterval& interval) override;
  void on_delay(const BitSerialInterval& delay) override;
  void on_slices(std::uint32_t group, std::uint64_t begin, const std::vector<BitSerialSlice>& slices) override;
  void on_conversion(std::uint32_t adc, std::uint32_t group, std::uint64_t begin, std::uint64_t end) override;
  void on_idle(BitSerialWaiter kind, std::uint32_t who, WaitReason reason, std::uint64_t cycle) override;
  void on_positions_sent(std::uint32_t maker, std::uint64_t count, std::uint64_t cycle) override;
  void on_action(BitSerialAction action, std::uint64_t count, std::uint64_t cycle) override;
  void on_array_energy(std::uint64_t zeptojoules, std::uint64_t cycle) override;
  void on_image_done(std::uint64_t image, std::uint64_t begin, std::uint64_t end, std::uint32_t cause) override;
  void on_flit(std::uint32_t chip, std::uint32_t router, std::uint32_t port, bool link, std::uint64_t cycle) override;

  void tell_units();
  void change_level(const UnitTime& unit, const char* name, Cycle cycle, std::int32_t change) const;
  void write_weights_of(std::uint32_t pass, Cycle begun);
  /// The unit that serves an interval, if one does; on the path it stands for what asked for it.
  [[nodiscard]] UnitTime* server_of(const BitSerialInterval& interval);
  [[nodiscard]] UnitTime* asker_of(const BitSerialInterval& interval);
  [[nodiscard]] UnitName place_of(const BitSerialInterval& interval);
  [[nodiscard]] Work work_of(const BitSerialInterval& interval) const;
  void serve(UnitTime& unit, Cycle begin, Cycle end, const Work& work);
  void take_product(const BitSerialInterval& drive);
  void take_conversions(const BitSerialInterval& convert);
  // The path: ids of steps, 0 = the stream's begin.
  [[nodiscard]] std::uint32_t step_of(std::uint32_t cause) const;
  std::uint32_t step(std::uint32_t cause, const BitSerialInterval& of, UnitName unit, Cycle begin, Cycle end,
                     const char* label);
  void end_step(const BitSerialInterval& interval, std::uint32_t step);
  std::uint32_t product_steps(const BitSerialInterval& interval, bool to_conversion);

  std::vector<Watch> watches_;
  const PassSequence& sequence_;
  ObservedUnits units_;
  Listeners listeners_;
  bool told_units_ = false;
  std::vector<std::uint32_t> images_;
  std::uint32_t pass_ = 0;
  const FlowTables* tables_ = nullptr;  ///< of the pass
  Cycle start_ = 0, base_ = 0;          ///< of the stream, of the pass
  Cycle done_ = 0;                      ///< the last image's end so far
  std::uint32_t done_with_ = 0;         ///< and its step
  std::uint32_t root_ = 0;              ///< the step that ended when the pass began
  std::uint32_t steps_ = 0;
  std::vector<std::uint32_t> ends_with_;  ///< by interval of the pass: its last step
  Cycle slices_begin_ = 0;
  std::vector<BitSerialSlice> slices_;  ///< of the product that is being told
};

}  // namespace crossloom::bit_serial
