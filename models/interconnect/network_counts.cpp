#include "models/interconnect/network_counts.h"

#include "base/error.h"

namespace crossloom {
namespace {

void add_each(std::vector<std::uint64_t>& to, const std::vector<std::uint64_t>& from) {
  if (to.empty()) to.resize(from.size(), 0);
  CROSSLOOM_CHECK(to.size() == from.size(), "counts of networks of different shapes do not add up");
  for (std::size_t k = 0; k < to.size(); ++k) to[k] += from[k];
}

}  // namespace

void NetworkCounts::add(const NetworkCounts& other) {
  add_each(router_flits, other.router_flits);
  add_each(port_flits, other.port_flits);
  link_flits += other.link_flits;
  injected_flits += other.injected_flits;
  delivered_flits += other.delivered_flits;
  stalls.virtual_channel += other.stalls.virtual_channel;
  stalls.credit += other.stalls.credit;
  stalls.switch_port += other.stalls.switch_port;
}

}  // namespace crossloom
