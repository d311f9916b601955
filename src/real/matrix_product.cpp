// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/real/matrix_product.hpp"

#include <cblas.h>

namespace infwidth {

namespace {

blasint length(std::size_t n) { return static_cast<blasint>(n); }
/// BLAS wants a stride of at least 1, also of an empty matrix.
blasint stride(std::size_t n) { return n == 0 ? 1 : length(n); }

}  // namespace

void keep_blas_to_one_thread() {
  static const bool done = (openblas_set_num_threads(1), true);
  static_cast<void>(done);
}

void multiply_by_transpose(MatrixView a, MatrixView b, double* c) {
  keep_blas_to_one_thread();
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, length(a.rows), length(b.rows), length(a.columns), 1, a.data, stride(a.columns), b.data, stride(b.columns), 0, c,
              stride(b.rows));
}

void multiply(MatrixView a, MatrixView b, double* c) {
  keep_blas_to_one_thread();
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, length(a.rows), length(b.columns), length(a.columns), 1, a.data, stride(a.columns), b.data, stride(b.columns), 0, c,
              stride(b.columns));
}

void multiply_transposed(MatrixView a, std::size_t first, std::size_t count, MatrixView b, double* c) {
  keep_blas_to_one_thread();
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, length(count), length(b.columns), length(a.rows), 1, a.data + first, stride(a.columns), b.data, stride(b.columns), 0, c, stride(b.columns));
}

void upper_of_square(MatrixView a, double* c) {
  keep_blas_to_one_thread();
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, length(a.rows), length(a.columns), 1, a.data, stride(a.columns), 0, c, stride(a.rows));
}

}  // namespace infwidth
