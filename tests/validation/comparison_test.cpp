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

TEST_CASE("a quantity that is known to have no spread is right or wrong", "[comparison]") {
  Comparison c{{"a", "b"}, {1, 2}, {1, 2}, {0, 0, 0, 1}, 0};
  CHECK(c.z(0) == 0);
  CHECK(omnibus(c).p_value > 0.5);
  c.mean[0] = 1.5;
  CHECK(std::isinf(c.z(0)));
  CHECK(omnibus(c).p_value == 0);
}

TEST_CASE("an estimated variance of 0, or none, is no certainty", "[comparison]") {
  for (const double variance : {0.0, -1e-20, double(INFINITY), double(NAN)}) {
    CAPTURE(variance);
    Comparison c{{"a", "b"}, {4.5e-14, 2}, {0, 2.5}, {variance, 0, 0, 1}, 100};
    const Omnibus o = omnibus(c);
    CHECK(o.used == std::vector<std::size_t>{1});
    CHECK(o.reason.empty());
    CHECK(o.p_value > 0.6);
    CHECK(o.p_value < 0.63);
    c.covariance[3] = 0;
    CHECK(omnibus(c).used.empty());
    CHECK(omnibus(c).p_value == 1);
    CHECK(omnibus(c).reason == "no row takes part in it");
  }
  Comparison far{{"a"}, {0}, {1e200}, {1e-200}, 100};  // T overflows
  CHECK(omnibus(far).p_value == 0);
  far.mean[0] = INFINITY;
  CHECK(omnibus(far).used.empty());
  const Comparison few{{"a", "b"}, {0, 0}, {1, 2}, {1, 0, 0, 1}, 2};
  CHECK(omnibus(few).p_value == 1);
  CHECK_THAT(omnibus(few).reason, Catch::Matchers::ContainsSubstring("2 draws have no covariance of 2 quantities"));
}

TEST_CASE("a probability is tested by its binomial law", "[comparison]") {
  // Bin(10, 1/2): P(K <= 1) = 11/1024. Bin(1000, 4.5e-14): P(K >= 1) = 4.5e-11 to 11 digits.
  CHECK(std::abs(Count{"a", 0.5, 1, 10}.p_value() - 22.0 / 1024) < 1e-15);
  CHECK(std::abs(Count{"a", 0.5, 9, 10}.p_value() - 22.0 / 1024) < 1e-15);
  CHECK(Count{"a", 0.5, 5, 10}.p_value() == 1);
  const Count never{"a", 4.5e-14, 0, 1000}, once{"a", 4.5e-14, 1, 1000};
  CHECK(never.p_value() == 1);
  CHECK(never.score() == 0);
  CHECK(std::abs(once.p_value() / 9e-11 - 1) < 1e-9);
  CHECK(once.score() > 6);
  CHECK(std::abs(never.reach(0.5) / 4.5e-11 - 1) < 1e-9);
  CHECK(never.reach(1e-12) < 1e-20);
  CHECK(Count{"a", 0, 0, 50}.p_value() == 1);
  CHECK(Count{"a", 0, 1, 50}.p_value() == 0);
  CHECK(Count{"a", 1, 50, 50}.p_value() == 1);
  CHECK(Count{"a", 1, 49, 50}.p_value() == 0);
  // `reach` is the probability of so small a p-value: by adding up the law.
  for (const double p : {0.01, 0.3, 0.95}) {
    for (const double level : {1e-3, 0.05, 0.5}) {
      double sum = 0;
      for (std::uint64_t k = 0; k <= 40; ++k) {
        const double seen = static_cast<double>(k);
        if (Count{"a", p, k, 40}.p_value() <= level) sum += std::exp(std::lgamma(41.0) - std::lgamma(seen + 1) - std::lgamma(41 - seen) + seen * std::log(p) + (40 - seen) * std::log1p(-p));
      }
      CAPTURE(p, level);
      CHECK(std::abs(Count{"a", p, 0, 40}.reach(level) - sum) < 1e-12);
    }
  }
}

TEST_CASE("means and probabilities together keep the level", "[comparison]") {
  // A test of a mean and one of a coin of 0.3 thrown 50 times: the combined p-value of true theories is at most uniform, and nearly so.
  const std::vector<double> levels = {0.01, 0.1, 0.5};
  std::vector<int> below(levels.size(), 0);
  constexpr int rounds = 4000;
  for (std::uint64_t seed = 0; seed < rounds; ++seed) {
    double z[51];
    Stream(seed, 0, 9).normals(z);
    Count coin{"coin", 0.3, 0, 50};
    for (std::size_t k = 0; k < 50; ++k) coin.seen += z[k] < -0.5244005127080407 ? 1 : 0;
    const Comparison c{{"mean"}, {0}, {z[50]}, {1}, 0};
    const double p = combined_p_value(omnibus(c), {&coin, 1});
    for (std::size_t k = 0; k < levels.size(); ++k) below[k] += p <= levels[k] ? 1 : 0;
  }
  for (std::size_t k = 0; k < levels.size(); ++k) {
    CAPTURE(levels[k], below[k]);
    CHECK(below[k] < rounds * levels[k] + 4 * std::sqrt(rounds * levels[k]));
    CHECK(below[k] > 0.6 * rounds * levels[k]);
  }
  Omnibus nothing;
  nothing.reason = "no row";
  CHECK(combined_p_value(nothing, {}) == 1);
}

TEST_CASE("a known covariance is chi^2's", "[comparison]") {
  Comparison c{{"a", "b"}, {0, 0}, {1, 2}, {1, 0, 0, 1}, 0};
  CHECK(std::abs(omnibus(c).p_value - std::exp(-2.5)) < 1e-12);
}
