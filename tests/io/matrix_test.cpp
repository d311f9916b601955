// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/io/matrix.hpp"

#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "support/memory.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

DataMatrix read(const std::string& bytes, std::size_t step = 1 << 20) { return read_matrix(source_of(bytes, "data", step)); }

}  // namespace

TEST_CASE("a file is read by its content, as CSV or as .npy", "[matrix]") {
  const std::vector<double> values = {1, 1.5, -2, 1e-3};
  std::string npy = npy_header(std::vector<std::uint64_t>{2, 2});
  append_npy(npy, values);
  for (const std::size_t step : {1UL, 5UL, 1UL << 20})
    for (const std::string& bytes : {std::string("x,y\n1,3/2\n-2,1e-3\n"), std::string("1,1.5\n# c\n-2,0.001"), npy}) {
      const DataMatrix matrix = read(bytes, step);
      CHECK((matrix.rows == 2 && matrix.columns == 2));
      CHECK(matrix.values == values);
    }
  CHECK(read("7").values == std::vector<double>{7});
  CHECK_THROWS_WITH(read(""), ContainsSubstring("data: holds no point"));
  CHECK_THROWS_WITH(read("1,2\n3,nan\n"), ContainsSubstring("data, line 2, field 2 (column 3): 'nan' is not a finite number"));
  CHECK_THROWS_WITH(read("1,2\n3\n"), ContainsSubstring("data, line 2: 1 number"));
  CHECK_THROWS_WITH(read(npy + "more"), ContainsSubstring("bytes of data"));
  CHECK_THROWS_WITH(read("PK\x03\x04more"), ContainsSubstring(".npz") && ContainsSubstring("numpy.save"));
  CHECK_THROWS_WITH(read("\x1F\x8B more"), ContainsSubstring("gzip"));
  CHECK_THROWS_WITH(read_matrix("no/such/file"), ContainsSubstring("no/such/file: cannot be opened"));
}

TEST_CASE("classes are whole numbers, one a point", "[matrix]") {
  CHECK(labels_of(read("label\n3\n-1\n0\n"), "y") == std::vector<std::int64_t>{3, -1, 0});
  CHECK_THROWS_WITH(labels_of(read("3\n1/2\n"), "y"), ContainsSubstring("y, row 2: 0.5 is no class"));
  CHECK_THROWS_WITH(labels_of(read("3\n1e20\n"), "y"), ContainsSubstring("y, row 2: 1e+20 is no class"));
  CHECK_THROWS_WITH(labels_of(read("3,4\n"), "y"), ContainsSubstring("2 numbers a row"));
}
