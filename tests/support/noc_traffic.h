// Sources that always have something to send, of every kind: unicasts short and long, tokens, multicasts.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "sim/noc/network.h"

namespace crossloom::test {

class FullLoad : public NetworkListener {
 public:
  explicit FullLoad(const NetworkOnChipSpec& spec, std::uint64_t seed = 1)
      : network_(spec, *this), random_(RandomKey(seed).child("full load")) {
    const std::uint32_t nodes = spec.nodes();
    for (std::uint32_t node = 0; node < nodes; ++node) {
      for (std::uint32_t k = 0; k < kFanOuts; ++k) {
        std::vector<std::uint32_t> destinations;
        for (std::uint32_t other = 0; other < nodes; ++other) {
          if (random_.below(3) == 0) destinations.push_back(other);
        }
        if (destinations.empty()) destinations.push_back(node);
        fan_outs_.push_back(network_.add_multicast(node, destinations));
        sizes_.push_back(destinations.size());
      }
      for (int k = 0; k < 4; ++k) send(node, 0);
    }
  }

  /// Goes on until `cycles`; what stood still, if nothing was delivered for `patience` cycles.
  std::optional<std::string> run(Cycle cycles, Cycle patience = 5000) {
    while (network_.next_due() < cycles) {
      const Cycle now = network_.next_due();
      network_.advance(now);
      if (now - last_ > patience) return network_.describe();
    }
    return std::nullopt;
  }
  /// Sends nothing more and works until the network is empty.
  bool drain() {
    sending_ = false;
    for (Cycle now = network_.next_due(); now != kNever && now - last_ < 100'000; now = network_.next_due()) {
      network_.advance(now);
    }
    return network_.in_flight() == 0;
  }

  [[nodiscard]] NetworkOnChip& network() { return network_; }
  std::uint64_t expected = 0, deliveries = 0;  ///< packets, each destination of a multicast by itself
  std::uint64_t expected_flits = 0;

 private:
  void delivered(const NetworkPacket& packet, std::uint32_t node, Cycle, Cycle, Cycle cycle) override {
    ++deliveries;
    last_ = cycle;
    (void)packet;
    (void)node;
  }
  void departed(const NetworkPacket& packet, Cycle cycle) override {
    if (sending_) send(packet.source, cycle + 1);
  }
  void send(std::uint32_t node, Cycle cycle) {
    NetworkPacket packet;
    packet.source = node;
    packet.destination = random_.below(network_.topology().nodes());
    packet.flits = 1 + random_.below(random_.below(4) == 0 ? 2 * network_.topology().spec().buffer_flits : 4);
    const std::uint32_t kind = random_.below(8);
    std::uint64_t copies = 1;
    if (kind == 0) packet.message_class = MessageClass::token;
    if (kind == 1) {
      const std::uint32_t number = node * kFanOuts + random_.below(kFanOuts);
      packet.multicast = fan_outs_[number];
      copies = sizes_[number];
    }
    expected += copies;
    expected_flits += copies * packet.flits;
    network_.inject(packet, cycle);
  }

  static constexpr std::uint32_t kFanOuts = 3;
  NetworkOnChip network_;
  RandomStream random_;
  std::vector<std::uint32_t> fan_outs_;
  std::vector<std::size_t> sizes_;
  Cycle last_ = 0;
  bool sending_ = true;
};

}  // namespace crossloom::test
