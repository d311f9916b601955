// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "infwidth/real/matrix_view.hpp"

namespace infwidth {

/// Products of matrices of doubles by OpenBLAS, on the calling thread alone: whoever has threads gives each its own tile, so the bits do not depend on their number.
/// Safe for concurrent calls. The results go to `c`, row after row, and must not overlap the factors.

/// c = a b^T: a.rows x b.rows. a and b have as many columns.
void multiply_by_transpose(MatrixView a, MatrixView b, double* c);
/// c = a b: a.rows x b.columns. b has as many rows as a has columns.
void multiply(MatrixView a, MatrixView b, double* c);
/// c = a^T b for columns first .. first + count - 1 of a: count x b.columns. a and b have as many rows.
void multiply_transposed(MatrixView a, std::size_t first, std::size_t count, MatrixView b, double* c);
/// OpenBLAS would share its work among threads of its own: from the first call on it does not, in this process.
void keep_blas_to_one_thread();
/// The upper triangle of c = a a^T, a.rows x a.rows; what is below the diagonal stays as it was.
void upper_of_square(MatrixView a, double* c);

}  // namespace infwidth
