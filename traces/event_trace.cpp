// Trace-event JSON, one event a line. Format: "Trace Event Format" (Google, 2016), as read by Perfetto.
#include "traces/event_trace.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "traces/gzip_file.h"

namespace crossloom {

namespace {

constexpr const char* kTimeScale = "1 ps simulated is shown as 1 ns";
constexpr int kImagesProcess = 1;
constexpr std::size_t kFlushAt = 1U << 16U;

struct KindInfo {
  const char* process;
  const char* unit;
};

KindInfo info_of(UnitKind kind) {
  switch (kind) {
    case UnitKind::host_port:
      return {"host ports", "host port"};
    case UnitKind::tile_input:
      return {"tile inputs", "tile input"};
    case UnitKind::crossbar:
      return {"crossbars", "crossbar"};
    case UnitKind::neuron_bank:
      return {"neuron banks", "neuron bank"};
    case UnitKind::tile_output:
      return {"tile outputs", "tile output"};
    case UnitKind::router_output:
      return {"router outputs", "router"};
    case UnitKind::output_unit:
      return {"output units", "output unit"};
    case UnitKind::host_unit:
      return {"host units", "host unit"};
    case UnitKind::part_group:
      return {"part groups", "element"};
    case UnitKind::converter:
      return {"converters", "converter"};
    case UnitKind::tile_bus:
      return {"tile buses", "bus of tile"};
    case UnitKind::buffer_port:
      return {"buffer ports", "buffer of tile"};
    case UnitKind::adders:
      return {"adders", "adders of tile"};
    case UnitKind::activation_units:
      return {"activation units", "activation units of tile"};
    case UnitKind::pool_units:
      return {"pool units", "pool units of tile"};
    case UnitKind::home:
      return {"homes", "tile"};
    case UnitKind::sender:
      return {"senders", "tile"};
    case UnitKind::router_port:
      return {"router ports", "router"};
    case UnitKind::chip_link:
      return {"chip links", "link of chip"};
  }
  return {"units", "unit"};
}

int process_of(UnitKind kind) { return kImagesProcess + 1 + static_cast<int>(kind); }

std::string unit_text(const UnitName& unit) {
  const std::string name = fmt::format("{} {}", info_of(unit.kind).unit, unit.index);
  if (unit.kind == UnitKind::host_port) return unit.port == 0 ? name : fmt::format("{} port {}", name, unit.port);
  switch (unit.kind) {
    case UnitKind::part_group:
      return fmt::format("{} part group {}", name, unit.port);
    case UnitKind::buffer_port:
    case UnitKind::router_port:
      return fmt::format("{} port {}", name, unit.port);
    case UnitKind::home:
      return fmt::format("{} home {}", name, unit.port);
    case UnitKind::sender:
      return fmt::format("{} sender {}", name, unit.port);
    case UnitKind::router_output:
      break;
    default:
      return name;
  }
  constexpr const char* kDirections[] = {"east", "west", "north", "south"};
  if (unit.port < std::size(kDirections)) return fmt::format("{} {}", name, kDirections[unit.port]);
  return fmt::format("{} to tile port {}", name, unit.port - std::size(kDirections));
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// Simulated picoseconds as the format's microseconds: 1 ps becomes 0.001.
struct Shown {
  std::uint64_t ps;
};
std::string text_of(Shown time) { return fmt::format("{}.{:03}", time.ps / 1000, time.ps % 1000); }

struct Track {
  int process = 0;
  std::uint32_t thread = 0;
  std::uint64_t free_from_cycle = 0;
};

/// A place of a flow that waits to be written until it is known whether the flow goes on.
struct FlowPlace {
  int process = 0;
  std::uint32_t thread = 0;
  Shown time{};
  bool first = true;
};

}  // namespace

struct EventTraceWriter::State {
  GzipFile file;
  std::uint64_t period_fs;
  std::vector<std::string> layer_names;
  std::uint64_t maximum_events;
  CycleWindow window;
  std::uint64_t image_begin = 0;
  std::uint64_t events = 0, left_out = 0;
  std::string pending;
  bool any_written = false;
  std::map<std::tuple<UnitKind, std::uint32_t, std::uint32_t>, Track> tracks;
  std::map<UnitKind, std::uint32_t> threads;
  std::map<std::uint64_t, FlowPlace> flows;
  std::set<std::uint32_t> images;
  Shown latest{};
  std::string overlap;

  State(const std::filesystem::path& path, Frequency clock, const std::vector<std::string>& names,
        std::uint64_t maximum, CycleWindow cycles)
      : file(path),
        period_fs(static_cast<std::uint64_t>(std::llround(1e15 / clock.si()))),
        maximum_events(maximum),
        window(cycles) {
    for (const std::string& name : names) layer_names.push_back(quoted(name));
  }

  [[nodiscard]] bool in_window(const BusyInterval& interval) const {
    if (window.whole()) return true;
    const std::uint64_t start = interval.start_cycle - image_begin;
    return start <= window.last && start + interval.duration_cycles > window.first;
  }
  /// floor(cycle x period), in parts so that the product of long runs does not overflow.
  [[nodiscard]] Shown time_of(std::uint64_t cycle) const {
    return {cycle / 1000 * period_fs + cycle % 1000 * period_fs / 1000};
  }

  template <class... Args>
  void write(fmt::format_string<Args...> format, Args&&... args) {
    pending += any_written ? ",\n" : "\n";
    any_written = true;
    fmt::format_to(std::back_inserter(pending), format, std::forward<Args>(args)...);
    if (pending.size() >= kFlushAt) flush();
  }
  void flush() {
    file.write(pending);
    pending.clear();
  }

  void name_process(int process, const std::string& name) {
    write(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":{}}}}})", process, quoted(name));
    write(R"({{"ph":"M","pid":{},"name":"process_sort_index","args":{{"sort_index":{}}}}})", process, process);
  }

  Track& track_of(const UnitName& unit) {
    const auto [found, added] = tracks.try_emplace({unit.kind, unit.index, unit.port});
    Track& track = found->second;
    if (!added) return track;
    track.process = process_of(unit.kind);
    std::uint32_t& count = threads[unit.kind];
    if (count == 0) name_process(track.process, info_of(unit.kind).process);
    track.thread = ++count;
    write(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":"{}"}}}})", track.process, track.thread,
          unit_text(unit));
    write(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_sort_index","args":{{"sort_index":{}}}}})", track.process,
          track.thread, std::uint64_t{unit.index} * 256 + unit.port);
    return track;
  }

  void write_flow(char phase, std::uint64_t id, const FlowPlace& place) {
    write(R"({{"ph":"{}","bp":"e","cat":"packet","name":"way","id":{},"pid":{},"tid":{},"ts":{}}})", phase, id,
          place.process, place.thread, text_of(place.time));
  }

  /// Each place is written when the next is known: s for the first, t between, f for the last.
  void add_to_flow(std::uint64_t id, const FlowPlace& place, UnitKind kind, bool ends) {
    const auto [found, added] = flows.try_emplace(id, place);
    if (added) {
      if (kind == UnitKind::tile_input || ends) flows.erase(found);
      return;
    }
    write_flow(found->second.first ? 's' : 't', id, found->second);
    found->second = place;
    found->second.first = false;
    // Here ways end, unless they began here.
    if (kind == UnitKind::tile_input || kind == UnitKind::host_port || ends) {
      write_flow('f', id, found->second);
      flows.erase(found);
    }
  }

  void end_all_flows() {
    for (const auto& [id, place] : flows) {
      if (!place.first) write_flow('f', id, place);
    }
    flows.clear();
  }

  void note_overlap(const BusyInterval& interval) {
    if (!overlap.empty()) return;
    overlap =
        fmt::format("{} began to serve at cycle {} before it was free", unit_text(interval.unit), interval.start_cycle);
  }

  void stop_with_notice(Shown time) {
    write(
        R"({{"ph":"i","s":"g","pid":{},"tid":0,"ts":{},"name":"trace ends here: the limit of {} events is reached"}})",
        kImagesProcess, text_of(time), maximum_events);
  }

  void write_slice(const BusyInterval& interval, const Track& track, Shown start, Shown duration) {
    const std::string layer =
        interval.layer < layer_names.size() ? layer_names[interval.layer] : std::to_string(interval.layer);
    write(R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":"{}","args":{{"image":{},"step":{},"layer":{}}}}})",
          track.process, track.thread, text_of(start), text_of(duration), interval.label, interval.image, interval.step,
          layer);
  }

  void write_image(char phase, std::uint32_t image, Shown time) {
    write(R"({{"ph":"{}","cat":"image","name":"image {}","id":{},"pid":{},"tid":0,"ts":{}}})", phase, image, image,
          kImagesProcess, text_of(time));
  }
};

EventTraceWriter::EventTraceWriter(const std::filesystem::path& file, Frequency clock,
                                   const std::vector<std::string>& layer_names, std::uint64_t maximum_events,
                                   CycleWindow window)
    : state_(std::make_unique<State>(file, clock, layer_names, maximum_events, window)) {
  State& state = *state_;
  state.file.write(R"({"displayTimeUnit":"ns","traceEvents":[)");
  state.name_process(kImagesProcess, fmt::format("images ({})", kTimeScale));
  state.write(R"({{"ph":"M","pid":{},"name":"process_labels","args":{{"labels":"{}"}}}})", kImagesProcess, kTimeScale);
}

EventTraceWriter::~EventTraceWriter() = default;

void EventTraceWriter::on_busy(const BusyInterval& interval) {
  State& state = *state_;
  if (interval.duration_cycles == 0 || !state.in_window(interval)) return;
  if (state.events >= state.maximum_events) {
    if (state.left_out++ == 0) state.stop_with_notice(state.time_of(interval.start_cycle));
    return;
  }
  ++state.events;
  Track& track = state.track_of(interval.unit);
  if (interval.start_cycle < track.free_from_cycle) state.note_overlap(interval);
  const std::uint64_t end_cycle = interval.start_cycle + interval.duration_cycles;
  track.free_from_cycle = std::max(track.free_from_cycle, end_cycle);
  const Shown start = state.time_of(interval.start_cycle), end = state.time_of(end_cycle);
  state.latest.ps = std::max(state.latest.ps, end.ps);
  state.write_slice(interval, track, start, {end.ps - start.ps});
  if (!interval.flow) return;
  // Strictly inside, since a viewer may count the first instant to the slice before.
  const Shown inside{end.ps - start.ps > 1 ? start.ps + 1 : start.ps};
  for (std::uint64_t flow = *interval.flow; flow < *interval.flow + interval.flows; ++flow) {
    state.add_to_flow(flow, {track.process, track.thread, inside, true}, interval.unit.kind, interval.flow_ends);
  }
}

void EventTraceWriter::on_answer(std::uint32_t image, std::uint64_t begin, std::uint64_t cycle,
                                 std::uint32_t /*last_step*/) {
  State& state = *state_;
  if (state.images.erase(image) == 0) state.write_image('b', image, state.time_of(begin));
  state.latest.ps = std::max(state.latest.ps, state.time_of(cycle).ps);
  state.write_image('e', image, state.time_of(cycle));
}

void EventTraceWriter::on_image_begin(std::uint32_t image, std::uint64_t cycle) {
  state_->image_begin = cycle;
  if (!state_->images.insert(image).second) return;
  state_->write_image('b', image, state_->time_of(cycle));
}

void EventTraceWriter::on_image_end(std::uint32_t image, std::uint64_t cycle, std::uint32_t /*last_step*/) {
  // Whatever was on its way has arrived.
  state_->end_all_flows();
  if (state_->images.erase(image) == 0) return;
  state_->latest.ps = std::max(state_->latest.ps, state_->time_of(cycle).ps);
  state_->write_image('e', image, state_->time_of(cycle));
}

void EventTraceWriter::finish() {
  State& state = *state_;
  state.end_all_flows();
  for (const std::uint32_t image : state.images) state.write_image('e', image, state.latest);
  state.images.clear();
  state.pending += fmt::format(
      "\n],\"otherData\":{{\"time_scale\":\"{}\",\"period_fs\":\"{}\",\"events\":\"{}\",\"events_left_out\":\"{}\"}}}}"
      "\n",
      kTimeScale, state.period_fs, state.events, state.left_out);
  state.flush();
  CROSSLOOM_CHECK(state.overlap.empty(), state.overlap);
  state.file.finish();
}

}  // namespace crossloom
