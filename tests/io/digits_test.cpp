// SPDX-License-Identifier: GPL-3.0-or-later
// The digits are those of the UCI repository: its own counts of the classes (optdigits.names, the testing set), and sums of scikit-learn's copy.
#include <algorithm>
#include <array>

#include "catch.hpp"
#include "infwidth/io/matrix.hpp"
#include "support/paths.hpp"

using namespace infwidth;

TEST_CASE("the digits are complete", "[digits]") {
  const std::string folder = (source_folder() / "src/data/digits/").string();
  const DataMatrix images = read_matrix(folder + "digits.csv");
  const std::vector<std::int64_t> labels = read_labels(folder + "digits_labels.csv");
  REQUIRE((images.rows == 1797 && images.columns == 64 && labels.size() == 1797));

  std::array<int, 10> count{};
  for (const std::int64_t label : labels) ++count.at(static_cast<std::size_t>(label));
  CHECK(count == std::array{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});

  const std::vector<double> zero = {0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0, 0, 3, 15, 2, 0, 11, 8, 0, 0, 4, 12, 0, 0, 8, 8, 0,
                                    0, 5, 8, 0, 0, 9, 8, 0, 0, 4, 11, 0, 1, 12, 7, 0, 0, 2, 14, 5, 10, 12, 0, 0, 0, 0, 6, 13, 10, 0, 0, 0};
  CHECK(std::equal(zero.begin(), zero.end(), images.row(0).begin()));

  std::uint64_t sum = 0, weighted = 0, weighted_labels = 0;
  double largest = 0;
  for (std::size_t i = 0; i < images.rows; ++i) {
    weighted_labels += (i + 1) * static_cast<std::uint64_t>(labels[i]);
    for (std::size_t j = 0; j < images.columns; ++j) {
      const double grey = images.row(i)[j];
      largest = std::max(largest, grey);
      sum += static_cast<std::uint64_t>(grey);
      weighted += (i + 1) * (j + 1) * static_cast<std::uint64_t>(grey);
    }
  }
  CHECK(sum == 561718);
  CHECK(weighted % 1'000'000'007 == 337198497);
  CHECK(weighted_labels == 7272861);
  CHECK(largest == 16);
}
