// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/pack.hpp"

#include <cmath>
#include <limits>
#include <random>

#include "infwidth/real/functions.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

/// |got - truth| in units in the last place of the truth; below the smallest normal double in that double's units.
double ulps(double got, const Ball& truth) {
  const double size = std::max(std::abs(truth.to_double()), std::numeric_limits<double>::min());
  const double unit = std::ldexp(1.0, std::ilogb(size) - 52);
  return (abs(Ball(got) - truth) / Ball(unit)).to_double();
}

struct Case {
  const char* name;
  Pack (*pack)(const Pack&);
  Ball (*ball)(const Ball&);
  double least, most;  // the arguments
  double bound;        // ulps
};

// What the header states; sums of products (softplus) add a rounding or two. Sines and cosines as far as the library's arguments go here.
const Case cases[] = {
    {"exp", exp, exp, -700, 700, 1},     {"expm1", expm1, expm1, -40, 700, 1},   {"log", log, log, 1e-300, 1e300, 1}, {"log1p", log1p, log1p, -0.999, 1e300, 1},
    {"sin", sin, sin, -1e4, 1e4, 1},     {"cos", cos, cos, -1e4, 1e4, 1},        {"tan", tan, tan, -100, 100, 1},     {"sinh", sinh, sinh, -700, 700, 1},
    {"cosh", cosh, cosh, -700, 700, 1},  {"tanh", tanh, tanh, -40, 40, 1},       {"asin", asin, asin, -1, 1, 1},      {"atan", atan, atan, -1e10, 1e10, 1},
    {"erf", erf, erf, -6, 6, 1},         {"erfc", erfc, erfc, -6, 25, 1.5},      {"sqrt", sqrt, sqrt, 0, 1e300, 0.5}, {"softplus", softplus, softplus, -700, 700, 3},
    {"tgamma", tgamma, tgamma, 0.01, 170, 1},
};

}  // namespace

TEST_CASE("elementary functions of packs keep the units in the last place that the header states", "[real][pack]") {
  const Precision scope(160);
  std::mt19937_64 bits(7);
  for (const Case& c : cases) {
    double worst = 0, where = 0;
    for (int round = 0; round < 400; ++round) {
      Pack x;
      for (int i = 0; i < Pack::size; ++i) {
        const double u = std::ldexp(static_cast<double>(bits() >> 11), -53);
        // Half of them spread evenly, half over the magnitudes.
        x[i] = round % 2 == 0 ? c.least + u * (c.most - c.least) : std::copysign(std::exp(std::log(1e-12) + u * (std::log(std::max(std::abs(c.most), 1.0)) - std::log(1e-12))), c.least < 0 && i % 2 == 1 ? -1.0 : 1.0);
        x[i] = std::min(std::max(x[i], c.least), c.most);
      }
      const Pack y = c.pack(x);
      for (int i = 0; i < Pack::size; ++i) {
        const double error = ulps(y[i], c.ball(Ball(x[i])));
        if (!(error <= worst)) worst = error, where = x[i];
      }
    }
    INFO(c.name << " at " << where << ": " << worst << " units");
    CHECK(worst <= c.bound * 1.0001 + 1e-3);  // SLEEF's bounds are rounded to three digits
  }
}

TEST_CASE("arithmetic and powers of packs are those of their lanes", "[real][pack]") {
  std::mt19937_64 bits(3);
  Pack a, b;
  for (int i = 0; i < Pack::size; ++i) {
    a[i] = std::ldexp(static_cast<double>(bits() >> 11), -50) - 4;
    b[i] = std::ldexp(static_cast<double>(bits() >> 11), -50) + 0.5;
  }
  const Pack sum = a + b, difference = a - b, product = a * b, quotient = a / b, negative = -a, chosen = select_positive(a, b, Pack(7));
  double total = 0;
  for (int i = 0; i < Pack::size; ++i) {
    CHECK(sum[i] == a[i] + b[i]);
    CHECK(difference[i] == a[i] - b[i]);
    CHECK(product[i] == a[i] * b[i]);
    CHECK(quotient[i] == a[i] / b[i]);
    CHECK(negative[i] == -a[i]);
    CHECK(abs(a)[i] == std::abs(a[i]));
    CHECK(chosen[i] == (a[i] > 0 ? b[i] : 7));
    total += a[i];
  }
  CHECK(a.sum() == total);
  const Precision scope(200);
  for (const long n : {-5L, 0L, 1L, 3L, 17L, 64L, 65L}) {
    const Pack power = pow(b, n);
    for (int i = 0; i < Pack::size; ++i) CHECK(ulps(power[i], pow(Ball(b[i]), n)) <= static_cast<double>(std::abs(n)) + 1);  // a rounding a factor
  }
}
