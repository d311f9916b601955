// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/ensemble.hpp"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "catch.hpp"
#include "infwidth/finite/geometry.hpp"
#include "infwidth/geometry/metric.hpp"
#include "infwidth/real/errors.hpp"
#include "infwidth/run/stream.hpp"

using namespace infwidth;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Three numbers a draw: a normal, its square, and twice the normal.
Draws normals() {
  return [](std::uint64_t first, std::uint64_t count, double* vectors) {
    for (std::uint64_t k = 0; k < count; ++k) {
      double z = 0;
      Stream(3, first + k, 0).normals({&z, 1});
      vectors[3 * k] = z;
      vectors[3 * k + 1] = z * z;
      vectors[3 * k + 2] = 2 * z;
    }
  };
}

}  // namespace

TEST_CASE("moments do not cancel, and merge", "[moments]") {
  Moments all(2), left(2), right(2);
  for (int i = 0; i < 1000; ++i) {
    const double x = 1e9 + std::sin(i), y = 1e9 - 2 * std::sin(i) + std::cos(i);
    const std::vector<double> v = {x, y};
    all.add(v);
    (i < 300 ? left : right).add(v);
  }
  left.merge(right);
  CHECK(left.count() == 1000);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(std::abs(all.mean()[i] - left.mean()[i]) < 1e-6);
    for (std::size_t j = 0; j < 2; ++j) CHECK(std::abs(all.covariance(i, j) - left.covariance(i, j)) < 1e-6);
  }
  CHECK(std::abs(all.covariance(0, 0) - 0.5) < 0.01);
  CHECK(std::abs(all.covariance(0, 1) + 1) < 0.02);
}

TEST_CASE("third and fourth moments merge, and are those of the definition", "[moments]") {
  Moments all(1), left(1), right(1);
  std::vector<double> x;
  for (int i = 0; i < 500; ++i) x.push_back(1e3 + std::exp(2 * std::sin(i)));
  for (std::size_t i = 0; i < x.size(); ++i) {
    all.add({&x[i], 1});
    (i < 137 ? left : right).add({&x[i], 1});
  }
  left.merge(right);
  double mean = 0, m2 = 0, m3 = 0, m4 = 0;
  for (const double v : x) mean += v / 500;
  for (const double v : x) {
    m2 += std::pow(v - mean, 2) / 500;
    m3 += std::pow(v - mean, 3) / 500;
    m4 += std::pow(v - mean, 4) / 500;
  }
  for (const Moments* m : {&all, &left}) {
    CHECK(std::abs(m->skewness(0) - m3 / std::pow(m2, 1.5)) < 1e-9);
    CHECK(std::abs(m->kurtosis(0) - m4 / (m2 * m2)) < 1e-9);
  }
  Moments constant(1);
  const double one = 1;
  for (int i = 0; i < 5; ++i) constant.add({&one, 1});
  CHECK(constant.skewness(0) == 0);
  CHECK(constant.kurtosis(0) == 0);
}

TEST_CASE("an ensemble has the same bits for any number of threads", "[ensemble]") {
  EnsembleOptions options{.draws = 10000, .keep = {1}};
  const EnsembleResult one = run_ensemble(3, normals, options);
  options.threads = 4;
  const EnsembleResult four = run_ensemble(3, normals, options);
  CHECK(one.complete);
  CHECK(one.moments.mean() == four.moments.mean());
  CHECK(one.moments.scatter() == four.moments.scatter());
  CHECK(one.kept == four.kept);
  CHECK(one.kept[0].size() == 10000);
  CHECK(std::abs(one.moments.mean()[0]) < 0.05);
  CHECK(std::abs(one.moments.mean()[1] - 1) < 0.1);
  CHECK(std::abs(one.moments.covariance(0, 2) - 2) < 0.2);
}

TEST_CASE("a stopped ensemble goes on from its checkpoint to the same bits", "[ensemble]") {
  const std::string file = (std::filesystem::temp_directory_path() / ("infwidth-ensemble-test-" + std::to_string(::getpid()))).string();
  const EnsembleResult whole = run_ensemble(3, normals, {.draws = 5000, .keep = {0}});
  std::atomic<bool> stop{false};
  EnsembleOptions options{.draws = 5000, .threads = 2, .keep = {0}, .checkpoint = file, .identity = "normals", .budget = Budget({}, &stop)};
  const EnsembleResult part = run_ensemble(3, [&]() -> Draws {
    return [&, draws = normals()](std::uint64_t first, std::uint64_t count, double* vectors) {
      if (first > 2000) stop = true;
      draws(first, count, vectors);
    };
  }, options);
  CHECK_FALSE(part.complete);
  CHECK(part.moments.count() >= 2000);
  CHECK(part.moments.count() < 5000);
  stop = false;
  options.resume = true;
  const EnsembleResult rest = run_ensemble(3, normals, options);
  CHECK(rest.complete);
  CHECK(rest.moments.mean() == whole.moments.mean());
  CHECK(rest.moments.scatter() == whole.moments.scatter());
  CHECK(rest.kept == whole.kept);
  options.identity = "others";
  CHECK_THROWS_WITH(run_ensemble(3, normals, options), ContainsSubstring("another question"));
  options.identity = "normals";
  std::ofstream(file, std::ios::trunc) << "infwidth ensemble 1\n" << std::string(30, 'x');
  CHECK_THROWS_AS(run_ensemble(3, normals, options), UsageError);
  std::ofstream(file, std::ios::trunc) << "something";
  CHECK_THROWS_WITH(run_ensemble(3, normals, options), ContainsSubstring("no checkpoint"));
  std::filesystem::remove(file);
}

TEST_CASE("the mean metric of shallow networks is the infinite one", "[ensemble]") {
  const Architecture network = make_architecture(1, {Activation::from_text("erf")}, {Rational(3, 2)}, {Rational(1, 10)});
  const NetworkEnsemble ensemble(network, {50}, 2, 11);
  const FiniteMap map(network.activations);
  const std::vector<double> x = {0.6, 0.8};
  const EnsembleResult result = run_ensemble(4, [&]() -> Draws {
    auto worker = std::make_shared<FiniteMap::Worker>(map);
    return [&, worker, one = FiniteNetwork(), g = FiniteGeometry()](std::uint64_t first, std::uint64_t count, double* vectors) mutable {
      for (std::uint64_t k = 0; k < count; ++k) {
        ensemble.network(first + k, one);
        worker->at(one, {x.data(), 1, 2}, {}, g);
        std::copy(g.metric.begin(), g.metric.end(), vectors + 4 * k);
      }
    };
  }, {.draws = 4000});
  const auto exact = NetworkMetric(network).at_by_double(InputPoint::at({Rational(3, 5), Rational(4, 5)})).back();
  for (std::size_t i = 0; i < 4; ++i) CHECK(std::abs(result.moments.mean()[i] - exact.matrix[i].value) < 5 * result.moments.standard_error(i));
}
