#include "base/number_table.h"

#include <cstring>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/npy_file.h"
#include "tests/support/temporary_folder.h"

namespace crossloom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string npy(const std::string& type, const std::string& shape, const std::string& values, bool fortran = false) {
  const std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }\n";
  std::string bytes = std::string("\x93NUMPY\1\0", 8);
  bytes += static_cast<char>(header.size() & 0xFFU);
  bytes += static_cast<char>(header.size() >> 8U);
  return bytes + header + values;
}

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.begin(), bytes.size());
  return bytes;
}

TEST(NumberTable, ReadsEveryTypeOfNumPyExactly) {
  const TemporaryFolder folder;
  const auto read = [&](const std::string& bytes) { return read_number_table(folder.write("t.npy", bytes)).values; };
  EXPECT_THAT(read(npy("<f8", "(1, 3)", bytes_of({1.1, -2e-300, 5e-324}))), ElementsAre(1.1, -2e-300, 5e-324));
  EXPECT_THAT(read(npy("<f4", "(1, 2)", bytes_of({0.1F, -3.5F}))), ElementsAre(0.1F, -3.5F));
  EXPECT_THAT(read(npy("<f2", "(1, 4)", std::string("\0\x3C\0\xC0\1\0\xFF\x7B", 8))),
              ElementsAre(1.0, -2.0, 0x1p-24, 65504.0));
  EXPECT_THAT(read(npy("|i1", "(1, 2)", std::string("\xFF\x7F", 2))), ElementsAre(-1.0, 127.0));
  EXPECT_THAT(read(npy(">i2", "(1, 2)", std::string("\xFF\xFE\0\5", 4))), ElementsAre(-2.0, 5.0));
  EXPECT_THAT(read(npy("<i8", "(1, 1)", bytes_of<std::int64_t>({-123456789012}))), ElementsAre(-123456789012.0));
  EXPECT_THAT(read(npy("<u4", "(1, 1)", bytes_of<std::uint32_t>({4294967295U}))), ElementsAre(4294967295.0));
  EXPECT_THAT(read(npy("|b1", "(1, 2)", std::string("\1\0", 2))), ElementsAre(1.0, 0.0));
}

TEST(NumberTable, AVectorIsOneRowAndFortranOrderIsTurned) {
  const TemporaryFolder folder;
  const NumberTable vector = read_number_table(folder.write("v.npy", npy("<f8", "(3,)", bytes_of({1.0, 2.0, 3.0}))));
  EXPECT_EQ(vector.rows, 1U);
  EXPECT_EQ(vector.columns, 3U);
  const NumberTable turned =
      read_number_table(folder.write("f.npy", npy("|u1", "(2, 3)", std::string("\1\2\3\4\5\6", 6), true)));
  EXPECT_THAT(turned.values, ElementsAre(1, 3, 5, 2, 4, 6));
}

TEST(NumberTable, ReadsCsvInFullPrecision) {
  const TemporaryFolder folder;
  const NumberTable table = read_number_table(folder.write("t.csv", "1e-6, 0.1\r\n-2,3\n\n"));
  EXPECT_EQ(table.rows, 2U);
  EXPECT_EQ(table.columns, 2U);
  EXPECT_THAT(table.values, ElementsAre(1e-6, 0.1, -2.0, 3.0));
}

TEST(NumberTable, SaysWhatIsWrongAndWhere) {
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& name, const std::string& bytes) -> std::string {
    try {
      read_number_table(folder.write(name, bytes));
    } catch (const UserError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(refusal("t.csv", "1,2\n3\n"), HasSubstr("t.csv:2: this row has 1 values where the first has 2"));
  EXPECT_THAT(refusal("t.csv", "1,nan\n"), HasSubstr("t.csv:1: 'nan' is not a finite number"));
  EXPECT_THAT(refusal("t.csv", "1,\n"), HasSubstr("t.csv:1: '' is not a number"));
  EXPECT_THAT(refusal("t.csv", "1\n\n2\n"), HasSubstr("t.csv:3: there is an empty line before"));
  EXPECT_THAT(refusal("t.csv", "1e400\n"), HasSubstr("too large"));
  EXPECT_THAT(refusal("t.npy", npy("<f4", "(1, 1)", bytes_of({1.0F / 0.0F}))),
              HasSubstr("row 0, column 0 (from 0) is not finite"));
  EXPECT_THAT(refusal("t.npy", npy("<f4", "(1, 1, 1)", bytes_of({1.0F}))), HasSubstr("one or two dimensions"));
  EXPECT_THAT(refusal("t.npy", npy("<f4", "()", bytes_of({1.0F}))), HasSubstr("shape"));
  EXPECT_THAT(refusal("t.npy", npy("<f4", "(2,)", bytes_of({1.0F}))), HasSubstr("make 8 bytes of values; it has 4"));
  EXPECT_THAT(refusal("t.mtx", ""), HasSubstr(".npy (NumPy) and .csv"));
  EXPECT_THROW(read_number_table(folder.path() / "missing.npy"), UserError);
}

}  // namespace
}  // namespace crossloom
