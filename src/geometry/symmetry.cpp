// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/geometry/symmetry.hpp"

#include <algorithm>
#include <cmath>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "infwidth/real/precision.hpp"
#include "infwidth/run/stream.hpp"

namespace infwidth {

namespace {

const Rational step(1, 4096);                                     // of the metric: errors h^4 and 1e-28 / h^2
const Rational step_at_kinks(1, std::int64_t{1} << 60);           // errors h and 1e-50 / h^2
const Rational along(1, 512);                                     // of the flow
constexpr double resolution = 1e-9;                               // from these
constexpr int most_refinements = 3;

Rational halved(const Rational& h, int times) { return h / Rational(Integer(1) << times); }

/// A fraction within 2^-150 of x.
Rational fraction(Ball x) {
  Rational sum = 0;
  for (int part = 0; part < 3; ++part) {
    const double leading = x.to_double();
    sum += Rational(leading);
    x -= Ball(leading);
  }
  return sum;
}

using Matrix = std::vector<double>;

Matrix to_doubles(const std::vector<Ball>& g) {
  Matrix m;
  for (const Ball& e : g) m.push_back(e.to_double());
  return m;
}

double largest(const Matrix& m) {
  double most = 0;
  for (const double e : m) most = std::max(most, std::abs(e));
  return most;
}

/// A g A^T.
Matrix carried(const Matrix& a, const Matrix& g, std::size_t d) {
  Matrix r(d * d, 0);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      for (std::size_t k = 0; k < d; ++k) {
        for (std::size_t l = 0; l < d; ++l) r[i * d + j] += a[i * d + k] * g[k * d + l] * a[j * d + l];
      }
    }
  }
  return r;
}

Matrix minus(Matrix a, const Matrix& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

}  // namespace

std::vector<Rational> haar_orthogonal(std::size_t d, std::uint64_t seed, std::uint64_t draw) {
  constexpr std::uint32_t part = 0x726f74;  // "rot": a stream that no layer has
  std::vector<double> normals(d * d);
  Stream(seed, draw, part).normals(normals);
  const Precision precision(300);
  // Gram and Schmidt, twice, on the rows.
  std::vector<Ball> q(normals.begin(), normals.end());
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        Ball dot(0);
        for (std::size_t k = 0; k < d; ++k) dot += q[i * d + k] * q[j * d + k];
        for (std::size_t k = 0; k < d; ++k) q[i * d + k] -= dot * q[j * d + k];
      }
      Ball norm2(0);
      for (std::size_t k = 0; k < d; ++k) norm2 += q[i * d + k] * q[i * d + k];
      const Ball inverse = Ball(1) / sqrt(norm2);
      for (std::size_t k = 0; k < d; ++k) q[i * d + k] = (q[i * d + k] * inverse).mid();
    }
  }
  std::vector<Rational> rotation;
  for (const Ball& e : q) rotation.push_back(fraction(e));
  return rotation;
}

std::uint64_t symmetry_steps(std::size_t dimension, const SymmetryOptions& options) {
  return 1 + static_cast<std::uint64_t>(options.rotations) + 4 * dimension * (dimension - 1) / 2;
}

// h^2 falls by 10^3 and the flow's step by 10 with each refinement, at kinks h^2 by 10^12.
long symmetry_digits(const SymmetryOptions& options) { return options.kinked ? 50 + 14L * options.refined : 28 + 6L * options.refined; }

double SymmetryDeviation::largest() const { return std::max({rotation, killing, form}); }

SymmetryDeviation symmetry_deviation(const PointKernel& kernel, const std::vector<Rational>& x, const SymmetryOptions& options) {
  const std::size_t d = x.size();
  if (d == 0) throw UsageError("a point has one coordinate or more");
  const Precision precision(options.kinked ? 400 : 160);
  const Rational h_metric = options.kinked ? halved(step_at_kinks, 20 * options.refined) : halved(step, 5 * options.refined), h_flow = halved(along, 3 * options.refined);
  double radius = 0;
  const auto metric = [&](const std::vector<Rational>& at) {
    options.budget.check();
    const std::vector<Ball> entries = metric_by_differences(kernel, at, h_metric);
    for (const Ball& e : entries) radius = std::max(radius, e.radius().to_double());
    Matrix g = to_doubles(entries);
    if (options.progress != nullptr) options.progress->advance();
    return g;
  };
  const auto to_double = [](const Rational& r) { return constant<double>(r); };
  const Matrix g = metric(x);
  const double scale = largest(g);
  if (!(scale > 0)) throw NoSuchQuantity("the metric at this point is 0");
  SymmetryDeviation result;
  result.resolution = resolution;
  result.scale = scale;

  for (int r = 0; r < options.rotations; ++r) {
    const std::vector<Rational> o = haar_orthogonal(d, options.seed, static_cast<std::uint64_t>(r));
    std::vector<Rational> turned(d, Rational(0));
    Matrix rotation;
    for (const Rational& e : o) rotation.push_back(to_double(e));
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t k = 0; k < d; ++k) turned[i] += o[i * d + k] * x[k];
    }
    result.rotation = std::max(result.rotation, largest(minus(metric(turned), carried(rotation, g, d))) / scale);
  }

  // (L g)_ij = xi^k d_k g_ij + g_kj d_i xi^k + g_ik d_j xi^k, xi = Omega x with Omega_ab = 1 = -Omega_ba: xi_a = x_b, xi_b = -x_a.
  for (std::size_t a = 0; a < d; ++a) {
    for (std::size_t b = a + 1; b < d; ++b) {
      const auto moved = [&](const Rational& by) {
        std::vector<Rational> at = x;
        at[a] += by * x[b];
        at[b] -= by * x[a];
        return metric(at);
      };
      const auto slope = [&](const Rational& h) {
        Matrix difference = minus(moved(h), moved(-h));
        for (double& e : difference) e /= 2 * to_double(h);
        return difference;
      };
      const Matrix coarse = slope(h_flow), fine = slope(h_flow / 2);
      Matrix lie(d * d);
      for (std::size_t e = 0; e < lie.size(); ++e) lie[e] = fine[e] + (fine[e] - coarse[e]) / 3;
      const auto omega = [&](std::size_t k, std::size_t i) { return k == a && i == b ? 1.0 : k == b && i == a ? -1.0 : 0.0; };
      for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = 0; j < d; ++j) {
          for (std::size_t k = 0; k < d; ++k) lie[i * d + j] += g[k * d + j] * omega(k, i) + g[i * d + k] * omega(k, j);
        }
      }
      result.killing = std::max(result.killing, largest(lie) / scale);
    }
  }

  // The best A and B in the sense of least squares: radial entry, and mean of the rest.
  std::vector<double> unit;
  double norm2 = 0, radial = 0, trace = 0;
  for (const Rational& c : x) {
    unit.push_back(to_double(c));
    norm2 += unit.back() * unit.back();
  }
  for (double& c : unit) c /= norm2 > 0 ? std::sqrt(norm2) : 1;
  for (std::size_t i = 0; i < d; ++i) {
    trace += g[i * d + i];
    for (std::size_t j = 0; j < d; ++j) radial += unit[i] * g[i * d + j] * unit[j];
  }
  const bool any = norm2 > 0 && d > 1;
  const double tangential = any ? (trace - radial) / static_cast<double>(d - 1) : trace / static_cast<double>(d);
  Matrix rest = g;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) rest[i * d + j] -= (i == j ? tangential : 0) + (any ? (radial - tangential) * unit[i] * unit[j] : 0);
  }
  result.form = largest(rest) / scale;
  result.noise = radius / scale * std::max(1.0, d > 1 ? 3 / to_double(h_flow) : 1.0);  // 4/3 of the fine slope and 1/3 of the coarse one
  return result;
}

SettledSymmetry settled_symmetry(const std::function<PointKernel(long digits)>& kernel, const std::vector<Rational>& x, SymmetryOptions options) {
  SymmetryDeviation before;
  for (;; ++options.refined, options.progress = nullptr) {
    const SymmetryDeviation now = symmetry_deviation(kernel(symmetry_digits(options)), x, options);
    if (now.holds()) return {now, SymmetryVerdict::holds};
    const auto stays = [&](double a, double b) { return a >= now.resolution && std::abs(a - b) <= a / 10; };
    const bool settled = options.refined > 0 && now.noise < now.resolution && std::abs(now.scale - before.scale) <= 1e-3 * now.scale;
    if (settled && (stays(now.rotation, before.rotation) || stays(now.killing, before.killing) || stays(now.form, before.form))) return {now, SymmetryVerdict::broken};
    if (options.refined == most_refinements) return {now, SymmetryVerdict::open};
    before = now;
  }
}

}  // namespace infwidth
