// SPDX-License-Identifier: GPL-3.0-or-later
// The files of the first case are those of numpy.save, NumPy 2.4.6: the dictionary of each was printed from the file.
#include "infwidth/io/npy.hpp"

#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "support/memory.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A file of the given version around a header's text.
std::string file_of(const std::string& header, const std::string& data, int version = 1) {
  std::string text = header;
  const std::size_t before = version == 1 ? 10 : 12;
  while ((before + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  for (std::size_t i = 0; i < before - 8; ++i) file += static_cast<char>(text.size() >> (8 * i) & 0xFF);
  return file + text + data;
}

std::string header_of(const std::string& descr, const std::string& shape, bool fortran_order = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran_order ? "True" : "False") + ", 'shape': " + shape + ", }";
}

template <class T>
std::string bytes_of(const std::vector<T>& entries, bool big_endian = false) {
  std::string bytes;
  for (const T& entry : entries) {
    const auto own = std::bit_cast<std::array<char, sizeof(T)>>(entry);
    const bool reverse = big_endian == (std::endian::native == std::endian::little);
    for (std::size_t i = 0; i < own.size(); ++i) bytes += own[reverse ? own.size() - 1 - i : i];
  }
  return bytes;
}

DataMatrix read(const std::string& file, std::size_t step = 1 << 20, bool sized = true) {
  return read_npy(source_of(file, "x.npy", step, sized ? std::optional<std::uint64_t>(file.size()) : std::nullopt));
}
std::vector<double> values(const std::string& file) { return read(file).values; }

std::string refusal(const std::string& file, bool sized = true) {
  try {
    read(file, 1 << 20, sized);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

const std::string six = bytes_of<double>({1, 2, 3, 4, 5, 6});

}  // namespace

TEST_CASE("the header that is written is NumPy's, byte for byte", "[npy]") {
  const std::string begin("\x93NUMPY\x01\x00v\x00", 10);
  const auto header = [](std::vector<std::uint64_t> shape) { return npy_header(shape); };
  CHECK(header({3, 4}) == begin + "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }                                                          \n");
  CHECK(header({5}) == begin + "{'descr': '<f8', 'fortran_order': False, 'shape': (5,), }                                                            \n");
  CHECK(header({12345, 2, 3}) == begin + "{'descr': '<f8', 'fortran_order': False, 'shape': (12345, 2, 3), }                                                   \n");
  CHECK(header({}) == begin + "{'descr': '<f8', 'fortran_order': False, 'shape': (), }                                                              \n");
  for (std::size_t axes = 0; axes < 40; ++axes) CHECK(header(std::vector<std::uint64_t>(axes, 123)).size() % 64 == 0);
}

TEST_CASE("every type and order of real numbers is read", "[npy]") {
  const std::vector<double> want = {1, -2.5, 3, 0, 5, 1e30};
  const std::vector<float> singles = {1, -2.5F, 3, 0, 5, 1e30F};
  const DataMatrix m = read(file_of(header_of("<f8", "(2, 3)"), bytes_of(want)));
  CHECK((m.rows == 2 && m.columns == 3 && m.values == want));
  CHECK(values(file_of(header_of(">f8", "(2, 3)"), bytes_of(want, true))) == want);
  CHECK(values(file_of(header_of("<f4", "(2, 3)"), bytes_of(singles)))[1] == -2.5);
  CHECK(values(file_of(header_of(">f4", "(2, 3)"), bytes_of(singles, true)))[5] == static_cast<double>(1e30F));
  // numpy.array([1, -2.5, 65504, 2**-24, 2**-14, -0.333251953125], dtype="<f2")
  const std::vector<std::uint16_t> halves = {0x3C00, 0xC100, 0x7BFF, 0x0001, 0x0400, 0xB555};
  const std::vector<double> of_halves = {1, -2.5, 65504, std::ldexp(1.0, -24), std::ldexp(1.0, -14), -0.333251953125};
  CHECK(values(file_of(header_of("<f2", "(2, 3)"), bytes_of(halves))) == of_halves);
  CHECK(values(file_of(header_of(">f2", "(2, 3)"), bytes_of(halves, true))) == of_halves);
  CHECK_THAT(refusal(file_of(header_of("<f2", "(2,)"), bytes_of<std::uint16_t>({0x3C00, 0xFC00}))), ContainsSubstring("row 2, column 1: -inf is not a finite number"));
  CHECK_THAT(refusal(file_of(header_of("<f2", "(2,)"), bytes_of<std::uint16_t>({0x7E00, 0x3C00}))), ContainsSubstring("row 1, column 1: nan is not a finite number"));
  CHECK(values(file_of(header_of("|i1", "(2,)"), bytes_of<std::int8_t>({-3, 4}))) == std::vector<double>{-3, 4});
  CHECK(values(file_of(header_of("|u1", "(2,)"), bytes_of<std::uint8_t>({200, 4}))) == std::vector<double>{200, 4});
  CHECK(values(file_of(header_of("|b1", "(2,)"), bytes_of<std::uint8_t>({1, 0}))) == std::vector<double>{1, 0});
  CHECK(values(file_of(header_of("<i2", "(2,)"), bytes_of<std::int16_t>({-300, 4}))) == std::vector<double>{-300, 4});
  CHECK(values(file_of(header_of(">u2", "(2,)"), bytes_of<std::uint16_t>({65535, 4}, true))) == std::vector<double>{65535, 4});
  CHECK(values(file_of(header_of(">i4", "(2,)"), bytes_of<std::int32_t>({-70000, 4}, true))) == std::vector<double>{-70000, 4});
  CHECK(values(file_of(header_of("<u4", "(2,)"), bytes_of<std::uint32_t>({4000000000U, 4}))) == std::vector<double>{4e9, 4});
  CHECK(values(file_of(header_of("<i8", "(2,)"), bytes_of<std::int64_t>({-(std::int64_t{1} << 60), 7}))) == std::vector<double>{-std::ldexp(1.0, 60), 7});
  CHECK(values(file_of(header_of("<u8", "(2,)"), bytes_of<std::uint64_t>({std::uint64_t{1} << 63, 7}))) == std::vector<double>{std::ldexp(1.0, 63), 7});
  CHECK(values(file_of(header_of("<i8", "(1,)"), bytes_of<std::int64_t>({std::numeric_limits<std::int64_t>::min()}))) == std::vector<double>{-std::ldexp(1.0, 63)});
}

TEST_CASE("rows are points in either order, and one axis is a column", "[npy]") {
  const DataMatrix by_columns = read(file_of(header_of("<f8", "(2, 3)", true), six));
  CHECK(by_columns.values == std::vector<double>{1, 3, 5, 2, 4, 6});
  CHECK((by_columns.rows == 2 && by_columns.columns == 3));
  const DataMatrix column = read(file_of(header_of("<f8", "(6,)", true), six));
  CHECK((column.rows == 6 && column.columns == 1 && column.values[5] == 6));
  std::vector<double> large(70 * 41);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<double>(i);
  const DataMatrix tall = read(file_of(header_of("<f8", "(70, 41)", true), bytes_of(large)));
  for (const auto& [i, j] : {std::pair(0, 0), std::pair(69, 40), std::pair(33, 7)})
    CHECK(tall.row(static_cast<std::size_t>(i))[static_cast<std::size_t>(j)] == i + 70 * j);
}

TEST_CASE("versions, spacing and sources of all kinds", "[npy]") {
  const std::vector<double> want = {1, 2, 3, 4, 5, 6};
  for (const int version : {1, 2, 3})
    for (const std::size_t step : {1UL, 7UL, 1UL << 20})
      for (const bool sized : {true, false}) CHECK(read(file_of(header_of("<f8", "(2, 3)"), six, version), step, sized).values == want);
  CHECK(values(file_of("{\"shape\":(2L,3L) ,'fortran_order'\t:False, 'descr':\"<f8\"}", six)) == want);
  CHECK(values(file_of("  { 'shape': ( 2 , 3 , ), 'fortran_order': False, 'descr': '<f8', } ", six)) == want);
}

TEST_CASE("a header that is not one is refused by what is wrong", "[npy]") {
  const auto with = [](const std::string& header) { return refusal(file_of(header, six)); };
  CHECK_THAT(with(header_of("|O", "(2, 3)")), ContainsSubstring("x.npy: its entries are of the type '|O', which are Python objects") && ContainsSubstring("astype(float)"));
  CHECK_THAT(with(header_of("<c16", "(2, 3)")), ContainsSubstring("complex numbers") && ContainsSubstring("a.real"));
  for (const char* type : {"<U3", "|S8", "<M8[s]", "<f16", "<V2", "=f8", "|f8", "f8", "|i4", "<f80", "<i3", "", "<", "<f", "|V8"})
    CHECK_THAT(with(header_of(type, "(2, 3)")), ContainsSubstring("of the type '" + std::string(type) + "', which is not read here"));
  CHECK_THAT(with("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (6,), }"), ContainsSubstring("records"));
  CHECK_THAT(with("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (6,), }"), ContainsSubstring("'descr' twice"));
  CHECK_THAT(with("{'descr': '<f8', 'shape': (6,), }"), ContainsSubstring("no entry 'fortran_order'"));
  CHECK_THAT(with("{}"), ContainsSubstring("no entry 'descr'"));
  CHECK_THAT(with("{'descr': '<f8', 'fortran_order': False, 'shape': (6,), 'more': 1}"), ContainsSubstring("'more', which no array has"));
  CHECK_THAT(with("{'descr': {'a': 1}, 'fortran_order': False, 'shape': (6,)}"), ContainsSubstring("'{'a': 1}, ' where the type"));
  CHECK_THAT(with("{'descr': '<f8', 'fortran_order': 0, 'shape': (6,)}"), ContainsSubstring("where True or False stands"));
  CHECK_THAT(with("{'descr': '<f8', 'fortran_order': False, 'shape': (-6,)}"), ContainsSubstring("negative length"));
  CHECK_THAT(with("{'descr': '<f8', 'fortran_order': False, 'shape': (6)}"), ContainsSubstring("no tuple"));
  CHECK_THAT(with("{'descr': '<f8', 'fortran_order': False, 'shape': [6]}"), ContainsSubstring("no '('"));
  CHECK_THAT(with("{'descr': '<f8', 'fortran_order': False, 'shape': (2 3)}"), ContainsSubstring("no ')'"));
  CHECK_THAT(with("{'descr': '<f8', 'fortran_order': False, 'shape': (,)}"), ContainsSubstring("the length of an axis"));
  CHECK_THAT(with("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}"), ContainsSubstring("2^64"));
  CHECK_THAT(with("{'descr': '<f8', 'fortran_order': False, 'shape': (6,)"), ContainsSubstring("no '}'"));
  CHECK_THAT(with("{'descr': '<f8', 'fortran_order': False, 'shape': (6,"), ContainsSubstring("the length of an axis"));
  CHECK_THAT(with("{'descr': '<f8"), ContainsSubstring("where the type"));
  CHECK_THAT(with("{'descr': '<f8', 'fortran_order': False, 'shape': (6,)} + 1"), ContainsSubstring("after its end"));
  CHECK_THAT(with("__import__('os').system('ls')"), ContainsSubstring("no '{' at byte 1"));
  CHECK_THAT(with(std::string("{'descr': '<f8', 'fortran_order': False, 'shape': (6,)\0}", 55)), ContainsSubstring("no '}'"));
  std::string nested = "{'shape': ";
  nested.append(60000, '(');
  CHECK_THAT(with(nested), ContainsSubstring("the length of an axis"));
}

TEST_CASE("a file that is cut, too long or claims too much is refused before it takes memory", "[npy]") {
  const std::string whole = file_of(header_of("<f8", "(2, 3)"), six);
  for (const bool sized : {true, false}) {
    CHECK_THAT(refusal(whole.substr(0, whole.size() - 1), sized), ContainsSubstring("has 47 bytes of data, where its shape, 2 x 3 entries of 8 bytes, says 48"));
    CHECK_THAT(refusal(whole + "x", sized), ContainsSubstring("bytes of data, where its shape"));
    for (const std::size_t size : {0UL, 5UL, 7UL, 9UL, 50UL}) CHECK(refusal(whole.substr(0, size), sized) != "accepted");
    CHECK_THAT(refusal(file_of(header_of("<f8", "(1000000000000, 3)"), six), sized), ContainsSubstring("where its shape, 1000000000000 x 3"));
    CHECK_THAT(refusal(file_of(header_of("<f8", "(18446744073709551615, 3)"), six), sized), ContainsSubstring("more than a file can hold"));
    CHECK_THAT(refusal(file_of(header_of("<f8", "(4294967296, 4294967296)"), six), sized), ContainsSubstring("more than a file can hold"));
  }
  std::string huge = whole;
  huge[6] = 2;
  huge[11] = '\x7F';
  CHECK_THAT(refusal(huge), ContainsSubstring("claims a header of"));
  std::string future = whole;
  future[6] = 4;
  CHECK_THAT(refusal(future), ContainsSubstring("version 4.0"));
  CHECK_THAT(refusal("x1,x2\n1,2\n"), ContainsSubstring("is no .npy file"));
}

TEST_CASE("shapes that are no points are refused with the cure", "[npy]") {
  CHECK_THAT(refusal(file_of(header_of("<f8", "()"), bytes_of<double>({1}))), ContainsSubstring("a single number without an axis"));
  CHECK_THAT(refusal(file_of(header_of("<f8", "(1, 2, 3)"), six)), ContainsSubstring("3 axes") && ContainsSubstring("reshape"));
  CHECK_THAT(refusal(file_of(header_of("<f8", "(0, 3)"), "")), ContainsSubstring("holds no number"));
  CHECK_THAT(refusal(file_of(header_of("<f8", "(3, 0)"), "")), ContainsSubstring("holds no number"));
}

TEST_CASE("a number that no double holds, or that is none, is refused by row and column", "[npy]") {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  CHECK_THAT(refusal(file_of(header_of("<f8", "(2, 3)"), bytes_of<double>({1, 2, 3, 4, nan, 6}))), ContainsSubstring("x.npy: row 2, column 2: nan is not a finite number"));
  CHECK_THAT(refusal(file_of(header_of("<f8", "(2, 3)", true), bytes_of<double>({1, 2, 3, 4, -inf, 6}))), ContainsSubstring("row 1, column 3: -inf is not"));
  CHECK_THAT(refusal(file_of(header_of("<f4", "(3,)"), bytes_of<float>({1, 2, std::numeric_limits<float>::infinity()}))), ContainsSubstring("row 3, column 1: inf is not"));
  CHECK_THAT(refusal(file_of(header_of("<i8", "(2,)"), bytes_of<std::int64_t>({1, (std::int64_t{1} << 53) + 1}))), ContainsSubstring("row 2, column 1: an integer beyond 2^53"));
  CHECK_THAT(refusal(file_of(header_of("<i8", "(1,)"), bytes_of<std::int64_t>({std::numeric_limits<std::int64_t>::max()}))), ContainsSubstring("2^53"));
  CHECK_THAT(refusal(file_of(header_of("<u8", "(1,)"), bytes_of<std::uint64_t>({~std::uint64_t{0}}))), ContainsSubstring("2^53"));
  CHECK_THAT(refusal(file_of(header_of("|b1", "(1,)"), "\x02")), ContainsSubstring("true or false"));
  std::vector<double> many(100000, 1.0);
  many[99998] = nan;  // beyond the first block
  CHECK_THAT(refusal(file_of(header_of("<f8", "(50000, 2)"), bytes_of(many))), ContainsSubstring("row 50000, column 1: nan"));
}

TEST_CASE("what is written is read back, whole or not at all", "[npy]") {
  const std::string path = "npy_test.npy";
  std::vector<double> large(3 * 70000);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = std::sin(static_cast<double>(i));
  {
    Output output = Output::to_file(path);
    NpyWriter writer(output, {3, 70000});
    writer.write(std::span(large).first(5));
    writer.write(std::span(large).subspan(5));
    writer.end();
    output.commit();
  }
  const DataMatrix back = read_npy(open_source(path));
  CHECK((back.rows == 3 && back.columns == 70000 && back.values == large));
  std::ifstream stream(path, std::ios::binary);
  std::stringstream bytes;
  bytes << stream.rdbuf();
  std::string want = npy_header(std::vector<std::uint64_t>{3, 70000});
  append_npy(want, large);
  CHECK(bytes.str() == want);
  std::remove(path.c_str());
  {
    Output output = Output::to_file(path);
    NpyWriter writer(output, {2, 2});
    writer.write(std::vector<double>{1, 2, 3});
    CHECK_THROWS_AS(writer.end(), std::logic_error);
    CHECK_THROWS_AS(writer.write(std::vector<double>{1, 2}), std::logic_error);
  }
  CHECK_FALSE(std::ifstream(path).good());
  Output output = Output::to_file(path);
  CHECK_THROWS_AS(NpyWriter(output, {1ULL << 40, 1ULL << 40}), UsageError);
}
