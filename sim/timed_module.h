// A module with one process that sleeps until the earliest cycle in which it has something to do.
#pragma once

#include <systemc>

#include "base/error.h"
#include "sim/clock.h"
#include "sim/guard.h"

namespace crossloom {

class TimedModule : public sc_core::sc_module {
 protected:
  SC_HAS_PROCESS(TimedModule);
  TimedModule(const sc_core::sc_module_name& name, const Clock& clock, ProcessGuard& guard)
      : sc_core::sc_module(name), clock_(clock), guard_(guard) {
    SC_METHOD(run);
    sensitive << event_;
    dont_initialize();
  }

  /// Does everything that is due at `now`.
  virtual void work(Cycle now) = 0;
  /// The next cycle with something to do, kNever if others must act first.
  [[nodiscard]] virtual Cycle next_due() const = 0;

  /// To be called when others gave this module something to do. Nothing is delivered in zero time: `when` lies ahead.
  void wake_at(Cycle when) {
    if (when >= wake_) return;
    wake_ = when;
    event_.notify(clock_.until(when));
  }

 private:
  void run() {
    guard_.run([this] {
      const Cycle now = wake_;
      wake_ = kNever;
      work(now);
      const Cycle next = next_due();
      CROSSLOOM_CHECK(next > now, "a module must finish its cycle");
      if (next != kNever) wake_at(next);
    });
  }

  const Clock& clock_;
  ProcessGuard& guard_;
  sc_core::sc_event event_;
  Cycle wake_ = kNever;
};

}  // namespace crossloom
