#include "models/observations.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "models/archive_lists.h"

namespace crossloom {
namespace {

using Numbers = std::vector<std::uint64_t>;

void add(Numbers& to, const Numbers& from) {
  if (to.size() < from.size()) to.resize(from.size());
  for (std::size_t k = 0; k < from.size(); ++k) to[k] += from[k];
}

void add(WaitCycles& to, const WaitCycles& from) {
  for (std::size_t k = 0; k < to.size(); ++k) to[k] += from[k];
}

void add_windows(ActionWindows& to, const ActionWindows& from) {
  if (to.window_cycles == 0) {
    to.window_cycles = from.window_cycles;
    to.actions = from.actions;
  }
  CROSSLOOM_CHECK(from.window_cycles == to.window_cycles && from.actions == to.actions,
                  "shares of one stimulus have the same windows");
  add(to.counts, from.counts);
  add(to.array_zeptojoules, from.array_zeptojoules);
  add(to.array_drives, from.array_drives);
  add(to.elapsed_cycles, from.elapsed_cycles);
}

// ---- file form: rows of numbers -------------------------------------------------------------------------------------

/// Words once, numbers for them elsewhere.
class Words {
 public:
  std::uint64_t number(const std::string& word) {
    const auto [found, added] = numbers_.emplace(word, words_.size());
    if (added) words_.push_back(word);
    return found->second;
  }
  [[nodiscard]] const nlohmann::json& list() const { return words_; }

 private:
  std::map<std::string, std::uint64_t> numbers_;
  nlohmann::json words_ = nlohmann::json::array();
};

constexpr const char* kKey = "observations";
constexpr std::size_t kUnitFields = 4, kKindFields = 6, kShareFields = 4, kPathFields = 8;  // without reasons
constexpr std::uint64_t kFirstWaitReasons = 7;  // of archives that do not say how many

class Rows {
 public:
  Rows(const Archive& archive, const std::string& name, std::size_t fields)
      : kind_(archive.kind()), numbers_(archive.get<std::uint64_t>(name)), fields_(fields) {
    if (numbers_.size() % fields != 0) fail_archive(kind_, "the rows of " + name + " are cut short");
  }
  [[nodiscard]] std::size_t size() const { return numbers_.size() / fields_; }
  void select(std::size_t row) { next_ = row * fields_; }
  std::uint64_t next() { return numbers_[next_++]; }
  std::uint32_t next32() { return static_cast<std::uint32_t>(next()); }
  UnitKind next_kind() {
    const std::uint64_t kind = next();
    if (kind >= kUnitKinds) fail_archive(kind_, "it names a kind of unit that there is not");
    return static_cast<UnitKind>(kind);
  }
  std::string next_word(const nlohmann::json& words) {
    const std::uint64_t number = next();
    if (number >= words.size() || !words[number].is_string()) fail_archive(kind_, "it names a word that there is not");
    return words[number].get<std::string>();
  }
  WaitCycles next_waits(std::size_t reasons) {
    WaitCycles waits{};
    for (std::size_t k = 0; k < reasons; ++k) waits[k] = next();
    return waits;
  }

 private:
  std::string kind_;
  Numbers numbers_;
  std::size_t fields_, next_ = 0;
};

void append(Numbers& row, std::initializer_list<std::uint64_t> values) { row.insert(row.end(), values); }
void append(Numbers& row, const WaitCycles& values) { row.insert(row.end(), values.begin(), values.end()); }

ActionWindows get_windows(const Archive& archive, const nlohmann::json& header) {
  ActionWindows windows;
  windows.window_cycles = header_count(archive.kind(), header, "window_cycles");
  windows.actions = static_cast<std::uint32_t>(header_count(archive.kind(), header, "actions"));
  windows.counts = archive.get<std::uint64_t>("observed.actions");
  windows.array_zeptojoules = archive.get<std::uint64_t>("observed.array_zeptojoules");
  windows.array_drives = archive.get<std::uint64_t>("observed.array_drives");
  if (archive.has("observed.elapsed")) windows.elapsed_cycles = archive.get<std::uint64_t>("observed.elapsed");
  if (windows.counts.size() != windows.windows() * windows.actions ||
      windows.array_zeptojoules.size() != windows.windows()) {
    fail_archive(archive.kind(), "its windows do not belong together");
  }
  return windows;
}

}  // namespace

Observations& Observations::operator+=(const Observations& later) {
  if (later.empty()) return *this;
  if (empty()) return *this = later;
  CROSSLOOM_CHECK(units.size() == later.units.size(), "shares of one stimulus run on the same chip");
  for (std::size_t k = 0; k < units.size(); ++k) {
    CROSSLOOM_CHECK(units[k].unit == later.units[k].unit, "shares of one stimulus run on the same chip");
    units[k].busy_cycles += later.units[k].busy_cycles;
    add(units[k].wait_cycles, later.units[k].wait_cycles);
  }
  images += later.images;
  elapsed_cycles += later.elapsed_cycles;
  kinds_by_image.insert(kinds_by_image.end(), later.kinds_by_image.begin(), later.kinds_by_image.end());
  path_shares.insert(path_shares.end(), later.path_shares.begin(), later.path_shares.end());
  paths_left_out += later.paths_left_out;
  add_windows(windows, later.windows);
  return *this;
}

void put_observations(Archive& archive, const Observations& observations) {
  if (observations.empty()) return;
  Words words;
  Numbers units, kinds, shares, path;
  for (const UnitUse& use : observations.units) {
    append(units, {static_cast<std::uint64_t>(use.unit.kind), use.unit.index, use.unit.port, use.busy_cycles});
    append(units, use.wait_cycles);
  }
  for (const KindUse& use : observations.kinds_by_image) {
    append(kinds, {use.image, static_cast<std::uint64_t>(use.kind), use.units, use.elapsed_cycles, use.busy_cycles,
                   use.most_busy_cycles});
    append(kinds, use.wait_cycles);
  }
  for (const PathShare& share : observations.path_shares) {
    append(shares, {share.image, words.number(share.label), static_cast<std::uint64_t>(share.kind), share.cycles});
  }
  for (const PathPlace& place : observations.path) {
    append(path, {static_cast<std::uint64_t>(place.unit.kind), place.unit.index, place.unit.port,
                  words.number(place.label), place.first_cycle, place.duration_cycles, place.step, place.layer});
  }
  archive.put("observed.units", units);
  archive.put("observed.kinds", kinds);
  archive.put("observed.path_shares", shares);
  archive.put("observed.path", path);
  archive.put("observed.actions", observations.windows.counts);
  archive.put("observed.array_zeptojoules", observations.windows.array_zeptojoules);
  archive.put("observed.array_drives", observations.windows.array_drives);
  archive.put("observed.elapsed", observations.windows.elapsed_cycles);
  archive.header[kKey] = {{"images", observations.images},
                          {"elapsed_cycles", observations.elapsed_cycles},
                          {"mesh_width", observations.mesh_width},
                          {"path_image", observations.path_image},
                          {"paths_left_out", observations.paths_left_out},
                          {"wait_reasons", kWaitReasons},
                          {"window_cycles", observations.windows.window_cycles},
                          {"actions", observations.windows.actions},
                          {"words", words.list()}};
}

Observations get_observations(const Archive& archive) {
  Observations observations;
  if (!archive.header.contains(kKey)) return observations;
  const nlohmann::json& header = archive.header.at(kKey);
  const std::string& kind = archive.kind();
  const auto small = [&](const char* key) { return static_cast<std::uint32_t>(header_count(kind, header, key)); };
  observations.images = small("images");
  observations.elapsed_cycles = header_count(kind, header, "elapsed_cycles", std::numeric_limits<std::uint64_t>::max());
  observations.mesh_width = small("mesh_width");
  observations.path_image = small("path_image");
  observations.paths_left_out = small("paths_left_out");
  const nlohmann::json& words = header_list(kind, header, "words");
  const std::uint64_t reasons =
      header.contains("wait_reasons") ? header_count(kind, header, "wait_reasons") : kFirstWaitReasons;
  if (reasons > kWaitReasons) fail_archive(kind, "it has more reasons to wait than there are");
  Rows units(archive, "observed.units", kUnitFields + reasons);
  for (std::size_t k = 0; k < units.size(); ++k) {
    units.select(k);
    UnitUse& use = observations.units.emplace_back();
    use.unit.kind = units.next_kind();
    use.unit.index = units.next32();
    use.unit.port = units.next32();
    use.busy_cycles = units.next();
    use.wait_cycles = units.next_waits(reasons);
  }
  Rows kinds(archive, "observed.kinds", kKindFields + reasons);
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    kinds.select(k);
    KindUse& use = observations.kinds_by_image.emplace_back();
    use.image = kinds.next32();
    use.kind = kinds.next_kind();
    use.units = kinds.next32();
    use.elapsed_cycles = kinds.next();
    use.busy_cycles = kinds.next();
    use.most_busy_cycles = kinds.next();
    use.wait_cycles = kinds.next_waits(reasons);
  }
  Rows shares(archive, "observed.path_shares", kShareFields);
  for (std::size_t k = 0; k < shares.size(); ++k) {
    shares.select(k);
    PathShare& share = observations.path_shares.emplace_back();
    share.image = shares.next32();
    share.label = shares.next_word(words);
    share.kind = shares.next_kind();
    share.cycles = shares.next();
  }
  Rows path(archive, "observed.path", kPathFields);
  for (std::size_t k = 0; k < path.size(); ++k) {
    path.select(k);
    PathPlace& place = observations.path.emplace_back();
    place.unit.kind = path.next_kind();
    place.unit.index = path.next32();
    place.unit.port = path.next32();
    place.label = path.next_word(words);
    place.first_cycle = path.next();
    place.duration_cycles = path.next();
    place.step = path.next32();
    place.layer = path.next32();
  }
  observations.windows = get_windows(archive, header);
  return observations;
}

}  // namespace crossloom
