// A module with one process that sleeps until the earliest cycle in which it has something to do.
#pragma once

#include <algorithm>
#include <systemc>
#include <vector>

#include "base/error.h"
#include "sim/clock.h"
#include "sim/guard.h"

namespace crossloom {

/// When each module wakes next: lets one module work ahead of the kernel's time as long as nobody else has anything
/// due.
class Agenda {
 public:
  void add(const Cycle& wake) { wakes_.push_back(&wake); }
  /// Starts to watch: soonest() is from now on the earliest wake of any module.
  void watch() {
    soonest_ = kNever;
    for (const Cycle* wake : wakes_) soonest_ = std::min(soonest_, *wake);
  }
  void woken_at(Cycle when) { soonest_ = std::min(soonest_, when); }
  [[nodiscard]] Cycle soonest() const { return soonest_; }

 private:
  std::vector<const Cycle*> wakes_;
  Cycle soonest_ = kNever;
};

/// What all modules share of time.
struct Timing {
  const Clock& clock;
  ProcessGuard& guard;
  Agenda& agenda;
};

class TimedModule : public sc_core::sc_module {
 protected:
  SC_HAS_PROCESS(TimedModule);
  TimedModule(const sc_core::sc_module_name& name, const Timing& timing) : sc_core::sc_module(name), timing_(timing) {
    SC_METHOD(run);
    sensitive << event_;
    dont_initialize();
    timing_.agenda.add(wake_);
  }

  /// Does everything that is due at `now`, and may go on to later cycles before agenda().soonest().
  virtual void work(Cycle now) = 0;
  /// The next cycle with something to do, kNever if others must act first.
  [[nodiscard]] virtual Cycle next_due() const = 0;

  /// To be called when others gave this module something to do. Nothing is delivered in zero time: `when` lies ahead.
  void wake_at(Cycle when) {
    if (when >= wake_) return;
    wake_ = when;
    timing_.agenda.woken_at(when);
    event_.notify(timing_.clock.until(when));
  }
  [[nodiscard]] Agenda& agenda() { return timing_.agenda; }

 private:
  void run() {
    timing_.guard.run([this] {
      const Cycle now = wake_;
      wake_ = kNever;
      work(now);
      const Cycle next = next_due();
      CROSSLOOM_CHECK(next > now, "a module must finish its cycle");
      wake_at(next);
    });
  }

  Timing timing_;
  sc_core::sc_event event_;
  Cycle wake_ = kNever;
};

}  // namespace crossloom
