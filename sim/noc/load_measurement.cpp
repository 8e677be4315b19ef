#include "sim/noc/load_measurement.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/interrupt.h"
#include "sim/calendar_queue.h"
#include "sim/noc/network.h"
#include "sim/noc/packet_clock.h"

namespace crossloom {
namespace {

class Measurement : private NetworkListener {
 public:
  Measurement(const NetworkOnChipSpec& spec, const TrafficSpec& traffic)
      : traffic_(traffic),
        network_(spec, *this),
        nodes_(network_.topology().nodes()),
        clock_(traffic.load / traffic.packet_flits) {
    const RandomKey key = RandomKey(traffic.seed).child("network traffic");
    for (std::uint32_t node = 0; node < nodes_; ++node) {
      streams_.emplace_back(key.child(node));
      // A gap of 1 is a packet in cycle 0.
      creations_.push(clock_.gap(streams_.back()) - 1, node);
    }
  }

  LoadPoint run() {
    const MeasurementRule& rule = traffic_.rule;
    bool sustained = true;
    std::uint32_t settled = 0;
    double last_latency = 0.0;
    double last_accepted = 0.0;
    for (std::uint32_t period = 0; sustained && period < rule.most_periods && settled < 3; ++period) {
      // As BookSim2 does it: in the warm-up every second period begins afresh, so that its last one can be compared.
      if (period <= rule.warm_up_periods && (period % 2 == 0 || period == rule.warm_up_periods)) start_afresh();
      if (period == rule.warm_up_periods) measuring_ = true;
      run_until(now_ + rule.period_cycles);
      throw_if_interrupted();
      sustained = mean_age() <= rule.latency_limit_cycles;
      const double latency = mean(latency_sum_);
      const bool same = std::abs(latency - last_latency) < rule.tolerance * latency &&
                        std::abs(accepted() - last_accepted) < rule.tolerance * accepted();
      settled = measuring_ && same ? settled + 1 : 0;
      last_latency = latency;
      last_accepted = accepted();
    }
    if (!measuring_) sustained = false;  // never got out of the warm-up
    LoadPoint point;
    point.accepted_flits_per_node_cycle = accepted();
    measuring_ = false;
    if (sustained) sustained = drain();
    fill(point, sustained);
    return point;
  }

 private:
  void delivered(const NetworkPacket& packet, std::uint32_t node, Cycle created, Cycle entered, Cycle cycle) override {
    created_sum_ -= created;
    if (packet.tag == 1) --measured_in_flight_;
    flits_ += packet.flits;
    // Before the measured periods whatever arrives counts, later only what was created in them.
    if (packet.tag == 0 && (measuring_ || draining_)) return;
    ++packets_;
    latency_sum_ += cycle - created;
    network_latency_sum_ += cycle - entered;
    hop_sum_ += network_.topology().routers_between(packet.source, node);
  }

  void create(std::uint32_t node) {
    NetworkPacket packet;
    packet.source = node;
    packet.destination = traffic_destination(traffic_, nodes_, node, streams_[node]);
    packet.flits = traffic_.packet_flits;
    packet.tag = measuring_ ? 1 : 0;
    if (measuring_) ++measured_in_flight_;
    created_sum_ += now_;
    network_.inject(packet, now_);
    creations_.push(now_ + clock_.gap(streams_[node]), node);
  }

  /// Works on every cycle before `end`, or until nothing measured is under way when draining.
  void run_until(Cycle end) {
    while (!(draining_ && measured_in_flight_ == 0)) {
      const Cycle creation = creations_.next_due();
      const Cycle due = std::min(creation, network_.next_due());
      if (due >= end) break;
      now_ = due;
      if (creation == due) {
        creations_.drain(due, [this](const std::vector<std::uint32_t>& nodes) {
          for (const std::uint32_t node : nodes) create(node);
        });
      }
      network_.advance(due);
    }
    if (!(draining_ && measured_in_flight_ == 0)) now_ = end;
  }

  /// Every packet created in the measured periods arrives, or the load was not sustained after all.
  bool drain() {
    draining_ = true;
    while (measured_in_flight_ != 0) {
      run_until(now_ + kDrainStep);
      throw_if_interrupted();
      if (mean_age() > traffic_.rule.latency_limit_cycles) return false;
    }
    return true;
  }

  void start_afresh() {
    packets_ = latency_sum_ = network_latency_sum_ = hop_sum_ = flits_ = 0;
    since_ = now_;
    network_.reset_counts();
  }

  [[nodiscard]] double mean(std::uint64_t sum) const {
    return packets_ == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(packets_);
  }
  /// Of the packets that arrived their latency, of those under way their age.
  [[nodiscard]] double mean_age() const {
    const std::uint64_t under_way = network_.in_flight();
    const double ages = static_cast<double>(under_way * now_ - created_sum_);
    const double all = static_cast<double>(packets_ + under_way);
    return all == 0.0 ? 0.0 : (static_cast<double>(latency_sum_) + ages) / all;
  }
  [[nodiscard]] double accepted() const {
    return static_cast<double>(flits_) / static_cast<double>(now_ - since_) / nodes_;
  }

  void fill(LoadPoint& point, bool sustained) const {
    point.load = traffic_.load;
    point.stable = sustained;
    point.packet_latency_cycles = mean(latency_sum_);
    point.network_latency_cycles = mean(network_latency_sum_);
    point.hops = mean(hop_sum_);
    point.packets = packets_;
    point.cycles = now_;
    point.counts = network_.counts();
  }

  static constexpr Cycle kDrainStep = 1000;

  TrafficSpec traffic_;
  NetworkOnChip network_;
  std::uint32_t nodes_;
  PacketClock clock_;
  std::vector<RandomStream> streams_;  ///< by node
  CalendarQueue<std::uint32_t> creations_;
  Cycle now_ = 0, since_ = 0;
  bool measuring_ = false, draining_ = false;
  std::uint64_t measured_in_flight_ = 0;
  std::uint64_t created_sum_ = 0;  ///< of the packets under way; modulo 2^64, as its differences are used
  std::uint64_t packets_ = 0, latency_sum_ = 0, network_latency_sum_ = 0, hop_sum_ = 0, flits_ = 0;
};

}  // namespace

LoadPoint measure_load(const NetworkOnChipSpec& network, const TrafficSpec& traffic) {
  check_network_on_chip(network);
  check_traffic(traffic, network.nodes());
  return Measurement(network, traffic).run();
}

}  // namespace crossloom
