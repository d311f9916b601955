// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/validation/symmetry_study.hpp"

#include <cmath>
#include <memory>

#include "infwidth/finite/certain_zero.hpp"
#include "infwidth/finite/ensemble.hpp"
#include "infwidth/finite/geometry.hpp"
#include "infwidth/finite/symmetry.hpp"
#include "infwidth/geometry/metric.hpp"
#include "infwidth/geometry/symmetry.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/real/functions.hpp"
#include "seen_spread.hpp"

namespace infwidth {

namespace {

std::vector<double> coordinates_of(const std::vector<std::vector<Rational>>& points) {
  if (points.empty() || points[0].empty()) throw UsageError("no point; give one or more");
  std::vector<double> x;
  for (const auto& p : points) {
    if (p.size() != points[0].size()) throw UsageError("points of different dimensions; they live in one space");
    for (const Rational& c : p) x.push_back(constant<double>(c));
  }
  return x;
}

/// |g_infinite| at each point, of squares (d - 1) A^2 + (A + |x|^2 B)^2.
std::vector<double> limit_norms(const Architecture& network, const std::vector<std::vector<Rational>>& points, const Budget& budget) {
  const NetworkMetric metric(network);
  std::vector<double> norms;
  for (const auto& x : points) {
    const LayerMetric<Ball> g = metric.at(InputPoint::at(x), {.digits = 15, .budget = budget}).back();
    if (g.outcome == Outcome::no_metric) throw NoSuchQuantity("" + g.message);
    if (g.outcome != Outcome::answered) throw NotReached("" + g.message);
    if (const std::string reason = no_finite_metric(network, InputPoint::at(x)); !reason.empty()) throw NoSuchQuantity(reason);
    const double radial = g.metric.radial.value.to_double(), tangential = x.size() > 1 ? g.metric.tangential.value.to_double() : 0;
    const double norm = std::hypot(std::sqrt(static_cast<double>(x.size()) - 1) * tangential, radial);
    if (!(norm > 0)) throw NoSuchQuantity("the metric of infinite width is 0 here: there is nothing to measure its symmetry by; move the point");
    if (!std::isfinite(norm)) throw NotReached("the metric of infinite width is beyond double precision; scale the point or the network down");
    norms.push_back(norm);
  }
  return norms;
}

struct Expected {
  std::optional<double> index;
  std::string standing;
};

Expected expected_index(const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points, const std::vector<double>& norms,
                        const Budget& budget) {
  if (network.residual) return {};
  const FiniteWidth finite(network, widths);
  const Precision precision(128);
  double sum = 0;
  std::string standing;
  for (std::size_t p = 0; p < points.size(); ++p) {
    const InputPoint x = InputPoint::at(points[p]);
    const FiniteTheory<Ball> law = finite.at(x, {.digits = 15, .budget = budget});
    if (!law.no_covariance.empty()) return {};
    const JetLaw<Ball>& j = law.jets;
    sum += expected_broken(points[p].size(), x.norm2 == 0, j.cov(1, 2, 1, 2).to_double(), j.cov(2, 3, 2, 3).to_double(), j.cov(2, 2, 2, 2).to_double(), j.cov(2, 2, 3, 3).to_double()) / norms[p] / norms[p];
    standing = to_string(law.covariance_standing);
  }
  if (!std::isfinite(sum)) return {};
  return {sum / static_cast<double>(points.size()), standing};
}

/// The symmetric part of the metric at point p over `norm`, whose squares do not overflow.
SymmetricPart part_of(const FiniteGeometry& g, std::size_t p, const double* x, double norm) {
  const std::size_t d = g.dimension;
  std::vector<double> scaled(g.metric.begin() + static_cast<std::ptrdiff_t>(p * d * d), g.metric.begin() + static_cast<std::ptrdiff_t>((p + 1) * d * d));
  for (double& entry : scaled) entry /= norm;
  return symmetric_part(scaled.data(), {x, d});
}

double index_of(const FiniteGeometry& g, const std::vector<double>& x, const std::vector<double>& norms) {
  double sum = 0;
  for (std::size_t p = 0; p < norms.size(); ++p) sum += part_of(g, p, x.data() + p * g.dimension, norms[p]).broken;
  return sum / static_cast<double>(norms.size());
}

}  // namespace

NetworkSymmetry network_symmetry(const FiniteNetwork& network, const Architecture& limit, const std::vector<std::vector<Rational>>& points, int directions, std::uint64_t seed, const Budget& budget) {
  const std::vector<double> x = coordinates_of(points), norms = limit_norms(limit, points, budget);
  const std::size_t d = points[0].size();
  NetworkSymmetry result;
  const FiniteGeometry here = finite_geometry(network, {x.data(), points.size(), d}, {}, 1, budget);
  for (const int layer : here.kink) {
    if (layer > 0) throw NoSuchQuantity("a preactivation of hidden layer " + std::to_string(layer) + " is where phi has no derivative: the network has no metric at one of the points");
  }
  result.index = index_of(here, x, norms);
  std::vector<std::uint64_t> widths;
  for (std::size_t l = 0; l < network.depth(); ++l) widths.push_back(network.layers[l].outputs);
  const Expected expected = expected_index(limit, widths, points, norms, budget);
  result.expected = expected.index;
  result.standing = expected.standing;

  double norm2 = 0;
  for (std::size_t k = 0; k < d; ++k) norm2 += x[k] * x[k];
  std::vector<double> turned;
  for (int k = 0; k < directions; ++k) {
    budget.check();
    const std::vector<Rational> o = haar_orthogonal(d, seed, static_cast<std::uint64_t>(k));
    for (std::size_t i = 0; i < d; ++i) turned.push_back(std::sqrt(norm2) * constant<double>(o[i]));
  }
  const FiniteGeometry around = finite_geometry(network, {turned.data(), static_cast<std::size_t>(directions), d}, {}, 1, budget);
  const auto spread = [&](double SymmetricPart::* part) {
    Moments m(1);
    for (std::size_t p = 0; p < around.points; ++p) {
      const double value = part_of(around, p, turned.data() + p * d, norms[0]).*part;
      m.add({&value, 1});
    }
    return m.mean()[0] > 0 ? std::sqrt(m.covariance(0, 0)) / m.mean()[0] : 0;
  };
  result.tangential_spread = spread(&SymmetricPart::tangential);
  result.radial_spread = spread(&SymmetricPart::radial);
  for (const double number : {result.index, result.tangential_spread, result.radial_spread}) {
    if (!std::isfinite(number)) throw NotReached("the network's metric is beyond double precision, or that of infinite width far from it");
  }
  return result;
}

EnsembleSymmetry ensemble_symmetry(const Architecture& network, const std::vector<std::uint64_t>& widths, const std::vector<std::vector<Rational>>& points,
                                   const SymmetryStudyOptions& options) {
  const std::vector<double> x = coordinates_of(points), norms = limit_norms(network, points, options.budget);
  const std::size_t d = points[0].size(), count = points.size(), turns = static_cast<std::size_t>(options.rotations), entries = d * (d + 1) / 2, size = 1 + turns * count * entries;
  if (d < 2) throw UsageError("in one dimension every metric is symmetric; give points of two coordinates or more");
  if (options.draws < 20 + 2 * size) {
    throw UsageError("" + std::to_string(size - 1) + " components need " + std::to_string(20 + 2 * size) + " draws or more, and " + std::to_string(options.draws) +
                     " are asked for; give more draws, or fewer points or rotations");
  }
  // The points, then all of them from each rotation.
  std::vector<double> seen = x, rotations;
  for (std::size_t r = 0; r < turns; ++r) {
    std::vector<double> o;
    for (const Rational& e : haar_orthogonal(d, options.seed, r)) o.push_back(constant<double>(e));
    for (std::size_t p = 0; p < count; ++p) {
      for (std::size_t i = 0; i < d; ++i) {
        double sum = 0;
        for (std::size_t k = 0; k < d; ++k) sum += o[i * d + k] * x[p * d + k];
        seen.push_back(sum);
      }
    }
    rotations.insert(rotations.end(), o.begin(), o.end());
  }
  const NetworkEnsemble ensemble(network, widths, d, options.seed);
  const FiniteMap map(network.activations);
  EnsembleOptions run;
  run.draws = options.draws;
  run.threads = options.threads;
  run.budget = options.budget;
  run.progress = options.progress;
  run.block = 8;
  const EnsembleResult drawn = run_ensemble(size, [&]() -> Draws {
    auto worker = std::make_shared<FiniteMap::Worker>(map);
    return [&, worker, one = FiniteNetwork(), g = FiniteGeometry()](std::uint64_t first, std::uint64_t draws, double* vectors) mutable {
      for (std::uint64_t k = 0; k < draws; ++k) {
        ensemble.network(first + k, one);
        worker->at(one, {seen.data(), seen.size() / d, d}, {}, g);
        double* into = vectors + k * size;
        *into++ = index_of(g, x, norms);
        for (std::size_t r = 0; r < turns; ++r) {
          for (std::size_t p = 0; p < count; ++p, into += entries) {
            equivariance_defect(g.metric.data() + ((r + 1) * count + p) * d * d, g.metric.data() + p * d * d, rotations.data() + r * d * d, d, into);
          }
        }
      }
    };
  }, run);

  EnsembleSymmetry result;
  result.draws = drawn.moments.count();
  result.complete = drawn.complete;
  result.index = drawn.moments.mean()[0];
  result.standard_error = drawn.moments.standard_error(0);
  result.components = size - 1;
  Comparison c;
  c.draws = result.draws;
  std::vector<std::size_t> seen_well;
  std::string unseen;
  for (std::size_t k = 1; k < size; ++k) {
    const std::string why = unseen_spread({drawn.moments.covariance(k, k), drawn.moments.skewness(k), result.draws, {}});
    if (why.empty()) seen_well.push_back(k);
    else if (unseen.empty()) unseen = why;
  }
  for (const std::size_t k : seen_well) {
    c.quantity.push_back("defect " + std::to_string(k));
    c.theory.push_back(0);
    c.mean.push_back(drawn.moments.mean()[k]);
    for (const std::size_t m : seen_well) c.covariance.push_back(drawn.moments.covariance(k, m) / static_cast<double>(result.draws));
  }
  result.test = omnibus(c);
  if (seen_well.empty()) result.test.reason = unseen;
  const Expected expected = expected_index(network, widths, points, norms, options.budget);
  result.expected = expected.index;
  result.standing = expected.standing;
  return result;
}

}  // namespace infwidth
