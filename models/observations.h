// What was recorded of observed images: how busy each unit was and why it waited, what determined the latency, what was
// done when. Of any kind of chip.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/archive.h"
#include "models/observer.h"

namespace crossloom {

using WaitCycles = std::array<std::uint64_t, kWaitReasons>;

/// One unit over all observed images. Busy and waiting cycles add up to Observations::elapsed_cycles.
struct UnitUse {
  UnitName unit{UnitKind::host_port, 0, 0};
  std::uint64_t busy_cycles = 0;
  WaitCycles wait_cycles{};
};

/// All units of a kind in one image (of a bit-serial chip: in one stream, which is named after its first image),
/// summed. Busy and waiting cycles add up to units x elapsed_cycles.
struct KindUse {
  std::uint32_t image = 0;
  UnitKind kind = UnitKind::host_port;
  std::uint32_t units = 0;
  std::uint64_t elapsed_cycles = 0;
  std::uint64_t busy_cycles = 0;
  std::uint64_t most_busy_cycles = 0;  ///< of one unit
  WaitCycles wait_cycles{};
};

/// How much of an image's critical path was of one label and kind of unit. Those of an image add up to its latency.
struct PathShare {
  std::uint32_t image = 0;
  std::string label;
  UnitKind kind = UnitKind::host_port;
  std::uint64_t cycles = 0;
};

/// One step of a critical path, in the order of time.
struct PathPlace {
  UnitName unit{UnitKind::host_port, 0, 0};
  std::string label;
  std::uint64_t first_cycle = 0;  ///< since the image began
  std::uint64_t duration_cycles = 0;
  std::uint32_t step = 0, layer = 0;
};

/// Actions in windows of so many cycles since the image began, summed over observed images. Window k has
/// counts[k * actions + action].
struct ActionWindows {
  std::uint64_t window_cycles = 0;
  std::uint32_t actions = 0;  ///< kinds of actions that the chip has
  std::vector<std::uint64_t> counts;
  std::vector<std::uint64_t> array_zeptojoules;  ///< one a window; as all sums of them modulo 2^64
  std::vector<std::uint64_t> array_drives;
  /// By window: cycles of observed images that lie in it, each image until its last answer.
  std::vector<std::uint64_t> elapsed_cycles = {};
  [[nodiscard]] std::size_t windows() const { return array_drives.size(); }
};

struct Observations {
  std::uint32_t images = 0;          ///< observed
  std::uint64_t elapsed_cycles = 0;  ///< of all of them, each until nothing happened any more
  std::uint32_t mesh_width = 0;      ///< of the routers, to draw them; 0: no mesh
  std::vector<UnitUse> units;
  std::vector<KindUse> kinds_by_image;
  std::vector<PathShare> path_shares;
  std::uint32_t path_image = 0;  ///< of which `path` is the whole critical path: the first one observed
  std::vector<PathPlace> path;
  std::uint32_t paths_left_out = 0;  ///< images whose paths needed too much memory
  ActionWindows windows;

  [[nodiscard]] bool empty() const { return images == 0; }
  /// Appends those of later images on the same chip. Throws Bug where it is another one.
  Observations& operator+=(const Observations& later);
};

/// Parts of the archive of a simulation. Reading throws UserError where they do not belong together.
void put_observations(Archive& archive, const Observations& observations);
/// Empty where the archive holds none.
Observations get_observations(const Archive& archive);

}  // namespace crossloom
