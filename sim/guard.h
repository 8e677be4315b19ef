// Keeps the type of an exception that is thrown in a SystemC process: SystemC itself passes on only its text.
#pragma once

#include <exception>
#include <systemc>
#include <utility>

namespace crossloom {

class ProcessGuard {
 public:
  /// Runs a process body. The first exception is kept and stops the simulation; bodies that come later do nothing.
  template <class Body>
  void run(Body&& body) {
    if (failure_) return;
    try {
      std::forward<Body>(body)();
    } catch (...) {
      failure_ = std::current_exception();
      sc_core::sc_stop();
    }
  }
  /// To be called after sc_start.
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::exception_ptr failure_;
};

}  // namespace crossloom
