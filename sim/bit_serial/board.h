// All tiles of all chips and the host as plain objects: every event of the timed run but those inside the network.
//
// The order of things is in docs/bit_serial.md ("Time"). An event names the cycle in which it takes effect. Within a
// tile, what is done in a cycle may be used in it; anything to another tile goes through the fabric, or as a credit on
// wires of its own that take at least a cycle.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "models/bit_serial/bit_serial_activity.h"
#include "models/bit_serial/bit_serial_observer.h"
#include "models/bit_serial/bit_serial_result.h"
#include "models/bit_serial/crossbar_product.h"
#include "sim/bit_serial/fabric.h"
#include "sim/bit_serial/flow_tables.h"
#include "sim/bit_serial/pass_memory.h"
#include "sim/bit_serial/plane_window.h"
#include "sim/bit_serial/server.h"
#include "sim/bit_serial/stream.h"
#include "sim/calendar_queue.h"

namespace crossloom::bit_serial {

inline constexpr std::size_t kMostHoldStages = 16;

/// Whether a register that holds `held` bits takes more. An empty one takes what is larger than itself: it then works
/// in several goes, which take no time.
inline bool has_room(std::uint64_t held, std::uint64_t more, std::uint64_t capacity) {
  return held == 0 || held + more <= capacity;
}

/// Faults planted for tests that must notice them.
struct PlantedFaults {
  bool swap_two_rows = false;     ///< the first part group takes its first two different inputs the wrong way round
  bool lose_one_message = false;  ///< the first message with values from a tile vanishes
};

class Board : public FabricSink {
 public:
  /// `memory` is read where the tables' pass reads what earlier ones have made; it may be null where there is only one.
  Board(const FlowTables& tables, const Pace& pace, CrossbarProducts& products, const PlantedFaults& faults,
        const PassMemory* memory = nullptr);
  /// Before anything runs; outlives the board.
  void connect(Fabric& fabric) { fabric_ = &fabric; }
  void observe(BitSerialObserver* observer) { observer_ = observer; }

  /// Images of one stream, from `start` on, on an empty board; at most `in_flight` at a time.
  struct Images {
    std::uint32_t first_key = 0;  ///< what the first one's reads are keyed by; those of the next ones follow
    std::vector<const std::uint8_t*> pixels;
    std::uint32_t in_flight = 1;
  };
  void begin(const Images& images, Cycle start, bool keep_outputs);
  [[nodiscard]] bool finished() const { return images_done_ == images_.pixels.size(); }
  /// Their outputs are those that this pass makes, the others 0.
  [[nodiscard]] std::vector<BitSerialImage> take_images() { return std::move(results_); }
  /// What later passes read, once finished.
  void keep_in(PassMemory& memory) const;

  void work(Cycle now);
  [[nodiscard]] Cycle next_due() const { return calendar_.next_due(); }
  void arrived(std::uint32_t message, std::uint32_t tile, Cycle cycle, Cycle alone) override;
  void crossed(std::uint32_t message, const ChipCrossing& crossing) override;

  [[nodiscard]] const BitSerialActivity& activity() const { return activity_; }
  [[nodiscard]] BitSerialActivity& activity() { return activity_; }
  /// What a message does on its way to a tile is counted there.
  BitSerialCounts& counts_of(std::uint32_t message, std::uint32_t tile) { return counts(tile, message_node(message)); }
  [[nodiscard]] BitSerialUse use() const;
  /// Everything that waits, and for what; for the watchdog.
  [[nodiscard]] std::string describe() const;

 private:
  enum class Kind : std::uint8_t {
    moved,      ///< part group, turn: sums are off the bus
    added,      ///< maker, turn: one row part is in the sum
    activated,  ///< maker, turn
    read,       ///< digital maker: window is read
    pooled,     ///< digital maker, turn
    kept,       ///< maker: a position is in the buffer
    received,   ///< message, tile: it is at the tile
    written,    ///< message, tile: it is in the tile's buffer
    loaded,     ///< part group: inputs are in the register
    read_over,  ///< part group: the last slice is sampled
    summed,     ///< part group, turn: sums are in the output register
    sample,     ///< part group: bit lines of a slice can be sampled (shared ADCs)
    look,       ///< part group: whether it can go on
    activate,   ///< maker: whether it can go on
    send,       ///< send: whether it can go on
    posted,     ///< send of the host: its message has left
    read_out,   ///< send: a position is read from the buffer
  };
  struct Event {
    std::uint32_t index = 0, more = 0;
    std::uint32_t kind_and_cause = 0;  ///< lowest 8 bits: Kind; above: number of the interval that ends with it
    [[nodiscard]] Kind kind() const { return static_cast<Kind>(kind_and_cause & 0xFFU); }
    [[nodiscard]] std::uint32_t cause() const { return kind_and_cause >> 8; }
  };
  static constexpr std::uint32_t kMostIntervals = (1U << 24) - 1;
  /// Of a message, where it went on from another chip's port at `cycle`, after an interval over the link.
  struct Crossing {
    std::uint32_t chip = 0, cause = 0;
    Cycle cycle = 0;
  };
  struct Message {
    bool is_sums = false;
    std::uint32_t index = 0;  ///< send, or part group
    std::uint32_t output = 0;
    std::uint32_t count = 1;  ///< positions
    std::uint32_t remaining = 0;
    std::uint64_t first = 0;  ///< position, or turn
    std::uint64_t bits = 0;
    std::vector<std::int64_t> values;
    // Observed only.
    Cycle sent = 0;
    std::uint32_t cause = 0, writes_told = 0;
    std::uint64_t number = 0;
    std::vector<Crossing> crossings = {};
  };
  struct GroupState {
    std::uint64_t next_load = 0, next_drive = 0, next_sum = 0;  ///< turns
    bool loading = false, loaded = false, reading = false, waits_for_register = false, waits_for_home = false;
    Cycle ready_at = 0, drive_started = 0;
    std::uint32_t slice = 0;  ///< shared ADCs: that is being read
    /// When the conversions of the last slices were done, as many as can be held, oldest first.
    std::array<Cycle, kMostHoldStages> held_until{};
    std::vector<std::int32_t> inputs;
    std::array<std::vector<std::int64_t>, kPositionsUnderWay> sums;
    Cycle waits_since = 0;
    std::uint8_t waits_for = 0;
    std::uint32_t drive_cause = 0;
    std::vector<BitSerialSlice> slices;  ///< of the product under way, observed only
  };
  struct ElementState {
    std::uint64_t register_held = 0, output_held = 0;  ///< bits
    bool busy = false;                                 ///< where crossbars work one after another
    std::vector<std::uint32_t> groups;
    std::vector<std::uint32_t> wait_register;                          ///< part groups
    std::vector<std::pair<std::uint32_t, std::uint64_t>> wait_output;  ///< part groups and turns
  };
  struct MakerState {
    std::uint64_t next_activation = 0, finished = 0, kept = 0, freed = 0;  ///< turns
    std::array<std::vector<std::int64_t>, kPositionsUnderWay> sums;
    std::array<std::uint32_t, kPositionsUnderWay> missing{};
    std::array<std::vector<std::int32_t>, kPositionsUnderWay> values;
    std::array<std::pair<Cycle, std::uint64_t>, 4> finished_at{};  ///< the last times that `finished` grew
    std::array<std::uint32_t, 4> finished_by{};                    ///< observed only: with what
    bool reading = false;                                          ///< digital makers
  };
  struct SendState {
    std::uint64_t next = 0;  ///< turn; of the host's, position
    bool busy = false, waits = false;
    Cycle waits_since = 0;
    std::uint64_t message = 0;  ///< being read out; observed only
  };
  /// When something was asked for, is served, and its values are there.
  struct Served {
    Cycle request = 0, begin = 0, end = 0;
    Cycle released = 0;      ///< what served it is free again; 0: at the end
    std::uint32_t port = 0;  ///< of a buffer
  };
  /// Counts actions where they belong and tells of them.
  class Tally {
   public:
    Tally(BitSerialCounts& counts, BitSerialObserver* observer, Cycle cycle)
        : counts_(counts), observer_(observer), cycle_(cycle) {}
    void count(BitSerialAction action, std::uint64_t times = 1) const {
      counts_.count(action, times);
      if (observer_ != nullptr) observer_->on_action(action, times, cycle_);
    }
    void dissipate(std::uint64_t zeptojoules) const {
      counts_.array_zeptojoules += zeptojoules;
      if (observer_ != nullptr) observer_->on_array_energy(zeptojoules, cycle_);
    }

   private:
    BitSerialCounts& counts_;
    BitSerialObserver* observer_;
    Cycle cycle_;
  };

  void push(Cycle when, Kind kind, std::uint32_t index, std::uint64_t more = 0, std::uint32_t cause = 0) {
    calendar_.push(when, {index, static_cast<std::uint32_t>(more), static_cast<std::uint32_t>(kind) | cause << 8});
  }
  void serve(const Event& due, Cycle now);
  BitSerialCounts& counts(std::uint32_t tile, NodeId node) {
    return tile == tables_.host ? activity_.chip : activity_.at(PlacedTileId(tile), node);
  }
  Tally tally(std::uint32_t tile, NodeId node, Cycle now) { return {counts(tile, node), observer_, now - start_}; }
  Tally chip_tally(Cycle now) { return {activity_.chip, observer_, now - start_}; }

  [[nodiscard]] NodeId message_node(std::uint32_t message) const;
  // What is told (telling.cpp): each returns the number of what ends at the given cycle, 0 without an observer.
  std::uint32_t tell(BitSerialStage stage, std::uint32_t who, const MakerTable& maker, std::uint64_t turn,
                     const Served& served);
  std::uint32_t tell_group(BitSerialStage stage, std::uint32_t g, std::uint64_t turn, const Served& served);
  std::uint32_t tell_delay(BitSerialStage stage, NodeId node, Cycle begin, Cycle end, std::uint32_t cause,
                           std::uint32_t tile, std::uint32_t who = kNone);
  std::uint32_t tell_numbered(BitSerialInterval& interval, bool delay);
  void number_message(std::uint32_t s);
  void tell_idle(BitSerialWaiter kind, std::uint32_t who, WaitReason reason, Cycle now) const;
  std::uint32_t tell_write(std::uint32_t message, std::uint32_t tile, const Served& served);
  std::uint32_t tell_link(NodeId node, const Served& served, std::uint32_t chip, std::uint32_t cause);
  std::uint32_t tell_journey(const Message& message, std::uint32_t tile, Cycle cycle, Cycle alone);
  // Part groups (part_group_*.cpp).
  void try_load(std::uint32_t g, Cycle now);
  void loaded(std::uint32_t g, Cycle now);
  void gather(std::uint32_t g);
  void try_drive(std::uint32_t g, Cycle now);
  [[nodiscard]] bool homes_ready(std::uint32_t g, std::uint64_t turn, Cycle now);
  void load_history(std::uint32_t g);
  void save_history(std::uint32_t g);
  void compute(std::uint32_t g, Cycle now);
  void convert_alone(std::uint32_t g, Cycle now);
  void sample(std::uint32_t g, Cycle now);
  void converted(std::uint32_t g, Cycle begin, Cycle done);
  void read_over(std::uint32_t g, Cycle now);
  void summed(std::uint32_t g, std::uint64_t turn, Cycle now);
  void moved(std::uint32_t g, std::uint64_t turn, Cycle now);
  void wait(std::uint32_t g, BitSerialStall reason, Cycle now);
  void go_on(std::uint32_t g, Cycle now);
  // Homes (homes.cpp).
  void add_sums(const GroupOutput& output, std::uint64_t turn, const std::int64_t* sums, Cycle now);
  void added(std::uint32_t m, std::uint32_t slot, Cycle now);
  void try_activate(std::uint32_t m, Cycle now);
  void activated(std::uint32_t m, Cycle now);
  void note_outputs(std::uint32_t m, std::uint64_t turn);
  void reset_sums(std::uint32_t m, std::uint32_t slot);
  void keep(std::uint32_t m, Cycle now);
  void kept(std::uint32_t m, Cycle now);
  void free_positions(std::uint32_t m, Cycle now);
  void try_read(std::uint32_t m, Cycle now);
  void read(std::uint32_t m, Cycle now);
  void pooled(std::uint32_t m, Cycle now);
  void work_out(std::uint32_t m, std::uint64_t turn);
  [[nodiscard]] static std::int32_t pooled_value(const FixedPointNode& node, const Stream& stream, std::uint64_t base,
                                                 std::uint32_t slot, const PlaneWindow& window);
  [[nodiscard]] std::uint32_t places_in_window(const MakerTable& maker, std::size_t input,
                                               std::uint32_t position) const;
  // Messages (messages.cpp).
  void try_send(std::uint32_t s, Cycle now);
  [[nodiscard]] std::uint64_t room_of(const SendTable& send, Cycle now, Stream::News& news, Cycle& since) const;
  [[nodiscard]] bool has_room_for(std::uint32_t s, std::uint64_t position, Cycle now, std::uint64_t& room);
  [[nodiscard]] bool wanted_by_any(const SendTable& send, std::uint32_t position) const;
  void pick(const SendTable& send, std::uint64_t turn);
  void post(std::uint32_t s, std::uint64_t first, std::uint32_t positions, Cycle now);
  /// What messages with values and with sums have in common: scratch_ goes to the fabric.
  void send_scratch(std::uint32_t index, std::uint32_t fan_out, std::uint64_t bits, Cycle now);
  void read_out(std::uint32_t s, Cycle now);
  void received(std::uint32_t message, std::uint32_t tile, Cycle now);
  void written(std::uint32_t message, std::uint32_t tile, Cycle now);
  void take(const SendTable::Target& target, std::uint64_t position, const std::int64_t* values, std::size_t count,
            Cycle now);
  void release(std::uint32_t stream, std::uint32_t reader, std::uint64_t position, Cycle now);
  void wake_readers(Stream& stream, Cycle now);
  std::uint32_t new_message();
  // The host (host.cpp).
  [[nodiscard]] std::int64_t host_value(const MakerTable& host, std::uint64_t position, std::uint32_t pick) const;
  [[nodiscard]] Cycle link_cycles(std::uint64_t bits) const;
  void begin_more_images(Cycle now);
  void try_send_image(std::uint32_t s, Cycle now);
  void note_image(std::uint64_t image);
  void image_progress(Cycle now);

  [[nodiscard]] std::uint64_t turns_of(const MakerTable& maker) const { return images_.pixels.size() * maker.turns(); }

  const FlowTables& tables_;
  const Pace pace_;
  CrossbarProducts& products_;
  PlantedFaults faults_;
  Fabric* fabric_ = nullptr;
  BitSerialObserver* observer_ = nullptr;
  std::uint32_t current_ = 0;  ///< observed: what ended with the event that is being served
  std::uint32_t intervals_told_ = 0;
  std::uint64_t messages_told_ = 0;
  CalendarQueue<Event> calendar_;
  BitSerialActivity activity_;

  std::vector<Stream> streams_;
  std::vector<std::vector<std::uint32_t>> senders_;  ///< by stream: sends
  /// By reader: its streams, and which of their readers it is.
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> place_in_stream_;
  std::vector<GroupState> groups_;
  std::vector<ElementState> elements_;
  std::vector<MakerState> makers_;
  std::vector<SendState> sends_;
  std::vector<BufferAccess> buffers_;                           ///< by tile
  std::vector<Server> adders_, activation_units_, pool_units_;  ///< by tile
  std::vector<Server> adcs_;                                    ///< those shared, over the board
  std::vector<std::uint8_t> crossbar_busy_;
  std::vector<std::uint64_t> crossbar_cycles_;
  std::vector<Cycle> converted_;  ///< [crossbar * hold stages + k]: GroupState::held_until between products
  std::vector<std::vector<std::uint32_t>> groups_of_crossbar_;
  std::deque<Message> messages_;  ///< references stay valid
  std::vector<std::uint32_t> free_messages_;
  std::array<std::uint64_t, kBitSerialStalls> stalls_{};

  Images images_;
  bool keep_outputs_ = false;
  std::uint64_t images_done_ = 0, images_begun_ = 0;
  Cycle start_ = 0;
  Server host_port_;
  Server memory_link_;  ///< from the chips to memory
  const PassMemory* memory_ = nullptr;
  std::vector<BitSerialImage> results_;
  std::vector<std::int64_t> scratch_;
  std::vector<std::uint32_t> waiting_;
};

}  // namespace crossloom::bit_serial
