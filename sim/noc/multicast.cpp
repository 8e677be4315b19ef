// A multicast packet at the front of an input channel: copies go out by all branches of its tree at this router, each
// at its own pace. A branch takes an output channel only where the whole packet has room, so that whatever it has begun
// ends without anybody's help, and buffers wait for each other along dimension order only: nothing can block for good.
#include <algorithm>

#include "base/error.h"
#include "sim/noc/engine.h"

namespace crossloom {

using noc::kNone;

void NetworkOnChip::Engine::open_multicast(std::uint32_t queue, const noc::PacketState& packet) {
  const std::uint32_t router = queues_[queue].router;
  const MulticastTree& tree = fan_outs_[packet.tree].tree;
  const auto at = std::lower_bound(tree.begin(), tree.end(), router,
                                   [](const MulticastBranch& branch, std::uint32_t r) { return branch.router < r; });
  CROSSLOOM_CHECK(at != tree.end() && at->router == router, "a multicast stays in its tree");
  if (free_branch_sets_.empty()) {
    free_branch_sets_.push_back(static_cast<std::uint32_t>(branch_sets_.size()));
    branch_sets_.emplace_back();
  }
  const std::uint32_t index = free_branch_sets_.back();
  free_branch_sets_.pop_back();
  noc::BranchSet& set = branch_sets_[index];
  set.branches.clear();
  for (const RouteOption& output : at->outputs) set.branches.push_back({output, 0, 0, noc::kNoChannel});
  set.ready = queues_[queue].ready;
  set.flits = packet.packet.flits;
  set.gone = 0;
  set.without_channel = static_cast<std::uint32_t>(set.branches.size());
  queues_[queue].branches = index;
}

void NetworkOnChip::Engine::request_branches(std::uint32_t router, std::uint32_t input, Cycle now) {
  const std::uint32_t queue = router * ports_ * channels_ + input;
  const noc::BranchSet& set = branch_sets_[queues_[queue].branches];
  if (set.ready > now) return;
  for (const noc::Branch& branch : set.branches) {
    if (branch.channel != noc::kNoChannel) continue;
    const std::uint32_t free = free_channels(router * ports_ + branch.way.port, branch.way.channels, set.flits);
    if (free == 0) {
      ++stalls_.virtual_channel;
    } else {
      request_output(router, pick_channel(free, branch.way.port, queue), input);
    }
  }
}

bool NetworkOnChip::Engine::grant_branch(const noc::InputChannel& queue, std::uint32_t port, std::uint8_t channel,
                                         Cycle now) {
  noc::BranchSet& set = branch_sets_[queue.branches];
  for (noc::Branch& branch : set.branches) {
    if (branch.way.port != port) continue;
    branch.channel = channel;
    branch.ready = now + topology.spec().switch_allocation_cycles;
  }
  return --set.without_channel == 0;
}

/// Outputs of the branches that can send the earliest flit that any branch can send: one flit a cycle is read from the
/// buffer, for as many outputs as will take it.
std::uint64_t NetworkOnChip::Engine::branches_to_send(std::uint32_t router, const noc::InputChannel& queue,
                                                      Cycle now) const {
  const noc::BranchSet& set = branch_sets_[queue.branches];
  std::uint32_t earliest = kNone;
  std::uint64_t outputs = 0;
  for (const noc::Branch& branch : set.branches) {
    const bool has_flit = branch.sent < set.flits && branch.sent - set.gone < queue.count;
    if (branch.channel == noc::kNoChannel || branch.ready > now || !has_flit || branch.sent > earliest) continue;
    if (output_channels_[(router * ports_ + branch.way.port) * channels_ + branch.channel].room == 0) continue;
    if (branch.sent < earliest) outputs = 0;
    earliest = branch.sent;
    outputs |= std::uint64_t{1} << branch.way.port;
  }
  return outputs;
}

void NetworkOnChip::Engine::forward_branch(std::uint32_t router, std::uint32_t output, std::uint32_t queue, Cycle now) {
  noc::BranchSet& set = branch_sets_[queues_[queue].branches];
  for (noc::Branch& branch : set.branches) {
    if (branch.way.port != output) continue;
    forward(router, output, branch.channel, flit_at(queue, branch.sent - set.gone), now);
    ++branch.sent;
    branch.ready = now + topology.spec().switch_allocation_cycles;
  }
  if (multicasts_to_settle_.empty() || multicasts_to_settle_.back() != queue) multicasts_to_settle_.push_back(queue);
}

void NetworkOnChip::Engine::settle_multicasts(Cycle now) {
  for (const std::uint32_t queue : multicasts_to_settle_) {
    const std::uint32_t index = queues_[queue].branches;
    if (index == kNone) continue;  // listed twice, and over
    noc::BranchSet& set = branch_sets_[index];
    std::uint32_t sent = set.flits;
    for (const noc::Branch& branch : set.branches) sent = std::min(sent, branch.sent);
    for (; set.gone < sent; ++set.gone) pop(queue, now);
    if (set.gone < set.flits) continue;
    free_branch_sets_.push_back(index);
    unmark_sending(queues_[queue]);
    close_packet(queue, now);
  }
  multicasts_to_settle_.clear();
}

}  // namespace crossloom
