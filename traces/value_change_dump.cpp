#include "traces/value_change_dump.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace crossloom {
namespace {

constexpr const char* kBusy = "busy";
constexpr std::uint32_t kLevelBits = 16;
constexpr std::size_t kFlushAt = 1U << 16U;

bool matches_one(std::string_view name, std::string_view pattern) {
  // The last star, and what of the name it stands for so far: only it can need another try.
  std::size_t at = 0, p = 0, star = std::string_view::npos, taken = 0;
  while (at < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = at;
    } else if (p < pattern.size() && pattern[p] == name[at]) {
      ++p;
      ++at;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

/// Short names of printable characters, as the format wants them; without # and $, with which other things begin.
std::string code_of(std::uint32_t signal) {
  constexpr std::uint32_t kFirst = 37, kCodes = 90;
  std::string code;
  do {
    code += static_cast<char>(kFirst + signal % kCodes);
    signal /= kCodes;
  } while (signal != 0);
  return code;
}

}  // namespace

bool matches(const std::string& name, const std::string& patterns) {
  std::string_view rest = patterns;
  while (true) {
    const std::size_t comma = rest.find(',');
    if (matches_one(name, rest.substr(0, comma))) return true;
    if (comma == std::string_view::npos) return false;
    rest.remove_prefix(comma + 1);
  }
}

std::string signal_scope(const UnitName& unit) {
  const std::string name = fmt::format("{}_{}", unit_kind_name(unit.kind), unit.index);
  switch (unit.kind) {
    case UnitKind::part_group:
      return fmt::format("element_{}.part_group_{}", unit.index, unit.port);
    case UnitKind::buffer_port:
    case UnitKind::home:
    case UnitKind::sender:
      return fmt::format("tile_{}.{}_{}", unit.index, unit_kind_name(unit.kind), unit.port);
    case UnitKind::router_port:
      return fmt::format("router_{}.port_{}", unit.index, unit.port);
    case UnitKind::router_output:
      break;
    default:
      return name;
  }
  constexpr const char* kDirections[] = {"east", "west", "north", "south"};
  if (unit.port < std::size(kDirections)) return fmt::format("{}.{}", name, kDirections[unit.port]);
  return fmt::format("{}.tile_port_{}", name, unit.port - std::size(kDirections));
}

ValueChangeDump::ValueChangeDump(const std::filesystem::path& file, Frequency clock, std::string pattern,
                                 CycleWindow window, std::size_t most_changes)
    : file_(file, GzipFile::Form::plain),
      period_(static_cast<std::uint64_t>(std::llround(1e15 / clock.si()))),
      time_scale_("1 fs"),
      pattern_(std::move(pattern)),
      window_(window),
      most_changes_(most_changes) {
  if (period_ % 1000 != 0) return;
  period_ /= 1000;
  time_scale_ = "1 ps";
}

Interests ValueChangeDump::interests() const { return {any_busy_, false, false, false, any_level_}; }

void ValueChangeDump::add_signal(const UnitName& unit, const std::string& name, std::uint32_t bits,
                                 std::int64_t value) {
  const std::string scope = signal_scope(unit);
  if (!matches(scope + "." + name, pattern_)) return;
  numbers_[{unit, name}] = static_cast<std::uint32_t>(signals_.size());
  signals_.push_back({scope, name, bits, value});
  (bits == 1 ? any_busy_ : any_level_) = true;
}

void ValueChangeDump::on_chip(const std::vector<UnitName>& units, const std::vector<LevelStart>& levels) {
  for (const UnitName& unit : units) add_signal(unit, kBusy, 1, 0);
  for (const LevelStart& start : levels) add_signal(start.unit, start.name, kLevelBits, start.level);
  if (signals_.empty()) {
    std::string example = units.empty() ? std::string() : signal_scope(units.front()) + "." + kBusy;
    if (!levels.empty()) example += ", " + signal_scope(levels.front().unit) + "." + levels.front().name;
    throw UserError(
        fmt::format("no signal is named '{}'; there are such as {} (* stands for anything)", pattern_, example));
  }
  write_header();
}

// Scopes are opened and closed as neighbours in the order of their names share them.
void ValueChangeDump::write_header() {
  text_ = fmt::format("$version Crossloom $end\n$timescale {} $end\n$scope module chip $end\n", time_scale_);
  std::vector<std::uint32_t> order(signals_.size());
  for (std::uint32_t k = 0; k < order.size(); ++k) order[k] = k;
  std::stable_sort(order.begin(), order.end(),
                   [this](std::uint32_t a, std::uint32_t b) { return signals_[a].scope < signals_[b].scope; });
  std::vector<std::string> open;
  for (const std::uint32_t number : order) {
    const Signal& signal = signals_[number];
    std::vector<std::string> path;
    for (std::size_t at = 0; at <= signal.scope.size();) {
      const std::size_t dot = std::min(signal.scope.find('.', at), signal.scope.size());
      path.push_back(signal.scope.substr(at, dot - at));
      at = dot + 1;
    }
    const auto common = std::mismatch(open.begin(), open.end(), path.begin(), path.end());
    for (auto at = common.first; at != open.end(); ++at) text_ += "$upscope $end\n";
    for (auto at = common.second; at != path.end(); ++at) text_ += "$scope module " + *at + " $end\n";
    open = path;
    const std::string range = signal.bits == 1 ? "" : fmt::format(" [{}:0]", signal.bits - 1);
    text_ += fmt::format("$var wire {} {} {}{} $end\n", signal.bits, code_of(number), signal.name, range);
  }
  for (std::size_t k = 0; k <= open.size(); ++k) text_ += "$upscope $end\n";
  text_ += "$enddefinitions $end\n#0\n$dumpvars\n";
  for (std::uint32_t k = 0; k < signals_.size(); ++k) write_value(k);
  text_ += "$end\n";
}

void ValueChangeDump::write_value(std::uint32_t number) {
  const Signal& signal = signals_[number];
  CROSSLOOM_CHECK(signal.value >= 0, fmt::format("{}.{} fell below 0", signal.scope, signal.name));
  text_ += signal.bits == 1 ? fmt::format("{}{}\n", signal.value != 0 ? 1 : 0, code_of(number))
                            : fmt::format("b{:b} {}\n", signal.value, code_of(number));
  if (text_.size() < kFlushAt) return;
  file_.write(text_);
  text_.clear();
}

void ValueChangeDump::on_image_begin(std::uint32_t /*image*/, std::uint64_t cycle) {
  begin_ = cycle;
  too_many_ = false;
}

const std::uint32_t* ValueChangeDump::find(const UnitName& unit, const std::string& name) const {
  const auto found = numbers_.find({unit, name});
  return found == numbers_.end() ? nullptr : &found->second;
}

// What lies outside the window counts at its edges, so that levels are right inside and after it.
void ValueChangeDump::keep(std::uint32_t signal, std::uint64_t cycle, std::int32_t change) {
  if (changes_.size() >= most_changes_) too_many_ = true;
  if (too_many_) return;
  const std::uint64_t past = window_.last == ~std::uint64_t{0} ? window_.last : begin_ + window_.last + 1;
  changes_.push_back({std::clamp(cycle, begin_ + window_.first, past), signal, change});
}

void ValueChangeDump::on_busy(const BusyInterval& interval) {
  const std::uint32_t* const signal = find(interval.unit, kBusy);
  if (signal == nullptr || interval.duration_cycles == 0) return;
  keep(*signal, interval.start_cycle, 1);
  keep(*signal, interval.start_cycle + interval.duration_cycles, -1);
}

void ValueChangeDump::on_level_change(const LevelChange& change) {
  const std::uint32_t* const signal = find(change.unit, change.name);
  if (signal != nullptr) keep(*signal, change.cycle, change.change);
}

void ValueChangeDump::on_image_end(std::uint32_t image, std::uint64_t /*cycle*/, std::uint32_t /*last_step*/) {
  if (too_many_) {
    text_ += fmt::format(
        "$comment image {} is left out: its signals change more than {} times; choose fewer signals or "
        "cycles $end\n",
        image, most_changes_);
  } else {
    write_changes();
  }
  changes_.clear();
}

void ValueChangeDump::write_changes() {
  std::sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
    return a.cycle != b.cycle ? a.cycle < b.cycle : a.signal < b.signal;
  });
  std::uint64_t written = ~std::uint64_t{0};
  for (std::size_t k = 0; k < changes_.size();) {
    const std::uint64_t cycle = changes_[k].cycle;
    const std::uint32_t number = changes_[k].signal;
    std::int64_t change = 0;
    for (; k < changes_.size() && changes_[k].cycle == cycle && changes_[k].signal == number; ++k) {
      change += changes_[k].change;
    }
    if (change == 0) continue;
    signals_[number].value += change;
    if (cycle != written) text_ += fmt::format("#{}\n", cycle * period_);
    written = cycle;
    write_value(number);
  }
}

void ValueChangeDump::finish() {
  file_.write(text_);
  file_.finish();
}

}  // namespace crossloom
