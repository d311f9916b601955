// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/run/stream.hpp"

#include <Random123/philox.h>

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <vector>

#include "../catch.hpp"

using namespace infwidth;

namespace {

/// Pearson's test of equal cells: the probability of so uneven counts.
double p_of_counts(const std::vector<double>& u, std::size_t cells) {
  std::vector<double> count(cells, 0);
  for (const double x : u) count[std::min(cells - 1, static_cast<std::size_t>(x * static_cast<double>(cells)))] += 1;
  const double expected = static_cast<double>(u.size()) / static_cast<double>(cells);
  double sum = 0;
  for (const double c : count) sum += (c - expected) * (c - expected) / expected;
  return cdf(complement(boost::math::chi_squared(static_cast<double>(cells - 1)), sum));
}

}  // namespace

TEST_CASE("the generator is Philox4x32-10 of its authors' test vectors", "[stream]") {
  // Random123's kat_vectors: counter and key all zero.
  const r123::Philox4x32::ctr_type zero{{0, 0, 0, 0}};
  const r123::Philox4x32::ctr_type random = r123::Philox4x32()(zero, {{0, 0}});
  CHECK(random[0] == 0x6627e8d5U);
  std::vector<double> u(2);
  Stream(0, 0, 0).uniforms(u);
  const std::uint64_t first = (static_cast<std::uint64_t>(random[1]) << 32U | random[0]) >> 12U;
  CHECK(u[0] == (static_cast<double>(first) + 0.5) * 0x1p-52);
}

TEST_CASE("a number depends on its place alone", "[stream]") {
  std::vector<double> all(1000), some(37);
  const Stream stream(5, 1234567890123ULL, 3);
  stream.normals(all);
  stream.normals(some);
  CHECK(std::equal(some.begin(), some.end(), all.begin()));
  std::vector<double> scaled(37);
  stream.normals(scaled, 2);
  for (std::size_t i = 0; i < scaled.size(); ++i) CHECK(std::abs(scaled[i] - 2 * some[i]) <= 1e-15 * std::abs(scaled[i]));
  for (const Stream& other : {Stream(6, 1234567890123ULL, 3), Stream(5, 1234567890124ULL, 3), Stream(5, 1234567890123ULL, 4), Stream(5, 1234567890123ULL + (1ULL << 32U), 3)}) {
    std::vector<double> different(37);
    other.normals(different);
    CHECK(different[0] != some[0]);
  }
}

TEST_CASE("normals are normal and independent: eight tests at a level of 1e-6 each", "[stream]") {
  std::vector<double> z(200000), u(z.size());
  for (const std::uint32_t part : {0U, 1U}) {
    Stream(1, 0, part).normals(z);
    const boost::math::normal normal;
    std::transform(z.begin(), z.end(), u.begin(), [&](double x) { return cdf(normal, x); });
    CHECK(p_of_counts(u, 500) > 1e-6);
    // neighbours, and the two that come from one radius and angle
    for (const std::size_t lag : {std::size_t{1}, std::size_t{8}}) {
      double sum = 0, squares = 0;
      for (std::size_t i = 0; i + lag < z.size(); ++i) {
        sum += z[i] * z[i + lag];
        squares += (z[i] * z[i] - 1) * (z[i + lag] * z[i + lag] - 1);
      }
      const double n = static_cast<double>(z.size());
      CHECK(std::abs(sum) < 4.9 * std::sqrt(n));
      CHECK(std::abs(squares) < 4.9 * 2 * std::sqrt(n));
    }
  }
}

TEST_CASE("uniforms are uniform and never 0 or 1", "[stream]") {
  std::vector<double> u(100001);
  Stream(2, 7, 9).uniforms(u);
  CHECK(p_of_counts(u, 300) > 1e-6);
  CHECK(*std::min_element(u.begin(), u.end()) > 0);
  CHECK(*std::max_element(u.begin(), u.end()) < 1);
}
