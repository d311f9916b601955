// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/wishart.hpp"

#include "infwidth/real/errors.hpp"
#include "support/agreement.hpp"
#include "support/balls.hpp"

using namespace infwidth;

namespace {

Slopes slopes(const char* activation) {
  const std::optional<Slopes> s = slopes_of(Activation::from_text(activation));
  REQUIRE(s);
  return *s;
}

/// ReLU layers with sigma_w2 = 2 (the last one too), as a product of determinants.
struct Row {
  int dim;
  std::vector<std::uint64_t> widths;
  const char *determinant, *log_determinant, *nonsingular;
  double monte_carlo, log_monte_carlo, share_monte_carlo;   // 10^6 draws of full networks
  double error, log_error, share_error;                      // their standard errors
};
const Row rows[] = {
    {2, {10, 10}, "3.24", "-0.4604", "0.97863", 3.237, -0.4597, 0.97858, 0.008, 0.0024, 0.00015},
    {2, {10, 14, 8}, "2.9250", "-1.3076", "0.95361", 2.918, -1.3088, 0.95375, 0.011, 0.0029, 0.00021},
    {3, {16, 16}, "5.3833", "-0.0758", "0.99582", 5.413, -0.0740, 0.99589, 0.015, 0.0023, 0.000064},
};

/// sum over m of 2^-n C(n, m) f(m), m from d on.
template <class F>
Ball over_half(int n, int d, F f) {
  Ball sum(0), choose(1);
  for (int m = 0; m <= n; ++m) {
    if (m >= d) sum += choose * pow(Ball(2), -n) * f(m);
    choose *= Ball(n - m) / Ball(m + 1);
  }
  return sum;
}

Ball digamma(const Ball& x) {
  Ball r;
  arb_digamma(r.get(), x.get(), Precision::bits());
  return r;
}
/// psi' = zeta(2, x)
Ball trigamma(const Ball& x) {
  Ball r, two(2);
  arb_hurwitz_zeta(r.get(), two.get(), x.get(), Precision::bits());
  return r;
}
Ball sum_of(Ball (*f)(const Ball&), int m, int d) {
  Ball sum(0);
  for (int i = 0; i < d; ++i) sum += f(Ball(m - i) / Ball(2));
  return sum;
}
/// E (det W_d(m))^2
Ball second_moment(int m, int d) {
  Ball product(1);
  for (int i = 0; i < d; ++i) product *= Ball(m - i) * Ball(m - i + 2);
  return product;
}

}  // namespace

TEST_CASE("determinants of deep ReLU networks hold the known values and a simulation", "[finite][wishart]") {
  const Precision precision(128);
  for (const Row& row : rows) {
    CAPTURE(row.dim, row.widths);
    Ball determinant = pow(Ball(2), row.dim), log_determinant = Ball(row.dim) * log(Ball(2)), nonsingular(1);
    for (const std::uint64_t n : row.widths) {
      const DeterminantFactor<Ball> layer = determinant_factor<Ball>(slopes("relu"), n, row.dim);
      determinant *= layer.mean;
      log_determinant += layer.log_mean;
      nonsingular *= layer.nonsingular;
    }
    const auto rounds_to = [](const Ball& x, const char* text, const char* unit) { return certainly_positive(ball(unit) - abs(x - ball(text))) == Truth::yes; };
    CHECK(rounds_to(determinant, row.determinant, "0.00006"));
    CHECK(rounds_to(log_determinant, row.log_determinant, "0.00006"));
    CHECK(rounds_to(nonsingular, row.nonsingular, "0.000006"));
    CHECK(std::abs(determinant.to_double() - row.monte_carlo) < 3 * row.error);
    CHECK(std::abs(log_determinant.to_double() - row.log_monte_carlo) < 3 * row.log_error);
    CHECK(std::abs(nonsingular.to_double() - row.share_monte_carlo) < 3 * row.share_error);
  }
}

TEST_CASE("a ReLU layer's determinant is a mixture of Wishart determinants", "[finite][wishart]") {
  const Precision precision(200);
  for (const auto& [width, dim] : {std::pair{1, 1}, {2, 1}, {3, 3}, {5, 2}, {7, 4}, {30, 3}}) {
    const int n = width, d = dim;  // which the lambdas may capture
    CAPTURE(n, d);
    const DeterminantFactor<Ball> layer = determinant_factor<Ball>(slopes("relu"), static_cast<std::uint64_t>(n), d);
    const Ball unit = pow(Ball(2) / Ball(n), d), share = over_half(n, d, [](int) { return Ball(1); });
    CHECK(layer.nonsingular.overlaps(share));
    CHECK(layer.mean_square.overlaps(unit * unit * over_half(n, d, [&](int m) { return second_moment(m, d); })));
    const Ball log_mean = over_half(n, d, [&](int m) { return sum_of(digamma, m, d); }) / share;
    CHECK(layer.log_mean.overlaps(log_mean + Ball(d) * log(Ball(4) / Ball(n))));
    const Ball spread = over_half(n, d, [&](int m) { return sum_of(trigamma, m, d) + pow(sum_of(digamma, m, d) - log_mean, 2); }) / share;
    CHECK(layer.log_variance.overlaps(spread));
    const Ball root = over_half(n, d, [&](int m) {
      Ball product(1);
      for (int i = 0; i < d; ++i) product *= tgamma(Ball(m - i + 1) / Ball(2)) / tgamma(Ball(m - i) / Ball(2));
      return product;
    });
    CHECK(layer.mean_root.overlaps(pow(Ball(4) / Ball(n), Ball(d) / Ball(2)) * root));
    for (const Ball& x : {layer.nonsingular, layer.mean_square, layer.log_variance, layer.mean_root}) CHECK(is_narrow(x, 50));
    CHECK(probability_below(d, static_cast<std::uint64_t>(n), Ball(1) / Ball(2)).overlaps(Ball(1) - share));
  }
}

TEST_CASE("linear and absolute-value layers are plain Wishart matrices", "[finite][wishart]") {
  const Precision precision(200);
  const char* activation = GENERATE("identity", "abs", "-3*x/2", "max(x, -x)");
  CAPTURE(activation);
  const int n = 9, d = 4;
  const DeterminantFactor<Ball> layer = determinant_factor<Ball>(slopes(activation), n, d);
  CHECK(layer.nonsingular.is_exact());
  CHECK(layer.log_mean.overlaps(sum_of(digamma, n, d) + Ball(d) * log(Ball(2) / Ball(n))));
  CHECK(layer.log_variance.overlaps(sum_of(trigamma, n, d)));
  CHECK(layer.mean_square.overlaps(second_moment(n, d) / pow(Ball(n), 2 * d)));
  CHECK(is_narrow(layer.log_variance, 50));
}

TEST_CASE("the second moment of a leaky layer's determinant, one and two dimensions by hand", "[finite][wishart]") {
  const Precision precision(200);
  const Slopes leaky = slopes("leaky_relu:1/5");
  const Ball second = ball("13/25"), fourth = ball("313/625"), ratio = fourth / (second * second);
  for (const int n : {1, 2, 3, 8}) {
    CAPTURE(n);
    const Ball N(n);
    // d = 1: sum of s^2 u^2, E u^4 = 3
    CHECK(determinant_factor<Ball>(leaky, static_cast<std::uint64_t>(n), 1).mean_square.overlaps((Ball(3) * ratio + N - Ball(1)) / N));
    if (n < 2) continue;
    // d = 2, Cauchy and Binet: pairs that are the same (E D^4 = 24 for D = u1 v2 - u2 v1), share one unit (E D^2 D'^2 = 8), share none (4)
    const Ball pairs = N * (N - Ball(1)) / Ball(2), one_shared = pairs * Ball(2) * (N - Ball(2)), none = pairs * (N - Ball(2)) * (N - Ball(3)) / Ball(2);
    const Ball want = (pairs * Ball(24) * ratio * ratio + one_shared * Ball(8) * ratio + none * Ball(4)) / pow(N, 4);
    CHECK(determinant_factor<Ball>(leaky, static_cast<std::uint64_t>(n), 2).mean_square.overlaps(want));
  }
  CHECK_FALSE(determinant_factor<Ball>(leaky, 8, 2).wishart);
}

TEST_CASE("homogeneous activations are seen from their pieces", "[finite][wishart]") {
  CHECK(slopes("relu").kind == Slopes::Kind::half);
  CHECK(slopes("max(0, -3*x)").kind == Slopes::Kind::half);
  CHECK(slopes("(x + abs(x))/2").kind == Slopes::Kind::half);
  CHECK(slopes("abs(x)*sqrt(2)").kind == Slopes::Kind::constant);
  CHECK(slopes("leaky_relu:1/5").kind == Slopes::Kind::mixed);
  for (const char* other : {"tanh", "hardtanh", "step", "x + 1", "relu_power:2", "relu(x - 1)", "0*x", "elu:1"}) {
    CAPTURE(other);
    CHECK_FALSE(slopes_of(Activation::from_text(other)));
  }
}

TEST_CASE("both number types give the same Wishart laws", "[finite][wishart]") {
  const Precision precision(200);
  const DigitsPrecision digits(50);
  const char* activation = GENERATE("relu", "abs", "leaky_relu:1/3");
  CAPTURE(activation);
  const DeterminantFactor<Ball> a = determinant_factor<Ball>(slopes(activation), 40, 5);
  const DeterminantFactor<Digits> b = determinant_factor<Digits>(slopes(activation), 40, 5);
  for (const auto& [x, y] : {std::pair{a.mean, b.mean}, {a.mean_square, b.mean_square}, {a.nonsingular, b.nonsingular}, {a.log_mean, b.log_mean}, {a.log_variance, b.log_variance}, {a.mean_root, b.mean_root}}) {
    CHECK_THAT(y, AgreesTo(to_digits(x), 45));
  }
}

TEST_CASE("a cut mixture holds the whole one", "[finite][wishart]") {
  const DigitsPrecision digits(60);
  const Precision precision(100);  // cuts from n = 300 or so on
  for (const std::uint64_t n : {std::uint64_t{500}, std::uint64_t{3001}}) {
    for (const int d : {1, 4}) {
      CAPTURE(n, d);
      const DeterminantFactor<Ball> cut = determinant_factor<Ball>(slopes("relu"), n, d);
      const DeterminantFactor<Digits> whole = determinant_factor<Digits>(slopes("relu"), n, d);
      CHECK_FALSE(cut.nonsingular.is_exact());
      for (const auto& [x, y] : {std::pair{cut.nonsingular, whole.nonsingular}, {cut.log_mean, whole.log_mean}, {cut.log_variance, whole.log_variance}, {cut.mean_root, whole.mean_root}}) {
        CHECK(is_narrow(x, 19));
        CHECK(holds(x, y.str(50), 49));
      }
    }
  }
}

TEST_CASE("a Wishart mixture over too many units is refused", "[finite][wishart]") {
  CHECK_THROWS_AS(determinant_factor<Digits>(slopes("relu"), 1'000'000'000, 2), NotReached);
}
