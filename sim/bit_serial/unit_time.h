// The time of one observed unit, cut into what it does and what it waits for, without gaps and overlaps.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/observer.h"
#include "sim/message.h"

namespace crossloom::bit_serial {

/// What a unit is busy with, as it stands in a slice of the event trace. Pieces with equal ones that follow each other
/// are told as one.
struct Work {
  const char* label = "";
  std::uint32_t number = 0;  ///< keeps apart what is otherwise equal
  std::uint32_t image = 0, position = 0, node = 0;
  std::optional<std::uint64_t> flow;
  std::uint32_t flows = 0;  ///< that begin here, numbered on from `flow`
  bool flow_ends = false;
  friend bool operator==(const Work& a, const Work& b) {
    return a.label == b.label && a.number == b.number && a.image == b.image && a.position == b.position &&
           a.node == b.node && a.flow == b.flow;
  }
};

/// Observers of the images under way.
struct Listeners {
  std::vector<SimulationObserver*> all, busy, waits, path, actions, levels;
};

/// Pieces of time may be added ahead and overlap: where they do, that of the highest rank counts, of equal ones the one
/// that began first. Where there is none, the unit waits for its idle reason of that time.
class UnitTime {
 public:
  explicit UnitTime(UnitName unit) : unit_(unit) {}
  [[nodiscard]] const UnitName& name() const { return unit_; }

  void begin(Cycle now, WaitReason idle);
  void add_work(Cycle begin, Cycle end, int rank, const Work& work) { add({begin, end, rank, true, {}, work}); }
  void add_wait(Cycle begin, Cycle end, int rank, WaitReason reason) { add({begin, end, rank, false, reason, {}}); }
  /// Settles everything before `now`, of which all pieces must have been added.
  void advance(Cycle now, const Listeners& listeners);
  /// Settles everything before `now`; from there on it is idle for this reason.
  void idle(Cycle now, WaitReason reason, const Listeners& listeners) {
    advance(now, listeners);
    idle_ = reason;
  }
  /// Settles everything before `now` and tells it at once, though equal pieces may follow.
  void tell_until(Cycle now, const Listeners& listeners) {
    advance(now, listeners);
    tell(listeners);
  }
  /// Settles all pieces; after the last of them nothing is left to do until it is idle for another reason.
  void settle_all(const Listeners& listeners);
  /// The same, and tells them. What comes after them is not told.
  void finish(const Listeners& listeners);

 private:
  struct Piece {
    Cycle begin = 0, end = 0;
    int rank = 0;
    bool busy = false;
    WaitReason reason = WaitReason::input;
    Work work;
  };
  void add(const Piece& piece) {
    if (piece.end > piece.begin) pieces_.push_back(piece);
  }
  [[nodiscard]] const Piece* at(Cycle cycle) const;
  void settle(const Piece& piece, const Listeners& listeners);
  void tell(const Listeners& listeners);

  UnitName unit_;
  Cycle until_ = 0;
  WaitReason idle_ = WaitReason::input;
  std::vector<Piece> pieces_;
  std::optional<Piece> last_;  ///< settled, but may go on
};

}  // namespace crossloom::bit_serial
