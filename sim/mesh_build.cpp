// Building, resetting and describing the mesh.
#include <fmt/format.h>

#include <algorithm>

#include "sim/mesh.h"

namespace crossloom {

namespace {
constexpr std::uint32_t kDirections = 4;
constexpr std::uint32_t kMaximumPorts = 64;  // a request is a bit of one word
}  // namespace

Mesh::Mesh(const MeshShape& shape, MeshListener& listener)
    : shape_(shape), listener_(listener), ports_(kDirections + shape.tile_ports + 1) {
  if (ports_ > kMaximumPorts) {
    throw UserError(fmt::format("chip.interconnect.tiles_per_router: a router has at most {} tile ports, not {}",
                                kMaximumPorts - kDirections - 1, shape.tile_ports));
  }
  CROSSLOOM_CHECK(shape.host_ports >= 1 && shape.host_ports <= shape.height, "host ports lie one a row of routers");
  build_routers();
  build_endpoints();
}

void Mesh::build_routers() {
  const std::uint32_t routers = shape_.width * shape_.height;
  outputs_.resize(std::size_t{routers} * ports_);
  queues_.resize(std::size_t{routers} * ports_ * kMessageClasses);
  first_output_.resize(queues_.size());
  for (std::uint32_t router = 0; router < routers; ++router) {
    const std::uint32_t x = router % shape_.width;
    const std::uint32_t y = router / shape_.width;
    router_x_.push_back(static_cast<std::uint16_t>(x));
    router_y_.push_back(static_cast<std::uint16_t>(y));
    // East, west, north, south: the neighbour receives on the port that looks back.
    const bool exists[kDirections] = {x + 1 < shape_.width, x > 0, y > 0, y + 1 < shape_.height};
    const std::uint32_t neighbour[kDirections] = {router + 1, router - 1, router - shape_.width, router + shape_.width};
    const std::uint32_t facing[kDirections] = {1, 0, 3, 2};
    for (std::uint32_t port = 0; port < ports_; ++port) {
      OutputPort& out = outputs_[std::size_t{router} * ports_ + port];
      out.first_queue = router * ports_ * static_cast<std::uint32_t>(kMessageClasses);
      out.router = router;
      out.port = port;
      out.ejects = port >= kDirections;
      for (std::size_t kind = 0; kind < kMessageClasses; ++kind) {
        first_output_[(std::size_t{router} * ports_ + port) * kMessageClasses + kind] = router * ports_;
      }
      if (out.ejects || !exists[port]) continue;
      const std::uint32_t far_port = neighbour[port] * ports_ + facing[port];
      out.target_queue = far_port * static_cast<std::uint32_t>(kMessageClasses);
      for (std::size_t kind = 0; kind < kMessageClasses; ++kind) {
        out.credits[kind] = CreditLine(shape_.buffer_flits);
        queues_[std::size_t{out.target_queue} + kind].feeder = router * ports_ + port;
      }
    }
  }
}

void Mesh::build_endpoints() {
  const std::uint32_t routers = shape_.width * shape_.height;
  for (std::uint32_t endpoint = 0; endpoint < endpoints(); ++endpoint) {
    const bool host = endpoint >= routers * shape_.tile_ports;
    const std::uint32_t router = host ? (endpoint - routers * shape_.tile_ports) * shape_.width
                                      : endpoint / shape_.tile_ports;
    const std::uint32_t port = kDirections + (host ? shape_.tile_ports : endpoint % shape_.tile_ports);
    sites_.push_back({router_x_[router], router_y_[router], router, port});
    OutputPort out;
    out.injects = true;
    out.router = router;
    out.port = endpoint;
    out.first_queue = static_cast<std::uint32_t>(queues_.size());
    out.target_queue = (router * ports_ + port) * static_cast<std::uint32_t>(kMessageClasses);
    for (std::size_t kind = 0; kind < kMessageClasses; ++kind) {
      out.credits[kind] = CreditLine(shape_.buffer_flits);
      queues_[std::size_t{out.target_queue} + kind].feeder = static_cast<std::uint32_t>(outputs_.size());
      queues_.emplace_back();
      first_output_.push_back(static_cast<std::uint32_t>(outputs_.size()));
    }
    outputs_.push_back(out);
  }
}

std::uint32_t Mesh::routers_between(std::uint32_t from, std::uint32_t to) const {
  const auto distance = [](std::uint16_t a, std::uint16_t b) { return static_cast<std::uint32_t>(a > b ? a - b : b - a); };
  return distance(sites_[from].x, sites_[to].x) + distance(sites_[from].y, sites_[to].y) + 1;
}

void Mesh::reset() {
  CROSSLOOM_CHECK(in_flight_ == 0, "the interconnect is not empty:\n" + describe());
  for (OutputPort& out : outputs_) {
    CROSSLOOM_CHECK(out.credits[0].whole() && out.credits[1].whole(), "the interconnect has lost credits");
    for (CreditLine& line : out.credits) line.reset();
    out.busy_until = 0;
    out.scheduled = kNever;
    out.last_served = {};
    out.starved = {};
    out.turn = 0;
  }
  for (InputQueue& queue : queues_) queue.ready = 0;
  calendar_.clear();
}

std::string Mesh::describe() const {
  std::string text;
  const std::size_t router_queues = std::size_t{shape_.width} * shape_.height * ports_ * kMessageClasses;
  for (std::size_t k = 0; k < queues_.size(); ++k) {
    const InputQueue& queue = queues_[k];
    if (queue.messages == 0) continue;
    const Message& first = pool_[queue.head];
    const char* kind = k % kMessageClasses == 0 ? "packets" : "tokens";
    const std::string where =
        k < router_queues
            ? fmt::format("router {} input {}", k / (ports_ * kMessageClasses), k / kMessageClasses % ports_)
            : fmt::format("endpoint {}", (k - router_queues) / kMessageClasses);
    text += fmt::format("  {}: {} {} wait, the first for endpoint {} (layer {}, step {}), ready at cycle {}\n", where,
                        queue.messages, kind, first.sink, first.layer, first.step, queue.ready);
  }
  return text;
}

}  // namespace crossloom
