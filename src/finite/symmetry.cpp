// SPDX-License-Identifier: GPL-3.0-or-later
#include "infwidth/finite/symmetry.hpp"

#include <cmath>

namespace infwidth {

SymmetricPart symmetric_part(const double* g, std::span<const double> x) {
  const std::size_t d = x.size();
  double norm2 = 0, trace = 0, radial = 0;
  for (const double c : x) norm2 += c * c;
  for (std::size_t i = 0; i < d; ++i) {
    trace += g[i * d + i];
    for (std::size_t j = 0; j < d; ++j) radial += x[i] * g[i * d + j] * x[j];
  }
  SymmetricPart part;
  const bool has_radius = norm2 > 0 && d > 1;
  part.radial = has_radius ? radial / norm2 : trace / static_cast<double>(d);
  part.tangential = has_radius ? (trace - part.radial) / static_cast<double>(d - 1) : part.radial;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      const double along = has_radius ? (part.radial - part.tangential) * x[i] * x[j] / norm2 : 0;
      part.broken += std::pow(g[i * d + j] - along - (i == j ? part.tangential : 0), 2);
    }
  }
  return part;
}

double expected_broken(std::size_t d, bool at_origin, double var_rt, double var_tu, double var_tt, double cov_tt_uu) {
  const double n = static_cast<double>(d);
  if (d < 2) return 0;
  if (at_origin) return (n - 1) * (n * var_tu + var_tt - cov_tt_uu);
  return 2 * (n - 1) * var_rt + (n - 2) * ((n - 1) * var_tu + var_tt - cov_tt_uu);
}

void equivariance_defect(const double* turned, const double* plain, const double* rotation, std::size_t d, double* into) {
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = i; j < d; ++j, ++into) {
      double back = 0;
      for (std::size_t k = 0; k < d; ++k) {
        for (std::size_t l = 0; l < d; ++l) back += rotation[k * d + i] * turned[k * d + l] * rotation[l * d + j];
      }
      *into = back - plain[i * d + j];
    }
  }
}

}  // namespace infwidth
