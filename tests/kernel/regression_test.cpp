// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/kernel/regression.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <atomic>
#include <limits>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/kernel/gram.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/text.hpp"
#include "kernel/exact_recursion.hpp"
#include "support/draws.hpp"
#include "support/erf_network.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;
using erf_network::Matrices;
using erf_network::points;
using erf_network::targets;
using erf_network::Test;

namespace {

constexpr double forever = std::numeric_limits<double>::infinity();

Eigen::Map<const Eigen::Matrix<double, -1, -1, Eigen::RowMajor>> view(const std::vector<double>& values, std::size_t rows) {
  return {values.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(values.size() / rows)};
}

bool near(double got, double want, double digits = 14) { return std::abs(got - want) <= std::pow(10, -digits) * std::abs(want); }

template <class Error, class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("two training points of an erf network: values computed with 40 digits", "[regression]") {
  // mpmath, 40 digits: tests/reference/inline_kernels.py, with the kernels by quadrature.
  const std::vector<erf_network::Point> x = {{1, 0.2}, {-0.3, 0.8}}, z = {{0.6, 0.8}};
  const DataMatrix y{{1, -1.5}, 2, 1};
  const Matrices train(x, x);
  const Test test(z, x);
  CHECK(near(train.nngp[0], 0.9370173145160373940379862847));
  CHECK(near(train.ntk[1], -0.009916167908374098169362338587));
  const auto check = [&](const Predictions& p, double mean, double variance) {
    CHECK(near(p.mean[0], mean));
    CHECK(near(p.variance[0], variance));
    CHECK(p.mean_error[0] < 1e-13);
    CHECK(p.variance_error[0] < 1e-13);
    CHECK(p.clipped == 0);
  };
  check(NngpPosterior(train.nngp, y, 0).at(test.kernels()), -0.1378934445738962180615465919, 0.1422502617433233377450275613);
  check(NngpPosterior(train.nngp, y, 0.01).at(test.kernels()), -0.1357693641425373560847217761, 0.1504600260905290776199167395);
  check(NtkFlow(train.nngp, train.ntk, y, 1, 0).at(test.kernels()), -0.08670184566609653971270114152, 0.1729396979365739029212733162);
  check(NtkFlow(train.nngp, train.ntk, y, forever, 0).at(test.kernels()), -0.1377048191808007020877797552, 0.1456044743683701544674159592);
}

TEST_CASE("many points go through blocks: Eigen's solvers on the whole matrix say the same", "[regression]") {
  const std::size_t n = 300, m = 200;
  const auto x = points(n, 3), z = points(m, 3, 0.4);
  const Matrices train(x, x);
  const Test test(z, x);
  const DataMatrix y = targets(x);
  const Eigen::MatrixXd k = view(train.nngp, n), theta = view(train.ntk, n), t = view(y.values, n), ks = view(test.cross.nngp, m), thetas = view(test.cross.ntk, m);
  const double noise = 1e-3;
  const auto with_noise = [&](Eigen::MatrixXd matrix) {
    matrix.diagonal().array() += noise;
    return matrix;
  };
  // Both are rounded, and by as much.
  const auto agree = [&](const Predictions& p, const Eigen::MatrixXd& mean, const Eigen::VectorXd& variance) {
    for (std::size_t i = 0; i < m; ++i) {
      const auto r = static_cast<Eigen::Index>(i);
      for (std::size_t j = 0; j < 2; ++j) CHECK(std::abs(p.mean[2 * i + j] - mean(r, static_cast<Eigen::Index>(j))) <= 2 * p.mean_error[2 * i + j]);
      CHECK(std::abs(p.variance[i] - variance[r]) <= 2 * p.variance_error[i]);
      CHECK(p.variance_error[i] < 1e-7);
    }
  };
  const NngpPosterior posterior(train.nngp, y, noise);
  const Eigen::LLT<Eigen::MatrixXd> llt(with_noise(k));
  const Eigen::VectorXd self = Eigen::Map<const Eigen::VectorXd>(test.nngp_self.data(), static_cast<Eigen::Index>(m));
  agree(posterior.at(test.kernels()), ks * llt.solve(t), self - (ks * llt.solve(ks.transpose())).diagonal());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> spectrum(with_noise(k));
  CHECK(near(posterior.extremes().smallest, spectrum.eigenvalues()[0], 2));
  CHECK(near(posterior.extremes().largest, spectrum.eigenvalues()[299], 2));

  const auto by_formula = [&](const Eigen::MatrixXd& a, const Predictions& p) {
    agree(p, a * t, self - 2 * (a * ks.transpose()).diagonal() + (a * k * a.transpose()).diagonal());
  };
  const NtkFlow at_end(train.nngp, train.ntk, y, forever, noise);
  by_formula(Eigen::LLT<Eigen::MatrixXd>(with_noise(theta)).solve(thetas.transpose()).transpose(), at_end.at(test.kernels()));
  // A flow so long that it has ended, by the other solver.
  const Predictions late = NtkFlow(train.nngp, train.ntk, y, 1e6, noise).at(test.kernels()), end = at_end.at(test.kernels());
  for (std::size_t i = 0; i < m; ++i) {
    CHECK(std::abs(late.mean[2 * i] - end.mean[2 * i]) <= late.mean_error[2 * i] + end.mean_error[2 * i]);
    CHECK(std::abs(late.variance[i] - end.variance[i]) <= late.variance_error[i] + end.variance_error[i]);
  }
}

TEST_CASE("a short flow has hardly begun: mean t Theta_* Y, also where the matrix is singular", "[regression]") {
  auto x = points(6, 2);
  x.push_back(x[2]);  // with another target: a flow does not mind
  const auto z = points(3, 2, 0.3);
  const Matrices train(x, x);
  const Test test(z, x);
  const DataMatrix y{{1, 2, 3, 4, 5, 6, 7}, 7, 1};
  const double t = 1e-12;
  const NtkFlow flow(train.nngp, train.ntk, y, t, 0);
  const Predictions p = flow.at(test.kernels());
  for (std::size_t i = 0; i < 3; ++i) {
    double slope = 0;
    for (std::size_t j = 0; j < 7; ++j) slope += test.cross.ntk[7 * i + j] * y.values[j];
    CHECK(near(p.mean[i], t * slope, 10));
    CHECK(near(p.variance[i], test.nngp_self[i], 10));
  }
  CHECK(std::abs(flow.extremes().smallest) < 1e-14);
}

TEST_CASE("equal training rows are refused by number without noise, and fine with it", "[regression]") {
  auto x = points(8, 2);
  x[6] = x[1];
  const Matrices train(x, x);
  const DataMatrix y = targets(x);
  const auto want = ContainsSubstring("training rows 2 and 7 are equal for this kernel");
  CHECK_THAT(message_of<UsageError>([&] { NngpPosterior(train.nngp, y, 0); }), want);
  CHECK_THAT(message_of<UsageError>([&] { NtkFlow(train.nngp, train.ntk, y, forever, 0); }), want);
  CHECK_NOTHROW(NngpPosterior(train.nngp, y, 1e-6));
  CHECK_NOTHROW(NtkFlow(train.nngp, train.ntk, y, forever, 1e-6));
  CHECK_NOTHROW(NtkFlow(train.nngp, train.ntk, y, 100, 0));
  CHECK_THAT(message_of<NotReached>([&] { NtkFlow(train.nngp, train.ntk, y, 1e16, 0); }), ContainsSubstring("the time 1e+16 is so long"));
}

TEST_CASE("rows that are 0 or multiples of each other are refused by number, with the rank", "[regression]") {
  const DataMatrix y{{1, 2, 3}, 3, 1};
  const auto refusal = [&](const std::vector<double>& k) { return message_of<UsageError>([&] { NngpPosterior(k, y, 0); }); };
  CHECK_THAT(refusal({1, 0.5, 2, 0.5, 1, 1, 2, 1, 4}), ContainsSubstring("training rows 1 and 3 are multiples of each other for this kernel") && ContainsSubstring("2 times") && ContainsSubstring("rank 2 at most"));
  CHECK_THAT(refusal({1, 0.5, -1, 0.5, 1, -0.5, -1, -0.5, 1}), ContainsSubstring("training rows 1 and 3 are multiples") && ContainsSubstring("-1 times"));
  CHECK_THAT(refusal({1, 0.5, 0, 0.5, 1, 0, 0, 0, 0}), ContainsSubstring("training row 3 has the kernel 0") && ContainsSubstring("rank 2 at most"));
}

TEST_CASE("the estimated errors are true, and in the median within a factor 100", "[regression]") {
  const DigitsPrecision precision(80);
  Draws draws(3);
  Ratios ratios;
  for (int round = 0; round < rounds(12); ++round) {
    const std::size_t n = 20, m = 6, d = 1 + draws.below(3);
    const double spread = draws.scale(-1, 0.5), noise = draws.below(2) == 0 ? 0 : draws.scale(-10, -2);
    const std::string name = std::array<const char*, 3>{"erf", "relu", "gelu"}[draws.below(3)];
    const int depth = 1 + static_cast<int>(draws.below(3));
    const Architecture network = make_architecture(depth, {Activation::from_text(name)}, {Rational(3, 2)}, {Rational(1, 8)});
    std::vector<double> x((n + m) * d);
    for (double& c : x) c = draws.between(-spread, spread);
    DataMatrix y{{}, n, 1};
    for (std::size_t i = 0; i < n; ++i) y.values.push_back(std::sin(3 * x[i * d]) + 0.1 * draws.between(-1, 1));
    CAPTURE(name, depth, d, spread, noise);

    const MatrixView train{x.data(), n, d}, test{x.data() + n * d, m, d};
    const GramMatrices k = gram(network, train, {.nngp = true, .ntk = true, .errors = GramRequest::Errors::largest}), cross = gram(network, test, train, {.nngp = true, .ntk = true}),
                       self = gram(network, test, {.nngp = true, .ntk = true});
    const auto all = [](const GramMatrix& g) { return std::span<const double>(g.data(), g.rows() * g.columns()); };
    std::vector<double> nngp_self, ntk_self;
    for (std::size_t i = 0; i < m; ++i) {
      nngp_self.push_back(self.nngp[0](i, i));
      ntk_self.push_back(self.ntk[0](i, i));
    }
    const TestKernels kernels{all(cross.nngp[0]), nngp_self, all(cross.ntk[0]), ntk_self};

    // The same in 80 digits, from the closed duals.
    const auto exactly = [&](std::size_t i, std::size_t j) {
      Digits xx = 0, yy = 0, xy = 0;
      for (std::size_t e = 0; e < d; ++e) {
        const Digits a(x[i * d + e]), b(x[j * d + e]);
        xx += a * a;
        yy += b * b;
        xy += a * b;
      }
      return exact_recursion::kernels(name, depth, Digits(3) / 2, Digits(1) / 8, xx, yy, xy);
    };
    using Matrix = std::vector<std::vector<Digits>>;
    Matrix nngp(n + m, std::vector<Digits>(n + m)), ntk = nngp;
    for (std::size_t i = 0; i < n + m; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        const exact_recursion::Kernels at = exactly(i, j);
        nngp[i][j] = nngp[j][i] = at.nngp;
        ntk[i][j] = ntk[j][i] = at.ntk;
      }
    }
    // a = (A + noise)^-1 A_*, by Gauss-Jordan, for each test point.
    const auto weights = [&](const Matrix& a) {
      Matrix rows(n, std::vector<Digits>(n + m));
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n + m; ++j) rows[i][j] = a[i][j];
        rows[i][i] += Digits(noise);
      }
      for (std::size_t p = 0; p < n; ++p) {
        for (std::size_t i = 0; i < n; ++i) {
          if (i == p) continue;
          const Digits factor = rows[i][p] / rows[p][p];
          for (std::size_t j = p; j < n + m; ++j) rows[i][j] -= factor * rows[p][j];
        }
      }
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = n; j < n + m; ++j) rows[i][j] /= rows[i][i];
      }
      return rows;
    };
    const auto judge = [&](const char* what, const Predictions& p, const Matrix& of) {
      const Matrix a = weights(of);
      for (std::size_t t = 0; t < m; ++t) {
        Digits mean = 0, variance = nngp[n + t][n + t];
        for (std::size_t i = 0; i < n; ++i) {
          mean += a[i][n + t] * Digits(y.values[i]);
          variance -= 2 * a[i][n + t] * nngp[i][n + t];
          for (std::size_t j = 0; j < n; ++j) variance += a[i][n + t] * nngp[i][j] * a[j][n + t];
          if (&of == &nngp) variance += Digits(noise) * a[i][n + t] * a[i][n + t];  // the posterior: K + noise throughout
        }
        const auto check = [&](const std::string& which, double found, double stated, const Digits& truth) {
          const double off = static_cast<double>(Digits(abs(Digits(found) - truth)));
          INFO(what << ' ' << which << ": " << short_text(found) << ", off by " << short_text(off) << ", stated " << short_text(stated));
          CHECK(off <= stated);
          ratios.add(std::string(what) + " " + which, stated, off, found);
        };
        check("mean", p.mean[t], p.mean_error[t], mean);
        check("variance", p.variance[t], p.variance_error[t], variance);
      }
    };
    RegressionOptions options;
    try {
      options.entry_error = k.nngp_errors.largest[0];
      judge("posterior", NngpPosterior(all(k.nngp[0]), y, noise, options).at(kernels), nngp);
      options.entry_error = std::max(options.entry_error, k.ntk_errors.largest[0]);
      judge("flow", NtkFlow(all(k.nngp[0]), all(k.ntk[0]), y, forever, noise, options).at(kernels), ntk);
    } catch (const NotReached&) {
      continue;  // singular to double precision
    }
  }
  ratios.check();
}

TEST_CASE("a matrix that is singular or indefinite is refused with its smallest eigenvalue", "[regression]") {
  // Rank 2 of 4: x.y of points in the plane. Not two of them are equal.
  const std::vector<double> rank2 = {1, 0, 1, 2, 0, 1, 1, 1, 1, 1, 2, 3, 2, 1, 3, 5};
  const DataMatrix y{{1, 2, 3, 4}, 4, 1};
  CHECK_THAT(message_of<NotReached>([&] { NngpPosterior(rank2, y, 0); }), ContainsSubstring("of the 4 training points is singular to double precision: its smallest eigenvalue is") && ContainsSubstring("--noise"));
  CHECK_NOTHROW(NngpPosterior(rank2, y, 1e-3));
  // Eigenvalues 1 - r, 1 - r, 1 + 2 r: -1/2 for r = -3/4.
  const std::vector<double> indefinite = {1, -0.75, -0.75, -0.75, 1, -0.75, -0.75, -0.75, 1};
  const DataMatrix three{{1, 2, 3}, 3, 1};
  CHECK_THAT(message_of<NotReached>([&] { NngpPosterior(indefinite, three, 0); }), ContainsSubstring("not positive definite: its smallest eigenvalue is -0.5, its largest 1.75"));
  CHECK_THAT(message_of<NotReached>([&] { NtkFlow(indefinite, indefinite, three, 1, 0); }), ContainsSubstring("smallest eigenvalue is -0.5"));
  std::vector<double> broken = rank2;
  broken[6] = std::nan("");
  CHECK_THROWS_AS(NngpPosterior(broken, y, 1), UsageError);
  CHECK_THROWS_AS(NtkFlow(broken, broken, y, 1, 1), UsageError);
}

TEST_CASE("at a training point the variance is the rounding's, never negative, and told", "[regression]") {
  const auto x = points(60, 2);
  const Matrices train(x, x);
  const DataMatrix y = targets(x);
  const Test at_training(x, x);
  for (const Predictions& p : {NngpPosterior(train.nngp, y, 1e-9).at(at_training.kernels()), NtkFlow(train.nngp, train.ntk, y, forever, 1e-9).at(at_training.kernels())}) {
    for (std::size_t i = 0; i < 60; ++i) {
      CHECK(p.variance[i] >= 0);
      CHECK(p.variance[i] <= 1e-8 + p.variance_error[i]);
      CHECK(std::abs(p.mean[2 * i] - y.values[2 * i]) < 1e-2);
    }
  }
  // Its kernel with another point is larger than the two variances allow, by rounding: 0, and told. By more: refused.
  const std::vector<double> one = {1};
  const DataMatrix target{{1}, 1, 1};
  const NngpPosterior posterior(one, target, 0);
  const auto with_cross = [&](double c) {
    const std::vector<double> cross = {c};
    return posterior.at({cross, one, {}, {}});
  };
  const Predictions p = with_cross(1 + 2e-16);
  CHECK((p.variance[0] == 0 && p.clipped == 1));
  CHECK_THAT(message_of<NotReached>([&] { with_cross(1 + 1e-12); }), ContainsSubstring("test row 1: the variance comes out as -2") && ContainsSubstring("below 0 by more than its error"));
}

TEST_CASE("what does not fit together is refused", "[regression]") {
  const std::vector<double> k = {1, 0, 0, 1};
  const DataMatrix y{{1, 2}, 2, 1}, three{{1, 2, 3}, 3, 1};
  CHECK_THROWS_AS(NngpPosterior(k, three, 0), UsageError);
  CHECK_THROWS_AS(NngpPosterior(k, y, -1), UsageError);
  CHECK_THROWS_AS(NngpPosterior(k, y, std::nan("")), UsageError);
  for (const double time : {0.0, -1.0, std::nan("")}) CHECK_THROWS_AS(NtkFlow(k, k, y, time, 0), UsageError);
  CHECK_THROWS_AS(NngpPosterior(k, y, 0).at({std::span<const double>(k).first(3), std::span<const double>(k).first(1), {}, {}}), UsageError);
  CHECK_THROWS_AS(NtkFlow(k, k, y, 1, 0).at({k, std::span<const double>(k).first(2), {}, {}}), UsageError);
}

TEST_CASE("the factorization stops when it is told, and counts its steps", "[regression]") {
  const auto x = points(300, 3);
  const Matrices train(x, x);
  const DataMatrix y = targets(x);
  const std::atomic<bool> stop{true};
  RegressionOptions options;
  options.budget = Budget(std::nullopt, &stop);
  CHECK_THROWS_AS(NngpPosterior(train.nngp, y, 1, options), Stopped);
  CHECK_THROWS_AS(NtkFlow(train.nngp, train.ntk, y, 1, 0, options), Stopped);
  Progress progress;
  options.budget = {};
  options.progress = &progress;
  const NngpPosterior done(train.nngp, y, 1, options);
  CHECK(progress.done() == regression_steps(300));
}

TEST_CASE("classes are centred columns", "[regression]") {
  const std::vector<std::int64_t> labels = {7, -2, 7, 3};
  const ClassTargets c = class_targets(labels);
  CHECK(c.classes == std::vector<std::int64_t>{-2, 3, 7});
  const double own = 1 - 1.0 / 3, other = -1.0 / 3;
  CHECK(c.targets.values == std::vector<double>{other, other, own, own, other, other, other, other, own, other, own, other});
  CHECK((c.targets.rows == 4 && c.targets.columns == 3));
  CHECK_THROWS_AS(class_targets(std::vector<std::int64_t>{5, 5}), UsageError);
  CHECK(largest_column(std::vector<double>{1, 3, 3, 2}) == 1);
}
