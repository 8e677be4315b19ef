// The mapped network as the timed units look things up in it: plain index tables, built once, read only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/chip_spec.h"
#include "models/device/layer_physics.h"
#include "models/mapped_network.h"
#include "models/neuron.h"
#include "models/programmed_chip.h"
#include "models/spiking_network.h"
#include "sim/mesh.h"
#include "sim/simulation.h"

namespace crossloom {

// Indices without an id type are local to a tile group; the comment says what they count.

/// Where a stage's outgoing packets and tokens go.
struct DestinationTable {
  std::uint32_t sink = 0;    ///< endpoint
  std::uint32_t part = 0;    ///< tile part there
  std::uint32_t source = 0;  ///< which of the part's sources this stage is
  std::uint16_t layer = 0;   ///< whose inputs travel
};

struct OutgoingGroup {
  std::uint32_t pattern = 0;      ///< of the stage
  std::uint32_t destination = 0;  ///< of the stage
  std::uint32_t group = 0;        ///< packet group, index at the sink
};

/// Where the spike of one neuron (or input) goes: a bit of a pattern. Groups that carry the same rows share a pattern.
struct PatternBit {
  std::uint32_t pattern = 0;
  std::uint32_t bit = 0;
};

/// Everything that leaves one tile for one layer, or one host port.
struct OutputStageTable {
  std::optional<TileId> tile;        ///< absent: host port
  std::uint32_t layer = 0;           ///< that fires into it; the host's is 0 as well
  std::uint32_t endpoint = 0;        ///< through which it sends
  std::uint32_t unit = 0;            ///< output unit: tile of the group, or 0
  std::vector<std::uint32_t> banks;  ///< that fill it; none for the host
  std::uint32_t patterns = 0;
  bool counts_control = false;   ///< its tile works for the layer by neurons only, without a tile part
  bool reports_to_host = false;  ///< last layer: one token a step to the host instead of packets
  std::vector<OutgoingGroup> groups;
  std::vector<DestinationTable> destinations;
};

/// Where a received packet's bits go: `length` bits from `first_bit` on belong to wordlines [wordline, +length).
struct BitRun {
  std::uint32_t row_part = 0;
  std::uint32_t first_bit = 0;
  std::uint32_t length = 0;
  std::uint32_t wordline = 0;
};

/// Runs [first, last) of the tile group's list.
struct IncomingGroup {
  std::uint32_t first = 0, last = 0;
};

/// A source of a tile part: to whom step credits go back.
struct SourceTable {
  std::optional<TileGroupId> group;  ///< absent: host
  std::uint32_t stage = 0;           ///< in that module
  std::uint32_t destination = 0;     ///< slot of that stage
  std::uint32_t credit_cycles = 1;   ///< time a step credit takes
};

/// The part of a tile that works for one layer: the unit of synchronisation.
struct TilePartTable {
  TileId tile;
  std::uint32_t place = 0;  ///< of its tile in the group
  std::uint32_t layer = 0;
  std::vector<SourceTable> sources;
  std::vector<std::uint32_t> banks;
};

struct RowPartTable {
  CrossbarId crossbar;
  std::uint32_t part_of_crossbar = 0;  ///< index into MappedCrossbar::parts
  std::uint32_t array = 0;             ///< the crossbar's number in the group
  std::uint32_t tile_part = 0;
  std::uint32_t words = 1;       ///< of 64 wordlines
  std::uint32_t first_word = 0;  ///< of the group's
  std::optional<std::uint32_t> bias_wordline;
  bool remote = false;  ///< crossbar in another tile than the neurons
};

struct BankTable {
  NeuronBankId id;
  std::uint32_t layer = 0;
  std::uint32_t stage = 0;
  TileId home;
  std::vector<std::uint32_t> row_parts;   ///< ascending; of a bank of counters the one that holds its driven lines
  std::vector<std::uint32_t> tile_parts;  ///< distinct
  std::vector<std::uint32_t> neurons;     ///< outputs of the layer
  std::vector<std::uint32_t> first_bit;   ///< [neuron k .. k + 1) of bits
  std::vector<PatternBit> bits;
};

struct TileGroupTable {
  std::vector<TileId> tiles;
  std::vector<TilePartTable> parts;
  std::vector<RowPartTable> row_parts;
  std::vector<BankTable> banks;
  std::vector<OutputStageTable> stages;
  std::vector<IncomingGroup> incoming;  ///< packet groups
  std::vector<BitRun> runs;
  std::uint32_t words = 0;   ///< of 64 wordlines, of all row parts
  std::uint32_t arrays = 0;  ///< crossbars
};

struct HostTable {
  std::vector<OutputStageTable> stages;  ///< one a host port; all share their patterns
  std::vector<std::uint32_t> first_bit;  ///< [input i .. i + 1) of bits
  std::vector<PatternBit> bits;
  std::uint32_t patterns = 0;
  std::uint32_t reporting_stages = 0;  ///< output tokens a step
};

struct ChipTables {
  const MappedNetwork& mapped;
  const SpikingNetwork& network;
  const ProgrammedChip& programmed;
  const ChipSpec& chip;
  MeshShape shape;
  std::uint32_t data_flits = 1;
  std::uint32_t steps = 0;
  Cycle slot_cycles = 1;
  IdVector<TileGroupId, TileGroupTable> groups;
  HostTable host;
  std::vector<std::uint32_t> tile_endpoints;   ///< by tile
  std::vector<TileGroupId> group_of_endpoint;  ///< by tile endpoint; group 0 where no tile is
  std::vector<NeuronRule> rules;               ///< by layer
  std::vector<LayerPhysics> physics;           ///< by layer; empty for an ideal chip
};

/// Throws Bug where the mapped network is inconsistent (legality was to be checked before).
ChipTables build_chip_tables(const MappedNetwork& mapped, const SpikingNetwork& network,
                             const ProgrammedChip& programmed, const ChipSpec& chip, const PlantedFaults& faults);

}  // namespace crossloom
