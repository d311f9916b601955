// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/training/drift.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "../real/decompositions.hpp"
#include "flow_integral.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/text.hpp"
#include "triple_average.hpp"

namespace infwidth {

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using Index = Eigen::Index;

constexpr double rounding = 1e-15;  // relative to the sum of what is added

/// Two training points mu <= nu with the point x: w = lift t + rest, Cov(rest) = sigma_w2 I - lift lift^T independent of t.
struct Pair {
  Index mu, nu;
  Matrix lift;             // d x 3
  double coupling_mu, coupling_nu, coupling;  // x^T M x_mu, x^T M x_nu, x_mu^T M x_nu, M the mobilities
  TwoRules averages;
};

/// t1 T1 + t3 T3 + t4 T4 of an ordered pair.
struct Coefficients {
  double t1 = 0, t3 = 0, t4 = 0;
};

void check(bool holds, const std::string& message) {
  if (!holds) throw UsageError("drift of the metric: " + message);
}

/// Of symmetric matrices; `size` sums what they are sums of.
EstimatedMatrix with_error(const Matrix& fine, const Matrix& coarse, const Matrix& size) {
  const auto n = static_cast<std::size_t>(fine.rows());
  EstimatedMatrix result{n, std::vector<double>(n * n), std::vector<double>(n * n)};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const auto row = static_cast<Index>(i), column = static_cast<Index>(j);
      result.value[i * n + j] = result.value[j * n + i] = fine(row, column);
      result.error[i * n + j] = result.error[j * n + i] = std::abs(fine(row, column) - coarse(row, column)) + rounding * size(row, column);
    }
  }
  return result;
}

/// Theta = V diag(rates) V^T.
struct Spectrum {
  Matrix vectors;
  Vector rates;

  explicit Spectrum(const Matrix& theta) {
    vectors = theta;
    rates.resize(theta.rows());
    symmetric_eigenvectors(vectors.data(), static_cast<std::size_t>(theta.rows()), rates.data());
  }
  double dust() const { return static_cast<double>(rates.size()) * std::numeric_limits<double>::epsilon() * std::max(0.0, rates.maxCoeff()); }
  /// Rates below the rounding of the largest are 0 but for that rounding; for t = infinity they must not be there.
  void prepare(double t) {
    if (std::isinf(t) && rates.minCoeff() <= dust()) {
      throw NotReached("drift of the metric for t = infinity: the tangent kernel is singular to double precision, its smallest eigenvalue is " +
                       short_text(rates.minCoeff()) + ", its largest " + short_text(rates.maxCoeff()) + "; give a finite time, or leave out points that nearly repeat others");
    }
    rates = rates.cwiseMax(0.0);
  }
  /// int_0^t e^(-Theta s) ds
  Matrix decay(double t) const {
    return vectors * rates.unaryExpr([&](double a) { return decayed_time(a, t); }).asDiagonal() * vectors.transpose();
  }
  /// int_0^t ds int_0^s dr e^(-Theta s) b e^(-Theta r)
  Matrix nested(const Matrix& b, double t) const {
    Matrix inside = vectors.transpose() * b * vectors;
    for (Index i = 0; i < inside.rows(); ++i) {
      for (Index j = 0; j < inside.cols(); ++j) inside(i, j) *= nested_decayed_time(rates[i], rates[j], t);
    }
    return vectors * inside * vectors.transpose();
  }
};

}  // namespace

struct MetricDrift::State {
  ShallowFlow network;
  Index d = 0, points = 0, outputs = 0;
  Matrix inputs, labels;  // points x d, points x outputs
  Vector x;
  bool spread = false;
  std::vector<Pair> pairs;
  EstimatedMatrix nngp, ntk;

  State(const ShallowFlow& of, MatrixView given, MatrixView targets, std::span<const double> at, const MetricDriftOptions& options);

  const AverageSet& averages(const Pair& pair, bool fine) const { return fine ? pair.averages.fine : pair.averages.coarse; }
  template <class Entry>
  Matrix symmetric(bool fine, const Entry& entry) const {
    Matrix m(points, points);
    for (const Pair& pair : pairs) m(pair.mu, pair.nu) = m(pair.nu, pair.mu) = entry(pair, averages(pair, fine));
    return m;
  }
  Matrix kernel(bool fine) const {
    return symmetric(fine, [&](const Pair&, const AverageSet& of) { return network.sigma_v2 * of.of(feature)[0]; });
  }
  Matrix tangent_kernel(bool fine) const {
    return symmetric(fine, [&](const Pair& pair, const AverageSet& of) {
      return network.mobility_v * of.of(feature)[0] + network.sigma_v2 * pair.coupling * of.of(derivative)[0];
    });
  }

  Matrix rest(const Pair& pair) const { return network.sigma_w2 * Matrix::Identity(d, d) - pair.lift * pair.lift.transpose(); }
  Matrix quadratic(const Pair& pair, const double* moments) const;
  Vector linear(const Pair& pair, const double* moments) const {
    return pair.lift * Eigen::Vector3d(moments[axes_index({0})], moments[axes_index({1})], moments[axes_index({2})]);
  }
  Matrix start(bool fine) const { return quadratic(pairs[0], averages(pairs[0], fine).of(Average::metric)); }

  void add(Matrix& sum, Matrix& size, const Pair& pair, const AverageSet& of, const Coefficients& there, const Coefficients& back) const;
  template <class Of>
  EstimatedMatrix assemble(const Of& coefficients) const;
  void add_entries(const Pair& pair, const AverageSet& of, Index i, Index j, Matrix& t1, Matrix& t34) const;
  double product_average(const Pair& pair, const AverageSet& of, bool back, Index i, Index j, Index k, Index l) const;
  double covariance(bool fine, double t, double gamma, Index i, Index j, Index k, Index l) const;
};

/// Whitened coordinates sqrt(variance) x, x_mu, x_nu, the bias a coordinate 1 more, and their orthonormal basis.
MetricDrift::State::State(const ShallowFlow& of, MatrixView given, MatrixView targets, std::span<const double> at, const MetricDriftOptions& options)
    : network(of), d(static_cast<Index>(given.columns)), points(static_cast<Index>(given.rows)), outputs(static_cast<Index>(targets.columns)), spread(options.spread) {
  check(given.rows > 0 && given.columns > 0, "no training points; give at least one, with one coordinate");
  check(targets.rows == given.rows && targets.columns > 0,
        std::to_string(given.rows) + " training points but " + std::to_string(targets.rows) + " rows of labels; give one row a point");
  check(at.size() == given.columns, "the point has " + std::to_string(at.size()) + " coordinates, the training points have " + std::to_string(given.columns));
  const auto finite = [](double v) { return std::isfinite(v); };
  check(std::all_of(given.data, given.data + given.rows * given.columns, finite) && std::all_of(targets.data, targets.data + targets.rows * targets.columns, finite) &&
            std::all_of(at.begin(), at.end(), finite),
        "a coordinate or a label is not finite");
  check(finite(of.sigma_w2) && of.sigma_w2 > 0 && finite(of.sigma_v2) && of.sigma_v2 > 0,
        "the variances of w and v are " + short_text(of.sigma_w2) + " and " + short_text(of.sigma_v2) + "; they must be positive");
  check(finite(of.sigma_b2) && of.sigma_b2 >= 0, "the variance of b is " + short_text(of.sigma_b2) + "; it must not be negative");
  for (const double m : {of.mobility_w, of.mobility_v, of.mobility_b}) check(finite(m) && m >= 0, "a mobility is " + short_text(m) + "; it must not be negative");

  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  inputs = Eigen::Map<const RowMajor>(given.data, points, d);
  labels = Eigen::Map<const RowMajor>(targets.data, points, outputs);
  x = Eigen::Map<const Vector>(at.data(), d);
  const double w = std::sqrt(of.sigma_w2), b = std::sqrt(of.sigma_b2);
  const auto whitened = [&](const Vector& point) {
    Vector z(d + 1);
    z.head(d) = w * point;
    z[d] = b;
    return z;
  };
  const auto coupling = [&](const Vector& p, const Vector& q) { return of.mobility_w * p.dot(q) + of.mobility_b; };

  TripleAverage average(of.activation);
  for (Index mu = 0; mu < points; ++mu) {
    for (Index nu = mu; nu < points; ++nu) {
      options.budget.check();
      const std::array<Vector, 3> z = {whitened(x), whitened(inputs.row(mu)), whitened(inputs.row(nu))};
      Matrix basis = Matrix::Zero(d + 1, 3);
      TripleFrame frame;
      for (Index k = 0; k < 3; ++k) {
        const Vector& point = z[static_cast<std::size_t>(k)];
        Vector beside = point;
        for (int pass = 0; pass < 2; ++pass) beside -= basis * (basis.transpose() * beside);
        // What is left is rounding: the point lies in the span of those before.
        frame.present[static_cast<std::size_t>(k)] = beside.norm() > 4 * std::numeric_limits<double>::epsilon() * point.norm();
        if (frame.present[static_cast<std::size_t>(k)]) basis.col(k) = beside.normalized();
        for (Index a = 0; a <= k; ++a) frame.c[static_cast<std::size_t>(k)][static_cast<std::size_t>(a)] = basis.col(a).dot(point);
      }
      const Vector x_mu = inputs.row(mu), x_nu = inputs.row(nu);
      pairs.push_back({mu, nu, w * basis.topRows(d), coupling(x, x_mu), coupling(x, x_nu), coupling(x_mu, x_nu), average.at(frame, spread)});
      if (options.progress != nullptr) options.progress->advance();
    }
  }
  const Matrix k = kernel(true), theta = tangent_kernel(true);
  nngp = with_error(k, kernel(false), k.cwiseAbs());
  ntk = with_error(theta, tangent_kernel(false), theta.cwiseAbs());
}

/// E[h w w^T] from E h, E[h t], E[h t t^T].
Matrix MetricDrift::State::quadratic(const Pair& pair, const double* moments) const {
  Eigen::Matrix3d m;
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 3; ++b) m(a, b) = moments[axes_index({a, b})];
  }
  return pair.lift * m * pair.lift.transpose() + moments[0] * rest(pair);
}

/// The sum over (mu, nu) and, `back`, (nu, mu), which is left out where they are one.
void MetricDrift::State::add(Matrix& sum, Matrix& size, const Pair& pair, const AverageSet& of, const Coefficients& there, const Coefficients& back) const {
  using Square = Eigen::Matrix<double, 10, 1>;
  Square square = Square::Zero();
  Eigen::Vector4d with_mu = Eigen::Vector4d::Zero(), with_nu = Eigen::Vector4d::Zero();
  // Rounding goes by the largest of an average's moments, not by the one that vanishes by symmetry.
  double square_size = 0, mu_size = 0, nu_size = 0;
  const auto add_square = [&](double c, Average a) {
    const Eigen::Map<const Square> moments(of.of(a));
    square += c * moments;
    square_size += std::abs(c) * moments.cwiseAbs().maxCoeff();
  };
  const auto add_vector = [&](Eigen::Vector4d& into, double& into_size, double c, Average a) {
    const Eigen::Map<const Eigen::Vector4d> moments(of.of(a));
    into += c * moments;
    into_size += std::abs(c) * moments.cwiseAbs().maxCoeff();
  };
  const double bm = pair.coupling_mu, bn = pair.coupling_nu, c = pair.coupling;
  add_square(there.t1 * bm, t1_square);
  add_vector(with_mu, mu_size, there.t1, t1_vector);
  add_square(there.t3 * c * bm, t3_square);
  add_vector(with_mu, mu_size, there.t3 * c, t3_vector);
  const bool both = pair.mu != pair.nu;
  if (both) {
    add_square(back.t1 * bn, t1_square_back);
    add_vector(with_nu, nu_size, back.t1, t1_vector_back);
    add_square(back.t3 * c * bn, t3_square_back);
    add_vector(with_nu, nu_size, back.t3 * c, t3_vector_back);
  }
  const double t4 = there.t4 + (both ? back.t4 : 0);
  add_square(t4 * bm * bn, t4_square);
  add_vector(with_mu, mu_size, t4 * bn, t4_vector);
  add_vector(with_nu, nu_size, t4 * bm, t4_vector);

  const auto outer = [&](const Vector& p, const Vector& q) { return Matrix(p * q.transpose() + q * p.transpose()); };
  const Vector p_mu = network.mobility_w * inputs.row(pair.mu), p_nu = network.mobility_w * inputs.row(pair.nu);
  const Matrix product = t4 * of.of(t4_scalar)[0] * outer(p_mu, p_nu);
  sum += quadratic(pair, square.data()) + outer(p_mu, linear(pair, with_mu.data())) + outer(p_nu, linear(pair, with_nu.data())) + product;
  // No row of the lift is longer than the deviation of w.
  const Vector deviation = Vector::Constant(d, std::sqrt(network.sigma_w2));
  size += square_size * deviation * deviation.transpose() + outer(mu_size * p_mu.cwiseAbs() + nu_size * p_nu.cwiseAbs(), deviation) + product.cwiseAbs();
}

/// The sum over all ordered pairs; `coefficients(fine)` gives a function of (mu, nu).
template <class Of>
EstimatedMatrix MetricDrift::State::assemble(const Of& coefficients) const {
  std::array<Matrix, 2> sum = {Matrix::Zero(d, d), Matrix::Zero(d, d)}, size = sum;
  for (const bool fine : {true, false}) {
    const auto of = coefficients(fine);
    for (const Pair& pair : pairs) add(sum[fine], size[fine], pair, averages(pair, fine), of(pair.mu, pair.nu), of(pair.nu, pair.mu));
  }
  return with_error(sum[true], sum[false], size[true]);
}

/// For one entry of the metric: T1_mu,nu and mobility_v T1 + sigma_v2 (T3 + T4) for mu, nu and nu, mu.
void MetricDrift::State::add_entries(const Pair& pair, const AverageSet& of, Index i, Index j, Matrix& t1, Matrix& t34) const {
  const double bm = pair.coupling_mu, bn = pair.coupling_nu, c = pair.coupling;
  const Vector p_mu = network.mobility_w * inputs.row(pair.mu), p_nu = network.mobility_w * inputs.row(pair.nu);
  const auto square = [&](Average a) { return quadratic(pair, of.of(a))(i, j); };
  const auto with = [&](const Vector& p, Average a) {
    const Vector h = linear(pair, of.of(a));
    return p[i] * h[j] + p[j] * h[i];
  };
  const double t4 = bm * bn * square(t4_square) + bn * with(p_mu, t4_vector) + bm * with(p_nu, t4_vector) + of.of(t4_scalar)[0] * (p_mu[i] * p_nu[j] + p_mu[j] * p_nu[i]);
  const double there = bm * square(t1_square) + with(p_mu, t1_vector), back = bn * square(t1_square_back) + with(p_nu, t1_vector_back);
  const double t3_there = c * (bm * square(t3_square) + with(p_mu, t3_vector)), t3_back = c * (bn * square(t3_square_back) + with(p_nu, t3_vector_back));
  t1(pair.mu, pair.nu) = there;
  t1(pair.nu, pair.mu) = back;
  t34(pair.mu, pair.nu) = network.mobility_v * there + network.sigma_v2 * (t3_there + t4);
  t34(pair.nu, pair.mu) = network.mobility_v * back + network.sigma_v2 * (t3_back + t4);
}

/// T2_mu,nu = E[(P_mu.grad G_ij) (P_nu.grad G_kl)]; `back`: with mu and nu exchanged.
double MetricDrift::State::product_average(const Pair& pair, const AverageSet& of, bool back, Index i, Index j, Index k, Index l) const {
  if (back) {
    std::swap(i, k);
    std::swap(j, l);
  }
  const Matrix& lift = pair.lift;
  const Matrix c = rest(pair);
  const double *m4 = of.of(fourth), *m3 = of.of(third), *m2 = of.of(second);
  // E[h w_i ..] by the rest's moments: those of pairs of indices.
  const auto two = [&](const double* m, Index p, Index q) {
    double sum = m[0] * c(p, q);
    for (int a = 0; a < 3; ++a) {
      for (int b = 0; b < 3; ++b) sum += lift(p, a) * lift(q, b) * m[axes_index({a, b})];
    }
    return sum;
  };
  const auto three = [&](const double* m, Index p, Index q, Index r) {
    double sum = 0;
    for (int a = 0; a < 3; ++a) {
      sum += m[axes_index({a})] * (lift(p, a) * c(q, r) + lift(q, a) * c(p, r) + lift(r, a) * c(p, q));
      for (int b = 0; b < 3; ++b) {
        for (int e = 0; e < 3; ++e) sum += lift(p, a) * lift(q, b) * lift(r, e) * m[axes_index({a, b, e})];
      }
    }
    return sum;
  };
  const auto four = [&](const double* m, Index p, Index q, Index r, Index s) {
    double sum = m[0] * (c(p, q) * c(r, s) + c(p, r) * c(q, s) + c(p, s) * c(q, r));
    for (int a = 0; a < 3; ++a) {
      for (int b = 0; b < 3; ++b) {
        sum += m[axes_index({a, b})] * (lift(p, a) * lift(q, b) * c(r, s) + lift(p, a) * lift(r, b) * c(q, s) + lift(p, a) * lift(s, b) * c(q, r) + lift(q, a) * lift(r, b) * c(p, s) +
                                        lift(q, a) * lift(s, b) * c(p, r) + lift(r, a) * lift(s, b) * c(p, q));
        for (int e = 0; e < 3; ++e) {
          for (int f = 0; f < 3; ++f) sum += lift(p, a) * lift(q, b) * lift(r, e) * lift(s, f) * m[axes_index({a, b, e, f})];
        }
      }
    }
    return sum;
  };
  const Vector p_mu = network.mobility_w * inputs.row(pair.mu), p_nu = network.mobility_w * inputs.row(pair.nu);
  const double bm = pair.coupling_mu, bn = pair.coupling_nu;
  return bm * bn * four(m4, i, j, k, l) + bm * (p_nu[k] * three(m3, i, j, l) + p_nu[l] * three(m3, i, j, k)) + bn * (p_mu[i] * three(m3, k, l, j) + p_mu[j] * three(m3, k, l, i)) +
         p_mu[i] * (p_nu[k] * two(m2, j, l) + p_nu[l] * two(m2, j, k)) + p_mu[j] * (p_nu[k] * two(m2, i, l) + p_nu[l] * two(m2, i, k));
}

/// Of two quadratic forms in the Gaussian vector (Z_p, Z_q, f_0), p = ij, q = kl.
double MetricDrift::State::covariance(bool fine, double t, double gamma, Index i, Index j, Index k, Index l) const {
  const Index n = points;
  const Matrix kernel_matrix = kernel(fine);
  Spectrum theta(tangent_kernel(fine));
  theta.prepare(t);
  const Matrix decay = theta.decay(t);
  struct Form {
    Matrix t1, t34, a, f;
  };
  std::array<Form, 2> form;
  const std::array<std::array<Index, 2>, 2> entry = {{{i, j}, {k, l}}};
  for (std::size_t e = 0; e < 2; ++e) {
    Form& one = form[e];
    one.t1 = one.t34 = Matrix::Zero(n, n);
    for (const Pair& pair : pairs) add_entries(pair, averages(pair, fine), entry[e][0], entry[e][1], one.t1, one.t34);
    const Matrix nested = theta.nested(one.t34, t);
    one.f = (nested + nested.transpose()) / 2;
    one.a = Matrix::Zero(3 * n, 3 * n);
    const Index at = static_cast<Index>(e) * n;
    one.a.block(at, 2 * n, n, n) = one.a.block(2 * n, at, n, n) = -decay / 2;
    one.a.block(2 * n, 2 * n, n, n) = one.f;
  }
  Matrix c = Matrix::Zero(3 * n, 3 * n);
  for (const Pair& pair : pairs) {
    const AverageSet& of = averages(pair, fine);
    for (std::size_t p = 0; p < 2; ++p) {
      for (std::size_t q = 0; q < 2; ++q) {
        const auto average_of = [&](bool back) {
          return network.sigma_v2 * product_average(pair, of, back, entry[p][0], entry[p][1], entry[q][0], entry[q][1]);
        };
        c(static_cast<Index>(p) * n + pair.mu, static_cast<Index>(q) * n + pair.nu) = average_of(false);
        c(static_cast<Index>(p) * n + pair.nu, static_cast<Index>(q) * n + pair.mu) = average_of(true);
      }
    }
  }
  for (Index e = 0; e < 2; ++e) {
    c.block(e * n, 2 * n, n, n) = network.sigma_v2 * form[static_cast<std::size_t>(e)].t1;
    c.block(2 * n, e * n, n, n) = network.sigma_v2 * form[static_cast<std::size_t>(e)].t1.transpose();
  }
  c.block(2 * n, 2 * n, n, n) = kernel_matrix;
  double sum = 2 * static_cast<double>(outputs) * (form[0].a * c).cwiseProduct((form[1].a * c).transpose()).sum();
  for (Index o = 0; o < outputs; ++o) {
    const Vector y = gamma * labels.col(o);
    std::array<Vector, 2> line = {Vector::Zero(3 * n), Vector::Zero(3 * n)};
    for (Index e = 0; e < 2; ++e) {
      line[static_cast<std::size_t>(e)].segment(e * n, n) = decay * y;
      line[static_cast<std::size_t>(e)].tail(n) = -2 * form[static_cast<std::size_t>(e)].f * y;
    }
    sum += line[0].dot(c * line[1]);
  }
  return sum;
}

MetricDrift::MetricDrift(const ShallowFlow& network, MatrixView inputs, MatrixView labels, std::span<const double> x, const MetricDriftOptions& options)
    : state_(std::make_unique<const State>(network, inputs, labels, x, options)) {}
MetricDrift::~MetricDrift() = default;
MetricDrift::MetricDrift(MetricDrift&&) noexcept = default;
MetricDrift& MetricDrift::operator=(MetricDrift&&) noexcept = default;

const EstimatedMatrix& MetricDrift::nngp() const { return state_->nngp; }
const EstimatedMatrix& MetricDrift::ntk() const { return state_->ntk; }

EstimatedMatrix MetricDrift::metric() const {
  const Matrix g = state_->start(true);
  return with_error(g, state_->start(false), g.cwiseAbs());
}

EstimatedMatrix MetricDrift::initial_rate() const {
  const double front = -state_->network.sigma_v2 * static_cast<double>(state_->outputs);
  return state_->assemble([&](bool) { return [&](Index mu, Index nu) { return Coefficients{mu == nu ? front : 0, 0, 0}; }; });
}

EstimatedMatrix MetricDrift::at(double t, double gamma) const {
  check(t >= 0, "the time is " + short_text(t) + "; it must not be negative");
  check(std::isfinite(gamma), "the output scale is not finite");
  const State& s = *state_;
  const double v = s.network.sigma_v2, k = static_cast<double>(s.outputs);
  return s.assemble([&](bool fine) {
    Spectrum theta(s.tangent_kernel(fine));
    theta.prepare(t);
    const Matrix start = k * s.kernel(fine) + gamma * gamma * s.labels * s.labels.transpose();
    const Matrix decay = theta.decay(t), nested = theta.nested(start, t), square = decay * start * decay;
    return [&s, decay, nested, square, v, k](Index mu, Index nu) {
      return Coefficients{-v * k * decay(mu, nu) + s.network.mobility_v * nested(mu, nu), v * nested(mu, nu), v * square(mu, nu) / 2};
    };
  });
}

Estimate<double> MetricDrift::covariance_at(double t, std::size_t i, std::size_t j, std::size_t k, std::size_t l, double gamma) const {
  check(t >= 0, "the time is " + short_text(t) + "; it must not be negative");
  check(std::isfinite(gamma), "the output scale is not finite");
  check(state_->spread, "its spread was not asked for; set MetricDriftOptions::spread");
  const auto d = static_cast<std::size_t>(state_->d);
  check(i < d && j < d && k < d && l < d, "an index of the metric is not below its dimension " + std::to_string(d));
  const auto index = [](std::size_t a) { return static_cast<Index>(a); };
  const auto of = [&](bool fine) { return state_->covariance(fine, t, gamma, index(i), index(j), index(k), index(l)); };
  const double value = of(true);
  return {.value = value, .error = std::abs(value - of(false)) + 100 * rounding * std::abs(value), .method = "two trapezoidal rules"};
}

EstimatedMatrix MetricDrift::spread_at(double t, double gamma) const {
  const auto d = static_cast<std::size_t>(state_->d);
  EstimatedMatrix result{d, std::vector<double>(d * d), std::vector<double>(d * d)};
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = i; j < d; ++j) {
      const Estimate<double> variance = covariance_at(t, i, j, i, j, gamma);
      // A variance below 0 is the rounding of 0.
      const double deviation = std::sqrt(std::max(variance.value, 0.0));
      result.value[i * d + j] = result.value[j * d + i] = deviation;
      const double near_zero = std::sqrt(variance.error + std::max(-variance.value, 0.0));
      result.error[i * d + j] = result.error[j * d + i] = deviation > 0 ? std::min(near_zero, variance.error / deviation) : near_zero;
    }
  }
  return result;
}

EstimatedMatrix MetricDrift::mean_field_acceleration() const {
  const State& s = *state_;
  const Matrix y = s.labels * s.labels.transpose();
  return s.assemble([&](bool) {
    return [&](Index mu, Index nu) {
      const double yy = y(mu, nu), v = s.network.sigma_v2;
      return Coefficients{s.network.mobility_v * yy, v * yy, v * yy};
    };
  });
}

EstimatedMatrix MetricDrift::posterior_shift(double noise) const {
  check(std::isfinite(noise) && noise >= 0, "the noise is " + short_text(noise) + "; it must not be negative");
  const State& s = *state_;
  std::array<Matrix, 2> sum, size;
  for (const bool fine : {true, false}) {
    const Matrix gamma = s.kernel(fine) + noise * Matrix::Identity(s.points, s.points);
    const Spectrum spectrum(gamma);
    if (spectrum.rates.minCoeff() <= spectrum.dust()) {
      throw NotReached("drift of the metric, posterior: the kernel with the noise is singular to double precision, its smallest eigenvalue is " +
                       short_text(spectrum.rates.minCoeff()) + ", its largest " + short_text(spectrum.rates.maxCoeff()) + "; give more noise");
    }
    const Matrix inverse = spectrum.vectors * spectrum.rates.cwiseInverse().asDiagonal() * spectrum.vectors.transpose(), alpha = inverse * s.labels;
    const Matrix weight = s.network.sigma_v2 / 2 * (alpha * alpha.transpose() - static_cast<double>(s.outputs) * inverse), g = s.start(fine);
    sum[fine] = size[fine] = Matrix::Zero(s.d, s.d);
    for (const Pair& pair : s.pairs) {
      const AverageSet& of = s.averages(pair, fine);
      const Matrix product = s.quadratic(pair, of.of(posterior)), means = of.of(feature)[0] * g;
      const double c = (pair.mu == pair.nu ? 1 : 2) * weight(pair.mu, pair.nu);
      sum[fine] += c * (product - means);
      size[fine] += Matrix::Constant(s.d, s.d, std::abs(c) * (product.cwiseAbs().maxCoeff() + means.cwiseAbs().maxCoeff()));
    }
  }
  return with_error(sum[true], sum[false], size[true]);
}

}  // namespace infwidth
