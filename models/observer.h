// What observers are told while a chip is simulated, spiking or not: which unit served or waited when, what depended on
// what, what was done, how full buffers are. No SystemC here, so that traces can listen without knowing the simulator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace crossloom {

/// A unit that serves one thing at a time; one track each in the event trace.
enum class UnitKind {
  host_port,      ///< sends what the host puts in
  tile_input,     ///< takes in what the last router hands over
  crossbar,       ///< one logical crossbar
  neuron_bank,    ///< neurons that integrate and compare together
  tile_output,    ///< sends what the output unit has finished
  router_output,  ///< an output port of a router and the link behind it
  output_unit,    ///< of a tile: tests packet groups and makes tokens
  host_unit,      ///< of a host port: reads the input memory and makes tokens
  // Of bit-serial chips, docs/bit_serial.md:
  part_group,   ///< crossbar parts of one processing element (index) that are loaded and driven together; port: which
  converter,    ///< the ADCs that one crossbar has to itself, or one that crossbars share
  tile_bus,     ///< of a tile
  buffer_port,  ///< port of a tile's buffer
  adders,       ///< of a tile, at work together
  activation_units,  ///< likewise
  pool_units,        ///< likewise
  home,              ///< outputs that one tile adds up, activates or pools, and keeps; port: which of the tile's
  sender,            ///< sends some outputs of one tile to where they are read; port: which of the tile's
  router_port,       ///< output port of a router of the network on chip, and the link or tile behind it
  chip_link,         ///< the way out of a chip (index); after the last chip that to memory
};
inline constexpr std::size_t kUnitKinds = 19;
/// "host_port" and so on, as in tables and signal names.
const char* unit_kind_name(UnitKind kind);

struct UnitName {
  UnitKind kind;
  std::uint32_t index = 0;  ///< tile, element, crossbar, converter, bank, chip, or router (row-major site) index
  std::uint32_t port = 0;   ///< router_output: 0 east, 1 west, 2 north, 3 south, 4.. tile ports; others: which
  friend bool operator==(const UnitName& a, const UnitName& b) {
    return a.kind == b.kind && a.index == b.index && a.port == b.port;
  }
  friend bool operator<(const UnitName& a, const UnitName& b);
};

/// A unit was busy for [start, start + duration) cycles. `flow` joins the busy intervals of one packet, from the
/// sender's output over routers to the receiver's input; absent where none travels.
struct BusyInterval {
  UnitName unit;
  std::uint64_t start_cycle = 0;  ///< since the beginning of the simulation
  std::uint64_t duration_cycles = 0;
  std::uint32_t image = 0;
  std::uint32_t step = 0;   ///< time step; of a bit-serial chip the position of the layer's plane
  std::uint32_t layer = 0;  ///< of a bit-serial chip the node
  const char* label = "";   ///< "packet", "token", "drive", "integrate", "compare", "test": string literals
  std::optional<std::uint64_t> flow;
  std::uint32_t flows = 1;  ///< so many, numbered on from `flow`: a message to each of several receivers
  bool flow_ends = false;   ///< nothing of this flow comes after it
};

/// Why a unit does not serve. Where several reasons hold at once, the first of this list counts: what is last to come
/// about before the unit goes on is then counted from when all above it have.
enum class WaitReason {
  input,        ///< what it works on has not come
  step_before,  ///< the step before is not done (of its own tile, or of another unit that must go along)
  buffer,       ///< its output buffer still holds what was before
  credit,       ///< whoever is to receive has no room
  latency,      ///< a fixed delay passes: wordlines are being driven
  unit,         ///< another unit that it needs serves others: a crossbar, a converter, a neuron bank, an output unit
  done,         ///< nothing is left for it to do in this image
  // Of bit-serial chips, for what above would be `unit` or `step_before`; there is one reason at a time.
  home,             ///< its home still has earlier positions
  input_register,   ///< its element's input register has no room
  crossbar,         ///< another part of a crossbar is being driven
  output_register,  ///< sums of earlier positions are not off its element's output register
  converter,        ///< the wordlines are driven, but conversions of earlier slices are not done
  weights,          ///< weights are being written, or those of another pass are there
};
inline constexpr std::size_t kWaitReasons = 13;
const char* wait_reason_name(WaitReason reason);

/// A unit did not serve for [start, start + duration) cycles. In an observed image the busy and the wait intervals of a
/// unit follow one another without a gap, from the image's begin to the end of what it served last; from there on it is
/// done, which is not told.
struct WaitInterval {
  UnitName unit;
  std::uint64_t start_cycle = 0;
  std::uint64_t duration_cycles = 0;
  WaitReason reason = WaitReason::input;
};

/// A piece of time that ended when something could happen, and began when `cause` ended: the arrival that it waited for
/// last. Ids count from 1 in each image, a cause is lower than what it causes, and 0 is the image's begin.
struct PathStep {
  std::uint32_t id = 0;
  std::uint32_t cause = 0;
  UnitName unit{UnitKind::host_port, 0, 0};
  std::uint64_t start_cycle = 0;
  std::uint64_t duration_cycles = 0;  ///< at least 1
  std::uint32_t step = 0;
  std::uint32_t layer = 0;
  const char* label = "";  ///< "drive", "integrate", "compare", "send", "router", "link", "token", "waiting", ...
};

/// So many actions of a kind began in a cycle. `action` is a number in the chip's own list of actions (Action of a
/// spiking chip, BitSerialAction of a bit-serial one).
struct ActionCount {
  std::uint32_t action = 0;
  std::uint64_t count = 0;
  std::uint64_t cycle = 0;
};

/// A number that belongs to a unit (messages in a queue, free places behind it) changes by `change` in a cycle. All
/// such numbers begin as LevelStart says, and are that again when an image is over.
struct LevelChange {
  UnitName unit{UnitKind::host_port, 0, 0};
  const char* name = "";  ///< "packets_waiting", "token_credits", ...: string literals
  std::uint64_t cycle = 0;
  std::int32_t change = 0;
};
struct LevelStart {
  UnitName unit{UnitKind::host_port, 0, 0};
  const char* name = "";
  std::int32_t level = 0;
};

/// What an observer asks to be told of an image; the less, the cheaper.
struct Interests {
  bool busy = true, waits = false, path = false, actions = false, levels = false;
};

/// Told while a simulation runs, of the images that it watches. No-op by default. What happens may be told ahead of its
/// cycle, and of different units not in the order of time; busy and wait intervals of one unit come in order.
class SimulationObserver {
 public:
  virtual ~SimulationObserver() = default;
  [[nodiscard]] virtual Interests interests() const { return {}; }
  /// Once, before the first image that it watches: all units of the chip, and the levels that there are.
  virtual void on_chip(const std::vector<UnitName>& /*units*/, const std::vector<LevelStart>& /*levels*/) {}
  virtual void on_image_begin(std::uint32_t /*image*/, std::uint64_t /*cycle*/) {}
  virtual void on_busy(const BusyInterval&) {}
  virtual void on_wait(const WaitInterval&) {}
  virtual void on_path_step(const PathStep&) {}
  virtual void on_action(const ActionCount&) {}
  /// A crossbar is driven from `cycle` on and dissipates so much in its cells; energies add up modulo 2^64.
  virtual void on_array_drive(std::uint64_t /*zeptojoules*/, std::uint64_t /*cycle*/) {}
  virtual void on_level_change(const LevelChange&) {}
  /// Where images follow each other closely, a stream of them counts as one image, named after its first, and each
  /// one's last answer is told by itself: it began at `begin`, and `last_step` ended with the answer at `cycle`.
  virtual void on_answer(std::uint32_t /*image*/, std::uint64_t /*begin*/, std::uint64_t /*cycle*/,
                         std::uint32_t /*last_step*/) {}
  /// The image's last answer came at `cycle`; `last_step` is the path step that ended with it, 0 where there is none.
  virtual void on_image_end(std::uint32_t /*image*/, std::uint64_t /*cycle*/, std::uint32_t /*last_step*/) {}
};

/// Positions in the stimulus: every `every`th from `first` to `last`.
struct ImageSelection {
  std::uint32_t first = 0, last = 0, every = 1;
  [[nodiscard]] bool contains(std::uint32_t position) const {
    return position >= first && position <= last && (position - first) % every == 0;
  }
  /// Whether one of [begin, end) is among them.
  [[nodiscard]] bool meets(std::uint32_t begin, std::uint32_t end) const;
  /// Those from `begin` on, counted from there.
  [[nodiscard]] ImageSelection counted_from(std::uint32_t begin) const;
};

/// Cycles [first, last] since an image began.
struct CycleWindow {
  std::uint64_t first = 0, last = ~std::uint64_t{0};
  [[nodiscard]] bool whole() const { return first == 0 && last == ~std::uint64_t{0}; }
};

struct Watch {
  SimulationObserver* observer = nullptr;
  ImageSelection images;
};

}  // namespace crossloom
