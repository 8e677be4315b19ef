// The event trace, read back: tracks, nesting, flows, times, the cap, and disks that are full.
#include "traces/event_trace.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <map>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "tests/support/temporary_folder.h"

namespace crossloom {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr double kClockHz = 200e6;  // 5 ns a cycle

std::string unzipped(const std::filesystem::path& file) {
  gzFile stream = gzopen(file.c_str(), "rb");
  EXPECT_NE(stream, nullptr);
  std::string text;
  std::vector<char> buffer(1U << 16U);
  for (int count = 0; (count = gzread(stream, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  EXPECT_EQ(gzclose(stream), Z_OK);
  return text;
}

BusyInterval busy(UnitKind kind, std::uint32_t index, std::uint64_t start, std::uint64_t duration,
                  std::optional<std::uint64_t> flow = {}, std::uint32_t port = 0) {
  return {{kind, index, port}, start, duration, 7, 3, 1, "packet", flow};
}

/// What the calls of `tell` leave in the file.
template <class Tell>
json trace_of(Tell tell, std::uint64_t maximum_events = 1000, double clock_hz = kClockHz) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "events.json.gz";
  EventTraceWriter writer(file, Frequency::from_si(clock_hz), {"hidden", "out\"put"}, maximum_events);
  tell(writer);
  EXPECT_FALSE(std::filesystem::exists(file));
  writer.finish();
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".partial"));
  return json::parse(unzipped(file));
}

std::vector<json> events(const json& trace, const std::string& phase) {
  std::vector<json> found;
  for (const json& event : trace.at("traceEvents")) {
    if (event.at("ph") == phase) found.push_back(event);
  }
  return found;
}

/// The format's microseconds as whole thousandths.
std::int64_t thousandths(const json& time) { return std::llround(time.get<double>() * 1000.0); }

struct Slice {
  std::int64_t start, end;
};
using TrackKey = std::pair<int, int>;

std::map<TrackKey, std::vector<Slice>> slices_by_track(const json& trace) {
  std::map<TrackKey, std::vector<Slice>> tracks;
  for (const json& event : events(trace, "X")) {
    const std::int64_t start = thousandths(event.at("ts"));
    tracks[{event.at("pid"), event.at("tid")}].push_back({start, start + thousandths(event.at("dur"))});
  }
  return tracks;
}

void expect_nothing_overlaps(const json& trace) {
  for (const auto& [track, slices] : slices_by_track(trace)) {
    for (std::size_t i = 1; i < slices.size(); ++i) {
      EXPECT_LE(slices[i - 1].end, slices[i].start) << track.first << '/' << track.second;
    }
  }
}

/// Each flow begins once, ends once, in the order of time, and every one of its events lies inside a slice.
void expect_flows_are_sound(const json& trace) {
  const auto tracks = slices_by_track(trace);
  std::map<std::uint64_t, std::string> phases;
  std::map<std::uint64_t, std::int64_t> latest;
  for (const json& event : trace.at("traceEvents")) {
    const std::string phase = event.at("ph");
    if (phase != "s" && phase != "t" && phase != "f") continue;
    const std::int64_t time = thousandths(event.at("ts"));
    const std::uint64_t id = event.at("id");
    const auto& slices = tracks.at({event.at("pid"), event.at("tid")});
    EXPECT_TRUE(std::any_of(slices.begin(), slices.end(), [&](Slice s) { return s.start <= time && time < s.end; }))
        << event;
    if (latest.count(id) != 0) {
      EXPECT_LE(latest[id], time) << event;
    }
    latest[id] = time;
    phases[id] += phase;
  }
  for (const auto& [id, text] : phases) {
    EXPECT_EQ(text, "s" + std::string(text.size() - 2, 't') + "f") << id;
  }
}

TEST(EventTrace, ShowsOnePicosecondAsOneNanosecond) {
  const json trace = trace_of([](EventTraceWriter& w) { w.on_busy(busy(UnitKind::crossbar, 4, 10, 2)); });
  const json slice = events(trace, "X").at(0);
  // 10 cycles of 5,000 ps shown as 50,000 ns = 50 us.
  EXPECT_EQ(slice.at("ts").get<double>(), 50.0);
  EXPECT_EQ(slice.at("dur").get<double>(), 10.0);
  EXPECT_EQ(slice.at("name"), "packet");
  EXPECT_EQ(slice.at("args").at("image"), 7);
  EXPECT_EQ(slice.at("args").at("step"), 3);
  EXPECT_EQ(slice.at("args").at("layer"), "out\"put");
  EXPECT_EQ(trace.at("otherData").at("time_scale"), "1 ps simulated is shown as 1 ns");
  EXPECT_THAT(events(trace, "M").at(0).at("args").at("name").get<std::string>(),
              HasSubstr("1 ps simulated is shown as 1 ns"));
}

TEST(EventTrace, KeepsSlicesApartWhereACycleIsNoWholeNumberOfPicoseconds) {
  // 1.28 GHz: 781.25 ps.
  const json trace = trace_of(
      [](EventTraceWriter& w) {
        for (std::uint64_t cycle = 0; cycle < 400; ++cycle) w.on_busy(busy(UnitKind::crossbar, 0, cycle, 1));
      },
      1000, 1.28e9);
  expect_nothing_overlaps(trace);
  const auto slices = slices_by_track(trace).begin()->second;
  EXPECT_EQ(slices.back().end, 312500);
  for (std::size_t i = 1; i < slices.size(); ++i) EXPECT_EQ(slices[i - 1].end, slices[i].start);
}

TEST(EventTrace, KeepsExactTimesAfterVeryManyCycles) {
  const std::uint64_t cycle = 1'000'000'000'000'001ULL;
  const json trace = trace_of([&](EventTraceWriter& w) { w.on_busy(busy(UnitKind::crossbar, 0, cycle, 1)); }, 10, 1e9);
  EXPECT_EQ(events(trace, "X").at(0).at("ts").get<double>(), 1'000'000'000'000'001.0);
}

TEST(EventTrace, GivesEachUnitATrackWithItsName) {
  const json trace = trace_of([](EventTraceWriter& w) {
    w.on_busy(busy(UnitKind::router_output, 2, 0, 1, {}, 0));
    w.on_busy(busy(UnitKind::router_output, 2, 0, 1, {}, 5));
    w.on_busy(busy(UnitKind::crossbar, 2, 0, 1));
    w.on_busy(busy(UnitKind::crossbar, 2, 1, 1));
    w.on_busy(busy(UnitKind::host_port, 0, 0, 1));
  });
  std::map<TrackKey, std::string> names;
  std::set<std::string> processes;
  for (const json& event : events(trace, "M")) {
    const std::string kind = event.at("name");
    if (kind == "thread_name") names[{event.at("pid"), event.at("tid")}] = event.at("args").at("name");
    if (kind == "process_name") processes.insert(event.at("args").at("name").get<std::string>());
  }
  std::set<std::string> shown;
  for (const auto& [track, slices] : slices_by_track(trace)) shown.insert(names.at(track));
  EXPECT_THAT(shown,
              testing::UnorderedElementsAre("router 2 east", "router 2 to tile port 1", "crossbar 2", "host port 0"));
  EXPECT_THAT(processes, testing::IsSupersetOf({"router outputs", "crossbars", "host ports"}));
}

TEST(EventTrace, FollowsAPacketFromItsSenderToItsReceiver) {
  const json trace = trace_of([](EventTraceWriter& w) {
    w.on_busy(busy(UnitKind::tile_output, 0, 10, 1, 77));
    w.on_busy(busy(UnitKind::router_output, 0, 12, 1, 77));
    w.on_busy(busy(UnitKind::router_output, 1, 15, 1, 77));
    w.on_busy(busy(UnitKind::tile_input, 3, 18, 1, 77));
  });
  expect_flows_are_sound(trace);
  EXPECT_EQ(events(trace, "s").size(), 1U);
  EXPECT_EQ(events(trace, "t").size(), 2U);
  ASSERT_EQ(events(trace, "f").size(), 1U);
  EXPECT_EQ(events(trace, "f")[0].at("id"), 77);
  EXPECT_EQ(events(trace, "f")[0].at("ts").get<double>(), 90.001);
}

TEST(EventTrace, FollowsPacketsFromTheHostAndToTheHost) {
  const json trace = trace_of([](EventTraceWriter& w) {
    w.on_busy(busy(UnitKind::host_port, 0, 0, 1, 1));
    w.on_busy(busy(UnitKind::tile_input, 0, 3, 1, 1));
    w.on_busy(busy(UnitKind::tile_output, 0, 5, 1, 2));
    w.on_busy(busy(UnitKind::host_port, 1, 9, 1, 2));
  });
  expect_flows_are_sound(trace);
  EXPECT_EQ(events(trace, "s").size(), 2U);
  EXPECT_EQ(events(trace, "f").size(), 2U);
}

TEST(EventTrace, DrawsNoFlowForAPacketSeenOnlyOnce) {
  const json trace = trace_of([](EventTraceWriter& w) {
    w.on_busy(busy(UnitKind::tile_input, 0, 3, 1, 5));
    w.on_busy(busy(UnitKind::tile_output, 0, 3, 1, 6));
  });
  EXPECT_TRUE(events(trace, "s").empty());
  EXPECT_TRUE(events(trace, "f").empty());
}

TEST(EventTrace, EndsFlowsThatAreOnTheirWayWhenItStops) {
  const json trace = trace_of(
      [](EventTraceWriter& w) {
        w.on_busy(busy(UnitKind::tile_output, 0, 10, 1, 77));
        w.on_busy(busy(UnitKind::router_output, 0, 12, 1, 77));
        w.on_busy(busy(UnitKind::router_output, 1, 15, 1, 77));
      },
      2);
  expect_flows_are_sound(trace);
  EXPECT_EQ(events(trace, "f").size(), 1U);
}

TEST(EventTrace, StopsAtTheCapWithANotice) {
  const json trace = trace_of(
      [](EventTraceWriter& w) {
        w.on_image_begin(0, 0);
        for (std::uint64_t i = 0; i < 25; ++i) w.on_busy(busy(UnitKind::crossbar, 0, i, 1));
        w.on_image_end(0, 25, 0);
      },
      10);
  EXPECT_EQ(events(trace, "X").size(), 10U);
  ASSERT_EQ(events(trace, "i").size(), 1U);
  EXPECT_THAT(events(trace, "i")[0].at("name").get<std::string>(), HasSubstr("limit of 10 events"));
  EXPECT_EQ(events(trace, "i")[0].at("ts").get<double>(), 50.0);
  EXPECT_EQ(trace.at("otherData").at("events_left_out"), "15");
}

TEST(EventTrace, HoldsOnlyWhatServesWithinTheWindowOfEachImage) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "events.json.gz";
  EventTraceWriter writer(file, Frequency::from_si(kClockHz), {"hidden"}, 1000, {10, 11});
  for (const std::uint64_t begin : {1000U, 2000U}) {
    writer.on_image_begin(0, begin);
    writer.on_busy(busy(UnitKind::crossbar, 0, begin + 6, 4));   // ends before the window
    writer.on_busy(busy(UnitKind::crossbar, 0, begin + 10, 1));  // its first cycle
    writer.on_busy(busy(UnitKind::crossbar, 0, begin + 11, 5));  // reaches over its end
    writer.on_busy(busy(UnitKind::crossbar, 0, begin + 16, 1));
    writer.on_busy(busy(UnitKind::crossbar, 1, begin + 9, 2));  // reaches into it
    writer.on_busy(busy(UnitKind::crossbar, 1, begin + 12, 2));
    writer.on_image_end(0, begin + 100, 0);
  }
  writer.finish();
  EXPECT_EQ(events(json::parse(unzipped(file)), "X").size(), 6U);
}

TEST(EventTrace, HasNoNoticeWhereEverythingFits) {
  const json trace = trace_of([](EventTraceWriter& w) { w.on_busy(busy(UnitKind::crossbar, 0, 0, 1)); }, 1);
  EXPECT_TRUE(events(trace, "i").empty());
  EXPECT_EQ(trace.at("otherData").at("events_left_out"), "0");
}

TEST(EventTrace, PairsBeginAndEndOfImagesAlsoOfOneThatNeverEnded) {
  const json trace = trace_of([](EventTraceWriter& w) {
    w.on_image_begin(3, 0);
    w.on_image_end(3, 10, 0);
    w.on_image_begin(4, 10);
    w.on_busy(busy(UnitKind::crossbar, 0, 11, 4));
  });
  ASSERT_EQ(events(trace, "b").size(), 2U);
  ASSERT_EQ(events(trace, "e").size(), 2U);
  EXPECT_EQ(events(trace, "e")[0].at("ts").get<double>(), 50.0);
  EXPECT_EQ(events(trace, "e")[1].at("id"), 4);
  EXPECT_EQ(events(trace, "e")[1].at("ts").get<double>(), 75.0);
}

TEST(EventTrace, IsSoundForRandomTraffic) {
  const json trace = trace_of(
      [](EventTraceWriter& w) {
        std::map<std::pair<UnitKind, std::uint32_t>, std::uint64_t> free;
        std::uint64_t state = 12345;
        const auto draw = [&state](std::uint64_t below) {
          state = state * 6364136223846793005ULL + 1442695040888963407ULL;
          return (state >> 33U) % below;
        };
        for (std::uint64_t packet = 0; packet < 500; ++packet) {
          std::uint64_t now = packet * 3;
          const auto serve = [&](UnitKind kind) {
            const auto index = static_cast<std::uint32_t>(draw(6));
            auto& next = free[{kind, index}];
            now = std::max(now, next);
            const std::uint64_t duration = 1 + draw(5);
            w.on_busy(busy(kind, index, now, duration, packet));
            next = now + duration;
            now += 1 + draw(4);
          };
          serve(UnitKind::tile_output);
          for (std::uint64_t hop = draw(4); hop > 0; --hop) serve(UnitKind::router_output);
          serve(UnitKind::tile_input);
        }
      },
      100000, 1.28e9);
  expect_nothing_overlaps(trace);
  expect_flows_are_sound(trace);
  EXPECT_EQ(events(trace, "s").size(), 500U);
}

TEST(EventTrace, IsTheSameBytesEachTime) {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b"}) {
    EventTraceWriter writer(folder.path() / name, Frequency::from_si(kClockHz), {"hidden", "output"});
    for (std::uint64_t i = 0; i < 5000; ++i) writer.on_busy(busy(UnitKind::crossbar, 0, i, 1));
    writer.finish();
  }
  EXPECT_EQ(read_file(folder.path() / "a"), read_file(folder.path() / "b"));
}

TEST(EventTrace, CallsAUnitThatServesTwoThingsAtOnceABug) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "events.json.gz";
  {
    EventTraceWriter writer(file, Frequency::from_si(kClockHz), {"hidden", "output"});
    writer.on_busy(busy(UnitKind::crossbar, 5, 10, 4));
    writer.on_busy(busy(UnitKind::crossbar, 5, 13, 1));
    try {
      writer.finish();
      FAIL() << "nothing was thrown";
    } catch (const Bug& bug) {
      EXPECT_THAT(bug.what(), HasSubstr("crossbar 5 began to serve at cycle 13"));
    }
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(EventTrace, LeavesNothingBehindWhenItIsNotFinished) {
  const TemporaryFolder folder;
  {
    EventTraceWriter writer(folder.path() / "events.json.gz", Frequency::from_si(kClockHz), {});
    writer.on_busy(busy(UnitKind::crossbar, 0, 0, 1));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(EventTrace, InAFolderThatIsNotThereIsTheUsersFault) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "absent" / "events.json.gz";
  try {
    const EventTraceWriter writer(file, Frequency::from_si(kClockHz), {});
    FAIL() << "nothing was thrown";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr(file.string()));
  }
}

/// Files of this process cannot grow beyond some bytes while this lives, as on a full disk.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit small = before_;
    small.rlim_cur = bytes;
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(EventTrace, OnAFullDiskIsTheUsersFaultAndLeavesNothingBehind) {
  for (const std::uint64_t count : {10U, 200000U}) {  // fails at the end, fails on the way
    const TemporaryFolder folder;
    const auto file = folder.path() / "events.json.gz";
    std::string message;
    {
      EventTraceWriter writer(file, Frequency::from_si(kClockHz), {"hidden", "output"});
      const SmallDisk disk(100);
      for (std::uint64_t i = 0; i < count; ++i)
        writer.on_busy(busy(UnitKind::crossbar, static_cast<std::uint32_t>(i * i % 97), i, 1));
      try {
        writer.finish();
      } catch (const UserError& error) {
        message = error.what();
      }
    }
    EXPECT_THAT(message, HasSubstr("cannot write " + file.string()));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  }
}

}  // namespace
}  // namespace crossloom
