// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"
#include "infwidth/real/rational.hpp"

/// Networks and inputs at random, and what their stated errors are worth.

using infwidth::Rational;

constexpr double loosest = 100;  // a stated error over the true one, in the median
constexpr double one_rounding = 0x1p-53;

inline int rounds(int count) {
  const char* const times = std::getenv("INFWIDTH_TEST_ROUNDS");
  return count * (times == nullptr ? 1 : std::max(1, std::atoi(times)));
}

/// Networks and pairs of points.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : random_(seed) {}

  double between(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }
  /// From 10^low to 10^high.
  double scale(double low, double high) { return std::pow(10.0, between(low, high)); }
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  /// From deep in the ordered phase to deep in the chaotic one of most activations, and what is critical for relu and for odd ones.
  Rational sigma_w2() {
    return std::array<Rational, 8>{Rational(1, 4), Rational(4, 5), Rational(1),  Rational(3, 2),
                                   Rational(2),    Rational(5),    Rational(12), Rational(30)}[below(8)];
  }
  Rational sigma_b2() {
    return std::array<Rational, 5>{Rational(0), Rational(0), Rational(1, 1000), Rational(1, 10), Rational(2)}[below(5)];
  }
  int depth(int most) { return static_cast<int>(std::floor(std::pow(most + 0.999, between(0, 1)))); }

  /// Two points: near, equal, opposite, nearly so, on one ray, or anywhere; the norms from 1e-8 to 1e8.
  struct Pair {
    std::string kind;
    std::vector<double> rows;
    std::size_t dim;
  };
  std::size_t dimension() { return std::array<std::size_t, 4>{1, 2, 5, 40}[below(4)]; }
  Pair pair(std::size_t dim, double low = -8, double high = 8) {
    Pair p{"", {}, dim};
    std::normal_distribution<double> normal;
    std::vector<double> x(p.dim), y(p.dim), other(p.dim);
    const double size = scale(low, high) / std::sqrt(static_cast<double>(p.dim));
    for (std::size_t i = 0; i < p.dim; ++i) {
      x[i] = size * normal(random_);
      other[i] = size * normal(random_);
    }
    const std::size_t kind = below(8);
    const double distance = scale(-12, -1), factor = scale(-3, 3);
    p.kind = std::array<const char*, 8>{"near",     "nearly opposite", "near in norm and angle", "equal",
                                        "opposite", "on one ray",      "of another norm",        "anywhere"}[kind];
    for (std::size_t i = 0; i < p.dim; ++i) {
      y[i] = std::array<double, 8>{x[i] + distance * other[i],
                                   -x[i] + distance * other[i],
                                   x[i] * (1 + distance) + distance * other[i],
                                   x[i],
                                   -x[i],
                                   factor * x[i],
                                   factor * other[i],
                                   other[i]}[kind];
    }
    p.rows = x;
    p.rows.insert(p.rows.end(), y.begin(), y.end());
    return p;
  }

 private:
  std::mt19937_64 random_;
};

/// What is stated over what is true, of many values.
class Ratios {
 public:
  /// `true_error` is taken as one rounding of the value at least.
  void add(const std::string& group, double stated, double true_error, double value) {
    const double least = std::max(true_error, one_rounding * std::abs(value));
    if (least > 0) of_[group].push_back(stated / least);
  }
  void check() {
    const bool verbose = std::getenv("INFWIDTH_TEST_VERBOSE") != nullptr;
    std::vector<double> all;
    for (auto& [group, ratios] : of_) {
      std::sort(ratios.begin(), ratios.end());
      if (verbose)
        std::printf("%-40s least %8.3g, median %8.3g, of %zu\n", group.c_str(), ratios.front(), ratios[ratios.size() / 2], ratios.size());
      all.insert(all.end(), ratios.begin(), ratios.end());
    }
    std::sort(all.begin(), all.end());
    REQUIRE(!all.empty());
    INFO("median of all " << all[all.size() / 2] << " of " << all.size());
    CHECK(all[all.size() / 2] < loosest);
  }

 private:
  std::map<std::string, std::vector<double>> of_;
};
