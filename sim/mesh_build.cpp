// Building, resetting and describing the mesh.
#include <fmt/format.h>

#include <algorithm>

#include "models/chip_spec.h"
#include "sim/mesh.h"

namespace crossloom {

namespace {
enum Direction : std::uint8_t { kEast, kWest, kNorth, kSouth, kDirections };
constexpr std::uint32_t kMaximumPorts = 64;  // a request is a bit of one word
static_assert(kMaximumPorts == kDirections + InterconnectSpec::kMaximumTilesPerRouter + 1);
constexpr std::uint32_t kClasses = kMessageClasses;

std::uint32_t distance(std::uint32_t a, std::uint32_t b) { return a > b ? a - b : b - a; }
}  // namespace

Mesh::Mesh(const MeshShape& shape, MeshListener& listener)
    : shape_(shape),
      router_count_(shape.width * shape.height),
      listener_(listener),
      ports_(kDirections + shape.tile_ports + 1),
      hops_(shape.link_cycles + shape.router_cycles),
      returns_(std::size_t{router_count_} * ports_ * kClasses) {
  if (ports_ > kMaximumPorts) {
    throw UserError(fmt::format("chip.interconnect.tiles_per_router: a router has at most {} tile ports, not {}",
                                InterconnectSpec::kMaximumTilesPerRouter, shape.tile_ports));
  }
  CROSSLOOM_CHECK(!shape.host_rows.empty(), "the host has a port");
  for (std::size_t k = 0; k < shape.host_rows.size(); ++k) {
    CROSSLOOM_CHECK(shape.host_rows[k] < shape.height && (k == 0 || shape.host_rows[k] > shape.host_rows[k - 1]),
                    "host ports lie one a row of routers");
  }
  build_routers();
  build_routes();
  build_endpoints();
}

void Mesh::build_routers() {
  outputs_.resize(std::size_t{routers()} * ports_);
  asked_.resize(outputs_.size());
  queues_.resize(outputs_.size() * kClasses);
  for (ToServe& served : to_serve_) served.outputs.resize(outputs_.size() + 1);
  for (std::uint32_t router = 0; router < routers(); ++router) {
    const std::uint32_t x = router % shape_.width;
    const std::uint32_t y = router / shape_.width;
    // The neighbour in each direction receives on the port that looks back.
    const bool exists[kDirections] = {x + 1 < shape_.width, x > 0, y > 0, y + 1 < shape_.height};
    const std::uint32_t neighbour[kDirections] = {router + 1, router - 1, router - shape_.width, router + shape_.width};
    const std::uint32_t facing[kDirections] = {kWest, kEast, kSouth, kNorth};
    for (std::uint32_t port = 0; port < ports_; ++port) {
      const std::uint32_t output = router * ports_ + port;
      OutputPort& out = outputs_[output];
      out.first_queue = router * ports_ * kClasses;
      out.ejects = port >= kDirections ? 1 : 0;
      for (std::uint32_t kind = 0; kind < kClasses; ++kind) {
        queues_[std::size_t{output} * kClasses + kind].input = static_cast<std::uint16_t>(port);
      }
      if (out.ejects != 0 || !exists[port]) continue;
      out.target_router = neighbour[port];
      out.target_queue = (neighbour[port] * ports_ + facing[port]) * kClasses;
    }
  }
}

void Mesh::build_routes() {
  for (std::uint32_t from = 0; from < routers(); ++from) {
    for (std::uint32_t to = 0; to < routers(); ++to) {
      const std::uint32_t from_x = from % shape_.width, to_x = to % shape_.width;
      const Direction along_x = to_x > from_x ? kEast : kWest;
      const Direction along_y = to > from ? kSouth : kNorth;
      const std::uint32_t direction = from_x != to_x ? along_x : along_y;
      routes_.push_back(from * ports_ + (from == to ? 0 : direction));
    }
  }
}

void Mesh::build_endpoints() {
  for (std::uint32_t endpoint = 0; endpoint < endpoints(); ++endpoint) {
    const std::uint32_t tile_endpoints = routers() * shape_.tile_ports;
    const bool host = endpoint >= tile_endpoints;
    SenderPort sender;
    sender.router = host ? shape_.host_rows[endpoint - tile_endpoints] * shape_.width : endpoint / shape_.tile_ports;
    sender.port = static_cast<std::uint16_t>(kDirections + (host ? shape_.tile_ports : endpoint % shape_.tile_ports));
    sender.target_queue = (sender.router * ports_ + sender.port) * kClasses;
    senders_.push_back(sender);
  }
}

std::uint32_t Mesh::routers_between(std::uint32_t from, std::uint32_t to) const {
  const std::uint32_t a = senders_.at(from).router, b = senders_.at(to).router;
  return distance(a % shape_.width, b % shape_.width) + distance(a / shape_.width, b / shape_.width) + 1;
}

void Mesh::reset() {
  CROSSLOOM_CHECK(in_flight_ == 0, "the interconnect is not empty:\n" + describe());
  for (OutputPort& out : outputs_) {
    out.busy_until = 0;
    out.last_served = {};
    out.turn = 0;
  }
  for (InputQueue& queue : queues_) {
    CROSSLOOM_CHECK(queue.sent == queue.left, "the interconnect has lost credits");
    queue.free_at = 0;
    queue.sent = queue.left = 0;
  }
  returns_.reset();
  for (SenderPort& sender : senders_) sender.free_at = sender.last_ready = 0;
}

bool Mesh::has_output(std::uint32_t router, std::uint32_t port) const {
  if (port < kDirections) return outputs_[std::size_t{router} * ports_ + port].target_queue != kNoIndex;
  if (port + 1 < ports_) return true;
  const auto& rows = shape_.host_rows;
  return router % shape_.width == 0 && std::find(rows.begin(), rows.end(), router / shape_.width) != rows.end();
}

std::uint32_t Mesh::queue_length(std::uint32_t head) const {
  std::uint32_t length = 0;
  for (; head != kNoIndex; head = transits_[head].next) ++length;
  return length;
}

std::string Mesh::describe() const {
  std::string text;
  const auto line = [this](const std::string& where, std::uint32_t head) {
    const Message& first = pool_[head];
    return fmt::format("  {}: {} waiting, the first a {} for endpoint {} (layer {}, step {})\n", where,
                       queue_length(head), first.kind == MessageClass::data ? "packet" : "token", first.sink,
                       first.layer, first.step);
  };
  for (std::size_t k = 0; k < queues_.size(); ++k) {
    if (queues_[k].head == kNoIndex) continue;
    text += line(fmt::format("router {} input {}", k / (ports_ * kClasses), k / kClasses % ports_), queues_[k].head);
  }
  for (std::size_t k = 0; k < senders_.size(); ++k) {
    if (senders_[k].head != kNoIndex) text += line(fmt::format("output buffer of endpoint {}", k), senders_[k].head);
  }
  return text;
}

}  // namespace crossloom
