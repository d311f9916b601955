// SPDX-License-Identifier: GPL-3.0-or-later
#include "decompositions.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "infwidth/real/errors.hpp"
#include "infwidth/real/matrix_product.hpp"

// LAPACK's Fortran names, which OpenBLAS has; its headers for C are no part of Debian's package.
extern "C" {
void dgesdd_(const char* job, const int* m, const int* n, double* a, const int* lda, double* s, double* u, const int* ldu, double* vt, const int* ldvt, double* work,
             const int* lwork, int* iwork, int* info);
void dsyevd_(const char* job, const char* uplo, const int* n, double* a, const int* lda, double* w, double* work, const int* lwork, int* iwork, const int* liwork, int* info);
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dposv_(const char* uplo, const int* n, const int* columns, double* a, const int* lda, double* b, const int* ldb, int* info);
}

namespace infwidth {

namespace {

int length(std::size_t n) { return static_cast<int>(n); }

void require_finite(const double* a, std::size_t count, const char* what) {
  if (!std::all_of(a, a + count, [](double x) { return std::isfinite(x); })) throw NotReached(std::string(what) + ": an entry of the matrix is not a finite number");
}

void require_converged(int info, const char* what) {
  if (info != 0) throw NotReached(std::string(what) + ": LAPACK's iteration does not converge (info = " + std::to_string(info) + ")");
}

void symmetric(const char* job, double* a, std::size_t n, double* values) {
  if (n == 0) return;
  keep_blas_to_one_thread();
  require_finite(a, n * n, "eigenvalues");
  const int order = length(n);
  int info = 0, ask = -1, integers = 0;
  double doubles = 0;
  dsyevd_(job, "L", &order, a, &order, values, &doubles, &ask, &integers, &ask, &info);
  const int size = static_cast<int>(doubles);
  std::vector<double> work(static_cast<std::size_t>(size));
  std::vector<int> iwork(static_cast<std::size_t>(integers));
  dsyevd_(job, "L", &order, a, &order, values, work.data(), &size, iwork.data(), &integers, &info);
  require_converged(info, "eigenvalues");
}

}  // namespace

void singular_values(double* a, std::size_t rows, std::size_t columns, double* values) {
  if (rows == 0 || columns == 0) return;
  keep_blas_to_one_thread();
  require_finite(a, rows * columns, "singular values");
  const int m = length(rows), n = length(columns), one = 1, ask = -1;
  int info = 0;
  double best = 0;
  std::vector<int> iwork(8 * std::min(rows, columns));
  dgesdd_("N", &m, &n, a, &m, values, nullptr, &one, nullptr, &one, &best, &ask, iwork.data(), &info);
  const int size = static_cast<int>(best);
  std::vector<double> work(static_cast<std::size_t>(size));
  dgesdd_("N", &m, &n, a, &m, values, nullptr, &one, nullptr, &one, work.data(), &size, iwork.data(), &info);
  require_converged(info, "singular values");
}

void symmetric_eigenvalues(double* a, std::size_t n, double* values) { symmetric("N", a, n, values); }
void symmetric_eigenvectors(double* a, std::size_t n, double* values) { symmetric("V", a, n, values); }

bool cholesky(double* a, std::size_t n, std::size_t stride) {
  if (n == 0) return true;
  keep_blas_to_one_thread();
  const int order = length(n), lda = length(stride);
  int info = 0;
  dpotrf_("L", &order, a, &lda, &info);
  return info == 0;
}

bool solve_positive(double* a, std::size_t n, double* b, std::size_t columns) {
  if (n == 0 || columns == 0) return true;
  keep_blas_to_one_thread();
  const int order = length(n), count = length(columns);
  int info = 0;
  dposv_("L", &order, &count, a, &order, b, &order, &info);
  return info == 0;
}

}  // namespace infwidth
