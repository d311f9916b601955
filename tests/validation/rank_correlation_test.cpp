// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/rank_correlation.hpp"

#include <cmath>

#include "catch.hpp"
#include "infwidth/run/stream.hpp"

using namespace infwidth;

TEST_CASE("rank correlations of R's documentation, with ties", "[ranks]") {
  CHECK(ranks(std::vector<double>{3, 1, 3, 2}) == std::vector<double>{3.5, 1, 3.5, 2});
  // cor(x, y, method = "spearman") of R.
  const std::vector<double> x = {44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1}, y = {2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8};
  CHECK(std::abs(rank_correlation(x, y) - 0.6) < 1e-12);
  std::vector<double> cubes;
  for (const double v : x) cubes.push_back(-v * v * v);
  CHECK(std::abs(rank_correlation(x, cubes) + 1) < 1e-12);
  CHECK(std::isnan(rank_correlation(x, std::vector<double>(9, 1.0))));
}

TEST_CASE("ranks refuse what has no order, and know the infinite", "[ranks]") {
  // Neither ends where NaN is sorted: x != x is true of it.
  CHECK_THROWS_WITH(ranks(std::vector<double>{1, NAN, 2}), Catch::Matchers::ContainsSubstring("entry 2 of 3 is no number"));
  CHECK_THROWS_AS(rank_correlation(std::vector<double>{1, 2, 3}, std::vector<double>{NAN, NAN, NAN}), std::invalid_argument);
  CHECK(ranks(std::vector<double>{INFINITY, 0, -INFINITY, -INFINITY}) == std::vector<double>{4, 3, 1.5, 1.5});
  CHECK(ranks({}).empty());
}

TEST_CASE("a partial correlation leaves out what a third quantity explains", "[ranks]") {
  std::vector<double> z(20000), a(20000), b(20000), x, y;
  Stream(1, 0, 0).normals(z);
  Stream(1, 1, 0).normals(a);
  Stream(1, 2, 0).normals(b);
  for (std::size_t k = 0; k < z.size(); ++k) {
    x.push_back(z[k] + a[k]);
    y.push_back(z[k] + b[k]);
  }
  // Of normals, Spearman's is (6/pi) asin(rho/2); given z nothing is left, up to the small difference of ranks and values.
  CHECK(std::abs(rank_correlation(x, y) - 6 / 3.14159265358979 * std::asin(0.25)) < 0.02);
  CHECK(std::abs(partial_rank_correlation(x, y, z)) < 0.04);
}

TEST_CASE("a bootstrap interval holds the mean as often as it says", "[ranks]") {
  // 200 samples of 40 normals: about 94 in a hundred; of five about 83.
  for (const auto& [size, low, high] : {std::tuple{40U, 0.88, 0.99}, std::tuple{5U, 0.74, 0.91}}) {
    int held = 0;
    for (std::uint64_t k = 0; k < 200; ++k) {
      std::vector<double> sample(size);
      Stream(5, k, 0).normals(sample);
      const Bootstrap b = bootstrap_mean(sample, k);
      held += b.low < 0 && 0 < b.high ? 1 : 0;
    }
    CAPTURE(size, held);
    CHECK(held > 200 * low);
    CHECK(held < 200 * high);
  }
  const Bootstrap one = bootstrap_mean(std::vector<double>{3});
  CHECK(one.low == 3);
  CHECK(one.high == 3);
}
