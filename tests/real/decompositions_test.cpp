// SPDX-License-Identifier: GPL-3.0-or-later
#include "../../src/real/decompositions.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "catch.hpp"
#include "infwidth/real/errors.hpp"

using namespace infwidth;

namespace {

std::vector<double> random_matrix(std::size_t rows, std::size_t columns, unsigned seed) {
  std::mt19937_64 bits(seed);
  std::vector<double> a(rows * columns);
  for (double& x : a) x = std::ldexp(static_cast<double>(bits() >> 11), -52) - 1;
  return a;
}

/// a^T b of two matrices that lie column after column, with as many rows.
std::vector<double> gram(const std::vector<double>& a, const std::vector<double>& b, std::size_t rows) {
  std::vector<double> r;
  for (std::size_t j = 0; j < b.size() / rows; ++j) {
    for (std::size_t i = 0; i < a.size() / rows; ++i) {
      r.push_back(std::inner_product(a.begin() + static_cast<std::ptrdiff_t>(i * rows), a.begin() + static_cast<std::ptrdiff_t>((i + 1) * rows),
                                     b.begin() + static_cast<std::ptrdiff_t>(j * rows), 0.0));
    }
  }
  return r;
}

constexpr double rounding = 1e-12;  // of LAPACK's iterations on matrices of order up to 40 with entries up to 1

}  // namespace

TEST_CASE("eigenvectors are orthonormal and diagonalise the matrix; eigenvalues alone are the same", "[real][decompositions]") {
  for (const std::size_t n : {1U, 2U, 5U, 40U}) {
    const std::vector<double> root = random_matrix(n, n, 1);
    const std::vector<double> a = gram(root, root, n);
    std::vector<double> vectors = a, alone = a, values(n), values_alone(n);
    symmetric_eigenvectors(vectors.data(), n, values.data());
    symmetric_eigenvalues(alone.data(), n, values_alone.data());
    const std::vector<double> identity = gram(vectors, vectors, n), diagonal = gram(vectors, gram(a, vectors, n), n);
    const double scale = values[n - 1];
    for (std::size_t i = 0; i < n; ++i) {
      CHECK(std::abs(values[i] - values_alone[i]) <= rounding * scale);
      if (i > 0) CHECK(values[i] >= values[i - 1]);
      for (std::size_t j = 0; j < n; ++j) {
        CHECK(std::abs(identity[i + j * n] - (i == j ? 1 : 0)) <= rounding);
        CHECK(std::abs(diagonal[i + j * n] - (i == j ? values[i] : 0)) <= rounding * scale);
      }
    }
  }
}

TEST_CASE("squared singular values are the eigenvalues of a^T a", "[real][decompositions]") {
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{5, 3}, {3, 5}, {40, 7}, {1, 1}}) {
    std::vector<double> a = random_matrix(rows, columns, 2), square = gram(a, a, rows), eigenvalues(columns), values(std::min(rows, columns));
    symmetric_eigenvalues(square.data(), columns, eigenvalues.data());
    singular_values(a.data(), rows, columns, values.data());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) CHECK(values[i] <= values[i - 1]);
      CHECK(std::abs(values[i] * values[i] - eigenvalues[columns - 1 - i]) <= rounding * eigenvalues[columns - 1]);
    }
  }
}

TEST_CASE("Cholesky's factor squares to the matrix, solves with it, and is refused where a pivot is not positive", "[real][decompositions]") {
  const std::size_t n = 12;
  const std::vector<double> root = random_matrix(n, n, 3), x = random_matrix(n, 2, 4);
  const std::vector<double> a = gram(root, root, n);
  std::vector<double> factor = a, solving = a, b = gram(a, x, n);
  REQUIRE(cholesky(factor.data(), n, n));
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = j; i < n; ++i) {
      double sum = 0;
      for (std::size_t k = 0; k <= j; ++k) sum += factor[i + k * n] * factor[j + k * n];
      CHECK(std::abs(sum - a[i + j * n]) <= rounding * a[0] * static_cast<double>(n));
    }
  }
  REQUIRE(solve_positive(solving.data(), n, b.data(), 2));
  const std::vector<double> back = gram(a, b, n), want = gram(a, x, n);
  for (std::size_t i = 0; i < back.size(); ++i) CHECK(std::abs(back[i] - want[i]) <= rounding * 100);
  std::vector<double> indefinite = {1, 2, 2, 1}, again = indefinite, side = {3, 4};
  CHECK_FALSE(cholesky(indefinite.data(), 2, 2));
  CHECK_FALSE(solve_positive(again.data(), 2, side.data(), 1));
  CHECK(side == std::vector<double>{3, 4});
}

TEST_CASE("an entry that is no number is refused", "[real][decompositions]") {
  std::vector<double> a = {1, std::numeric_limits<double>::quiet_NaN(), 0, 1}, values(2);
  CHECK_THROWS_AS(symmetric_eigenvalues(a.data(), 2, values.data()), NotReached);
  CHECK_THROWS_AS(singular_values(a.data(), 2, 2, values.data()), NotReached);
}
