// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/comparison.hpp"

#include <cmath>

#include "catch.hpp"
#include "infwidth/finite/moments.hpp"
#include "infwidth/run/stream.hpp"

using namespace infwidth;

namespace {

/// Estimates of 0 from `draws` draws of z1, z1 + z2 / 10, z3 and, a linear function of the first two, 2 z1 - z2; z1 is off by `shift`.
Comparison example(std::uint64_t seed, std::uint64_t draws, double shift = 0) {
  Moments m(4);
  for (std::uint64_t k = 0; k < draws; ++k) {
    double z[3];
    Stream(seed, k, 0).normals(z);
    const std::vector<double> v = {z[0] + shift, z[0] + shift + z[1] / 10, z[2], 2 * (z[0] + shift) - z[1]};
    m.add(v);
  }
  Comparison c{{"a", "b", "c", "d"}, {0, 0, 0, 0}, m.mean(), {}, draws};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) c.covariance.push_back(m.covariance(i, j) / static_cast<double>(draws));
  }
  return c;
}

}  // namespace

TEST_CASE("redundant quantities are left out", "[comparison]") {
  const Omnibus o = omnibus(example(1, 1000));
  CHECK(o.used.size() == 3);
}

TEST_CASE("the level of the omnibus test is what it says", "[comparison]") {
  // 2000 true theories with few draws, where chi^2 would raise twice as many alarms: binomial(2000, 0.05), 5 standard deviations = 49.
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) alarms += omnibus(example(seed, 30)).p_value < 0.05 ? 1 : 0;
  CHECK(alarms > 51);
  CHECK(alarms < 160);
}

TEST_CASE("the power is what a false theory meets", "[comparison]") {
  const double shift = 0.1;
  const std::vector<double> shifts = {shift, shift, 0, 2 * shift};
  const double predicted = power(example(0, 500), shifts, 0.01);
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) alarms += omnibus(example(seed, 500, shift)).p_value < 0.01 ? 1 : 0;
  CAPTURE(predicted, alarms);
  CHECK(std::abs(alarms / 500.0 - predicted) < 0.1);
  CHECK(power(example(0, 500), std::vector<double>(4, 0.0), 0.01) == 0.01);
  CHECK(power(example(0, 500), std::vector<double>{10, 10, 0, 20}, 0.01) > 0.999);
}

TEST_CASE("a quantity without spread is right or wrong", "[comparison]") {
  Comparison c{{"a", "b"}, {1, 2}, {1, 2}, {0, 0, 0, 1}, 100};
  CHECK(c.z(0) == 0);
  CHECK(omnibus(c).p_value > 0.5);
  c.mean[0] = 1.5;
  CHECK(std::isinf(c.z(0)));
  CHECK(omnibus(c).p_value == 0);
}

TEST_CASE("a known covariance is chi^2's", "[comparison]") {
  Comparison c{{"a", "b"}, {0, 0}, {1, 2}, {1, 0, 0, 1}, 0};
  CHECK(std::abs(omnibus(c).p_value - std::exp(-2.5)) < 1e-12);
}
