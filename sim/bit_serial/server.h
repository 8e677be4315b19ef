// Units of a tile that serve one request at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/message.h"

namespace crossloom::bit_serial {

/// First come, first served: a request that comes while the unit is busy starts when it becomes free.
class Server {
 public:
  /// The cycle in which a request of `duration` cycles that comes at `now` is done.
  Cycle take(Cycle now, Cycle duration) {
    free_at_ = std::max(now, free_at_) + duration;
    busy_ += duration;
    return free_at_;
  }
  [[nodiscard]] Cycle free_at() const { return free_at_; }
  [[nodiscard]] std::uint64_t busy_cycles() const { return busy_; }
  void reserve_until(Cycle end, Cycle duration) {
    free_at_ = end;
    busy_ += duration;
  }

 private:
  Cycle free_at_ = 0;
  std::uint64_t busy_ = 0;
};

/// A tile's buffer ports and its bus. What moves between the buffer and the rest of the tile holds the port that is
/// free first and the bus, for as long as the slower of the two takes; what the router reads or writes holds a port
/// only.
class BufferAccess {
 public:
  struct Rates {
    std::uint32_t port_bits = 256, ports = 1, bus_bits = 384;
    Cycle access_cycles = 1;
  };
  explicit BufferAccess(const Rates& rates) : rates_(rates), ports_(rates.ports) {}
  /// The port that was taken last.
  [[nodiscard]] std::uint32_t last_port() const { return last_port_; }

  [[nodiscard]] std::uint64_t accesses(std::uint64_t bits) const {
    return (bits + rates_.port_bits - 1) / rates_.port_bits;
  }
  [[nodiscard]] Cycle bus_cycles(std::uint64_t bits) const { return (bits + rates_.bus_bits - 1) / rates_.bus_bits; }

  [[nodiscard]] Cycle over_bus_cycles(std::uint64_t bits) const {
    return std::max<Cycle>(accesses(bits) * rates_.access_cycles, bus_cycles(bits));
  }
  [[nodiscard]] Cycle port_cycles(std::uint64_t bits) const { return accesses(bits) * rates_.access_cycles; }

  /// Done when both have moved `bits`.
  Cycle over_bus(Cycle now, std::uint64_t bits) {
    Server& port = free_port();
    const Cycle duration = over_bus_cycles(bits);
    const Cycle end = std::max({now, port.free_at(), bus_.free_at()}) + duration;
    port.reserve_until(end, duration);
    bus_.reserve_until(end, duration);
    return end;
  }
  Cycle port_only(Cycle now, std::uint64_t bits) { return free_port().take(now, port_cycles(bits)); }
  Cycle bus_only(Cycle now, std::uint64_t bits) { return bus_.take(now, bus_cycles(bits)); }
  [[nodiscard]] const Server& bus() const { return bus_; }
  [[nodiscard]] const std::vector<Server>& ports() const { return ports_; }

 private:
  Server& free_port() {
    const auto first = std::min_element(ports_.begin(), ports_.end(),
                                        [](const Server& a, const Server& b) { return a.free_at() < b.free_at(); });
    last_port_ = static_cast<std::uint32_t>(first - ports_.begin());
    return *first;
  }
  Rates rates_;
  std::vector<Server> ports_;
  Server bus_;
  std::uint32_t last_port_ = 0;
};

}  // namespace crossloom::bit_serial
