// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/matrix_product.hpp"

#include <cmath>
#include <random>
#include <thread>
#include <vector>

#include "../catch.hpp"

using namespace infwidth;

namespace {

std::vector<double> random_matrix(std::size_t rows, std::size_t columns, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> m(rows * columns);
  for (double& e : m) e = uniform(random);
  return m;
}

}  // namespace

TEST_CASE("products of matrices are those of the definition", "[matrix_product]") {
  const std::size_t n = 37, m = 21, k = 53;
  const std::vector<double> a = random_matrix(n, k, 1), b = random_matrix(m, k, 2), c = random_matrix(k, m, 3);
  std::vector<double> by_transpose(n * m), plain(n * m), square(n * n, 7.0);
  multiply_by_transpose({a.data(), n, k}, {b.data(), m, k}, by_transpose.data());
  multiply({a.data(), n, k}, {c.data(), k, m}, plain.data());
  upper_of_square({a.data(), n, k}, square.data());
  const auto close = [](double x, double y) { return std::abs(x - y) < 1e-14; };
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < m; ++j) {
      double first = 0, second = 0;
      for (std::size_t l = 0; l < k; ++l) {
        first += a[i * k + l] * b[j * k + l];
        second += a[i * k + l] * c[l * m + j];
      }
      REQUIRE(close(by_transpose[i * m + j], first));
      REQUIRE(close(plain[i * m + j], second));
    }
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::size_t l = 0; l < k; ++l) sum += a[i * k + l] * a[j * k + l];
      if (j >= i) REQUIRE(close(square[i * n + j], sum));
      if (j < i) REQUIRE(square[i * n + j] == 7.0);
    }
  }
}

TEST_CASE("products of matrices are the same bits beside others", "[matrix_product]") {
  const std::size_t n = 300, k = 200;
  const std::vector<double> a = random_matrix(n, k, 1), b = random_matrix(n, k, 2);
  std::vector<double> alone(n * n), first(n * n), second(n * n);
  multiply_by_transpose({a.data(), n, k}, {b.data(), n, k}, alone.data());
  std::thread other([&] { multiply_by_transpose({a.data(), n, k}, {b.data(), n, k}, first.data()); });
  multiply_by_transpose({a.data(), n, k}, {b.data(), n, k}, second.data());
  other.join();
  CHECK(alone == first);
  CHECK(alone == second);
}
