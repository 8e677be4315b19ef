// Whether what observers are told of units leaves gaps or overlaps.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "models/observer.h"

namespace crossloom::test {

/// Every interval of every unit must begin where the one before ended.
struct GapFinder : SimulationObserver {
  Interests interests() const override { return {true, true}; }
  void on_chip(const std::vector<UnitName>& units, const std::vector<LevelStart>&) override {
    known.insert(units.begin(), units.end());
  }
  void on_image_begin(std::uint32_t, std::uint64_t cycle) override {
    told_until.clear();
    begin = cycle;
  }
  void take(const UnitName& unit, std::uint64_t start, std::uint64_t duration, const std::string& what) {
    EXPECT_EQ(known.count(unit), 1U);
    EXPECT_GT(duration, 0U);
    const auto [at, added] = told_until.try_emplace(unit, begin);
    EXPECT_EQ(at->second, start) << unit_kind_name(unit.kind) << " " << unit.index << " port " << unit.port << " "
                                 << what << " (began at " << begin << ")";
    at->second = start + duration;
  }
  void on_busy(const BusyInterval& i) override {
    take(i.unit, i.start_cycle, i.duration_cycles, i.label);
    busy[i.unit.kind] += i.duration_cycles;
    if (std::string(i.label) == "reload") reloading += i.duration_cycles;
  }
  void on_wait(const WaitInterval& i) override {
    take(i.unit, i.start_cycle, i.duration_cycles, wait_reason_name(i.reason));
    reasons.insert(i.reason);
  }
  std::set<UnitName> known;
  std::map<UnitName, std::uint64_t> told_until;
  std::map<UnitKind, std::uint64_t> busy;
  std::set<WaitReason> reasons;
  std::uint64_t begin = 0, reloading = 0;
};

}  // namespace crossloom::test
