// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "infwidth/finite/network.hpp"
#include "infwidth/real/digits.hpp"
#include "infwidth/real/precision.hpp"

/// Curvature from the metric alone, g in 70 digits by plain loops over a tanh network and its derivatives by differences: nothing of it is shared with the program's
/// way, which has second derivatives of the features and no derivative of g.
struct CurvatureByDifferences {
  double ricci = 0;
  std::vector<double> riemann;
};

inline CurvatureByDifferences curvature_by_differences(const infwidth::FiniteNetwork& network, const std::vector<double>& x) {
  using infwidth::Digits;
  const unsigned before = Digits::default_precision();
  Digits::default_precision(70);
  const std::size_t d = x.size();
  const auto metric = [&](const std::vector<Digits>& at) {
    // values and gradients, layer by layer
    std::vector<Digits> h;
    std::vector<std::vector<Digits>> dh;
    for (std::size_t l = 0; l < network.depth(); ++l) {
      const infwidth::DenseLayer& layer = network.layers[l];
      std::vector<Digits> value(layer.outputs);
      std::vector<std::vector<Digits>> slope(layer.outputs, std::vector<Digits>(d, Digits(0)));
      for (std::size_t k = 0; k < layer.outputs; ++k) {
        value[k] = Digits(layer.biases[k]);
        for (std::size_t m = 0; m < layer.inputs; ++m) {
          const Digits w(layer.weights[k * layer.inputs + m]);
          if (l == 0) {
            value[k] += w * at[m];
            slope[k][m] += w;
          } else {
            const Digits t = tanh(h[m]);
            value[k] += w * t;
            for (std::size_t i = 0; i < d; ++i) slope[k][i] += w * (1 - t * t) * dh[m][i];
          }
        }
        if (network.residual && l > 0) {
          value[k] = h[k] + Digits(*network.residual) * value[k];
          for (std::size_t i = 0; i < d; ++i) slope[k][i] = dh[k][i] + Digits(*network.residual) * slope[k][i];
        }
      }
      h = value;
      dh = slope;
    }
    std::vector<Digits> g(d * d, Digits(0));
    for (std::size_t k = 0; k < h.size(); ++k) {
      const Digits t = tanh(h[k]), s = 1 - t * t;
      for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = 0; j < d; ++j) g[i * d + j] += s * s * dh[k][i] * dh[k][j] / static_cast<unsigned>(h.size());
      }
    }
    return g;
  };
  const Digits step = pow(Digits(10), -16);
  const auto shifted = [&](std::size_t i, int a, std::size_t j, int b) {
    std::vector<Digits> at(x.begin(), x.end());
    at[i] += a * step;
    at[j] += b * step;
    return metric(at);
  };
  // first[k], second[k][l]: derivatives of all g_ij
  std::vector<std::vector<Digits>> first(d);
  std::vector<std::vector<std::vector<Digits>>> second(d, std::vector<std::vector<Digits>>(d));
  const std::vector<Digits> g = metric(std::vector<Digits>(x.begin(), x.end()));
  for (std::size_t k = 0; k < d; ++k) {
    const auto up = shifted(k, 1, k, 0), down = shifted(k, -1, k, 0);
    for (std::size_t e = 0; e < d * d; ++e) first[k].push_back((up[e] - down[e]) / (2 * step));
    for (std::size_t l = 0; l < d; ++l) {
      const auto pp = shifted(k, 1, l, 1), pm = shifted(k, 1, l, -1), mp = shifted(k, -1, l, 1), mm = shifted(k, -1, l, -1);
      for (std::size_t e = 0; e < d * d; ++e) second[k][l].push_back((pp[e] - pm[e] - mp[e] + mm[e]) / (4 * step * step));
    }
  }
  // the inverse by Gauss-Jordan (positive definite: no pivoting)
  std::vector<Digits> a = g, inverse(d * d, Digits(0));
  for (std::size_t i = 0; i < d; ++i) inverse[i * d + i] = 1;
  for (std::size_t i = 0; i < d; ++i) {
    const Digits pivot = a[i * d + i];
    for (std::size_t j = 0; j < d; ++j) {
      a[i * d + j] /= pivot;
      inverse[i * d + j] /= pivot;
    }
    for (std::size_t r = 0; r < d; ++r) {
      const Digits factor = a[r * d + i];
      for (std::size_t j = 0; j < d && r != i; ++j) {
        a[r * d + j] -= factor * a[i * d + j];
        inverse[r * d + j] -= factor * inverse[i * d + j];
      }
    }
  }
  // Christoffel symbols of the first kind, [ij, k], and R_ijkl
  const auto symbol = [&](std::size_t i, std::size_t j, std::size_t k) { return Digits((first[i][j * d + k] + first[j][i * d + k] - first[k][i * d + j]) / 2); };
  CurvatureByDifferences result;
  Digits ricci = 0;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      for (std::size_t k = 0; k < d; ++k) {
        for (std::size_t l = 0; l < d; ++l) {
          Digits R = (second[j][k][i * d + l] + second[i][l][j * d + k] - second[i][k][j * d + l] - second[j][l][i * d + k]) / 2;
          for (std::size_t p = 0; p < d; ++p) {
            for (std::size_t q = 0; q < d; ++q) R += inverse[p * d + q] * (symbol(j, k, p) * symbol(i, l, q) - symbol(j, l, p) * symbol(i, k, q));
          }
          result.riemann.push_back(static_cast<double>(R));
          ricci += inverse[i * d + k] * inverse[j * d + l] * R;
        }
      }
    }
  }
  result.ricci = static_cast<double>(ricci);
  Digits::default_precision(before);
  return result;
}
