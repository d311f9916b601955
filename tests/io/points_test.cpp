// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/points.hpp"

#include <cstdio>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "support/memory.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

using Rows = std::vector<std::vector<Rational>>;

Rows all_rows(PointReader reader) {
  Rows rows;
  for (std::vector<Rational> row; reader.next(row);) rows.push_back(row);
  return rows;
}
std::vector<double> all_doubles(PointReader reader, std::size_t block = 100) {
  std::vector<double> values;
  while (reader.next(values, block) > 0) {
  }
  return values;
}
std::string refusal(const std::string& text) {
  std::string exact, rounded;
  try {
    all_rows(read_text(text));
  } catch (const UsageError& error) {
    exact = error.what();
  }
  try {
    all_doubles(read_text(text));
  } catch (const UsageError& error) {
    rounded = error.what();
  }
  CHECK(exact == rounded);
  return exact;
}

}  // namespace

TEST_CASE("rows are read exactly, past header, comments and blank lines", "[points]") {
  const std::string text = "\xEF\xBB\xBF# made by hand\n\nx1, x2,\"x 3\"\r\n1,3/2, 0.1\r\n  \n-1e-3,+2,.5\n  #end, 7\n0,0,1";
  const Rows want = {{1, Rational(3, 2), Rational(1, 10)}, {Rational(-1, 1000), 2, Rational(1, 2)}, {0, 0, 1}};
  for (const std::size_t step : {1UL, 2UL, 7UL, 1000UL}) CHECK(all_rows(read_text(text, step)) == want);
  const std::vector<double> doubles = {1, 1.5, 0.1, -1e-3, 2, 0.5, 0, 0, 1};
  for (const std::size_t block : {1UL, 2UL, 3UL, 100UL}) CHECK(all_doubles(read_text(text, 5), block) == doubles);
}

TEST_CASE("the reader knows where it is", "[points]") {
  PointReader reader = read_text("a,b\n\n1,2\n3,4\n");
  CHECK(reader.dimension() == 0);
  std::vector<Rational> row;
  REQUIRE(reader.next(row));
  CHECK(reader.line() == 3);
  CHECK(reader.dimension() == 2);
  REQUIRE(reader.next(row));
  CHECK_FALSE(reader.next(row));
  CHECK(reader.bytes() == 13);
}

TEST_CASE("a bad row is refused with file, line, field and value", "[points]") {
  CHECK_THAT(refusal("1,2\n3,abc\n"), ContainsSubstring("points.csv, line 2, field 2 (column 3): 'abc' is not a number"));
  CHECK_THAT(refusal("1,2\n3,nan\n"), ContainsSubstring("line 2, field 2 (column 3): 'nan' is not a finite number"));
  CHECK_THAT(refusal("nan,inf\n1,2\n"), ContainsSubstring("line 1, field 1"));
  CHECK_THAT(refusal("1,-Infinity\n"), ContainsSubstring("not a finite number"));
  CHECK_THAT(refusal("1,2\n\n# c\n3\n"), ContainsSubstring("line 4: 1 number, where the lines before have 2"));
  CHECK_THAT(refusal("a,b\n1,2,3\n"), ContainsSubstring("line 2: 3 numbers"));
  CHECK_THAT(refusal("1,\n"), ContainsSubstring("line 1, field 2 (column 3): is empty"));
  CHECK_THAT(refusal("1,2\n1 2\n"), ContainsSubstring("line 2, field 1 (column 1): '1 2'") && ContainsSubstring("with commas between numbers, as in the lines before"));
  CHECK_THAT(refusal("1,1/0\n"), ContainsSubstring("divides by 0"));
  CHECK_THAT(refusal(std::string("1,2\n1,\0002\n", 9)), ContainsSubstring("line 2, column 3: a zero byte"));
  CHECK_THAT(refusal("1,\x01\xFF\n"), ContainsSubstring("'\\x01\\xff'"));
  CHECK_THAT(refusal("1,2\nx,y\n"), ContainsSubstring("line 2, field 1"));  // a header stands first
  for (const char* empty : {"", "\n\n", "# nothing\n", "x,y\n"}) CHECK_THAT(refusal(empty), ContainsSubstring("points.csv: holds no point"));
}

TEST_CASE("numbers stand between commas, semicolons, tabs or blanks", "[points]") {
  const Rows want = {{1, Rational(3, 2), Rational(1, 10)}, {Rational(-1, 1000), 2, Rational(1, 2)}};
  const char* const texts[] = {
      "1,3/2,0.1\n-1e-3,2,.5\n",
      "x;y;\"z; z\"\n1;3/2;0.1\n-1e-3;2;.5",
      "x\ty\tz\n1\t3/2\t 0.1\r\n-1e-3\t2\t.5\r\n",
      "# x y z\n1.000000000000000000e+00 1.500000000000000000e+00 1.000000e-01\n-1e-3 2 .5\n",  // numpy.savetxt
      "   1     3/2   0.1\n  -1e-3  2     .5  \n",
  };
  for (const char* text : texts) {
    CAPTURE(text);
    CHECK(all_rows(read_text(text, 3)) == want);
  }
  // One tab makes it the separator: an empty field between two is then seen.
  CHECK_THAT(refusal("1\t2\t3\n1\t\t3\n"), ContainsSubstring("line 2, field 2 (column 3): is empty"));
  CHECK_THAT(refusal("1\t2\n\t\n"), ContainsSubstring("line 2, field 1 (column 1): is empty"));
  CHECK_THAT(refusal("1;2\n3,5;4\n"), ContainsSubstring("'3,5'") && ContainsSubstring("a point before the decimals"));
  CHECK_THAT(refusal("1,5;2,5\n"), ContainsSubstring("'1,5'") && ContainsSubstring("a point before the decimals"));
  CHECK_THAT(refusal("1 2\n3 4 5\n"), ContainsSubstring("line 2: 3 numbers, where the lines before have 2"));
  CHECK(all_rows(read_text("a column\n1\n2\n")) == Rows{{1}, {2}});
  CHECK_THAT(refusal("1\n2 3\n"), ContainsSubstring("line 2: 2 numbers, where the lines before have 1"));
}

TEST_CASE("a sign of numbers that are none is no comment", "[points]") {
  CHECK_THAT(refusal("1,2\n3,1.#INF\n"), ContainsSubstring("line 2, field 2 (column 3): '1.#INF'"));
  CHECK_THAT(refusal("1,2\n1.#QNAN,3\n"), ContainsSubstring("line 2, field 1 (column 1): '1.#QNAN'"));
  CHECK_THAT(refusal("1,2\n#N/A,3\n"), ContainsSubstring("line 2, field 1 (column 1): '#N/A'"));
  CHECK_THAT(refusal("1 2\n #DIV/0! 3\n"), ContainsSubstring("line 2, field 1 (column 2): '#DIV/0!'"));
  CHECK_THAT(refusal("1,2\n3,4 # inline\n"), ContainsSubstring("'4 # inline'") && ContainsSubstring("a comment has a line of its own"));
  CHECK_THAT(refusal("NA,NA\n1,2\n"), ContainsSubstring("line 1, field 1 (column 1): 'NA' is not a finite number"));
  CHECK(all_rows(read_text("1,2\n# N/A,3\n#NAN is our mark\n")) == Rows{{1, 2}});
}

TEST_CASE("the index of a data frame is no coordinate", "[points]") {
  const char* const cure = "to_csv(file, index=False)";
  CHECK_THAT(refusal(",x1,x2\n0,0.1,0.2\n"), ContainsSubstring("line 1: the first column has no name") && ContainsSubstring(cure));
  CHECK_THAT(refusal(";x1;x2\n0;0.1;0.2\n"), ContainsSubstring("the first column has no name") && ContainsSubstring(cure));
  CHECK_THAT(refusal("\tx1\tx2\n0\t0.1\t0.2\n"), ContainsSubstring("the first column has no name") && ContainsSubstring(cure));
  CHECK_THAT(refusal("\"\",\"x1\",\"x2\"\n\"1\",0.1,0.2\n"), ContainsSubstring("the first column has no name") && ContainsSubstring("row.names = FALSE"));  // write.csv of R
  CHECK_THAT(refusal("Unnamed: 0,x1,x2\n0,0.1,0.2\n"), ContainsSubstring("'Unnamed: 0'") && ContainsSubstring(cure));                                            // read and saved again
  CHECK_THAT(refusal(",0,1\n0,0.1,0.2\n"), ContainsSubstring("line 1, field 1 (column 1): is empty") && ContainsSubstring(cure));                              // of an array
  CHECK_THAT(refusal("x1 x2\n1 0.1 0.2\n"), ContainsSubstring("line 2: 3 numbers, where the header has 2 names") && ContainsSubstring("row.names"));             // write.table of R
  CHECK_THAT(refusal("1,2\n,3\n"), ContainsSubstring("is empty") && !ContainsSubstring(cure));
}

TEST_CASE("a double that overflows is refused, one that underflows is not", "[points]") {
  std::vector<double> values;
  PointReader reader = read_text("1e-400,3/2\n1,1e400\n");
  REQUIRE(reader.next(values, 10) == 1);
  CHECK(values == std::vector<double>{0, 1.5});
  CHECK_THROWS_WITH(reader.next(values, 10), ContainsSubstring("line 2, field 2 (column 3): '1e400' is beyond double precision"));
}

TEST_CASE("the rows before a bad one are handed out", "[points]") {
  PointReader reader = read_text("1,2\n3,4\n5,oops\n7,8\n");
  std::vector<double> values;
  REQUIRE(reader.next(values, 1000) == 2);
  CHECK(values == std::vector<double>{1, 2, 3, 4});
  CHECK_THROWS_AS(reader.next(values, 1000), UsageError);
  CHECK(values.size() == 4);
}

TEST_CASE("a line without end is refused, not swallowed", "[points]") {
  PointReader reader(
      [](char* buffer, std::size_t size) {
        std::fill_n(buffer, size, '1');
        return size;
      },
      "endless");
  std::vector<Rational> row;
  CHECK_THROWS_WITH(reader.next(row), ContainsSubstring("endless, line 1: longer than"));
}

TEST_CASE("a file that is not there is refused by name", "[points]") {
  CHECK_THROWS_WITH(PointReader::open("no/such/file.csv"), ContainsSubstring("no/such/file.csv: cannot be opened"));
  CHECK_THROWS_WITH(PointReader::open("."), ContainsSubstring("is a directory"));
}
