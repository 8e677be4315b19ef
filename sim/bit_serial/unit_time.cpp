#include "sim/bit_serial/unit_time.h"

#include <algorithm>

#include "base/error.h"

namespace crossloom::bit_serial {

void UnitTime::begin(Cycle now, WaitReason idle) {
  CROSSLOOM_CHECK(pieces_.empty() && !last_, "a unit's time is finished before it begins anew");
  until_ = now;
  idle_ = idle;
}

const UnitTime::Piece* UnitTime::at(Cycle cycle) const {
  const Piece* found = nullptr;
  for (const Piece& piece : pieces_) {
    if (piece.begin > cycle || piece.end <= cycle) continue;
    if (found == nullptr || piece.rank > found->rank || (piece.rank == found->rank && piece.begin < found->begin)) {
      found = &piece;
    }
  }
  return found;
}

void UnitTime::advance(Cycle now, const Listeners& listeners) {
  while (until_ < now) {
    const Piece* const here = at(until_);
    Piece settled{until_, here == nullptr ? now : std::min(now, here->end), 0, false, idle_, {}};
    if (here != nullptr) {
      settled.busy = here->busy;
      settled.reason = here->reason;
      settled.work = here->work;
    }
    for (const Piece& piece : pieces_) {
      if (piece.begin > until_ && (here == nullptr || piece.rank > here->rank)) {
        settled.end = std::min(settled.end, piece.begin);
      }
    }
    until_ = settled.end;
    settle(settled, listeners);
  }
  pieces_.erase(
      std::remove_if(pieces_.begin(), pieces_.end(), [this](const Piece& piece) { return piece.end <= until_; }),
      pieces_.end());
}

void UnitTime::settle(const Piece& piece, const Listeners& listeners) {
  if (last_ && last_->end == piece.begin && last_->busy == piece.busy &&
      (piece.busy ? last_->work == piece.work : last_->reason == piece.reason)) {
    last_->end = piece.end;
    return;
  }
  tell(listeners);
  last_ = piece;
}

void UnitTime::tell(const Listeners& listeners) {
  if (!last_) return;
  const Cycle duration = last_->end - last_->begin;
  if (last_->busy) {
    const Work& work = last_->work;
    BusyInterval interval{unit_, last_->begin, duration, work.image, work.position, work.node, work.label, work.flow};
    interval.flows = std::max(1U, work.flows);
    interval.flow_ends = work.flow_ends;
    for (SimulationObserver* observer : listeners.busy) observer->on_busy(interval);
  } else {
    for (SimulationObserver* observer : listeners.waits) {
      observer->on_wait({unit_, last_->begin, duration, last_->reason});
    }
  }
  last_.reset();
}

void UnitTime::settle_all(const Listeners& listeners) {
  Cycle end = until_;
  for (const Piece& piece : pieces_) end = std::max(end, piece.end);
  idle(end, WaitReason::done, listeners);
}

void UnitTime::finish(const Listeners& listeners) {
  settle_all(listeners);
  tell(listeners);
}

}  // namespace crossloom::bit_serial
