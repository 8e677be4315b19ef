// Broken data files end in a message that names the file and in exit code 1; nothing crashes, nothing is left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zlib.h>

#include <array>
#include <functional>

#include "base/files.h"
#include "tests/support/program.h"

namespace crossloom {
namespace {

using test::ProgramResult;
using test::run_program;
using testing::HasSubstr;

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24U), static_cast<char>(value >> 16U), static_cast<char>(value >> 8U),
          static_cast<char>(value)};
}

std::string images(std::uint32_t count, std::uint32_t magic = 2051) {
  return big_endian(magic) + big_endian(count) + big_endian(28) + big_endian(28) + std::string(count * 784U, '\x40');
}

std::string labels(std::uint32_t count, char label = 3) {
  return big_endian(2049) + big_endian(count) + std::string(count, label);
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(bytes.size() + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// What is wrong with which file, and what the message must say.
struct BrokenData {
  std::string what, file, bytes, message;
};
void PrintTo(const BrokenData& broken, std::ostream* stream) { *stream << broken.what; }

class BrokenDataFile : public testing::TestWithParam<BrokenData> {};

TEST_P(BrokenDataFile, IsReportedWithItsNameAndExitCodeOne) {
  const BrokenData& broken = GetParam();
  const TemporaryFolder folder;
  folder.write("data/mnist/train-images-idx3-ubyte", images(700));
  folder.write("data/mnist/train-labels-idx1-ubyte", labels(700));
  folder.write("data/mnist/t10k-images-idx3-ubyte", images(60));
  folder.write("data/mnist/t10k-labels-idx1-ubyte", labels(60));
  folder.write("data/mnist/" + broken.file, broken.bytes);
  std::string text = test::tiny_experiment();
  text.replace(text.find("name: digits"), 12, "name: mnist");
  const auto file = folder.write("tiny.yaml", text);
  const ProgramResult result = run_program(
      {"run", file.string(), "--out", (folder.path() / "run").string(), "--data", (folder.path() / "data").string()});
  EXPECT_EQ(result.exit_code, 1) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr(broken.file));
  EXPECT_THAT(result.errors, HasSubstr(broken.message));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "run"));
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenDataFile,
    testing::Values(BrokenData{"TruncatedGzip", "train-images-idx3-ubyte", gzip(images(700)).substr(0, 300), "gzip"},
                    BrokenData{"WrongMagic", "train-images-idx3-ubyte", images(700, 1234), "1234"},
                    BrokenData{"TooFewImages", "t10k-images-idx3-ubyte", images(60).substr(0, 30000), ""},
                    BrokenData{"TooManyBytes", "t10k-images-idx3-ubyte", images(60) + "x", ""},
                    BrokenData{"EmptyFile", "train-labels-idx1-ubyte", "", "empty"},
                    BrokenData{"CountsDiffer", "train-labels-idx1-ubyte", labels(699), "699"},
                    BrokenData{"LabelOutOfRange", "t10k-labels-idx1-ubyte", labels(60, 10), "10"}),
    [](const auto& parameter) { return parameter.param.what; });

TEST(MissingData, SaysWhereItLookedAndHowToGetIt) {
  const TemporaryFolder folder;
  std::string text = test::tiny_experiment();
  text.replace(text.find("name: digits"), 12, "name: mnist");
  const auto file = folder.write("tiny.yaml", text);
  std::filesystem::create_directories(folder.path() / "empty");
  const ProgramResult result = run_program(
      {"run", file.string(), "--out", (folder.path() / "run").string(), "--data", (folder.path() / "empty").string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.errors, HasSubstr((folder.path() / "empty").string()));
  EXPECT_THAT(result.errors, HasSubstr("get-data"));
}

}  // namespace
}  // namespace crossloom
