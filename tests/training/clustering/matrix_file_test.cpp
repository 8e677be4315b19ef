#include "training/clustering/matrix_file.h"

#include <cstring>
#include <fstream>
#include <limits>

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/training/clustering/planted_matrix.h"

namespace crossloom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class Parse>
std::string refusal(const Parse& parse, const std::string& text) {
  try {
    parse(text, "f");
  } catch (const UserError& error) {
    return error.what();
  }
  return "accepted";
}

const auto kMarket = [](const std::string& text, const std::string& origin) {
  return parse_matrix_market(text, origin);
};
const auto kNpy = [](const std::string& text, const std::string& origin) { return parse_npy(text, origin); };
const auto kCsv = [](const std::string& text, const std::string& origin) { return parse_matrix_csv(text, origin); };

TEST(MatrixMarket, ReadsCoordinatesInAnyOrder) {
  const BinaryMatrix matrix = parse_matrix_market(
      "%%MatrixMarket matrix coordinate real general\n% a comment\n\n2 3 4\n2 1 -1.5e3\n1 3 +2\r\n1 1 0.0\n2 1 4\n",
      "f");
  EXPECT_EQ(matrix.rows, 2U);
  EXPECT_EQ(matrix.columns, 3U);
  EXPECT_THAT(matrix.row_begin, ElementsAre(0U, 1U, 2U));
  EXPECT_THAT(matrix.column_of, ElementsAre(2U, 0U)) << "0 is no synapse, an entry given twice is one";
}

TEST(MatrixMarket, MirrorsSymmetricMatrices) {
  const BinaryMatrix sparse =
      parse_matrix_market("%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 3\n", "f");
  EXPECT_THAT(sparse.row_begin, ElementsAre(0U, 1U, 2U, 3U));
  EXPECT_THAT(sparse.column_of, ElementsAre(1U, 0U, 2U));
  const BinaryMatrix dense = parse_matrix_market("%%MatrixMarket matrix array integer skew-symmetric\n2 2\n7\n", "f");
  EXPECT_THAT(dense.column_of, ElementsAre(1U, 0U));
}

TEST(MatrixMarket, ReadsArraysColumnByColumn) {
  const BinaryMatrix matrix = parse_matrix_market("%%matrixmarket MATRIX array real general\n2 2\n1\n0\n0\n0\n", "f");
  EXPECT_THAT(matrix.row_begin, ElementsAre(0U, 1U, 1U));
}

TEST(MatrixMarket, SaysWhereAFileIsWrong) {
  const std::string head = "%%MatrixMarket matrix coordinate real general\n";
  EXPECT_THAT(refusal(kMarket, ""), HasSubstr("f:"));
  EXPECT_THAT(refusal(kMarket, "1,2\n"), HasSubstr("f:1: a Matrix Market file begins"));
  EXPECT_THAT(refusal(kMarket, "%%MatrixMarket matrix coordinate complex general\n"), HasSubstr("complex"));
  EXPECT_THAT(refusal(kMarket, "%%MatrixMarket matrix array pattern general\n1 1\n"), HasSubstr("values are missing"));
  EXPECT_THAT(refusal(kMarket, head), HasSubstr("size line"));
  EXPECT_THAT(refusal(kMarket, head + "0 4 0\n"), HasSubstr("at least one row"));
  EXPECT_THAT(refusal(kMarket, head + "-1 4 0\n"), HasSubstr("f:2: the number of rows must be a whole number"));
  EXPECT_THAT(refusal(kMarket, head + "2 2 1\n3 1 1\n"), HasSubstr("f:3: the row is 3, more than 2"));
  EXPECT_THAT(refusal(kMarket, head + "2 2 1\n0 1 1\n"), HasSubstr("count from 1"));
  EXPECT_THAT(refusal(kMarket, head + "2 2 2\n1 1 1\n\n"), HasSubstr("before all entries"));
  EXPECT_THAT(refusal(kMarket, head + "2 2 1\n1 1 1\n2 2 1\n"), HasSubstr("f:4: there are more entries"));
  EXPECT_THAT(refusal(kMarket, head + "2 2 1\n1 1 nan\n"), HasSubstr("not a finite number"));
  EXPECT_THAT(refusal(kMarket, head + "2 2 1\n1 1 1 1\n"), HasSubstr("one value too many"));
  EXPECT_THAT(refusal(kMarket, head + "2 2 1\n1 1\n"), HasSubstr("not a number"));
  EXPECT_THAT(refusal(kMarket, head + "16777217 2 1\n1 1 1\n"), HasSubstr("more than 16777216"));
  EXPECT_THAT(refusal(kMarket, head + "16777216 16777216 99999999999\n1 1 1\n"), HasSubstr("too short"));
  EXPECT_THAT(refusal(kMarket, "%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 2 1\n"),
              HasSubstr("lower triangle"));
  EXPECT_THAT(refusal(kMarket, "%%MatrixMarket matrix coordinate real symmetric\n2 3 0\n"), HasSubstr("as many rows"));
}

TEST(MatrixCsv, ReadsNumbersWithCommas) {
  const BinaryMatrix matrix = parse_matrix_csv("1, 0,-2.5\r\n0,1e-400,0\n\n", "f");
  EXPECT_EQ(matrix.columns, 3U);
  EXPECT_THAT(matrix.row_begin, ElementsAre(0U, 2U, 3U)) << "what is too small for a double is still not 0";
  EXPECT_THAT(matrix.column_of, ElementsAre(0U, 2U, 1U));
}

TEST(MatrixCsv, SaysWhereAFileIsWrong) {
  EXPECT_THAT(refusal(kCsv, ""), HasSubstr("no row"));
  EXPECT_THAT(refusal(kCsv, "a,b\n1,2\n"), HasSubstr("f:1: 'a' is not a number"));
  EXPECT_THAT(refusal(kCsv, "1,2\n1\n"), HasSubstr("f:2: this row has 1 values where the first has 2"));
  EXPECT_THAT(refusal(kCsv, "1,\n"), HasSubstr("f:1: '' is not a number"));
  EXPECT_THAT(refusal(kCsv, "1\n\n2\n"), HasSubstr("f:3: there is an empty line"));
  EXPECT_THAT(refusal(kCsv, "1e999\n"), HasSubstr("too large"));
  EXPECT_THAT(refusal(kCsv, std::string("1\0,2\n", 5)), HasSubstr("'1?'"));
}

std::string npy(const std::string& dictionary, const std::string& values, char version = 1) {
  std::string bytes = std::string("\x93NUMPY") + version + '\0';
  const auto length = dictionary.size();
  for (int k = 0; k < (version == 1 ? 2 : 4); ++k) bytes += static_cast<char>(length >> (8 * k) & 0xFFU);
  return bytes + dictionary + values;
}

std::string dictionary(const std::string& type, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }\n";
}

template <class T>
std::string values(std::initializer_list<T> list) {
  std::string bytes;
  for (const T value : list) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    bytes.append(raw, sizeof(T));
  }
  return bytes;
}

TEST(Npy, ReadsEveryTypeOrderAndVersion) {
  for (const char version : {'\1', '\2', '\3'}) {
    EXPECT_THAT(parse_npy(npy(dictionary("<f4", "(2, 2)"), values({0.0F, 1.5F, -0.0F, -3.0F}), version), "f").column_of,
                ElementsAre(1U, 1U));
  }
  EXPECT_THAT(parse_npy(npy(dictionary("|b1", "(1, 3)"), std::string("\1\0\1", 3)), "f").column_of,
              ElementsAre(0U, 2U));
  EXPECT_THAT(parse_npy(npy(dictionary("<i8", "(1,2)"), values<std::int64_t>({0, -5})), "f").column_of,
              ElementsAre(1U));
  EXPECT_THAT(parse_npy(npy(dictionary(">u2", "(1, 2)"), std::string("\0\1\0\0", 4)), "f").column_of, ElementsAre(0U));
  EXPECT_THAT(parse_npy(npy(dictionary(">f2", "(1, 2)"), std::string("\x3C\0\x80\0", 4)), "f").column_of,
              ElementsAre(0U));
  EXPECT_THAT(parse_npy(npy(dictionary("<f8", "(1, 2)"), values({5e-324, 0.0})), "f").column_of, ElementsAre(0U));
}

TEST(Npy, FortranOrderIsReadColumnByColumn) {
  const std::string cells("\1\0\0\1\1\0", 6);
  const BinaryMatrix c = parse_npy(npy(dictionary("|u1", "(2, 3)"), cells), "f");
  const BinaryMatrix fortran = parse_npy(npy(dictionary("|u1", "(2, 3)", true), cells), "f");
  EXPECT_THAT(c.row_begin, ElementsAre(0U, 1U, 3U));
  EXPECT_THAT(c.column_of, ElementsAre(0U, 0U, 1U));
  EXPECT_THAT(fortran.row_begin, ElementsAre(0U, 2U, 3U));
  EXPECT_THAT(fortran.column_of, ElementsAre(0U, 2U, 1U));
}

TEST(Npy, SaysWhatIsWrong) {
  EXPECT_THAT(refusal(kNpy, ""), HasSubstr("does not begin"));
  EXPECT_THAT(refusal(kNpy, npy(dictionary("<f4", "(1, 1)"), values({1.0F}), 9)), HasSubstr("version 9"));
  EXPECT_THAT(refusal(kNpy, npy(dictionary("<c8", "(1, 1)"), "")), HasSubstr("type '<c8'"));
  EXPECT_THAT(refusal(kNpy, npy(dictionary("|O", "(1, 1)"), "")), HasSubstr("type"));
  EXPECT_THAT(refusal(kNpy, npy(dictionary("<f4", "(2,)"), values({1.0F, 2.0F}))), HasSubstr("two dimensions"));
  EXPECT_THAT(refusal(kNpy, npy(dictionary("<f4", "(1, 2, 3)"), "")), HasSubstr("two dimensions"));
  EXPECT_THAT(refusal(kNpy, npy(dictionary("<f4", "(0, 2)"), "")), HasSubstr("shape"));
  EXPECT_THAT(refusal(kNpy, npy(dictionary("<f4", "(99999999999999999999, 2)"), "")), HasSubstr("shape"));
  EXPECT_THAT(refusal(kNpy, npy(dictionary("<f8", "(16777216, 16777216)"), "")), HasSubstr("it has 0"));
  EXPECT_THAT(refusal(kNpy, npy(dictionary("<f4", "(1, 2)"), values({1.0F}))),
              HasSubstr("make 8 bytes of values; it has 4"));
  EXPECT_THAT(refusal(kNpy, npy(dictionary("<f4", "(1, 1)"), values({std::numeric_limits<float>::quiet_NaN()}))),
              HasSubstr("not finite"));
  EXPECT_THAT(refusal(kNpy, npy("{'shape': (1, 1)}", "")), HasSubstr("'descr'"));
  EXPECT_THAT(refusal(kNpy, std::string("\x93NUMPY\1\0\xFF\xFF{'desc", 15)), HasSubstr("ends within"));
}

TEST(Npy, EveryTruncationIsRefused) {
  const std::string whole = npy(dictionary("<f4", "(2, 2)"), values({0.0F, 1.5F, 2.0F, -3.0F}));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_NE(refusal(kNpy, whole.substr(0, length)), "accepted") << length;
  }
}

TEST(MatrixFile, IsReadByItsEnding) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "m.CSV";
  std::ofstream(file) << "1,0\n0,1\n";
  EXPECT_EQ(read_matrix_file(file).ones(), 2U);
  EXPECT_THROW(read_matrix_file(folder.path() / "m.txt"), UserError);
  EXPECT_THROW(read_matrix_file(folder.path() / "missing.npy"), UserError);
}

}  // namespace
}  // namespace crossloom
