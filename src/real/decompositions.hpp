// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace infwidth {

/// Decompositions of matrices of doubles by LAPACK, on the calling thread alone and the same bits for any number of threads. Matrices lie column after
/// column without gaps and are destroyed unless it says otherwise. Safe for concurrent calls.
///   Errors   NotReached where LAPACK's iteration does not converge, or an entry is not finite

/// The singular values of a (rows x columns), decreasing: min(rows, columns) of them.
void singular_values(double* a, std::size_t rows, std::size_t columns, double* values);

/// The eigenvalues of a symmetric matrix of order n, increasing. Reads its lower triangle.
void symmetric_eigenvalues(double* a, std::size_t n, double* values);

/// The same; the columns of `a` become the eigenvectors.
void symmetric_eigenvectors(double* a, std::size_t n, double* values);

/// The lower triangle of a symmetric matrix of order n, whose columns are `stride` apart, becomes L with L L^T = a; what is above the diagonal stays.
/// False where a pivot is not positive: the matrix is half done then.
bool cholesky(double* a, std::size_t n, std::size_t stride);

/// b (n x columns) becomes a^-1 b for a symmetric positive definite a of order n, of which the lower triangle is read; a becomes its Cholesky factor L there.
/// False where a pivot is not positive: b is as it was then.
bool solve_positive(double* a, std::size_t n, double* b, std::size_t columns);

}  // namespace infwidth
