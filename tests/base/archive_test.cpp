// Tests of archives, above all of damaged ones.
#include "base/archive.h"

#include <gmock/gmock.h>

#include "base/files.h"
#include "base/random.h"
#include "base/sha256.h"
#include "tests/support/temporary_folder.h"

namespace crossloom {
namespace {

using testing::HasSubstr;

Archive sample() {
  Archive archive("network", 3);
  archive.header["name"] = "mlp";
  archive.header["layers"] = {1, 2, 3};
  archive.put("weights", std::vector<float>{1.5F, -2.0F, 0.25F});
  archive.put("shape", std::vector<std::int32_t>{7, -8});
  archive.put("nothing", std::vector<double>{});
  return archive;
}

std::string refusal(const std::string& bytes, const std::string& kind = "network", int version = 3) {
  try {
    const Archive archive = Archive::from_bytes(bytes, "net.bin", kind, version);
    return "accepted";
  } catch (const UserError& error) {
    return error.what();
  }
}

/// An archive with a header of our choice whose digest is right, as an attacker would make it.
std::string forged(const std::string& head, const std::string& payload, std::uint64_t length) {
  std::string bytes = "XLOOMAR1";
  for (unsigned i = 0; i < 8; ++i) bytes += static_cast<char>((length >> (8U * i)) & 0xffU);
  bytes += head + payload;
  const Sha256::Digest digest = sha256(bytes);
  return bytes + std::string(digest.begin(), digest.end());
}

std::string forged(const std::string& head, const std::string& payload = "") {
  return forged(head, payload, head.size());
}

std::string head_with(const std::string& arrays) {
  return R"({"kind":"network","version":3,"header":{},"arrays":)" + arrays + "}";
}

TEST(Archive, ReadsBackWhatWasPutIn) {
  const Archive back = Archive::from_bytes(sample().to_bytes(), "net.bin", "network", 3);
  EXPECT_EQ(back.header, sample().header);
  EXPECT_EQ(back.get<float>("weights"), (std::vector<float>{1.5F, -2.0F, 0.25F}));
  EXPECT_EQ(back.get<std::int32_t>("shape"), (std::vector<std::int32_t>{7, -8}));
  EXPECT_TRUE(back.get<double>("nothing").empty());
  EXPECT_TRUE(back.has("shape"));
  EXPECT_FALSE(back.has("shapes"));
}

TEST(Archive, HasTheSameBytesWhateverTheOrderOfPutting) {
  Archive other("network", 3);
  other.put("nothing", std::vector<double>{});
  other.put("shape", std::vector<std::int32_t>{7, -8});
  other.put("weights", std::vector<float>{1.5F, -2.0F, 0.25F});
  other.header["layers"] = {1, 2, 3};
  other.header["name"] = "mlp";
  EXPECT_EQ(other.to_bytes(), sample().to_bytes());
}

TEST(Archive, SavesAndLoads) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "net.bin";
  sample().save(file);
  EXPECT_EQ(Archive::load(file, "network", 3).to_bytes(), sample().to_bytes());
}

TEST(Archive, RefusesAnotherKindOrVersion) {
  EXPECT_EQ(refusal(sample().to_bytes(), "chip", 3), "net.bin: holds a network, but a chip is needed here");
  EXPECT_EQ(refusal(sample().to_bytes(), "network", 4),
            "net.bin: network of version 3, but this program reads version 4; make it again with this program");
}

TEST(Archive, NamesAMissingArrayAndAWrongSize) {
  const Archive archive = Archive::from_bytes(sample().to_bytes(), "net.bin", "network", 3);
  const auto message = [&](auto call) -> std::string {
    try {
      call();
    } catch (const UserError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message([&] { archive.get<float>("biases"); }), "net.bin: array biases is missing; make the file again");
  EXPECT_EQ(message([&] { archive.get<double>("weights"); }),
            "net.bin: array weights has 12 bytes, not a multiple of 8; make the file again");
}

TEST(Archive, RefusesEveryTruncation) {
  const std::string bytes = sample().to_bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_THAT(refusal(bytes.substr(0, size)), testing::StartsWith("net.bin: ")) << size;
  }
}

TEST(Archive, RefusesEveryFlippedBit) {
  const std::string bytes = sample().to_bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ (1U << bit));
      ASSERT_THAT(refusal(damaged), testing::StartsWith("net.bin: ")) << i;
    }
  }
}

TEST(Archive, RefusesBytesAtTheEnd) { EXPECT_THAT(refusal(sample().to_bytes() + "x"), HasSubstr("damaged")); }

TEST(Archive, RefusesFilesOfOthers) {
  EXPECT_EQ(refusal(""), "net.bin: not a file of this program");
  EXPECT_EQ(refusal("PK\x03\x04 and so on, for quite a few bytes, so that the length alone does not tell"),
            "net.bin: not a file of this program");
}

TEST(Archive, SurvivesForgedLengthsAndHeaders) {
  EXPECT_EQ(refusal(forged(head_with("[]"))), "accepted") << "the forger must be right where nothing is wrong";
  EXPECT_THAT(refusal(forged(head_with("[]"), "", ~std::uint64_t{0})), HasSubstr("header longer than the file"));
  EXPECT_THAT(refusal(forged(head_with("[]"), "", 10)), HasSubstr("unreadable header"));
  EXPECT_THAT(refusal(forged(std::string(100'000, '['))), HasSubstr("unreadable header"));
  EXPECT_THAT(refusal(forged("[1]")), HasSubstr("unreadable header"));
  EXPECT_THAT(refusal(forged("{}")), HasSubstr("no kind"));
  EXPECT_THAT(refusal(forged(R"({"kind":"network","version":-3})")), HasSubstr("no version"));
  EXPECT_THAT(refusal(forged(R"({"kind":"network","version":3,"header":[]})")), HasSubstr("no header"));
  EXPECT_THAT(refusal(forged(head_with("{}"))), HasSubstr("no arrays"));
  EXPECT_THAT(refusal(forged(head_with("[1]"))), HasSubstr("unreadable directory"));
  EXPECT_THAT(refusal(forged(head_with(R"([{"name":"a"}])"))), HasSubstr("no bytes"));
  EXPECT_THAT(refusal(forged(head_with(R"([{"name":"a","bytes":18446744073709551615}])"))),
              HasSubstr("longer than the file"));
  EXPECT_THAT(
      refusal(forged(head_with(R"([{"name":"a","bytes":4},{"name":"b","bytes":18446744073709551612}])"), "1234")),
      HasSubstr("longer than the file"));
  EXPECT_THAT(refusal(forged(head_with(R"([{"name":"a","bytes":1},{"name":"a","bytes":1}])"), "12")),
              HasSubstr("named twice"));
  EXPECT_THAT(refusal(forged(head_with(R"([{"name":"a","bytes":1}])"), "12")), HasSubstr("belong to no array"));
}

TEST(Archive, SurvivesRandomHeadersBehindARightDigest) {
  RandomStream random(RandomKey(2026).child("archive"));
  const std::string good = head_with(R"([{"name":"a","bytes":4}])");
  for (int round = 0; round < 2000; ++round) {
    std::string head = good;
    for (int change = 0; change < 3; ++change) {
      head[random.below(static_cast<std::uint32_t>(head.size()))] = static_cast<char>(random.below(256));
    }
    const std::string outcome = refusal(forged(head, "1234", random.below(2) == 0 ? head.size() : random.below(300)));
    ASSERT_THAT(outcome, testing::AnyOf("accepted", testing::StartsWith("net.bin: ")));
  }
}

TEST(Archive, RefusesToWriteAHeaderWithoutTextForm) {
  Archive archive("network", 3);
  archive.header["name"] = "\xff";
  EXPECT_THROW(static_cast<void>(archive.to_bytes()), Bug);
}

}  // namespace
}  // namespace crossloom
