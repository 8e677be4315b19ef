#include "models/legality.h"

#include <gmock/gmock.h>

#include "mapping/mapper.h"
#include "tests/models/small_chip.h"
#include "tests/support/random_spiking_network.h"

namespace crossloom {
namespace {

using testing::Contains;
using testing::HasSubstr;

struct Mapped {
  SpikingNetwork network;
  ChipSpec chip;
  MappedNetwork mapped;
};

Mapped sample() {
  test::RandomNetworkOptions options;
  options.bias = true;
  Mapped made{test::random_spiking_network(options), test::small_chip(8, 8, 1), {}};
  made.mapped = map_network(made.network, made.chip, {}, RandomKey(1)).mapped;
  return made;
}

// The faults after a change, each of which must be named.
template <class Change>
std::vector<std::string> faults_after(const Change& change, std::vector<std::string>* fits = nullptr) {
  Mapped made = sample();
  change(made);
  return legality_faults(made.mapped, made.network, made.chip, fits);
}

BlockPart& first_part(Mapped& made) { return made.mapped.crossbars[CrossbarId(0)].parts[0]; }

TEST(Legality, AcceptsWhatTheMapperMakes) {
  EXPECT_THAT(faults_after([](Mapped&) {}), testing::IsEmpty());
}

TEST(Legality, NamesAMissingWeight) {
  EXPECT_THAT(faults_after([](Mapped& m) { first_part(m).rows.pop_back(); }),
              Contains(HasSubstr("lies in no crossbar")));
}

TEST(Legality, NamesAWeightPlacedTwice) {
  const auto faults = faults_after([](Mapped& m) {
    const NeuronBank& bank = m.mapped.banks[NeuronBankId(0)];
    const auto part = [&](std::size_t k) -> BlockPart& {
      return m.mapped.crossbars[bank.row_parts[k].crossbar].parts[bank.row_parts[k].part];
    };
    part(1).rows.front() = part(0).rows.back();
  });
  EXPECT_THAT(faults, Contains(HasSubstr("more than one block part")));
}

TEST(Legality, NamesPartsThatClash) {
  const auto faults = faults_after([](Mapped& m) {
    // The last crossbar's part moves into the first, whose wordlines and columns are taken.
    const CrossbarId last(m.mapped.crossbars.size() - 1);
    const BlockPart part = m.mapped.crossbars[last].parts[0];
    m.mapped.crossbars[last].parts.clear();
    m.mapped.crossbars[CrossbarId(0)].parts.push_back(part);
    for (NeuronBank& bank : m.mapped.banks) {
      for (NeuronBank::RowPart& slot : bank.row_parts) {
        if (slot.crossbar == last) slot = {CrossbarId(0), 1};
      }
    }
  });
  EXPECT_THAT(faults, Contains(HasSubstr("share wordline")));
  EXPECT_THAT(faults, Contains(HasSubstr("share column")));
}

TEST(Legality, NamesAPartOutsideItsCrossbarOrMatrix) {
  EXPECT_THAT(faults_after([](Mapped& m) { first_part(m).first_wordline = 5; }),
              Contains(HasSubstr("outside its 8 x 8")));
  EXPECT_THAT(faults_after([](Mapped& m) { first_part(m).rows.back() = 500; }),
              Contains(HasSubstr("outside the matrix")));
}

TEST(Legality, NamesANeuronOfTwoBanksAndOneOfNone) {
  const auto two = faults_after([](Mapped& m) {
    NeuronBank copy = m.mapped.banks[NeuronBankId(0)];
    copy.row_parts.clear();
    m.mapped.tiles[copy.home].banks.push_back(m.mapped.banks.next_id());
    m.mapped.banks.push_back(copy);
  });
  EXPECT_THAT(two, Contains(HasSubstr("neuron 0 is in 2 neuron banks")));
  const auto none = faults_after([](Mapped& m) {
    NeuronBank& bank = m.mapped.banks[NeuronBankId(0)];
    bank.neurons.erase(bank.neurons.begin());
    for (const NeuronBank::RowPart& slot : bank.row_parts) {
      std::vector<std::uint32_t>& columns = m.mapped.crossbars[slot.crossbar].parts[slot.part].columns;
      columns.erase(columns.begin());
    }
  });
  EXPECT_THAT(none, Contains(HasSubstr("neuron 0 is in 0 neuron banks")));
}

TEST(Legality, NamesAHomeThatDoesNotListItsBank) {
  EXPECT_THAT(faults_after([](Mapped& m) {
                NeuronBank& bank = m.mapped.banks[NeuronBankId(0)];
                bank.home = TileId((bank.home.value() + 1) % m.mapped.tiles.size());
              }),
              Contains(HasSubstr("whose home it is not")));
}

TEST(Legality, NamesRowPartsOutOfOrder) {
  EXPECT_THAT(faults_after([](Mapped& m) {
                std::vector<NeuronBank::RowPart>& parts = m.mapped.banks[NeuronBankId(0)].row_parts;
                std::swap(parts[0], parts[1]);
              }),
              Contains(HasSubstr("ascending order of rows")));
}

TEST(Legality, NamesWhatLiesBeyondTheAnalogReachAndWhatWouldDo) {
  std::vector<std::string> fits;
  EXPECT_THAT(faults_after([](Mapped& m) { m.chip.tile_group.analog_reach = AnalogReach::tile; }, &fits),
              Contains(HasSubstr("beyond its analog reach (its tile)")));
  EXPECT_THAT(fits, Contains("tile_group.analog_reach: tile_group"));
  EXPECT_THAT(faults_after([](Mapped& m) {
                m.mapped.tile_groups = 2;
                m.mapped.tiles[TileId(0)].group = TileGroupId(1);
              }),
              Contains(HasSubstr("beyond its analog reach (its tile group)")));
}

TEST(Legality, NamesTilesThatHoldTooMuchAndWhatWouldFit) {
  std::vector<std::string> fits;
  EXPECT_THAT(faults_after([](Mapped& m) { m.chip.tile.crossbars = 1; }, &fits),
              Contains(HasSubstr("but a tile has 1")));
  EXPECT_THAT(fits, Contains("tile.crossbars: 2"));
  EXPECT_THAT(faults_after([](Mapped& m) { m.chip.tile.neurons = 3; }, &fits),
              Contains(HasSubstr("neurons, but a tile has 3")));
  EXPECT_THAT(fits, Contains(HasSubstr("tile.neurons: ")));
  EXPECT_THAT(faults_after([](Mapped& m) { m.chip.tile_group.tiles = 2; }), Contains(HasSubstr("but a group holds 2")));
  EXPECT_THAT(faults_after([](Mapped& m) { m.chip.tiles = 2; }, &fits),
              Contains(HasSubstr("but the chip has 2 tiles")));
  EXPECT_THAT(fits, Contains(HasSubstr("tiles: auto")));
}

TEST(Legality, NamesAPortTakenTwiceOrUnknownAndSitesOffTheMesh) {
  EXPECT_THAT(faults_after([](Mapped& m) {
                m.mapped.tiles[TileId(1)].site = m.mapped.tiles[TileId(0)].site;
                m.mapped.tiles[TileId(1)].local_port = m.mapped.tiles[TileId(0)].local_port;
              }),
              Contains(HasSubstr("taken by another tile")));
  EXPECT_THAT(faults_after([](Mapped& m) { m.mapped.tiles[TileId(0)].local_port = 4; }),
              Contains(HasSubstr("at port 4")));
  EXPECT_THAT(faults_after([](Mapped& m) { m.mapped.tiles[TileId(0)].site.x = 99; }),
              Contains(HasSubstr("outside the mesh")));
  EXPECT_THAT(faults_after([](Mapped& m) { m.mapped.mesh_width += 1; }), Contains(HasSubstr("mapped on a mesh of")));
}

TEST(Legality, NamesPacketsThatMissDoubleOrMistakeARow) {
  EXPECT_THAT(faults_after([](Mapped& m) { m.mapped.packet_groups[0].rows.pop_back(); }),
              Contains(HasSubstr("no packet brings it")));
  EXPECT_THAT(faults_after([](Mapped& m) { m.mapped.packet_groups.push_back(m.mapped.packet_groups[0]); }),
              Contains(HasSubstr("twice or without need")));
  EXPECT_THAT(faults_after([](Mapped& m) { m.mapped.packet_groups.back().source.reset(); }),
              Contains(HasSubstr("does not hold it")));
  EXPECT_THAT(
      faults_after([](Mapped& m) { m.mapped.packet_groups[0].rows.push_back(m.network.layers[LayerId(0)].inputs); }),
      Contains(HasSubstr("without need")));  // the bias row travels in no packet
  EXPECT_THAT(faults_after([](Mapped& m) { m.chip.tile.packet_bits = 3; }), Contains(HasSubstr("a packet carries 3")));
}

TEST(Legality, NamesAMappingForOtherCrossbars) {
  EXPECT_THAT(faults_after([](Mapped& m) { m.chip.crossbar.rows = 16; }), Contains(HasSubstr("map again")));
}

TEST(Legality, SumsUpFaultsOfOneKind) {
  const auto faults = faults_after([](Mapped& m) {
    m.network.layers[LayerId(0)].live.clear();
    first_part(m).rows.resize(1);
  });
  EXPECT_THAT(faults, Contains(HasSubstr("more of: missing weight")));
}

}  // namespace
}  // namespace crossloom
